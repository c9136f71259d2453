//! Servers: until standard input ends.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, header, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::os::fd::AsFd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::net::{TcpListener, TcpStream};

/// Sends back what comes.
pub(crate) fn echo(procs: usize) {
    serve(procs, echo_to);
}

/// Answers requests of HTTP/1.1 with hyper.
pub(crate) fn http(procs: usize) {
    serve(procs, answer);
}

fn serve<F>(procs: usize, each: fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let job = peer_measure::Job { procs, budget: Default::default(), crowd: 1 };
    let runtime = crate::runtime(&job);
    runtime.block_on(async move {
        tokio::spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            println!("{}", listener.local_addr().expect("an address"));
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                stream.set_nodelay(true).expect("an option");
                tokio::spawn(each(stream));
            }
        });
        // No thread for it: a program of one thread is faster.
        let end = tokio::spawn(async {
            let stdin = std::io::stdin().as_fd().try_clone_to_owned().expect("a descriptor");
            let mut stdin = pipe::Receiver::from_owned_fd(stdin).expect("a pipe");
            _ = stdin.read(&mut [0]).await;
        });
        end.await.expect("no panic");
    });
}

async fn answer(stream: TcpStream) {
    let connection = http1::Builder::new();
    // Who hangs up in the middle is no news.
    _ = connection.serve_connection(TokioIo::new(stream), service_fn(hello)).await;
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"Hello, World!")));
    let text = header::HeaderValue::from_static("text/plain");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    Ok(response)
}

async fn echo_to(mut stream: TcpStream) {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => {
                if stream.write_all(&buffer[..n]).await.is_err() {
                    return;
                }
            }
        }
    }
}
