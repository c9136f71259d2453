//! Names, against a little server of the test's own; and dialling.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gorge::net::{Dialer, Resolver, TcpListener, UdpSocket};
use gorge::time::Instant;
use gorge::{context, go, run};
use simple_dns::rdata::{A, AAAA, RData};
use simple_dns::{CLASS, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};

/// Names and their addresses; a name with none gets no answer at all.
type Zone = HashMap<&'static str, Vec<IpAddr>>;

#[derive(Clone)]
struct Server {
    address: SocketAddr,
    /// The names that were asked for, in order.
    asked: Arc<Mutex<Vec<String>>>,
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn zone(names: &[(&'static str, &[&str])]) -> Zone {
    names.iter().map(|(name, all)| (*name, all.iter().map(|a| ip(a)).collect())).collect()
}

/// Of the same number, which may be taken for TCP when it is free for UDP.
fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        match TcpListener::bind(udp.local_addr().unwrap()) {
            Ok(tcp) => return (udp, tcp),
            Err(error) => assert_eq!(error.kind(), ErrorKind::AddrInUse),
        }
    }
}

/// Where nobody listens: `address`, kept from everybody else.
fn kept(address: SocketAddr) -> rustix::io::Result<OwnedFd> {
    use rustix::net::{AddressFamily, SocketType, bind, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &address).map(|()| socket)
}

/// A listener of 127.0.0.1, and its port on 127.0.0.2, where nobody listens.
fn one_of_two() -> (TcpListener, OwnedFd) {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        match kept(SocketAddr::new(ip("127.0.0.2"), port)) {
            Ok(other) => return (listener, other),
            Err(error) => assert_eq!(error, rustix::io::Errno::ADDRINUSE),
        }
    }
}

/// 127.0.0.1 and 127.0.0.2 at a port of both where nobody listens.
fn two_that_refuse() -> ([OwnedFd; 2], u16) {
    loop {
        let (listener, other) = one_of_two();
        let address = listener.local_addr().unwrap();
        drop(listener);
        match kept(address) {
            Ok(one) => return ([one, other], address.port()),
            // Somebody else was quicker.
            Err(error) => assert_eq!(error, rustix::io::Errno::ADDRINUSE),
        }
    }
}

/// At this port of 127.0.0.2 somebody listens from now on who accepts nothing, and has no room for others.
#[cfg(target_os = "linux")]
fn falls_silent(kept: &OwnedFd, port: u16) -> gorge::net::TcpStream {
    rustix::net::listen(kept, 0).unwrap(); // room for one
    let in_its_queue =
        gorge::net::TcpStream::connect(SocketAddr::new(ip("127.0.0.2"), port)).unwrap();
    gorge::io::Fd::new(kept).unwrap().wait_readable().unwrap(); // it has arrived there
    in_its_queue
}

impl Server {
    /// Answers by UDP in full, or (`truncates`) only by TCP.
    fn start(zone: Zone, truncates: bool) -> Server {
        let (udp, tcp) = sockets();
        let address = udp.local_addr().unwrap();
        let server = Server { address, asked: Arc::default() };
        let zone = Arc::new(zone);
        if truncates {
            let (server, zone) = (server.clone(), zone.clone());
            go(move || {
                for stream in tcp.incoming() {
                    let mut stream = stream.unwrap();
                    let mut length = [0; 2];
                    stream.read_exact(&mut length).unwrap();
                    let mut question = vec![0; u16::from_be_bytes(length).into()];
                    stream.read_exact(&mut question).unwrap();
                    let answer = server.answer(&zone, &question, false).unwrap();
                    stream.write_all(&(answer.len() as u16).to_be_bytes()).unwrap();
                    stream.write_all(&answer).unwrap();
                }
            });
        }
        let answers = server.clone();
        go(move || {
            let mut buffer = [0; 1500];
            loop {
                let (length, from) = udp.recv_from(&mut buffer).unwrap();
                if let Some(answer) = answers.answer(&zone, &buffer[..length], truncates) {
                    // Something that is no answer to it must be passed over.
                    let mut wrong = answer.clone();
                    wrong[0] ^= 1;
                    udp.send_to(&wrong, from).unwrap();
                    udp.send_to(b"nonsense", from).unwrap();
                    udp.send_to(&answer, from).unwrap();
                }
            }
        });
        server
    }

