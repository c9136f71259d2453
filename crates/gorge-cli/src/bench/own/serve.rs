//! Servers: until standard input ends.

use crate::bench::serve::HELLO;
use gorge::future::{FutureExt, hyper::Stream};
use gorge::net::{TcpListener, TcpStream};
use gorge::sync::Pool;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, header, server::conn::http1, service::service_fn};
use std::convert::Infallible;
use std::io::{Read, Write};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// What can be served: its name, in what it differs from what others do, and how.
pub(crate) const KINDS: &[(&str, &str, fn())] = &[
    ("echo", "a buffer only while there is something to read", echo),
    ("http", "a loop around httparse", http),
    ("hyper", "", on_hyper),
];

/// Sends back what comes.
fn echo() {
    static BUFFERS: Pool<Box<[u8; 1024]>> = Pool::new(|| Box::new([0; 1024]));
    serve(|mut stream| {
        while stream.wait_readable().is_ok() {
            let mut buffer = BUFFERS.borrow();
            match stream.read(&mut buffer[..]) {
                Ok(0) | Err(_) => return,
                Ok(n) if stream.write_all(&buffer[..n]).is_err() => return,
                Ok(_) => {}
            }
        }
    });
}

/// Answers requests of HTTP/1.1, as one writes it by hand: a loop around a parser.
fn http() {
    serve(|mut stream| {
        let (mut buffer, mut there) = (vec![0; 1024], 0);
        let mut answers = Vec::new();
        loop {
            there += match stream.read(&mut buffer[there..]) {
                Ok(0) | Err(_) => return,
                Ok(n) => n,
            };
            let mut done = 0;
            while let Some(length) = request_in(&buffer[done..there]) {
                done += length;
                write!(
                    answers,
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\ndate: {}\r\n\r\n{HELLO}",
                    HELLO.len(),
                    std::str::from_utf8(&date()).expect("ASCII"),
                )
                .expect("memory");
            }
            buffer.copy_within(done..there, 0);
            there -= done;
            // What is no request, or too long a one, fills the buffer some time.
            if there == buffer.len() || stream.write_all(&answers).is_err() {
                return;
            }
            answers.clear();
        }
    });
}

/// How long the request (without a body) is with which `bytes` begin, when it is complete.
fn request_in(bytes: &[u8]) -> Option<usize> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    match httparse::Request::new(&mut headers).parse(bytes) {
        Ok(httparse::Status::Complete(length)) => Some(length),
        _ => None,
    }
}

/// The date as HTTP writes it, made anew each second.
fn date() -> [u8; 29] {
    static LAST: Mutex<(u64, [u8; 29])> = Mutex::new((0, [0; 29]));
    let now = SystemTime::now();
    let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut last = LAST.lock().expect("nobody panics with it");
    if last.0 != second {
        let text = httpdate::fmt_http_date(now);
        *last = (second, text.as_bytes().try_into().expect("29 bytes"));
    }
    last.1
}

/// Answers requests of HTTP/1.1 with hyper.
fn on_hyper() {
    serve(|stream| {
        let connection =
            http1::Builder::new().serve_connection(Stream::new(stream), service_fn(hello));
        // Who hangs up in the middle is no news.
        _ = connection.wait();
    });
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(HELLO.as_bytes())));
    let text = header::HeaderValue::from_static("text/plain");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    Ok(response)
}

fn serve(each: fn(TcpStream)) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    gorge::go(move || {
        loop {
            let (stream, _) = listener.accept().expect("a connection");
            stream.set_nodelay(true).expect("an option");
            gorge::go(move || each(stream));
        }
    });
    // Whatever it says, it has ended.
    _ = gorge::io::stdin().read(&mut [0]);
}
