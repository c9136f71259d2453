//! A chat server: one goroutine reads what a guest says, another one writes what all say; who is slow misses lines
//! instead of holding up the others. On SIGTERM or Ctrl-C everybody is sent home.
//!
//! `cargo run --release -p gorge --example chat` has three guests of its own, and ends; with an address
//! (`-- 127.0.0.1:7000`) it serves whoever comes (`nc 127.0.0.1 7000`) until it is told to end.

use std::io::{self, BufRead, BufReader, Write};
use std::sync::Arc;

use gorge::context::{self, Context};
use gorge::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use gorge::patterns::Broadcast;
use gorge::signal::{self, Signal};
use gorge::{channel, go, scope, select};

/// Serves one guest until it hangs up; its first line is its name.
fn welcome(guest: &TcpStream, room: &Broadcast<String>) -> io::Result<()> {
    let said = room.subscribe(); // room for a hundred lines that this guest has not read yet
    let (leaves, gone) = channel::<()>(0);
    scope(|s| {
        let mut hears = guest;
        s.go(move || -> io::Result<()> {
            loop {
                select! {
                    recv(said) -> line => writeln!(hears, "{}", line.map_err(io::Error::other)?)?,
                    recv(gone) -> _ => return Ok(()),
                }
            }
        });
        let _leaves = leaves; // dropped at the end of this block, whatever happens in it
        let mut lines = BufReader::new(guest).lines();
        let name = lines.next().unwrap_or(Ok("nobody".to_owned()))?;
        room.try_send(format!("* {name} has come"));
        for line in lines.map_while(Result::ok) {
            room.try_send(format!("{name}: {line}"));
        }
        room.try_send(format!("* {name} has gone"));
        Ok(())
    })
}

/// Serves until `ctx` is done.
fn serve(listener: &TcpListener, ctx: &Context) -> io::Result<()> {
    let room = Broadcast::new(100);
    listener.serve(ctx, |guest| {
        let guest = Arc::new(guest);
        let ends = guest.clone();
        let told = context::after_func(ctx, move || _ = ends.shutdown(Shutdown::Both));
        _ = welcome(&guest, &room); // one who hangs up in the middle is no news
        told.stop(); // else the context keeps the connection
    })
}

/// A guest of our own: says hello, and leaves when a hello was heard.
fn visit(server: SocketAddr, name: &str) -> io::Result<bool> {
    let mut connection = TcpStream::connect(server)?;
    write!(connection, "{name}\nhello\n")?;
    let mut heard = BufReader::new(connection).lines().map_while(Result::ok);
    Ok(heard.any(|line| line.ends_with(": hello")))
}

#[gorge::main]
fn main() -> io::Result<()> {
    let given = std::env::args().nth(1);
    let listener = TcpListener::bind(given.as_deref().unwrap_or("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    println!("chatting at {address}");
    let stop = [Signal::TERMINATE, Signal::INTERRUPT];
    let (ctx, _stop) = signal::notify_context(&context::background(), stop);
    let server = go(move || serve(&listener, &ctx));
    if given.is_none() {
        for guest in ["Ann", "Ben", "Cleo"].map(|name| go(move || visit(address, name))) {
            assert!(guest.join().expect("a guest does not panic")?);
        }
        Signal::TERMINATE.raise()?;
    }
    server.join().expect("the server does not panic")?;
    println!("ended in order");
    Ok(())
}
