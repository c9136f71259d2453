//! TCP between goroutines, through real sockets.

use std::io::{BufRead, BufReader, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use gorge::net::{Keepalive, Shutdown, TcpListener, TcpStream, is_closed};
use gorge::time::Instant;
use gorge::{go, run, scope, time};

fn listen() -> (TcpListener, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// At an address where nobody else listens, before or after (`number` is the test's own): for who looks whether somebody
/// is there. Elsewhere another test may have been given the port meanwhile.
fn listen_alone(number: u8) -> (TcpListener, std::net::SocketAddr) {
    let address = if cfg!(target_os = "linux") { [127, 0, 1, number] } else { [127, 0, 0, 1] };
    let listener = TcpListener::bind((std::net::IpAddr::from(address), 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn pair() -> (TcpStream, TcpStream) {
    let (listener, address) = listen();
    let client = go(move || TcpStream::connect(address).unwrap());
    let (server, peer) = listener.accept().unwrap();
    let client = client.join().unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    (client, server)
}

fn serve_echo(listener: TcpListener) {
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { return };
        go(move || {
            let mut reader = stream.try_clone().unwrap();
            let _ = gorge::io::copy(&mut reader, &mut stream);
        });
    }
}

#[test]
fn many_connections_at_once() {
    run(|| {
        let (listener, address) = listen();
        let listener = Arc::new(listener);
        let server = {
            let listener = listener.clone();
            go(move || {
                let mut handlers = Vec::new();
                while let Ok((mut stream, _)) = listener.accept() {
                    handlers.push(go(move || {
                        let mut buffer = [0; 512];
                        loop {
                            match stream.read(&mut buffer).unwrap() {
                                0 => return,
                                n => stream.write_all(&buffer[..n]).unwrap(),
                            }
                        }
                    }));
                }
                handlers.into_iter().for_each(|h| h.join().unwrap());
            })
        };
        let clients: Vec<_> = (0..200u32)
            .map(|i| {
                go(move || {
                    let mut stream = TcpStream::connect(address).unwrap();
                    for round in 0..20 {
                        let text = format!("{i} {round}");
                        stream.write_all(text.as_bytes()).unwrap();
                        let mut back = vec![0; text.len()];
                        stream.read_exact(&mut back).unwrap();
                        assert_eq!(back, text.as_bytes());
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|c| c.join().unwrap());
        listener.close().unwrap();
        server.join().unwrap();
    });
}

#[test]
fn much_data_both_ways_through_one_connection() {
    const SIZE: usize = 4 << 20;
    run(|| {
        let (client, server) = pair();
        let pattern = |i: usize| (i * 31 % 251) as u8;
        scope(|s| {
            for stream in [&client, &server] {
                s.go(move || {
                    let all: Vec<u8> = (0..SIZE).map(pattern).collect();
                    let mut stream = stream;
                    stream.write_all(&all).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                });
                s.go(move || {
                    let mut all = Vec::new();
                    let mut stream = stream;
                    stream.read_to_end(&mut all).unwrap();
                    assert_eq!(all.len(), SIZE);
                    assert!(all.iter().enumerate().all(|(i, b)| *b == pattern(i)));
                });
            }
        });
    });
}

#[test]
fn who_waits_without_a_buffer_is_told_of_data_and_of_the_end() {
    run(|| {
        let (client, server) = pair();
        let heard = go(move || {
            let mut heard = Vec::new();
            while server.wait_readable().is_ok() {
                // Nobody else reads, so this does not wait.
                server.set_read_deadline(Some(time::now() + Duration::from_secs(60)));
                match (&server).read(&mut [0; 64]).unwrap() {
                    0 => break,
                    n => heard.push(n),
                }
            }
            heard.iter().sum::<usize>()
        });
        for length in 1..=50 {
            (&client).write_all(&vec![7; length]).unwrap();
            gorge::runtime::gosched();
        }
        drop(client);
        assert_eq!(heard.join().unwrap(), 50 * 51 / 2);
    });
}

#[test]
fn a_deadline_that_is_moved_is_nothing_to_read() {
    run(|| {
        let (client, server) = pair();
        (&client).write_all(b"x").unwrap();
        assert_eq!((&server).read(&mut [0; 2]).unwrap(), 1); // so it is empty, and known to be
        let server = Arc::new(server);
        let waits = {
            let server = server.clone();
            go(move || server.wait_readable().unwrap_err().kind())
        };
        for seconds in 0..200 {
            server.set_read_deadline(Some(time::now() + Duration::from_secs(3600 + seconds)));
            gorge::runtime::gosched();
        }
        server.set_read_deadline(Some(time::now()));
        assert_eq!(waits.join().unwrap(), ErrorKind::TimedOut);
    });
}

#[test]
fn a_clone_that_is_put_back_into_blocking_mode_blocks_nobody_here() {
    run(|| {
        let (client, server) = pair();
        let clone = std::net::TcpStream::from(server.try_clone().unwrap());
        let blocks = |socket: &std::net::TcpStream| {
            !rustix::fs::fcntl_getfl(socket).unwrap().contains(rustix::fs::OFlags::NONBLOCK)
        };
        assert!(blocks(&clone));
        let late = || Some(time::now() + Duration::from_millis(5));
        for round in 0..3 {
            server.set_read_deadline(late());
            // In a system call nobody would hear of the deadline.
            let nothing = match round {
                0 => (&server).read(&mut [0; 4]),
                1 => (&server).read_vectored(&mut [IoSliceMut::new(&mut [0; 4])]),
                _ => server.peek(&mut [0; 4]),
            };
            assert_eq!(nothing.unwrap_err().kind(), ErrorKind::TimedOut);
        }
        // Until there is no room; the other side may find more later.
        let much = vec![0; 1 << 16];
        for vectored in [false, true] {
            let full = loop {
                server.set_write_deadline(late());
                let written = match vectored {
                    true => (&server).write_vectored(&[IoSlice::new(&much)]),
                    false => (&server).write(&much),
                };
                if let Err(error) = written {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::TimedOut);
        }
        drop(client);
    });
}

#[test]
fn half_closed_and_split() {
    run(|| {
        let (client, server) = pair();
        let (read, mut write) = client.into_split();
        write.write_all(b"one\ntwo\n").unwrap();
        drop(write); // the other side reads the end
        let mut server = server;
        let mut all = String::new();
        server.read_to_string(&mut all).unwrap();
        assert_eq!(all, "one\ntwo\n");
        assert_eq!(
            server.write_vectored(&[IoSlice::new(b"an"), IoSlice::new(b"swer\n")]).unwrap(),
            7
        );
        let mut line = String::new();
        let mut read = BufReader::new(read);
        read.read_line(&mut line).unwrap();
        assert_eq!(line, "answer\n");
        drop(server);
        assert_eq!(read.read(&mut [0]).unwrap(), 0);
    });
}

/// Data and the end in one event: the end must not be waited for.
#[test]
fn a_last_word_and_the_end_together() {
    run(|| {
        for _ in 0..200 {
            let (mut client, mut server) = pair();
            let reader = go(move || {
                let mut buffer = [0; 64];
                let mut all = 0;
                loop {
                    match server.read(&mut buffer).unwrap() {
                        0 => return all,
                        n => all += n,
                    }
                }
            });
            client.write_all(b"bye").unwrap();
            drop(client);
            assert_eq!(reader.join().unwrap(), 3);
        }
    });
}

#[test]
fn more_pieces_than_the_system_takes_at_once() {
    const PIECES: usize = 3000; // of one byte each
    run(|| {
        let (here, there) = pair();
        let deadline = Instant::now() + Duration::from_secs(60);
        [&here, &there].into_iter().for_each(|stream| stream.set_deadline(Some(deadline)));
        let writes = go(move || {
            let mut left = 3 * PIECES;
            while left > 0 {
                let pieces = vec![IoSlice::new(b"x"); left.min(PIECES)];
                left -= (&here).write_vectored(&pieces).unwrap();
            }
            here
        });
        let here = writes.join().unwrap(); // all is there, and a read that leaves some has not emptied it
        let (mut bytes, mut left) = ([0; PIECES], 3 * PIECES);
        while left > 0 {
            let mut pieces: Vec<_> = bytes.chunks_mut(1).map(IoSliceMut::new).collect();
            left -= (&there).read_vectored(&mut pieces).unwrap();
        }
        drop(here);
    });
}

#[test]
fn reset_and_broken_pipe_are_named() {
    run(|| {
        let (client, server) = pair();
        let peer = client.local_addr().unwrap().to_string();
        client.set_linger(Some(Duration::ZERO)).unwrap();
        drop(client); // resets
        let error = (&server).read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert!(error.to_string().contains(&peer), "{error}");
        let error = (&server).write(b"x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(error.to_string().starts_with(&format!("writing to {peer}: ")), "{error}");
    });
}

#[test]
fn refused_is_named() {
    run(|| {
        let (listener, address) = listen_alone(1);
        drop(listener);
        let error = TcpStream::connect(address).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(error.to_string().contains(&format!("connecting to {address}: ")), "{error}");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn unreachable_is_named() {
    run(|| {
        // No connection leads to many; the system says so without asking the network.
        let error = TcpStream::connect("224.0.0.1:80").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NetworkUnreachable);
        assert!(error.to_string().starts_with("connecting to 224.0.0.1:80: "), "{error}");
        let error = gorge::net::dial("224.0.0.1:80").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NetworkUnreachable);
        assert!(error.to_string().starts_with("dialling 224.0.0.1:80: "), "{error}");
    });
}

#[test]
fn closing_twice() {
    run(|| {
        let (client, server) = pair();
        client.close().unwrap();
        assert!(is_closed(&client.close().unwrap_err()));
        // Its number is not free: what is opened meanwhile is something else.
        let other = pair();
        assert!(is_closed(&client.close().unwrap_err()));
        drop(client);
        (&other.0).write_all(b"x").unwrap();
        (&other.1).read_exact(&mut [0]).unwrap();
        assert_eq!((&server).read(&mut [0]).unwrap(), 0);
    });
}

/// A read stops before urgent data; that it is short does not say that there is no more.
#[cfg(target_os = "linux")]
#[test]
fn what_comes_after_urgent_data_is_read() {
    use rustix::net::{SendFlags, send};
    run(|| {
        let (client, server) = pair();
        const ROUNDS: usize = 100;
        let reader = go(move || {
            for _ in 0..ROUNDS {
                // More room than there is, so each of these reads is short.
                let (mut two, mut part) = (Vec::new(), [0; 64]);
                while two.len() < 2 {
                    let n = (&server).read(&mut part).unwrap();
                    two.extend_from_slice(&part[..n]);
                }
                assert_eq!(two, b"ab");
                (&server).write_all(b"!").unwrap();
            }
        });
        for _ in 0..ROUNDS {
            (&client).write_all(b"a").unwrap();
            send(&client, b"u", SendFlags::OOB).unwrap();
            (&client).write_all(b"b").unwrap();
            (&client).read_exact(&mut [0]).unwrap();
        }
        reader.join().unwrap();
    });
}

#[test]
fn in_use_is_named() {
    let (_listener, address) = listen();
    let error = TcpListener::bind(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[test]
fn a_slow_reader_holds_the_writer_back_until_its_deadline() {
    run(|| {
        let (client, server) = pair();
        let chunk = vec![0; 64 * 1024];
        let mut written = (&client).write(&chunk).unwrap();
        client.set_write_deadline(Some(Instant::now() + Duration::from_millis(50)));
        let error = loop {
            match (&client).write(&chunk) {
                Ok(n) => written += n,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        client.set_write_deadline(None);
        // Once somebody reads it goes on.
        let rest = go(move || std::io::copy(&mut &server, &mut std::io::sink()).unwrap());
        (&client).write_all(&chunk).unwrap();
        drop(client);
        assert_eq!(rest.join().unwrap(), (written + chunk.len()) as u64);
    });
}

#[test]
fn accepting_has_a_deadline_and_is_ended_by_close() {
    run(|| {
        let (listener, address) = listen_alone(2);
        let listener = Arc::new(listener);
        listener.set_read_deadline(Some(Instant::now() + Duration::from_millis(10)));
        let error = listener.accept().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        listener.set_read_deadline(None);
        let waits = {
            let listener = listener.clone();
            go(move || listener.accept().unwrap_err())
        };
        gorge::runtime::gosched();
        listener.close().unwrap();
        assert!(is_closed(&waits.join().unwrap()));
        // The port is free though the handle is there.
        drop(TcpListener::bind(address).unwrap());
    });
}

#[test]
fn close_ends_reading_and_writing() {
    run(|| {
        let (client, server) = pair();
        let client = Arc::new(client);
        let reader = {
            let client = client.clone();
            go(move || (&*client).read(&mut [0]).unwrap_err())
        };
        let writer = {
            let client = client.clone();
            go(move || {
                let chunk = vec![0; 64 * 1024];
                loop {
                    if let Err(error) = (&*client).write(&chunk) {
                        return error;
                    }
                }
            })
        };
        let mut first = [0];
        (&server).read_exact(&mut first).unwrap(); // the writer is at it
        client.close().unwrap();
        assert!(is_closed(&reader.join().unwrap()));
        assert!(is_closed(&writer.join().unwrap()));
    });
}

#[test]
fn options_and_conversions() {
    run(|| {
        let (client, server) = pair();
        client.set_nodelay(true).unwrap();
        assert!(client.nodelay().unwrap());
        client.set_keepalive(Some(Keepalive::default())).unwrap();
        client.set_linger(Some(Duration::from_secs(2))).unwrap();
        assert_eq!(client.linger().unwrap(), Some(Duration::from_secs(2)));
        (&server).write_all(b"peek").unwrap();
        let mut word = [0; 4];
        assert_eq!(client.peek(&mut word).unwrap(), 4);
        // To std and back: blocking there, parking here.
        let mut plain = std::net::TcpStream::from(client);
        plain.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"peek");
        let back = TcpStream::from(plain);
        let reader = go(move || (&back).read(&mut [0; 8]).unwrap());
        (&server).write_all(b"x").unwrap();
        assert_eq!(reader.join().unwrap(), 1);
    });
}

#[test]
fn a_plain_thread_and_a_goroutine() {
    let (listener, address) = listen();
    go(move || serve_echo(listener));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"thread").unwrap();
    let mut back = [0; 6];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"thread");
}

#[test]
fn a_proxy_forwards_both_ways_to_the_end() {
    const SIZE: usize = 3 << 20;
    run(|| {
        let (listener, address) = listen();
        go(move || serve_echo(listener));
        let (client, inside) = pair();
        let proxy = go(move || {
            let outside = TcpStream::connect(address).unwrap();
            scope(|s| {
                s.go(|| {
                    let there = gorge::io::forward(&inside, &outside).unwrap();
                    outside.shutdown(Shutdown::Write).unwrap();
                    assert_eq!(there, SIZE as u64);
                });
                let back = gorge::io::forward(&outside, &inside).unwrap();
                inside.shutdown(Shutdown::Write).unwrap();
                assert_eq!(back, SIZE as u64);
            });
        });
        let all: Vec<u8> = (0..SIZE).map(|i| (i * 7 % 253) as u8).collect();
        scope(|s| {
            s.go(|| {
                (&client).write_all(&all).unwrap();
                client.shutdown(Shutdown::Write).unwrap();
            });
            let mut back = Vec::new();
            (&client).read_to_end(&mut back).unwrap();
            assert!(back == all);
        });
        proxy.join().unwrap();
    });
}

#[test]
fn who_forwards_says_on_which_side_it_failed() {
    run(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connect = || {
            let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            (here, listener.accept().unwrap().0)
        };
        let ((client, from), (to, server)) = (connect(), connect());
        let address = client.local_addr().unwrap();
        client.set_linger(Some(Duration::ZERO)).unwrap();
        drop(client); // resets
        let error = gorge::io::forward(&from, &to).unwrap_err();
        assert!(error.to_string().contains(&format!("reading from {address}: ")), "{error}");

        let ((mut client, from), address) = (connect(), server.local_addr().unwrap());
        server.set_linger(Some(Duration::ZERO)).unwrap();
        drop(server);
        to.wait_readable().unwrap(); // it knows: what is written before that is only lost
        client.write_all(b"hello").unwrap();
        let error = gorge::io::copy(&mut &from, &mut &to).unwrap_err();
        assert!(error.to_string().contains(&format!("writing to {address}: ")), "{error}");
    });
}

#[test]
fn who_is_being_served_at_the_end_is_waited_for() {
    run(|| {
        let (listener, address) = listen_alone(3);
        let (ctx, cancel) = gorge::context::with_cancel(&gorge::context::background());
        let (here, comes) = gorge::channel(0);
        let (gate, waits) = gorge::channel::<()>(0);
        let server = go(move || {
            listener.serve(&ctx, |mut stream| {
                let _ = here.send(());
                let _ = waits.recv();
                let _ = stream.write_all(b"bye");
            })
        });
        let mut client = TcpStream::connect(address).unwrap();
        comes.recv().unwrap();
        drop(comes); // whoever comes beside the end has nobody to tell
        cancel.cancel();
        // It takes nobody new, at once.
        while TcpStream::connect(address).is_ok() {
            gorge::runtime::gosched();
        }
        drop(gate);
        server.join().unwrap().unwrap();
        let mut word = String::new();
        client.read_to_string(&mut word).unwrap();
        assert_eq!(word, "bye");
    });
}
