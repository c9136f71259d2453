//! reqwest, waited for by goroutines, with a tokio runtime on the side.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gorge::context::{self, ContextError};
use gorge::future::FutureExt;
use gorge::net::{TcpListener, TcpStream};
use gorge::{go, scope};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Word {
    word: String,
    length: usize,
}

/// Answers requests with their own body, or `null`; `/slow` is never answered.
fn serve(listener: &TcpListener) {
    while let Ok((stream, _)) = listener.accept() {
        go(move || talk(&stream)).detach();
    }
}

fn talk(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim().to_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        if first.contains("/slow") {
            let _ = reader.read(&mut [0]); // until the client gives up
            return;
        }
        let body = if body.is_empty() { b"null".to_vec() } else { body };
        let mut out = stream;
        write!(out, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).unwrap();
        out.write_all(&body).unwrap();
    }
}

fn with_server(test: impl FnOnce(SocketAddr, &tokio::runtime::Handle)) {
    let tokio =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    let serving = go({
        let listener = listener.clone();
        move || serve(&listener)
    });
    test(address, tokio.handle());
    listener.close().unwrap();
    serving.join().unwrap();
}

#[test]
fn many_goroutines_one_client() {
    gorge::run(|| {
        with_server(|address, tokio| {
            let _inside = tokio.enter();
            let client = reqwest::Client::new();
            scope(|s| {
                for n in 0..20 {
                    let (client, tokio) = (client.clone(), tokio.clone());
                    s.go(move || {
                        let _inside = tokio.enter(); // a thread-local of this goroutine
                        for _ in 0..5 {
                            let word = "x".repeat(n);
                            let sent = Word { length: n, word };
                            let answer = client
                                .post(format!("http://{address}/"))
                                .json(&sent)
                                .send()
                                .wait()
                                .unwrap();
                            assert_eq!(answer.json::<Word>().wait().unwrap(), sent);
                        }
                    });
                }
            });
        });
    });
}

#[test]
fn given_up_in_time() {
    gorge::run(|| {
        with_server(|address, tokio| {
            let _inside = tokio.enter();
            let slow = || reqwest::Client::new().get(format!("http://{address}/slow")).send();
            assert!(slow().wait_timeout(Duration::from_millis(20)).is_err());
            let (ctx, _cancel) =
                context::with_timeout(&context::background(), Duration::from_millis(20));
            let ended = ctx.wait_for(Box::pin(slow()).arm()).map(drop);
            assert_eq!(ended, Err(ContextError::DeadlineExceeded));
        });
    });
}
