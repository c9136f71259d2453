//! Connections that come, talk, hang, send half, reset: afterwards nothing is left of them.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gorge::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use gorge::runtime::{gosched, num_goroutine};
use gorge::{go, run};

/// A server of messages: a length, then as many bytes, which come back.
fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(30)))?; // who hangs is let go
    let mut message = [0; 256];
    loop {
        stream.read_exact(&mut message[..1])?;
        let length = usize::from(message[0]);
        stream.read_exact(&mut message[..length])?;
        stream.write_all(&message[..length])?;
    }
}

fn client(address: SocketAddr, number: usize) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let length = 1 + number % 255;
    let message: Vec<u8> = [length as u8].into_iter().chain((0..length).map(|i| i as u8)).collect();
    let mut back = vec![0; length];
    for _ in 0..1 + number % 5 {
        stream.write_all(&message)?;
        stream.read_exact(&mut back)?;
        assert_eq!(back, message[1..]);
    }
    match number % 7 {
        0 => stream.set_linger(Some(Duration::ZERO))?, // resets
        1 => {
            stream.write_all(&message[..message.len() / 2])?; // half, and hangs
            let _ = stream.read(&mut back);
        }
        2 => {
            let _ = stream.read(&mut back); // hangs, until the server lets go
        }
        3 => {
            stream.shutdown(Shutdown::Write)?;
            assert_eq!(stream.read(&mut back)?, 0);
        }
        4 => {
            stream.write_all(&message[..message.len() / 2])?; // half, and goes
        }
        5 => stream.close()?,
        _ => {}
    }
    Ok(())
}

const LET_GO: [ErrorKind; 3] =
    [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::UnexpectedEof];

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// The bytes of memory that this process has; 0 where the system does not tell.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

#[test]
fn nothing_is_left_behind() {
    run(|| {
        let time = if std::env::var_os("GORGE_STRESS").is_some() { 60 } else { 1 };
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let address = listener.local_addr().unwrap();
        // What is made once is there: what lies behind what was closed, and whatever a round needs.
        UdpSocket::bind("127.0.0.1:0").unwrap().close().unwrap();
        round(&listener, address, &AtomicUsize::new(0), 0, Duration::ZERO);
        let before = (descriptors(), num_goroutine());
        let memory = resident();
        let count = AtomicUsize::new(0);
        round(&listener, address, &count, 100, Duration::from_secs(time));
        assert_eq!((descriptors(), num_goroutine()), before, "after {count:?} connections");
        // Some hundred bytes for each of a minute's connections would be more.
        let grown = resident().saturating_sub(memory);
        assert!(grown < 16 << 20, "{grown} bytes after {count:?} connections");
    });
}

/// Forty clients, one connection after the other each, for so long, and until there were `least` connections.
fn round(
    listener: &Arc<TcpListener>,
    address: SocketAddr,
    count: &AtomicUsize,
    least: usize,
    time: Duration,
) {
    let (goroutines, end) = (num_goroutine(), Instant::now() + time);
    let server = {
        let listener = listener.clone();
        go(move || {
            while let Ok((stream, _)) = listener.accept() {
                go(move || serve(stream).unwrap_err());
            }
        })
    };
    gorge::scope(|s| {
        for i in 0..40 {
            s.go(move || {
                let mut number = i;
                loop {
                    // On a busy machine the server has lost its patience meanwhile.
                    if let Err(error) = client(address, number) {
                        assert!(LET_GO.contains(&error.kind()), "{error}");
                    }
                    number += 13;
                    if count.fetch_add(1, Relaxed) >= least && Instant::now() >= end {
                        return;
                    }
                }
            });
        }
    });
    listener.set_read_deadline(Some(gorge::time::now()));
    server.join().unwrap();
    listener.set_read_deadline(None);
    // Those who serve what was reset see it soon; if not, this hangs.
    while num_goroutine() > goroutines {
        gosched();
    }
}
