//! UDP and Unix sockets between goroutines.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use gorge::net::{UdpSocket, UnixDatagram, UnixListener, UnixStream, is_closed};
use gorge::{context, go, run, scope, time};

fn path(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("gorge-{name}-{}", std::process::id()))
}

#[test]
fn datagrams_come_whole_and_in_turn() {
    run(|| {
        let a = UdpSocket::bind("127.0.0.1:0").unwrap();
        let b = UdpSocket::bind("127.0.0.1:0").unwrap();
        a.connect(b.local_addr().unwrap()).unwrap();
        b.connect(a.local_addr().unwrap()).unwrap();
        scope(|s| {
            s.go(|| {
                let mut buffer = [0; 64];
                for _ in 0..1000 {
                    let n = b.recv(&mut buffer).unwrap();
                    b.send(&buffer[..n]).unwrap();
                }
            });
            for i in 0..1000u32 {
                a.send(&i.to_ne_bytes()).unwrap();
                let mut back = [0; 64];
                assert_eq!(a.recv(&mut back).unwrap(), 4);
                assert_eq!(back[..4], i.to_ne_bytes());
            }
        });
    });
}

#[test]
fn receiving_has_a_deadline_and_is_ended_by_close() {
    run(|| {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        socket.set_read_deadline(Some(time::now() + Duration::from_millis(5)));
        let error = socket.recv_from(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.to_string().contains("127.0.0.1:"), "{error}");
        socket.set_read_deadline(None);
        let waits = {
            let socket = socket.clone();
            go(move || socket.recv_from(&mut [0; 8]).unwrap_err())
        };
        gorge::runtime::gosched();
        socket.close().unwrap();
        assert!(is_closed(&waits.join().unwrap()));
    });
}

#[test]
fn nobody_is_there_for_a_datagram() {
    run(|| {
        // It keeps its number from others, and hears nobody but itself.
        let deaf = UdpSocket::bind("127.0.0.1:0").unwrap();
        let gone = deaf.local_addr().unwrap();
        deaf.connect(gone).unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(gone).unwrap();
        socket.send(b"anybody?").unwrap();
        let error = socket.recv(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(error.to_string().contains(&gone.to_string()), "{error}");
    });
}

#[test]
fn unix_streams_through_a_listener() {
    let path = path("streams");
    let theirs = path.clone();
    run(move || {
        let listener = UnixListener::bind(&theirs).unwrap();
        let server = go(move || {
            for _ in 0..50 {
                let (mut stream, _) = listener.accept().unwrap();
                go(move || {
                    let mut all = Vec::new();
                    stream.read_to_end(&mut all).unwrap();
                    stream.write_all(&all).unwrap();
                });
            }
        });
        let clients: Vec<_> = (0..50u8)
            .map(|i| {
                let path = theirs.clone();
                go(move || {
                    let (mut read, mut write) = UnixStream::connect(path).unwrap().into_split();
                    write.write_all(&[i; 1000]).unwrap();
                    drop(write);
                    let mut back = Vec::new();
                    read.read_to_end(&mut back).unwrap();
                    assert_eq!(back, [i; 1000]);
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        server.join().unwrap();
    });
    let error = UnixStream::connect(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    std::fs::remove_file(&path).unwrap();
    let error = UnixStream::connect(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn unix_datagrams_by_path_and_in_pairs() {
    let path = path("datagrams");
    let theirs = path.clone();
    run(move || {
        let here = UnixDatagram::bind(&theirs).unwrap();
        let waits = go(move || {
            let mut buffer = [0; 16];
            let (n, _) = here.recv_from(&mut buffer).unwrap();
            buffer[..n].to_vec()
        });
        UnixDatagram::unbound().unwrap().send_to(b"by path", &theirs).unwrap();
        assert_eq!(waits.join().unwrap(), b"by path");
        let (a, b) = UnixDatagram::pair().unwrap();
        let waits = go(move || b.recv(&mut [0; 16]).unwrap());
        a.send(b"pair").unwrap();
        assert_eq!(waits.join().unwrap(), 4);
    });
    std::fs::remove_file(path).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_in_no_file_system() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;
    run(|| {
        let name = format!("gorge-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let nobody = UnixStream::connect_addr(&address).unwrap_err();
        assert_eq!(nobody.kind(), ErrorKind::ConnectionRefused);
        assert!(nobody.to_string().contains(&format!("connecting to @{name}: ")), "{nobody}");

        let listener = UnixListener::bind_addr(&address).unwrap();
        let taken = UnixListener::bind_addr(&address).unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        assert!(taken.to_string().contains(&format!("listening at @{name}: ")), "{taken}");
        let (mut client, server) =
            (UnixStream::connect_addr(&address).unwrap(), listener.accept().unwrap().0);
        drop(server);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);

        // The system chooses one for who says nothing, and another one for the next.
        let chosen = || UnixListener::bind("").unwrap();
        let (one, other) = (chosen(), chosen());
        let names =
            [&one, &other].map(|l| l.local_addr().unwrap().as_abstract_name().map(Vec::from));
        assert!(names[0].is_some() && names[0] != names[1], "{names:?}");
        UnixStream::connect_addr(&one.local_addr().unwrap()).unwrap();
    });
}

#[test]
fn connecting_while_too_many_wait_ends_with_the_context() {
    run(|| {
        let path = path("full");
        let listener = UnixListener::bind(&path).unwrap();
        rustix::net::listen(&listener, 0).unwrap(); // room for one
        let _waits = UnixStream::connect(&path).unwrap();
        let (ctx, cancel) = context::with_cancel(&context::background());
        let theirs = path.clone();
        let connects = go(move || UnixStream::connect_in(&ctx, theirs).unwrap_err());
        gorge::runtime::gosched();
        cancel.cancel();
        let error = connects.join().unwrap();
        assert!(error.to_string().contains("full"), "{error}");
        assert!(error.to_string().ends_with("context canceled"), "{error}");
        std::fs::remove_file(path).unwrap();
    });
}
