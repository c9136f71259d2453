//! Servers: until standard input ends.

use std::os::fd::AsFd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::net::{TcpListener, TcpStream};

/// Sends back what comes.
pub(crate) fn echo(procs: usize) {
    let job = peer_measure::Job { procs, budget: Default::default(), crowd: 1 };
    let runtime = crate::runtime(&job);
    runtime.block_on(async {
        tokio::spawn(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            println!("{}", listener.local_addr().expect("an address"));
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                stream.set_nodelay(true).expect("an option");
                tokio::spawn(each(stream));
            }
        });
        // No thread for it: a program of one thread is faster.
        let end = tokio::spawn(async {
            let stdin = std::io::stdin().as_fd().try_clone_to_owned().expect("a descriptor");
            let mut stdin = pipe::Receiver::from_owned_fd(stdin).expect("a pipe");
            _ = stdin.read(&mut [0]).await;
        });
        end.await.expect("no panic");
    });
}

async fn each(mut stream: TcpStream) {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => {
                if stream.write_all(&buffer[..n]).await.is_err() {
                    return;
                }
            }
        }
    }
}
