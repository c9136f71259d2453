//! One question to one server.
//!
//! An answer counts only if it comes from that server's address (the socket is
//! connected to it), has the number of the question, which nobody can guess,
//! and repeats the question. What else comes is passed over.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use gorge_flow::context::Context;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, Question, RCODE, TYPE};

use crate::error;
use crate::tcp::TcpStream;
use crate::udp::UdpSocket;

/// What a server says about a name.
pub(super) enum Answer {
    /// These addresses; maybe none of the kind that was asked for.
    Addresses(Vec<IpAddr>),
    /// There is no such name.
    NoSuchName,
}

/// Asks `server` for the addresses of `name` of one kind.
pub(super) fn ask(ctx: &Context, server: SocketAddr, name: &str, kind: TYPE) -> io::Result<Answer> {
    // A number that nobody can guess: the hash of nothing, with keys from the system.
    let number = RandomState::new().build_hasher().finish() as u16;
    let mut packet = Packet::new_query(number);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let valid = Name::new(name).map_err(|_| invalid("not a name of a host"))?;
    packet.questions.push(Question::new(valid, QTYPE::TYPE(kind), CLASS::IN.into(), false));
    let question = packet.build_bytes_vec().map_err(|_| invalid("not a name of a host"))?;

    let mut answer = by_udp(ctx, server, &question)?;
    if flag(&answer, PacketFlag::TRUNCATION) {
        answer = by_tcp(ctx, server, &question)?;
    }
    read(&answer, kind)
}

fn invalid(text: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed answer of a name server")
}

fn by_udp(ctx: &Context, server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    socket.set_deadline(ctx.deadline()); // readable is no promise: the checksum may be wrong
    socket.send(question)?;
    let mut buffer = vec![0; 4096];
    loop {
        ctx.wait_for(socket.readable()).map_err(error::of_context)??;
        let length = socket.recv(&mut buffer)?;
        if answers(&buffer[..length], question) {
            buffer.truncate(length);
            return Ok(buffer);
        }
    }
}

/// The same, each message with its length before it.
fn by_tcp(ctx: &Context, server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_in(ctx, server, None)?;
    stream.set_deadline(ctx.deadline());
    let mut message = (question.len() as u16).to_be_bytes().to_vec();
    message.extend_from_slice(question);
    stream.write_all(&message)?;
    ctx.wait_for(stream.readable()).map_err(error::of_context)??;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer)?;
    if answers(&answer, question) { Ok(answer) } else { Err(malformed()) }
}

fn flag(message: &[u8], flag: PacketFlag) -> bool {
    simple_dns::header_buffer::has_flags(message, flag).unwrap_or(false)
}

/// Whether `message` is an answer to `question`.
fn answers(message: &[u8], question: &[u8]) -> bool {
    let (Ok(asked), true) = (Packet::parse(question), message.get(..2) == question.get(..2)) else {
        return false;
    };
    if flag(message, PacketFlag::TRUNCATION) {
        return flag(message, PacketFlag::RESPONSE); // the rest may be cut anywhere
    }
    let Ok(answer) = Packet::parse(message) else { return false };
    let same = |(a, b): (&Question<'_>, &Question<'_>)| {
        a.qname.to_string().eq_ignore_ascii_case(&b.qname.to_string()) && a.qtype == b.qtype
    };
    answer.has_flags(PacketFlag::RESPONSE)
        && answer.questions.len() == asked.questions.len()
        && answer.questions.iter().zip(&asked.questions).all(same)
}

fn read(message: &[u8], kind: TYPE) -> io::Result<Answer> {
    let packet = Packet::parse(message).map_err(|_| malformed())?;
    match packet.rcode() {
        RCODE::NoError => {}
        RCODE::NameError => return Ok(Answer::NoSuchName),
        other => {
            return Err(io::Error::other(format!("the name server says {other:?}")));
        }
    }
    // The server has followed aliases: all addresses belong to the name.
    let address = |data: &RData<'_>| match data {
        RData::A(a) if kind == TYPE::A => Some(IpAddr::from(Ipv4Addr::from(a.address))),
        RData::AAAA(a) if kind == TYPE::AAAA => Some(IpAddr::from(Ipv6Addr::from(a.address))),
        _ => None,
    };
    Ok(Answer::Addresses(packet.answers.iter().filter_map(|r| address(&r.rdata)).collect()))
}
