//! A chat server: a goroutine reads what each guest says, another one writes what all say; who is slow misses lines
//! instead of holding up the others. Three guests come, talk, and go.
//!
//! `cargo run --release -p gorge --example chat`

use std::io::{self, BufRead, BufReader, Write};
use std::sync::Arc;

use gorge::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use gorge::patterns::Broadcast;
use gorge::{Receiver, Sender, channel, go};

/// What all guests hear; each has room for so many lines that it has not taken yet.
type Room = Arc<Broadcast<String>>;

/// Serves one guest until it hangs up; says `here` when it hears what the others say.
fn welcome(connection: TcpStream, room: &Room, here: &Sender<()>) -> io::Result<()> {
    let connection = Arc::new(connection);
    let hears = room.subscribe();
    _ = here.send(());
    let out = connection.clone();
    let writer = go(move || -> io::Result<()> {
        for line in &hears {
            writeln!(&*out, "{line}")?;
        }
        Ok(())
    });
    let mut lines = BufReader::new(&*connection).lines();
    let name = lines.next().unwrap_or(Ok("nobody".to_owned()))?;
    room.try_send(format!("* {name} has come"));
    for line in lines {
        room.try_send(format!("{name}: {}", line?));
    }
    room.try_send(format!("* {name} has gone"));
    connection.shutdown(Shutdown::Both)?; // its writer notices with the next line
    drop(writer);
    Ok(())
}

/// A guest who says something when `all_here` is closed, and stays until three have.
fn guest(server: SocketAddr, name: &str, all_here: &Receiver<()>) -> io::Result<Vec<String>> {
    let connection = TcpStream::connect(server)?;
    writeln!(&connection, "{name}")?;
    _ = all_here.recv();
    writeln!(&connection, "hello from {name}")?;
    let mut heard: Vec<String> = Vec::new();
    for line in BufReader::new(&connection).lines() {
        heard.push(line?);
        if heard.iter().filter(|line| line.contains(": hello")).count() == 3 {
            break;
        }
    }
    Ok(heard)
}

#[gorge::main]
fn main() -> io::Result<()> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let address = server.local_addr()?;
    let room: Room = Arc::new(Broadcast::new(100));
    let theirs = room.clone();
    let (here, is_here) = channel(0);
    go(move || {
        for connection in server.incoming().flatten() {
            let (room, here) = (theirs.clone(), here.clone());
            go(move || welcome(connection, &room, &here));
        }
    });

    let (wait, all_here) = channel(0);
    let come = |name| {
        let all_here = all_here.clone();
        go(move || guest(address, name, &all_here))
    };
    let guests = ["Ann", "Ben", "Cleo"].map(come);
    for _ in &guests {
        _ = is_here.recv();
    }
    drop(wait);
    for guest in guests {
        let heard = guest.join().expect("a guest does not panic")?;
        println!("{}\n", heard.join("\n"));
        assert_eq!(heard.iter().filter(|line| line.contains(": hello")).count(), 3);
    }
    Ok(())
}
