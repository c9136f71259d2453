//! The standard streams, in processes of their own: pipes, files, nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::ExitCode;

use gorge::process::{Command, Output, Stdio};
use gorge::{channel, go};

const PROGRAM: &str = "GORGE_TEST_PROGRAM";

fn command(program: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(PROGRAM, program).env("GOMAXPROCS", "1");
    command
}

/// Runs `program` on `input`.
fn run(program: &str, input: impl Into<Stdio>) -> Output {
    command(program).stdin(input).output().unwrap()
}

/// What the processes do.
fn program(name: &str) {
    let mut out = gorge::io::stdout();
    match name {
        "lines" => {
            // With one processor, this goes on because reading parks.
            let (tx, rx) = channel(0);
            go(move || (0..50).for_each(|n| tx.send(n).unwrap())).detach();
            let reading =
                go(|| gorge::io::stdin().lines().map(|line| line.unwrap().len()).sum::<usize>());
            writeln!(out, "counted to {}", rx.iter().count()).unwrap();
            writeln!(out, "{} bytes", reading.join().unwrap()).unwrap();
        }
        "echo" => {
            let mut all = Vec::new();
            gorge::io::stdin().read_to_end(&mut all).unwrap();
            let second = go(move || gorge::io::stderr().write_all(b"to stderr\n").unwrap());
            out.write_all(&all).unwrap();
            second.join().unwrap();
        }
        "waits" => {
            let mut line = String::new();
            assert_eq!(gorge::io::stdin().read_line(&mut line).unwrap(), 3);
            write!(out, "<{line}>").unwrap();
        }
        "another" => {
            let read = || go(|| gorge::io::stdin().lines().next().unwrap().unwrap());
            let first = read();
            gorge::runtime::gosched(); // it waits from now on
            writeln!(out, "waiting").unwrap();
            let first = first.join().unwrap();
            let (reader, mut writer) = std::io::pipe().unwrap();
            rustix::stdio::dup2_stdin(&reader).unwrap();
            drop(reader);
            let second = read();
            gorge::runtime::gosched();
            writer.write_all(b"behind it\n").unwrap();
            writeln!(out, "{first} {}", second.join().unwrap()).unwrap();
        }
        other => panic!("no such program: {other}"),
    }
}

fn tests() {
    // Nothing, a regular file.
    let output = run("echo", Stdio::null());
    assert_eq!((&*output.stdout, &*output.stderr), (&b""[..], &b"to stderr\n"[..]));
    let this = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
    let size = this.metadata().unwrap().len();
    assert_eq!(run("echo", this).stdout.len() as u64, size);
    println!("test files ... ok");

    // A pipe, more than it holds, and nobody in a hurry.
    let mut child = command("echo")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let much = vec![b'x'; 300_000];
    let sent = much.clone();
    let sending = go(move || (&stdin).write_all(&sent).unwrap());
    let mut got = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut got).unwrap();
    assert_eq!(got, much);
    sending.join().unwrap();
    assert!(child.wait().unwrap().success());
    println!("test more_than_a_pipe_holds ... ok");

    let mut child = command("lines").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // It has not been given anything to read yet.
    assert_eq!(lines.next().unwrap().unwrap(), "counted to 50");
    child.stdin.take().unwrap().write_all(b"one\nthree\nfive").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "12 bytes");
    assert!(child.wait().unwrap().success());
    println!("test others_go_on_while_one_reads ... ok");

    // Who waits for input alone is not stuck: somebody may write.
    let mut child = command("waits").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300)); // long enough to be taken for stuck
    child.stdin.take().unwrap().write_all(b"ab\n").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"<ab\n>");
    println!("test nobody_is_stuck ... ok");

    let mut child =
        command("another").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "waiting");
    stdin.write_all(b"what lies\n").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "what lies behind it");
    assert!(child.wait().unwrap().success());
    drop(stdin);
    println!("test another_file_under_the_number ... ok");
}

fn main() -> ExitCode {
    match std::env::var(PROGRAM) {
        Ok(name) => gorge::run(|| program(&name)),
        Err(_) => gorge::run(tests),
    }
    ExitCode::SUCCESS
}
