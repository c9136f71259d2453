//! The client: one thread, one epoll, no runtime.
//!
//! Invariant: from the start on each connection has exactly one request on the way, before that none.

use crate::bench::measure::MESSAGE;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// So many events are taken at once.
const BATCH: usize = 1024;

/// Many connections to one server.
#[derive(Debug)]
pub(super) struct Client {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    /// The request, and its answer.
    message: [u8; MESSAGE],
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
    pub(super) fn connect(address: SocketAddr, connections: usize) -> io::Result<Client> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut client = Client { epoll, connections: Vec::new(), message: [7; MESSAGE] };
        for number in 0..connections {
            let mut stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            let mut answer = [0; MESSAGE];
            stream.write_all(&client.message)?;
            stream.read_exact(&mut answer)?;
            client.check(&answer)?;
            stream.set_nonblocking(true)?;
            let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
            epoll::add(&client.epoll, &stream, EventData::new_u64(number as u64), flags)?;
            client.connections.push(Connection { stream, asked: Instant::now(), there: 0 });
        }
        Ok(client)
    }

    /// From now on each connection has a request on the way.
    pub(super) fn start(&mut self) -> io::Result<()> {
        self.connections.iter_mut().try_for_each(|connection| connection.ask(&self.message))
    }

    fn check(&self, answer: &[u8]) -> io::Result<()> {
        match self.message.starts_with(answer) {
            true => Ok(()),
            false => Err(io::Error::other("something else came back")),
        }
    }

    /// Asks for so long.
    pub(super) fn ask(&mut self, budget: Duration) -> io::Result<Asked> {
        let start = Instant::now();
        let mut latencies = Vec::with_capacity(1 << 16);
        let mut events: Vec<Event> = Vec::with_capacity(BATCH);
        loop {
            events.clear();
            let patience = Timespec { tv_sec: 5, tv_nsec: 0 };
            if epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience))? == 0 {
                return Err(ErrorKind::TimedOut.into());
            }
            for event in &events {
                let number = event.data.u64() as usize;
                let mut answer = [0; MESSAGE + 1];
                let Some(n) = self.connections[number].read(&mut answer)? else { continue };
                self.check(&answer[..n])?; // all bytes of it are alike
                let connection = &mut self.connections[number];
                connection.there += n;
                if connection.there < MESSAGE {
                    continue;
                }
                if connection.there > MESSAGE {
                    return Err(io::Error::other("more has come back than was sent"));
                }
                latencies.push(connection.asked.elapsed().as_nanos() as u64);
                connection.ask(&self.message)?;
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
