//! Every example does what it says: its output, its status, and that servers end in order when they are told to.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;

/// The examples that a test here, or in `planted_race`'s case the detectors' own tests, hold to their word.
const TOLD: [&str; 17] = [
    "api_client",
    "bounded_fan_out",
    "chat",
    "detector_cost",
    "echo_server",
    "exploration",
    "file_pipeline",
    "http_server",
    "parallel_compute",
    "periodic_jobs",
    "planted_race",
    "sieve",
    "static_files",
    "supervisor",
    "ticker_and_quit",
    "web_crawler",
    "worker_pool",
];

/// An example as a program. `cargo test` has built it, unless only this test was asked for.
fn example(name: &str) -> Command {
    static BUILT: Once = Once::new();
    let here = std::env::current_exe().expect("a path");
    let folder: PathBuf =
        here.ancestors().nth(2).expect("the folder of the profile").join("examples");
    BUILT.call_once(|| {
        let release = folder.parent().is_some_and(|profile| profile.ends_with("release"));
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--examples", "--manifest-path"]);
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        let status = cargo.args(release.then_some("--release")).status().expect("cargo");
        assert!(status.success(), "the examples do not compile");
    });
    Command::new(folder.join(name))
}

/// A folder that no other process of this test uses.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()))
}

/// The lines that an example prints when it has ended well.
fn lines(name: &str, arguments: &[&str]) -> Vec<String> {
    let output = example(name).args(arguments).stdin(Stdio::null()).output().expect("it starts");
    let (text, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {}\n{text}{errors}", output.status);
    text.lines().map(str::to_owned).collect()
}

fn last(name: &str, arguments: &[&str]) -> String {
    lines(name, arguments).pop().unwrap_or_default()
}

/// An example that serves at an address of the system's choice, told to end by a signal and waited for.
struct Server {
    child: Child,
    address: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn new(name: &str, arguments: &[&str]) -> Server {
        let mut child =
            example(name).args(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("it says where");
        let address = line.trim_end().trim_end_matches('/').rsplit([' ', '/']).next();
        let address = address.expect("an address").to_owned();
        Server { child, address, out }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address)
            .unwrap_or_else(|error| panic!("{}: {error}", self.address))
    }

    fn end(mut self, signal: i32) {
        kill(&self.child, signal);
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("text");
        let status = self.child.wait().expect("its status");
        assert!(status.success() && rest.ends_with("ended in order\n"), "{status}: {rest}");
    }
}

fn kill(child: &Child, signal: i32) {
    let id = child.id().try_into().expect("the number of a process");
    // SAFETY: a process of ours that has not been waited for.
    assert_eq!(unsafe { libc::kill(id, signal) }, 0);
}

#[test]
fn every_example_has_its_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let names: BTreeSet<String> = fs::read_dir(folder)
        .expect("the examples")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, TOLD.map(str::to_owned).into());
}

/// They would be one and the same file, that of whoever is built last.
#[test]
fn no_two_packages_have_examples_of_one_name() {
    let mut names = BTreeSet::new();
    for package in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("packages")
    {
        let Ok(examples) = fs::read_dir(package.expect("one").path().join("examples")) else {
            continue;
        };
        for example in examples {
            let path = example.expect("an example").path();
            assert!(names.insert(path.file_name().map(ToOwned::to_owned)), "{}", path.display());
        }
    }
    assert!(names.len() >= TOLD.len(), "{names:?}");
}

#[test]
fn no_example_is_longer_than_80_lines() {
    for folder in ["examples", "../gorge-async/examples"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 80, "{}: {lines}", path.display());
        }
    }
}

#[test]
fn api_client() {
    // Who asks the same at the same time shares the answer; on a busy machine they may ask one after the other.
    let mut all = Vec::new();
    while all.last().is_none_or(|requests| *requests >= 40) {
        assert!(all.len() < 20, "nobody shares anything: {all:?}");
        let line = last("api_client", &[]);
        let number = line.strip_prefix("40 questions, ");
        let number = number.and_then(|rest| rest.strip_suffix(" requests: Ok(())"));
        let number: Option<u32> = number.and_then(|n| n.parse().ok());
        all.push(number.filter(|n| *n >= 5).unwrap_or_else(|| panic!("{line}")));
    }
}

#[test]
fn detector_cost() {
    let lines = lines("detector_cost", &[]);
    let subjects: Vec<&str> =
        lines.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(subjects, ["sieve,", "pipeline,", "sieve,", "pipeline,", "memory"], "{lines:?}");
}

#[test]
fn bounded_fan_out() {
    let lines = lines("bounded_fan_out", &["4000"]); // longer than any answer is held up by a busy machine
    assert_eq!(lines.last().map(String::as_str), Some("17 answers, 3 errors"), "{lines:?}");
    assert!(lines.contains(&" 3: 9".to_owned()) && lines.contains(&"13: no such page".to_owned()));
    assert!(lines.contains(&"19: timed out".to_owned()), "{lines:?}");
}

