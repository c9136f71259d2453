//! The server of the examples, in a process of its own, through real sockets and with a real signal.

#[path = "../examples/hyper_server.rs"]
mod hyper_server;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use gorge::context;
use gorge::net::TcpListener;
use gorge::process::{Child, Command, Stdio};
use gorge::signal::{self, Signal};

const PROGRAM: &str = "GORGE_TEST_PROGRAM";

/// What the process does: as the example's `main`.
fn server() {
    let (ctx, stop) = signal::notify_context(&context::background(), [Signal::TERMINATE]);
    let _stop = stop.guard();
    // Where nobody else listens afterwards; elsewhere there is but one such address.
    let address = if cfg!(target_os = "linux") { [127, 0, 2, 1] } else { [127, 0, 0, 1] };
    let listener = TcpListener::bind((IpAddr::from(address), 0)).unwrap();
    println!("{}", listener.local_addr().unwrap());
    hyper_server::serve(&listener, &ctx).unwrap();
    println!("served");
}

fn start() -> (Child, SocketAddr) {
    let child = Command::new(std::env::current_exe().unwrap())
        .env(PROGRAM, "server")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_ref().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().parse().unwrap())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads until the answer ends with `end`.
fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(end.as_bytes()) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    String::from_utf8(answer).unwrap()
}

fn requests(address: SocketAddr) -> TcpStream {
    // Several requests on one connection.
    let mut idle = connect(address);
    for _ in 0..3 {
        write!(idle, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        assert!(read_until(&mut idle, "goroutine\n").starts_with("HTTP/1.1 200"));
    }
    write!(idle, "GET /../x HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    assert!(read_until(&mut idle, "parameter\n").starts_with("HTTP/1.1 404"));
    // Nonsense, and somebody who says nothing and goes.
    let mut nonsense = connect(address);
    nonsense.write_all(b"what is this\r\n\r\n").unwrap();
    let mut answer = String::new();
    nonsense.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    drop(connect(address));
    idle
}

/// Whether who was half done when the end came was told that his connection ends with the answer.
fn end_in_order(mut child: Child, address: SocketAddr, mut idle: TcpStream) -> bool {
    // Half a request is there when the end comes.
    let mut half = connect(address);
    let head =
        "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n";
    half.write_all(head.as_bytes()).unwrap();
    // It is being answered.
    assert_eq!(read_until(&mut half, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    half.write_all(b"hello").unwrap();
    child.signal(Signal::TERMINATE).unwrap();
    // Nobody is let in any more.
    while let Ok(stream) = TcpStream::connect(address) {
        drop(stream);
        std::thread::yield_now();
    }
    // An idle connection ends, ...
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    // ... one with a request in it when that was answered.
    half.write_all(b"world").unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("helloworld"), "{answer}");
    let told = answer.contains("connection: close");
    let error = TcpStream::connect(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"served\n");
    told
}

fn tests() {
    // Where the system stops the goroutine that answers, it may hear of the end after it has answered.
    for round in 1.. {
        let (child, address) = start();
        let idle = requests(address);
        println!("test requests ... ok");
        if end_in_order(child, address, idle) {
            break;
        }
        assert!(round < 20, "who is half done is never told that his connection ends");
    }
    println!("test end_in_order ... ok");
}

fn main() -> ExitCode {
    match std::env::var(PROGRAM) {
        Ok(_) => gorge::run(server),
        Err(_) => gorge::run(tests),
    }
    ExitCode::SUCCESS
}
