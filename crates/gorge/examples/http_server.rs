//! An HTTP/1.1 server by hand, with connections that are kept alive, limits on what strangers may send and how long
//! they may take, and an end in order on SIGTERM or Ctrl-C.
//!
//! `cargo run --release -p gorge --example http_server` asks itself one thing and ends; with an address
//! (`-- 127.0.0.1:8080`) it serves until it is told to end.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::net::{TcpListener, TcpStream};
use gorge::signal::{self, Signal};
use gorge::{go, time};

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
fn converse(mut stream: &TcpStream, ctx: &Context) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let (mut reader, mut keep) = (BufReader::new(stream), true);
    while keep {
        let mut head = (&mut reader).take(8 * 1024).lines();
        let Some(request) = head.next().transpose()? else { return Ok(()) };
        let fields = head.take_while(|line| !line.as_ref().is_ok_and(String::is_empty));
        let fields = fields.collect::<io::Result<Vec<_>>>()?;
        let close = fields.iter().any(|field| field.eq_ignore_ascii_case("connection: close"));
        keep = !close && ctx.err().is_none();
        let (status, body) = match request.split(' ').collect::<Vec<_>>()[..] {
            ["GET", path, _] => answer(path),
            _ => ("405 Method Not Allowed", "only GET\n"),
        };
        let (how, length) = (if keep { "keep-alive" } else { "close" }, body.len());
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: {how}");
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes())?; // in one piece
    }
    Ok(())
}

/// One client, who is not waited for in vain once `ctx` is done.
fn serve(stream: TcpStream, ctx: &Context) {
    let stream = Arc::new(stream);
    let idle = stream.clone();
    let told = context::after_func(ctx, move || idle.set_read_deadline(Some(time::now())));
    let _ = converse(&stream, ctx); // what strangers do wrong is no news
    told.stop();
}

#[gorge::main]
fn main() -> io::Result<()> {
    let given = std::env::args().nth(1);
    let listener = TcpListener::bind(given.as_deref().unwrap_or("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    println!("serving http://{address}/");
    let stop = [Signal::TERMINATE, Signal::INTERRUPT];
    let (ctx, _stop) = signal::notify_context(&context::background(), stop);
    let server = go(move || listener.serve(&ctx, |stream| serve(stream, &ctx)));

    if given.is_none() {
        let _idle = TcpStream::connect(address)?; // who says nothing does not hold up the end
        let (mut asks, mut all) = (TcpStream::connect(address)?, String::new());
        asks.write_all(b"GET /slow HTTP/1.1\r\nConnection: close\r\n\r\n")?;
        asks.read_to_string(&mut all)?;
        assert!(all.ends_with("at last\n"), "{all}");
        Signal::TERMINATE.raise()?;
    }
    server.join().expect("the server does not panic")?;
    println!("ended in order");
    Ok(())
}