#[test]
fn file_pipeline() {
    let folder = folder("file_pipeline");
    fs::create_dir_all(folder.join("below")).expect("folders");
    fs::write(folder.join("one"), "one two three").expect("a file");
    fs::write(folder.join("below/other"), "four\nfive").expect("a file");
    let (name, longest) = (folder.display().to_string(), folder.join("one"));
    let expected = format!("5 words in 2 files; most, 3, in {}", longest.display());
    assert_eq!(last("file_pipeline", &[&name]), expected);
    fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn parallel_compute() {
    let lines = lines("parallel_compute", &[]); // it compares the two pictures itself
    assert_eq!(lines.len(), 29);
    assert!(lines[14].contains('@') && lines[28].starts_with("one processor: "), "{lines:?}");
}

#[test]
fn periodic_jobs_until_it_is_told() {
    let ended = lines("periodic_jobs", &[]);
    assert_eq!(ended[1], "stopping: context deadline exceeded");
    assert_eq!(ended[2], "everybody has stopped");
    assert!(ended[3].starts_with("cleaned up "), "{ended:?}");
    let mut run = example("periodic_jobs");
    let mut child = run.arg("3600").stdout(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut line = || out.next().expect("another line").expect("text");
    assert_eq!(line(), "working for 3600 seconds, or until told to stop");
    kill(&child, libc::SIGTERM);
    assert_eq!(line(), "stopping: terminated signal received");
    assert_eq!(line(), "everybody has stopped");
    assert!(child.wait().expect("its status").success());
}

#[test]
fn sieve() {
    assert_eq!(last("sieve", &["5"]), "[2, 3, 5, 7, 11]");
    let output = example("sieve").arg("many").output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("sieve: how many primes?"));
}

#[test]
fn supervisor() {
    let lines = lines("supervisor", &[]);
    // The first two get stuck, or are given up before, on a busy machine; that two were given up it asserts itself.
    let third = lines.iter().any(|line| line.starts_with("worker 3 begins at unit "));
    let done = lines.last().is_some_and(|line| line.starts_with("30 of 30 units"));
    assert!(third && done, "{lines:?}");
}

#[test]
fn ticker_and_quit() {
    let lines = lines("ticker_and_quit", &[]);
    assert!(lines[0].starts_with("tick 1 at "));
    assert!(lines.last().is_some_and(|line| line.starts_with("stopped after ")), "{lines:?}");
}

#[test]
fn web_crawler() {
    let lines = lines("web_crawler", &[]);
    assert!(lines.contains(&"/1: /0 /2 /3".to_owned()), "{lines:?}");
    assert!(lines.contains(&"/41: HTTP/1.0 404 Not Found".to_owned()), "{lines:?}");
    assert_eq!(lines.last().map(String::as_str), Some("40 pages, 42 broken links"));
}

#[test]
fn worker_pool() {
    assert_eq!(last("worker_pool", &[]), "99 thumbnails, 1 failed");
}

#[test]
fn exploration() {
    let lines = lines("exploration", &["50"]);
    assert!(lines.iter().any(|line| line.starts_with("philosophers, exhaustive")), "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.starts_with("two of six, random: found after")));
}

#[test]
fn planted_race() {
    // There to be found by ThreadSanitizer; without it, nothing is said of it.
    let output = example("planted_race").output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn servers_end_in_order_by_themselves() {
    for name in ["chat", "echo_server", "http_server", "static_files"] {
        assert_eq!(last(name, &[]), "ended in order", "{name}");
    }
}

#[test]
fn chat() -> io::Result<()> {
    let server = Server::new("chat", &["127.0.0.1:0"]);
    let (mut ann, mut ben) = (server.connect(), server.connect());
    writeln!(ann, "Ann")?;
    let mut to_ann = BufReader::new(ann.try_clone()?).lines();
    assert_eq!(to_ann.next().transpose()?.as_deref(), Some("* Ann has come"));
    writeln!(ben, "Ben")?;
    assert_eq!(to_ann.next().transpose()?.as_deref(), Some("* Ben has come"));
    writeln!(ben, "good day")?;
    assert_eq!(to_ann.next().transpose()?.as_deref(), Some("Ben: good day"));
    drop(ben);
    assert_eq!(to_ann.next().transpose()?.as_deref(), Some("* Ben has gone"));
    server.end(libc::SIGTERM);
    assert!(to_ann.next().is_none(), "sent home");
    Ok(())
}

#[test]
fn echo_server() -> io::Result<()> {
    let server = Server::new("echo_server", &["127.0.0.1:0"]);
    let mut guest = server.connect();
    guest.write_all(b"hello")?;
    let mut back = [0; 5];
    guest.read_exact(&mut back)?;
    assert_eq!(&back, b"hello");
    server.end(libc::SIGINT); // the guest is still there
    Ok(())
}

#[test]
fn http_server() -> io::Result<()> {
    let server = Server::new("http_server", &["127.0.0.1:0"]);
    let mut guest = server.connect();
    guest.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    guest.read_to_string(&mut answer)?;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhello\n"),
        "{answer}"
    );
    let mut idle = server.connect();
    idle.write_all(b"GET /nowhere HTTP/1.1\r\n\r\n")?;
    let mut first = String::new();
    BufReader::new(idle.try_clone()?).read_line(&mut first)?;
    assert_eq!(first, "HTTP/1.1 404 Not Found\r\n");
    server.end(libc::SIGTERM); // who keeps his connection and says nothing does not hold it up
    Ok(())
}

#[test]
fn static_files() -> io::Result<()> {
    let folder = folder("static_files");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("page"), "the page")?;
    let server = Server::new("static_files", &["127.0.0.1:0", &folder.display().to_string()]);
    for (path, end) in [("page", "\r\n\r\nthe page"), ("../page", "no such file\n")] {
        let (mut guest, mut answer) = (server.connect(), String::new());
        write!(guest, "GET /{path} HTTP/1.1\r\n\r\n")?;
        guest.read_to_string(&mut answer)?;
        assert!(answer.ends_with(end), "{path}: {answer}");
    }
    server.end(libc::SIGTERM);
    fs::remove_dir_all(folder)
}
