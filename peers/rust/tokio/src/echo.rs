//! TCP echo: servers and clients in one process, a task each.

use peer_measure::{Figure, Job, MESSAGE};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) fn echo_64(job: &Job) -> Vec<Figure> {
    crate::task("echo-64", job, 64, |n| echo(64, n))
}

pub(crate) fn echo_400(job: &Job) -> Vec<Figure> {
    crate::task("echo-400", job, 400, |n| echo(400, n))
}

/// `n` round trips over so many connections, each as many one after the other.
async fn echo(connections: u64, n: u64) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = TcpStream::connect(address).await.expect("a connection");
        client.set_nodelay(true).expect("an option");
        let (server, _) = listener.accept().await.expect("a connection");
        server.set_nodelay(true).expect("an option");
        tokio::spawn(serve(server));
        clients.push(client);
    }
    let start = Instant::now();
    let clients: Vec<_> =
        clients.into_iter().map(|client| tokio::spawn(ask(client, n / connections))).collect();
    let mut streams = Vec::new();
    for client in clients {
        streams.push(client.await.expect("no panic"));
    }
    let elapsed = start.elapsed();
    drop(streams);
    elapsed
}

async fn serve(mut stream: TcpStream) {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await.expect("a connection") {
            0 => return,
            n => stream.write_all(&buffer[..n]).await.expect("a connection"),
        }
    }
}

async fn ask(mut stream: TcpStream, rounds: u64) -> TcpStream {
    let mut message = [7; MESSAGE];
    for round in 0..rounds {
        message[..8].copy_from_slice(&round.to_ne_bytes());
        stream.write_all(&message).await.expect("a connection");
        let mut back = [0; MESSAGE];
        stream.read_exact(&mut back).await.expect("a connection");
        assert_eq!(back, message);
    }
    stream
}
