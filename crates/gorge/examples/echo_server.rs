//! An echo server that ends in order on SIGTERM or Ctrl-C: it takes nobody new, and who is there is answered
//! what he has said.
//!
//! `cargo run --release -p gorge --example echo_server` serves a client of its own and tells itself to end;
//! with an address (`-- 127.0.0.1:7000`) it serves until somebody else does.

use std::io::{self, Read, Write};
use std::sync::Arc;

use gorge::context::{self, Context};
use gorge::net::{TcpListener, TcpStream};
use gorge::signal::{self, Signal};
use gorge::{go, time};

/// Answers one client to the end of his last word.
fn echo(stream: TcpStream, ctx: &Context) -> io::Result<()> {
    let stream = Arc::new(stream);
    let ends = stream.clone();
    // Who waits for the next word then waits no longer.
    let told = context::after_func(ctx, move || ends.set_read_deadline(Some(time::now())));
    let mut buffer = [0; 4096];
    let ended = loop {
        let done = match (&*stream).read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(n) => (&*stream).write_all(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => break Ok(()),
            Err(error) => Err(error),
        };
        if done.is_err() {
            break done;
        }
    };
    told.stop(); // else the context keeps the stream
    ended
}

#[gorge::main]
fn main() -> io::Result<()> {
    let given = std::env::args().nth(1);
    let listener = TcpListener::bind(given.as_deref().unwrap_or("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    println!("serving at {address}");
    let (ctx, _stop) =
        signal::notify_context(&context::background(), [Signal::TERMINATE, Signal::INTERRUPT]);
    let server = go(move || {
        listener.serve(&ctx, |stream| {
            if let Err(error) = echo(stream, &ctx) {
                eprintln!("{error}");
            }
        })
    });

    if given.is_none() {
        let mut client = TcpStream::connect(address)?;
        client.write_all(b"hello")?;
        let mut back = [0; 5];
        client.read_exact(&mut back)?;
        println!("heard {:?} again", str::from_utf8(&back).expect("it was text"));
        Signal::TERMINATE.raise()?; // the client is still there, and silent
        assert_eq!(client.read(&mut back)?, 0, "the server hangs up");
    }
    server.join().expect("the server does not panic")?;
    println!("ended in order");
    Ok(())
}
