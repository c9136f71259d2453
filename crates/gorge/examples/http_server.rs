//! An HTTP/1.1 server by hand, with connections that are kept alive, limits on what strangers may send and how long
//! they may take, and an end in order on SIGTERM or Ctrl-C.
//!
//! `cargo run --release -p gorge --example http_server` asks itself a few things and ends; with an address
//! (`-- 127.0.0.1:8080`) it serves until it is told to end.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::net::{SocketAddr, TcpListener, TcpStream, is_closed};
use gorge::signal::{self, Signal};
use gorge::{go, time};

/// The longest line, and the most lines, of a request.
const LIMIT: u64 = 8 * 1024;

/// What there is to see.
fn answer(path: &str) -> (&'static str, &'static str) {
    match path {
        "/" => ("200 OK", "hello\n"),
        "/slow" => {
            time::sleep(Duration::from_millis(100)); // others are served meanwhile
            ("200 OK", "at last\n")
        }
        _ => ("404 Not Found", "nothing here\n"),
    }
}

/// One request after the other, until the client goes, or takes too long, or `ctx` is done.
fn converse(stream: &TcpStream, ctx: &Context) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    while ctx.err().is_none() {
        let mut head = (&mut reader).take(LIMIT).lines();
        let Some(request) = head.next().transpose()? else { return Ok(()) };
        let mut keep = true;
        for line in head.by_ref() {
            let line = line?.to_ascii_lowercase();
            keep &= line != "connection: close";
            if line.is_empty() {
                break;
            }
        }
        let mut words = request.split(' ');
        let (status, body) = match (words.next(), words.next()) {
            (Some("GET"), Some(path)) => answer(path),
            _ => ("405 Method Not Allowed", "only GET\n"),
        };
        keep &= ctx.err().is_none();
        let how = if keep { "keep-alive" } else { "close" };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: {how}");
        let mut stream = stream;
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
        if !keep {
            break;
        }
    }
    Ok(())
}

fn serve(listener: TcpListener, ctx: &Context) -> io::Result<()> {
    let listener = Arc::new(listener);
    let ends = listener.clone();
    let _told = context::after_func(ctx, move || _ = ends.close());
    gorge::scope(|s| {
        loop {
            let stream = match listener.accept() {
                Ok((stream, _)) => Arc::new(stream),
                Err(error) if is_closed(&error) => return Ok(()),
                Err(error) => return Err(error),
            };
            s.go(move || {
                let idle = stream.clone();
                let told =
                    context::after_func(ctx, move || idle.set_read_deadline(Some(time::now())));
                let _ = converse(&stream, ctx); // what strangers do wrong is no news
                told.stop();
            });
        }
    })
}

/// What the server answers, on a connection of its own.
fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    Ok(body.to_owned())
}

#[gorge::main]
fn main() -> io::Result<()> {
    let given = std::env::args().nth(1);
    let listener = TcpListener::bind(given.as_deref().unwrap_or("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    println!("serving http://{address}/");
    let (ctx, _stop) =
        signal::notify_context(&context::background(), [Signal::TERMINATE, Signal::INTERRUPT]);
    let server = go(move || serve(listener, &ctx));

    if given.is_none() {
        let _idle = TcpStream::connect(address)?; // who says nothing does not hold up the end
        let slow = go(move || get(address, "/slow"));
        assert_eq!(get(address, "/")?, "hello\n");
        assert_eq!(slow.join().expect("no panic")?, "at last\n");
        Signal::TERMINATE.raise()?;
    }
    server.join().expect("the server does not panic")?;
    println!("ended in order");
    Ok(())
}
