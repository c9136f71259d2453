//! The real hyper on Gorge's streams: HTTP/1.1 and 2, handlers that block, an end in order.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gorge::future::FutureExt;
use gorge::future::hyper::{Clock, Goroutines, Stream};
use gorge::net::{TcpListener, TcpStream, UnixStream, is_closed};
use gorge::sync::WaitGroup;
use gorge::{Sender, channel, go, select};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, client, server};

/// Reads as hyper does, into room for so many bytes.
fn read(stream: &mut Stream<TcpStream>, room: usize) -> io::Result<Vec<u8>> {
    use hyper::rt::Read;
    let mut bytes = vec![0; room];
    let mut buffer = hyper::rt::ReadBuf::new(&mut bytes);
    poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, buffer.unfilled())).wait()?;
    Ok(buffer.filled().to_vec())
}

fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_nodelay(true).unwrap();
    (client, listener.accept().unwrap().0)
}

#[test]
fn what_comes_after_a_short_read_is_not_missed() {
    gorge::run(|| {
        const BYTES: usize = 50_000;
        let (mut client, server) = connected();
        let writes = go(move || {
            let mut left = BYTES;
            while left > 0 {
                let piece = left.min(1 + left * 7 % 13);
                client.write_all(&vec![9; piece]).unwrap();
                left -= piece;
                if left.is_multiple_of(3) {
                    gorge::runtime::gosched();
                }
            }
        });
        let (mut stream, mut there) = (Stream::new(server), 0);
        loop {
            // Most often there is less than that, sometimes as much, sometimes more.
            let piece = read(&mut stream, 8).unwrap();
            there += piece.len();
            if piece.is_empty() {
                break; // the end comes without any bytes, and is heard of, too
            }
        }
        assert_eq!(there, BYTES);
        writes.join().unwrap();
    });
}

#[test]
fn a_stream_that_was_closed_says_so_to_hyper() {
    gorge::run(|| {
        let (_client, server) = connected();
        let server = Arc::new(server);
        let mut theirs = Stream::shared(server.clone());
        let (waits, mut later) =
            (go(move || read(&mut theirs, 8).unwrap_err()), Stream::shared(server.clone()));
        gorge::runtime::gosched();
        server.close().unwrap();
        assert!(is_closed(&waits.join().unwrap()));
        assert!(is_closed(&read(&mut later, 8).unwrap_err()));
    });
}

#[test]
fn nobody_on_the_other_side_is_an_error_and_no_signal() {
    use hyper::rt::Write;
    // Rust programs are started with it ignored; some want it otherwise.
    // SAFETY: the default needs no function. Nothing here writes to a pipe that nobody reads.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    gorge::run(|| {
        let (one, other) = UnixStream::pair().unwrap();
        drop(other);
        let mut stream = Stream::new(one);
        let bytes = [io::IoSlice::new(b"hello"), io::IoSlice::new(b"there")];
        let mut write = |pieces| {
            let written = poll_fn(|cx| match pieces {
                true => Pin::new(&mut stream).poll_write_vectored(cx, &bytes),
                false => Pin::new(&mut stream).poll_write(cx, b"hello"),
            });
            written.wait().unwrap_err().kind()
        };
        assert_eq!([write(true), write(false)], [io::ErrorKind::BrokenPipe; 2]);
    });
}

/// Blocks where it likes: that is the point.
async fn handle(
    request: Request<Incoming>,
    log: Sender<String>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    log.send(path.clone()).unwrap();
    let answer = match (method, &*path) {
        (Method::GET, "/slow") => {
            Bytes::from(go(|| "slow").join().unwrap()) // waits, as no future may
        }
        (Method::POST, _) => body,
        (_, path) => Bytes::from(format!("you are at {path}")),
    };
    Ok(Response::new(Full::new(answer)))
}

fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(path).header("host", "gorge").body(Full::default()).unwrap()
}

fn body(response: Response<Incoming>) -> Bytes {
    response.into_body().collect().wait().unwrap().to_bytes()
}

/// A log that only counts.
fn counting() -> (Sender<String>, Arc<AtomicUsize>) {
    let (log, lines) = channel::<String>(16);
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    go(move || {
        lines.iter().for_each(|_| {
            counted.fetch_add(1, Ordering::Relaxed);
        })
    })
    .detach();
    (log, count)
}

