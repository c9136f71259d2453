//! The client: one thread, one epoll, no runtime.
//!
//! Invariant: each connection has exactly one request on the way.

use crate::bench::measure::MESSAGE;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// So many events are taken at once.
const BATCH: usize = 1024;

/// How an answer to HTTP ends.
const HELLO: &[u8] = b"Hello, World!";

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Many connections to one server.
#[derive(Debug)]
pub(super) struct Client {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    request: Vec<u8>,
    /// How an answer ends.
    tail: Vec<u8>,
    /// How long an answer is: always the same.
    length: usize,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    /// When the request went out.
    asked: Instant,
    /// How much of the answer is there.
    there: usize,
}

/// What came of asking.
#[derive(Debug)]
pub(super) struct Asked {
    /// How long it took.
    pub elapsed: Duration,
    /// The time of each answer, in nanoseconds.
    pub latencies: Vec<u64>,
}

impl Client {
    /// Connects, asking once on each connection: then the server has accepted it.
    pub(super) fn connect(
        address: SocketAddr,
        kind: &str,
        connections: usize,
    ) -> io::Result<Client> {
        let (request, tail) = match kind {
            "echo" => (vec![7; MESSAGE], vec![7; MESSAGE]),
            _ => (REQUEST.to_vec(), HELLO.to_vec()),
        };
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut client = Client { epoll, connections: Vec::new(), request, tail, length: 0 };
        for number in 0..connections {
            let mut stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            client.length = client.try_out(&mut stream)?;
            stream.set_nonblocking(true)?;
            let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
            epoll::add(&client.epoll, &stream, EventData::new_u64(number as u64), flags)?;
            client.connections.push(Connection { stream, asked: Instant::now(), there: 0 });
        }
        for connection in &mut client.connections {
            connection.ask(&client.request)?;
        }
        Ok(client)
    }

    /// Asks once, and says how long the answer is.
    fn try_out(&self, stream: &mut TcpStream) -> io::Result<usize> {
        stream.write_all(&self.request)?;
        let (mut answer, mut part) = (Vec::new(), [0; 1024]);
        while !answer.ends_with(&self.tail) {
            match stream.read(&mut part)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => answer.extend_from_slice(&part[..n]),
            }
        }
        Ok(answer.len())
    }

    /// Asks for so long.
    pub(super) fn ask(&mut self, budget: Duration) -> io::Result<Asked> {
        let start = Instant::now();
        let mut latencies = Vec::with_capacity(1 << 16);
        let mut events: Vec<Event> = Vec::with_capacity(BATCH);
        let mut answer = vec![0; self.length.max(MESSAGE) + 1];
        loop {
            events.clear();
            let patience = rustix::time::Timespec { tv_sec: 5, tv_nsec: 0 };
            if epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience))? == 0 {
                return Err(ErrorKind::TimedOut.into());
            }
            for event in &events {
                let connection = &mut self.connections[event.data.u64() as usize];
                let Some(n) = connection.read(&mut answer)? else { continue };
                connection.there += n;
                if connection.there < self.length {
                    continue;
                }
                let end = n.min(self.tail.len());
                if connection.there > self.length || !self.tail.ends_with(&answer[n - end..n]) {
                    return Err(io::Error::other("another answer than the first"));
                }
                latencies.push(connection.asked.elapsed().as_nanos() as u64);
                connection.ask(&self.request)?;
            }
            let elapsed = start.elapsed();
            if elapsed >= budget && !latencies.is_empty() {
                return Ok(Asked { elapsed, latencies });
            }
        }
    }
}

impl Connection {
    /// Sends the next request: there is always room for so little.
    fn ask(&mut self, request: &[u8]) -> io::Result<()> {
        self.there = 0;
        self.asked = Instant::now();
        self.stream.write_all(request)
    }

    /// What has come; `None` when there is nothing yet.
    fn read(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        match self.stream.read(into) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => Ok(Some(n)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}