    fn answer(&self, zone: &Zone, question: &[u8], truncated: bool) -> Option<Vec<u8>> {
        let asked = Packet::parse(question).unwrap();
        let mut answer = Packet::new_reply(asked.id());
        let question = asked.questions[0].clone();
        let name = question.qname.to_string();
        self.asked.lock().unwrap().push(name.clone());
        answer.questions.push(question.clone());
        match zone.get(&*name) {
            None => *answer.rcode_mut() = RCODE::NameError,
            Some(none) if none.is_empty() => return None,
            Some(_) if truncated => answer.set_flags(PacketFlag::TRUNCATION),
            Some(all) => {
                for address in all {
                    let data = match (address, question.qtype) {
                        (IpAddr::V4(a), QTYPE::TYPE(TYPE::A)) => {
                            RData::A(A { address: (*a).into() })
                        }
                        (IpAddr::V6(a), QTYPE::TYPE(TYPE::AAAA)) => {
                            RData::AAAA(AAAA { address: (*a).into() })
                        }
                        _ => continue,
                    };
                    let record = ResourceRecord::new(question.qname.clone(), CLASS::IN, 60, data);
                    answer.answers.push(record);
                }
            }
        }
        Some(answer.build_bytes_vec().unwrap())
    }

    /// One that is more patient than a busy machine is slow: it asks once.
    fn resolver(&self) -> Resolver {
        let mut resolver = Resolver::with_servers([self.address]);
        resolver.timeout = Duration::from_secs(60);
        resolver
    }

    /// Until it was asked: a question that was sent has not been heard yet.
    fn until_asked(&self) {
        let end = Instant::now() + Duration::from_secs(60);
        while self.asked.lock().unwrap().is_empty() {
            assert!(Instant::now() < end, "nobody asks");
            gorge::runtime::gosched();
        }
    }
}

#[test]
fn both_kinds_of_addresses() {
    run(|| {
        let server = Server::start(zone(&[("a.example", &["127.0.0.7", "::1"])]), false);
        let mut found = server.resolver().lookup("a.example").unwrap();
        found.sort();
        assert_eq!(found, [ip("127.0.0.7"), ip("::1")]);
        assert_eq!(server.resolver().lookup("127.0.0.9").unwrap(), [ip("127.0.0.9")]);
        assert_eq!(server.asked.lock().unwrap().len(), 2, "an address is not asked for");
    });
}

#[test]
fn a_long_answer_comes_by_tcp() {
    run(|| {
        let server = Server::start(zone(&[("long.example", &["127.0.0.1", "127.0.0.2"])]), true);
        assert_eq!(server.resolver().lookup("long.example").unwrap().len(), 2);
    });
}

