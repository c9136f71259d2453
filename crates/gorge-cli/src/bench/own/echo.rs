//! TCP echo: servers and clients in one process, a goroutine each.

use crate::bench::measure::MESSAGE;
use gorge::net::{TcpListener, TcpStream};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

pub(crate) fn echo_64(n: u64) -> Duration {
    echo(64, n)
}

pub(crate) fn echo_400(n: u64) -> Duration {
    echo(400, n)
}

/// `n` round trips over so many connections, each as many one after the other.
fn echo(connections: u64, n: u64) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let client = TcpStream::connect(address).expect("a connection");
            client.set_nodelay(true).expect("an option");
            let (server, _) = listener.accept().expect("a connection");
            server.set_nodelay(true).expect("an option");
            gorge::go(move || serve(server));
            client
        })
        .collect();
    let start = Instant::now();
    gorge::scope(|s| {
        for client in &clients {
            s.go(move || ask(client, n / connections));
        }
    });
    start.elapsed()
}

fn serve(mut stream: TcpStream) {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).expect("a connection") {
            0 => return,
            n => stream.write_all(&buffer[..n]).expect("a connection"),
        }
    }
}

fn ask(mut stream: &TcpStream, rounds: u64) {
    let mut message = [7; MESSAGE];
    for round in 0..rounds {
        message[..8].copy_from_slice(&round.to_ne_bytes());
        stream.write_all(&message).expect("a connection");
        let mut back = [0; MESSAGE];
        stream.read_exact(&mut back).expect("a connection");
        assert_eq!(back, message);
    }
}
