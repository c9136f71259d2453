//! Programs that end in a particular way, each in a process of its own.
//!
//! The test binary runs itself once per case, with the case's name in the
//! environment. It has no test harness of the standard kind, because that keeps
//! a thread of its own, and a thread outside the runtime may always still wake
//! somebody: there would be no deadlocks.

#![allow(dead_code, reason = "each of the test binaries needs a part of it")]

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program, and what is expected of its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Called as `main` would be: on the main thread, outside the runtime.
    pub(crate) program: fn(),
    /// Panics if the program did not end as it should.
    pub(crate) check: fn(&Ended),
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// It ended by itself, in order, with no report.
    #[track_caller]
    pub(crate) fn well(&self) {
        assert_eq!(self.status, Some(0), "{self}");
        for report in ["fatal error: ", "panic: "] {
            assert!(!self.err.contains(report), "{self}");
        }
    }

    /// The standard error stream has each of `parts`, in this order.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        let mut rest = self.err.as_str();
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => panic!("{part:?} is missing, or not in this place, in\n{self}"),
            }
        }
    }

    /// It ended as Go programs do that die: with status 2.
    #[track_caller]
    pub(crate) fn dead(&self) {
        assert_eq!(self.status, Some(2), "{self}");
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "status {:?}", self.status)?;
        writeln!(f, "--- standard output\n{}", self.out)?;
        writeln!(f, "--- standard error\n{}---", self.err)
    }
}

/// Names the program that a process of this binary is to be.
const PROGRAM: &str = "GORGE_TEST_PROGRAM";

/// No program here takes longer than this.
const PATIENCE: Duration = Duration::from_secs(180);

/// The `main` of a test binary of cases.
pub(crate) fn main(cases: &[Case]) -> ExitCode {
    if let Some(name) = std::env::var_os(PROGRAM) {
        let case = cases.iter().find(|case| OsStr::new(case.name) == name);
        (case.expect("a case of this name").program)();
        return ExitCode::SUCCESS;
    }
    let (flags, filters): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let exact = flags.iter().any(|flag| flag == "--exact");
    let chosen = cases.iter().filter(|case| {
        let matches = |filter: &String| {
            if exact { case.name == filter } else { case.name.contains(filter.as_str()) }
        };
        filters.is_empty() || filters.iter().any(matches)
    });
    if flags.iter().any(|flag| flag == "--list") {
        chosen.for_each(|case| println!("{}: test", case.name));
        return ExitCode::SUCCESS;
    }
    let (mut passed, mut failed) = (0, 0);
    for case in chosen {
        let result = thread::Builder::new().name(case.name.to_owned()).spawn({
            let (name, check) = (case.name, case.check);
            move || check(&run(name))
        });
        let ok = result.expect("a thread").join().is_ok();
        println!("test {} ... {}", case.name, if ok { "ok" } else { "FAILED" });
        *(if ok { &mut passed } else { &mut failed }) += 1;
    }
    println!("\ntest result: {passed} passed; {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(name: &str) -> Ended {
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .env(PROGRAM, name)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this binary runs");
    let out = collect(child.stdout.take());
    let err = collect(child.stderr.take());
    let status = end(&mut child);
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().expect("read to the end")).into_owned()
    };
    Ended { status, out: text(out), err: text(err) }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    let mut stream = stream.expect("piped");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("read from a pipe");
        bytes
    })
}

/// The status with which `child` ends; `None` for one that had to be killed or died of a signal.
fn end(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        if Instant::now() > deadline {
            // Its output, which says how far it came, is still shown.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}
