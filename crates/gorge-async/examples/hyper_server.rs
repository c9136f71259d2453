//! A server for HTTP/1.1: says hello, echoes, and hands out the files of a directory. Each connection is a
//! goroutine, and what answers a request is plain code that may block. On SIGTERM or Ctrl-C it takes no
//! more connections, answers what was asked, and ends.
//!
//! `cargo run -p gorge-async --features hyper --example hyper_server [ADDRESS [DIRECTORY]]`

use std::io;
use std::path::{Component, Path};
use std::sync::OnceLock;
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::future::{FutureExt, hyper::Clock, hyper::Stream};
use gorge::net::{TcpListener, TcpStream};
use gorge::signal::{self, Signal};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode, server::conn::http1, service::service_fn};

static DIRECTORY: OnceLock<String> = OnceLock::new();

/// The answer to one request.
async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let (status, bytes) = match (parts.method, parts.uri.path()) {
        (Method::GET, "/") => (StatusCode::OK, "hello from a goroutine\n".into()),
        (Method::POST, "/echo") => (StatusCode::OK, body.collect().await?.to_bytes()),
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
    gorge::fs::read(Path::new(DIRECTORY.get().map_or(".", String::as_str)).join(path))
}

/// Serves until the context is done and the last answer was given.
pub(crate) fn serve(listener: &TcpListener, ctx: &Context) -> io::Result<()> {
    listener.serve(ctx, |connection| talk(connection, ctx))
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
        let _ = http.wait_timeout(Duration::from_secs(30));
    }
}

#[allow(dead_code, reason = "the test of this example has a main of its own")]
#[gorge::main]
fn main() -> io::Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let listener = TcpListener::bind(given.first().map_or("127.0.0.1:8080", String::as_str))?;
    given.get(1).map(|directory| DIRECTORY.set(directory.clone()));
    println!("listening on {}", listener.local_addr()?);
    let stop = [Signal::TERMINATE, Signal::INTERRUPT];
    let (ctx, _stop) = signal::notify_context(&context::background(), stop);
    serve(&listener, &ctx)?;
    println!("{}, and every answer was given", ctx.cause().expect("it is done"));
    Ok(())
}