#[test]
fn no_such_name_says_which() {
    run(|| {
        let server = Server::start(Zone::new(), false);
        let error = server.resolver().lookup("missing.example").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.to_string(), "looking up missing.example: no such host");
        let error = server.resolver().lookup(&"x".repeat(300)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn the_search_list_completes_names() {
    run(|| {
        let server = Server::start(zone(&[("www.b.example", &["127.0.0.3"])]), false);
        let mut resolver = server.resolver();
        resolver.search = vec!["a.example".into(), "b.example".into()];
        assert_eq!(resolver.lookup("www").unwrap(), [ip("127.0.0.3")]);
        assert!(server.asked.lock().unwrap().contains(&"www.a.example".to_owned()));
    });
}

#[test]
fn a_silent_server_is_passed_over() {
    run(|| {
        let silent = Server::start(zone(&[("a.example", &[])]), false);
        let other = Server::start(zone(&[("a.example", &["127.0.0.4"])]), false);
        let mut resolver = Resolver::with_servers([silent.address, other.address]);
        resolver.timeout = Duration::from_millis(20);
        let found = loop {
            match resolver.lookup("a.example") {
                Ok(found) => break found,
                // On a busy machine the other one did not come to answer in that time.
                Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut),
            }
            resolver.timeout *= 2;
        };
        assert_eq!(found, [ip("127.0.0.4")]);
        silent.until_asked();
        // And when there is no other, that is what the error says.
        resolver.servers.truncate(1);
        let error = resolver.lookup("a.example").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.to_string().contains(&silent.address.to_string()), "{error}");
    });
}

#[test]
fn the_file_of_hosts_counts_first() {
    let path = std::env::temp_dir().join(format!("gorge-hosts-{}", std::process::id()));
    // Comments may be in any encoding.
    std::fs::write(&path, b"# caf\xe9\n127.0.0.5 here.example here\n").unwrap();
    let mut resolver = Resolver::with_servers([]);
    resolver.hosts = Some(path.clone());
    assert_eq!(resolver.lookup("here").unwrap(), [ip("127.0.0.5")]);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn hosts_that_need_no_server() {
    use gorge::net::{ToSocketAddrs, dial};
    let first = |text: &str| text.to_socket_addrs().unwrap().next().unwrap();
    let scoped = "[fe80::1%1]:80".parse::<SocketAddr>().unwrap();
    assert_eq!(first("[fe80::1%1]:80"), scoped);
    assert_eq!(("fe80::1%1", 80).to_socket_addrs().unwrap().next(), Some(scoped));
    if cfg!(target_os = "linux") {
        assert_eq!(first("[fe80::1%lo]:80"), scoped, "the first interface of all");
    }
    let error = ("", 80).to_socket_addrs().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!("[[::1]:80".to_socket_addrs().is_err());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(dial(&format!(":{port}")).unwrap().peer_addr().unwrap().port(), port);
}

#[test]
fn a_context_ends_a_lookup() {
    run(|| {
        let silent = Server::start(zone(&[("a.example", &[])]), false);
        let (ctx, cancel) = context::with_cancel(&context::background());
        let lookup = {
            let silent = silent.clone();
            go(move || silent.resolver().lookup_in(&ctx, "a.example"))
        };
        silent.until_asked();
        cancel.cancel();
        let error = lookup.join().unwrap().unwrap_err();
        assert!(error.to_string().ends_with("context canceled"), "{error}");
    });
}

/// An address that refuses does not hold the others up, however long the delay.
#[test]
fn dialling_tries_the_next_address_meanwhile() {
    run(|| {
        // 127.0.0.2 does not answer at this port (refused), 127.0.0.1 does.
        let (listener, _refuses) = one_of_two();
        let port = listener.local_addr().unwrap().port();
        let server = Server::start(zone(&[("host.example", &["127.0.0.2", "127.0.0.1"])]), false);
        let dialer = Dialer {
            resolver: Some(server.resolver()),
            fallback_delay: Duration::from_secs(3600),
            ..Dialer::default()
        };
        let stream = dialer.dial(&format!("host.example:{port}")).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
        let (_both_refuse, port) = two_that_refuse();
        let error = dialer.dial(&format!("host.example:{port}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(error.to_string().contains("127.0.0.2"), "the first: {error}");
    });
}

/// An address that does not answer holds the others up for the delay, and no longer.
#[cfg(target_os = "linux")]
#[test]
fn dialling_does_not_wait_for_who_does_not_answer() {
    run(|| {
        let (listener, other) = one_of_two();
        let address = listener.local_addr().unwrap();
        let _in_its_queue = falls_silent(&other, address.port());
        let server = Server::start(zone(&[("host.example", &["127.0.0.2", "127.0.0.1"])]), false);
        let dialer = Dialer {
            resolver: Some(server.resolver()),
            fallback_delay: Duration::from_millis(1),
            ..Dialer::default()
        };
        let stream = dialer.dial(&format!("host.example:{}", address.port())).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
    });
}

/// When all fail the error is that of the first address, though others have failed before it.
#[cfg(target_os = "linux")]
#[test]
fn dialling_says_what_became_of_the_first_address() {
    run(|| {
        let ([_refuses, silent], port) = two_that_refuse();
        let _in_its_queue = falls_silent(&silent, port);
        let server = Server::start(zone(&[("host.example", &["127.0.0.2", "127.0.0.1"])]), false);
        let mut timeout = Duration::from_millis(20);
        let error = loop {
            let dialer = Dialer {
                resolver: Some(server.resolver()),
                fallback_delay: Duration::from_millis(1),
                timeout: Some(timeout),
                ..Dialer::default()
            };
            let error = dialer.dial(&format!("host.example:{port}")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
            // On a busy machine the time may be up before there is an address.
            if !error.to_string().contains("looking up") {
                break error;
            }
            timeout *= 2;
        };
        assert!(error.to_string().contains(&format!("connecting to 127.0.0.2:{port}")), "{error}");
    });
}

#[test]
fn dialling_has_a_time_limit() {
    run(|| {
        let silent = Server::start(zone(&[("a.example", &[])]), false);
        let dialer = Dialer {
            resolver: Some(silent.resolver()),
            timeout: Some(Duration::from_millis(20)),
            ..Dialer::default()
        };
        let began = Instant::now();
        let error = dialer.dial("a.example:80").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.to_string().starts_with("dialling a.example:80: "), "{error}");
        assert!(began.elapsed() >= Duration::from_millis(20));
        let error = dialer.dial("no port").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}
