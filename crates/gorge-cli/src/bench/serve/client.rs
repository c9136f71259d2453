//! The client: one thread, one epoll, no runtime.
//!
//! Invariant: from the start on each connection has exactly one request on the way, before that none.

use super::question::Question;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::retry_on_intr;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// So many events are taken at once.
const BATCH: usize = 1024;

/// No answer is longer.
const ROOM: usize = 1024;

/// Many connections to one server.
#[derive(Debug)]
pub(super) struct Client {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    question: Question,
    /// How long an answer is.
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
        connections: usize,
        question: Question,
    ) -> io::Result<Client> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut client = Client { epoll, connections: Vec::new(), question, length: 0 };
        for number in 0..connections {
            let mut stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.write_all(question.request())?;
            client.length = first_answer(&mut stream, question)?;
            stream.set_nonblocking(true)?;
            let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
            epoll::add(&client.epoll, &stream, EventData::new_u64(number as u64), flags)?;
            client.connections.push(Connection { stream, asked: Instant::now(), there: 0 });
        }
        Ok(client)
    }

    /// From now on each connection has a request on the way.
    pub(super) fn start(&mut self) -> io::Result<()> {
        let request = self.question.request();
        self.connections.iter_mut().try_for_each(|connection| connection.ask(request))
    }

    /// Asks for so long.
    pub(super) fn ask(&mut self, budget: Duration) -> io::Result<Asked> {
        let start = Instant::now();
        let mut latencies = Vec::with_capacity(1 << 16);
        let mut events: Vec<Event> = Vec::with_capacity(BATCH);
        loop {
            events.clear();
            let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
            let wait = || epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience));
            // Who is stopped and goes on (Ctrl-Z, a debugger) was interrupted.
            if retry_on_intr(wait)? == 0 {
                return Err(ErrorKind::TimedOut.into());
            }
            for event in &events {
                let connection = &mut self.connections[event.data.u64() as usize];
                let mut answer = [0; ROOM];
                let Some(n) = connection.read(&mut answer)? else { continue };
                if !self.question.is_answered_by(&answer[..n], connection.there, self.length) {
                    return Err(something_else());
                }
                connection.there += n;
                if connection.there < self.length {
                    continue;
                }
                latencies.push(connection.asked.elapsed().as_nanos() as u64);
                connection.ask(self.question.request())?;
            }
            let elapsed = start.elapsed();
            if elapsed >= budget && !latencies.is_empty() {
                return Ok(Asked { elapsed, latencies });
            }
        }
    }
}

/// Reads an answer, and says how long it is.
fn first_answer(stream: &mut TcpStream, question: Question) -> io::Result<usize> {
    let (mut answer, mut there) = ([0; ROOM], 0);
    loop {
        there += match stream.read(&mut answer[there..])? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            n => n,
        };
        match question.length(&answer[..there]) {
            Some(length) if length < there || length > ROOM => return Err(something_else()),
            Some(length) if length == there => {
                let right = question.is_answered_by(&answer[..there], 0, length);
                return if right { Ok(length) } else { Err(something_else()) };
            }
            None if there == ROOM => return Err(something_else()),
            _ => {}
        }
    }
}

fn something_else() -> io::Error {
    io::Error::other("something else came back")
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
