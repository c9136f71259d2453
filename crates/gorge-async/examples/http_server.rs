//! A server for HTTP/1.1: says hello, echoes, and hands out the files of a directory. Each connection is a
//! goroutine, and what answers a request is plain code that may block. On SIGTERM or Ctrl-C it takes no
//! more connections, answers what was asked, and ends.
//!
//! `cargo run -p gorge-async --features hyper --example http_server [ADDRESS [DIRECTORY]]`;
//! without an address it asks itself a few questions and sends itself the signal.

use std::convert::Infallible;
use std::io;
use std::path::{Component, Path};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::future::{FutureExt, hyper::Clock, hyper::Stream};
use gorge::net::{TcpListener, TcpStream, is_closed};
use gorge::signal::{self, Signal};
use gorge::{fs, sync::WaitGroup};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode, server::conn::http1, service::service_fn};

static DIRECTORY: OnceLock<String> = OnceLock::new();

/// The answer to one request.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let (status, bytes) = match (parts.method, parts.uri.path()) {
        (Method::GET, "/") => (StatusCode::OK, "hello from a goroutine\n".into()),
        (Method::POST, "/echo") => match body.collect().await {
            Ok(body) => (StatusCode::OK, body.to_bytes()),
            Err(error) => (StatusCode::BAD_REQUEST, error.to_string().into()),
        },
        (Method::GET, path) => match file(path) {
            Ok(bytes) => (StatusCode::OK, bytes.into()),
            Err(error) => (StatusCode::NOT_FOUND, format!("{path}: {error}\n").into()),
        },
        _ => (StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
    };
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = status;
    Ok(response)
}

/// A file of the directory; nothing above it, unless a symbolic link in there leads to it.
fn file(path: &str) -> io::Result<Vec<u8>> {
    let path = Path::new(path.trim_start_matches('/'));
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fs::read(Path::new(DIRECTORY.get().map_or(".", String::as_str)).join(path))
}

/// Serves until the context is done and the last answer was given.
pub(crate) fn serve(listener: TcpListener, ctx: &Context) {
    let (listener, connections) = (Arc::new(listener), WaitGroup::new());
    let closing = listener.clone();
    let _closing = context::after_func(ctx, move || drop(closing.close()));
    loop {
        match listener.accept() {
            Ok((connection, _)) => {
                let ctx = ctx.clone();
                connections.go(move || talk(connection, &ctx));
            }
            Err(error) if is_closed(&error) => break,
            Err(error) => eprintln!("accept: {error}"),
        }
    }
    connections.wait();
}

/// One connection, with as many requests as the client likes.
fn talk(connection: TcpStream, ctx: &Context) {
    let mut http = http1::Builder::new();
    http.timer(Clock).header_read_timeout(Duration::from_secs(30));
    let http = http.serve_connection(Stream::new(connection), service_fn(answer));
    let mut http = Box::pin(http).arm();
    // Either the client leaves, or the end has come: then the request that is there is the last one.
    if ctx.wait_for(&mut http).is_err()
        && let Some(mut http) = http.into_inner()
    {
        http.as_mut().graceful_shutdown();
        let _ = http.wait_timeout(Duration::from_secs(10));
    }
}

#[allow(dead_code, reason = "the test of this example has a main of its own")]
#[gorge::main]
fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next();
    args.next().map(|directory| DIRECTORY.set(directory));
    let (ctx, stop) =
        signal::notify_context(&context::background(), [Signal::TERMINATE, Signal::INTERRUPT]);
    let _stop = stop.guard();
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0"))?;
    println!("listening on {}", listener.local_addr()?);
    if address.is_none() {
        let server = listener.local_addr()?;
        gorge::go(move || ask_oneself(server)).detach();
    }
    serve(listener, &ctx);
    println!("{}, and every answer was given", ctx.cause().expect("it is done"));
    Ok(())
}

fn ask_oneself(server: std::net::SocketAddr) {
    use std::io::{Read, Write};
    for path in ["/", "/Cargo.toml", "/../secret"] {
        let mut stream = TcpStream::connect(server).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: me\r\nconnection: close\r\n\r\n")
            .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        println!("{path}: {}", answer.lines().next().unwrap_or_default());
    }
    Signal::TERMINATE.raise().expect("there is such a signal");
}