#[gorge::test]
fn http1() {
    let (log, count) = counting();
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    let accepting = listener.clone();
    let serving = go(move || {
        while let Ok((connection, _)) = accepting.accept() {
            let log = log.clone();
            go(move || {
                let service = service_fn(move |request| handle(request, log.clone()));
                let connection = Stream::new(connection);
                server::conn::http1::Builder::new()
                    .timer(Clock)
                    .serve_connection(connection, service)
                    .wait()
            })
            .detach();
        }
    });
    gorge::scope(|s| {
        for n in 0..8 {
            s.go(move || {
                let stream = Stream::new(TcpStream::connect(address).unwrap());
                let (mut requests, connection) =
                    client::conn::http1::handshake(stream).wait().unwrap();
                go(move || connection.wait()).detach();
                let mut ask = |request| {
                    // The end of an answer may be heard of before the connection has become free.
                    requests.ready().wait().unwrap();
                    body(requests.send_request(request).wait().unwrap())
                };
                for round in 0..20 {
                    let answer = ask(get(&format!("/{n}/{round}")));
                    assert_eq!(answer, format!("you are at /{n}/{round}"));
                }
                // More than fits into the socket's buffers, there and back.
                let big = Bytes::from(vec![n; 3_000_000]);
                let post = Request::post("/echo")
                    .header("host", "gorge")
                    .body(Full::new(big.clone()))
                    .unwrap();
                assert_eq!(ask(post), big);
                assert_eq!(ask(get("/slow")), "slow");
            });
        }
    });
    while count.load(Ordering::Relaxed) < 8 * 22 {
        gorge::runtime::gosched();
    }
    listener.close().unwrap();
    serving.join().unwrap();
}

#[gorge::test]
fn http2_many_streams_on_one_connection() {
    let (log, count) = counting();
    let (near, far) = UnixStream::pair().unwrap();
    go(move || {
        let service = service_fn(move |request| handle(request, log.clone()));
        let builder = server::conn::http2::Builder::new(Goroutines);
        builder.serve_connection(Stream::new(far), service).wait()
    })
    .detach();
    let (requests, connection) =
        client::conn::http2::handshake(Goroutines, Stream::new(near)).wait().unwrap();
    go(move || connection.wait()).detach();
    gorge::scope(|s| {
        for n in 0..50u8 {
            let mut requests = requests.clone();
            s.go(move || {
                let uri = format!("http://gorge/{n}");
                let response = requests.send_request(get(&uri)).wait().unwrap();
                assert_eq!(body(response), format!("you are at /{n}"));
                let big = Bytes::from(vec![n; 200_000]);
                let post = Request::post("http://gorge/echo").body(Full::new(big.clone())).unwrap();
                assert_eq!(body(requests.send_request(post).wait().unwrap()), big);
            });
        }
    });
    assert!(count.load(Ordering::Relaxed) <= 100);
}

#[gorge::test]
fn an_end_in_order() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = channel::<()>(0);
    let (arrived, has_arrived) = channel(0);
    let (let_go, go_on) = channel::<()>(0);
    let open = WaitGroup::new();
    let serving = open.clone();
    let server = go(move || {
        let (connection, _) = listener.accept().unwrap();
        let stopped = stopped.clone();
        serving.go(move || {
            let service = service_fn(move |_: Request<Incoming>| {
                let (arrived, go_on) = (arrived.clone(), go_on.clone());
                async move {
                    arrived.send_async(()).await.unwrap();
                    let _ = go_on.recv_async().await;
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("in the end"))))
                }
            });
            let builder = server::conn::http1::Builder::new();
            let mut connection =
                Box::pin(builder.serve_connection(Stream::new(connection), service)).arm();
            select! {
                on(&mut connection) -> ended => return ended.unwrap(),
                recv(stopped) -> _ => {}
            }
            // No further request, but the one that is there is answered.
            let mut connection = connection.into_inner().unwrap();
            connection.as_mut().graceful_shutdown();
            connection.wait().unwrap();
        });
        serving.wait();
    });
    let stream = Stream::new(TcpStream::connect(address).unwrap());
    let (mut requests, connection) = client::conn::http1::handshake(stream).wait().unwrap();
    let talking = go(move || connection.wait());
    let answer = go(move || {
        let request =
            Request::get("/").header("host", "gorge").body(Empty::<Bytes>::new()).unwrap();
        let answer = body(requests.send_request(request).wait().unwrap());
        (answer, requests)
    });
    has_arrived.recv().unwrap();
    drop(stop);
    gorge::runtime::gosched();
    drop(let_go);
    let (answer, mut requests) = answer.join().unwrap();
    assert_eq!(answer, "in the end");
    server.join().unwrap();
    talking.join().unwrap().unwrap(); // it has heard of the end
    assert!(requests.ready().wait().is_err(), "the connection was closed");
    open.wait();
}

#[gorge::test]
fn a_client_that_says_nothing_is_cut_off() {
    let (near, far) = UnixStream::pair().unwrap();
    let serving = go(move || {
        let service = service_fn(|_: Request<Incoming>| async {
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        });
        let mut builder = server::conn::http1::Builder::new();
        builder.timer(Clock).header_read_timeout(Duration::from_millis(5));
        builder.serve_connection(Stream::new(far), service).wait()
    });
    assert!(serving.join().unwrap().unwrap_err().is_timeout());
    drop(near);
}
