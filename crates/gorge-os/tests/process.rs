//! Processes: waited for, in time and too late, talked with through pipes, many at once.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::channel as std_channel;
use std::time::Duration;

use gorge::context::{self, ContextError};
use gorge::process::{Child, Command, Stdio};
use gorge::signal::Signal;
use gorge::{channel, go, select, time};

/// A shell that runs `script`.
fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    command
}

/// A child that never ends by itself and holds no pipe of ours.
fn endless() -> Child {
    let streams = || Stdio::null();
    Command::new("sleep")
        .arg("3600")
        .stdin(streams())
        .stdout(streams())
        .stderr(streams())
        .spawn()
        .unwrap()
}

#[gorge::test]
fn ends_of_all_kinds() {
    assert!(sh("true").status().unwrap().success());
    assert_eq!(sh("exit 7").status().unwrap().code(), Some(7));
    assert_eq!(sh("kill -9 $$").status().unwrap().signal(), Some(9));
    let error = Command::new("/no/such/program").spawn().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let mut child = sh("exit 3").spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(child.wait().unwrap().code(), Some(3), "as often as one likes");
    assert_eq!(child.try_wait().unwrap().and_then(|status| status.code()), Some(3));
    child.kill().unwrap();
}

#[gorge::test]
fn others_go_on_while_one_waits() {
    gorge::runtime::gomaxprocs(1);
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    let waiting = go(move || child.wait().unwrap().success());
    // One processor: this runs only because the other has parked.
    let (tx, rx) = channel(0);
    go(move || (0..100).for_each(|n| tx.send(n).unwrap())).detach();
    assert_eq!(rx.iter().count(), 100);
    drop(stdin);
    assert!(waiting.join().unwrap());
}

#[gorge::test]
fn talking() {
    let mut child = sh("while read line; do echo \"<$line>\"; done; echo end >&2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for n in 0..10 {
        writeln!(&stdin, "{n}").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), format!("<{n}>"));
    }
    drop(stdin);
    assert!(lines.next().is_none());
    let mut last = String::new();
    child.stderr.take().unwrap().read_to_string(&mut last).unwrap();
    assert_eq!(last, "end\n");
    assert!(child.wait().unwrap().success());
}

#[gorge::test]
fn output_of_more_than_a_pipe_holds_on_both() {
    let script = "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789012345678; \
                  echo 0123456789012345678901234567890123456789012345678 >&2; i=$((i+1)); done";
    let output = sh(script).output().unwrap();
    assert!(output.status.success());
    assert_eq!((output.stdout.len(), output.stderr.len()), (150_000, 150_000));
    // What was said about a stream is kept.
    let output = sh("echo out; echo err >&2").stderr(Stdio::null()).output().unwrap();
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b""[..]));
    let mut twice = sh("cat; echo out");
    assert_eq!(twice.output().unwrap().stdout, b"out\n", "an empty input");
    assert_eq!(twice.output().unwrap().stdout, b"out\n");
}

#[gorge::test]
fn one_into_the_next() {
    let mut first = sh("echo b; echo a").stdout(Stdio::piped()).spawn().unwrap();
    let sorted = Command::new("sort").stdin(first.stdout.take().unwrap()).output().unwrap();
    assert_eq!(sorted.stdout, b"a\nb\n");
    assert!(first.wait().unwrap().success());
}

#[gorge::test]
fn in_time_and_too_late() {
    let mut child = endless();
    assert_eq!(child.wait_timeout(Duration::from_millis(1)).unwrap(), None);
    assert_eq!(child.try_wait().unwrap(), None);
    child.signal(Signal::TERMINATE).unwrap();
    let status = child.wait_deadline(time::now() + Duration::from_secs(60)).unwrap().unwrap();
    assert_eq!(status.signal(), Some(Signal::TERMINATE.as_raw()));
    assert!(child.signal(Signal::TERMINATE).is_err(), "it is gone");
}

#[gorge::test]
fn in_a_select() {
    let mut child = endless();
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    select! {
        on(child.exited()) => panic!("it does not end"),
        recv(rx) -> _ => child.kill().unwrap(),
    }
    select! {
        on(child.exited()) => {}
        timeout(Duration::from_secs(60)) => panic!("it was killed"),
    }
    assert_eq!(child.try_wait().unwrap().unwrap().signal(), Some(9));
}

#[gorge::test]
fn with_a_context() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let mut child = endless();
    let id = child.id();
    let (started, has_started) = std_channel();
    let waiting = go(move || {
        started.send(()).unwrap();
        child.wait_ctx(&ctx)
    });
    has_started.recv().unwrap();
    cancel.cancel();
    let error = waiting.join().unwrap().unwrap_err();
    let source = error.get_ref().and_then(|source| source.downcast_ref::<ContextError>());
    assert_eq!(source, Some(&ContextError::Canceled));
    assert!(!std::path::Path::new(&format!("/proc/{id}")).exists(), "killed, and waited for");

    let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_secs(60));
    assert_eq!(sh("echo quick").output_ctx(&ctx).unwrap().stdout, b"quick\n");
    // A grandchild holds the pipe; nobody waits for it.
    let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_millis(50));
    let mut with_grandchild = sh("sleep 20 & wait");
    let error = with_grandchild.output_ctx(&ctx).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

/// A context that lives longer than many outputs keeps nothing of theirs.
#[gorge::test]
fn outputs_with_one_context_leave_nothing() {
    const OUTPUTS: usize = 200;
    let descriptors = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let (ctx, _cancel) = context::with_cancel(&context::background());
    let before = descriptors();
    for _ in 0..OUTPUTS {
        assert!(Command::new("true").output_ctx(&ctx).unwrap().status.success());
    }
    // Other tests of this file have some for a while, too; two for each would be twice as many, and stay.
    let end = time::now() + Duration::from_secs(30);
    while descriptors() >= before + OUTPUTS {
        assert!(time::now() < end, "{before}, then {}", descriptors());
        gorge::runtime::gosched();
    }
}

#[gorge::test]
fn deadlines_and_closing_of_pipes() {
    let mut child =
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let out = std::sync::Arc::new(child.stdout.take().unwrap());
    out.set_deadline(Some(time::now() + Duration::from_millis(1)));
    let error = (&*out).read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    out.set_deadline(None);
    select! {
        on(out.readable()) -> _ => panic!("nothing was written"),
        timeout(Duration::from_millis(1)) => {}
    }
    let reading = go({
        let out = out.clone();
        move || (&*out).read(&mut [0; 8])
    });
    gorge::runtime::gosched();
    out.close().unwrap();
    assert!(reading.join().unwrap().is_err());
    // A pipe that nobody reads: an error, and no signal.
    let mut stdin = child.stdin.take().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // A child that another test has just forked may have the other end until it is another program.
    let error = loop {
        if let Err(error) = stdin.write_all(b"anybody?") {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[gorge::test]
fn many_at_once() {
    let all: Vec<_> = (0..40)
        .map(|n| {
            go(move || {
                let output = sh(&format!("echo {n}; exit {}", n % 3)).output().unwrap();
                (String::from_utf8(output.stdout).unwrap(), output.status.code())
            })
        })
        .collect();
    for (n, goroutine) in all.into_iter().enumerate() {
        assert_eq!(goroutine.join().unwrap(), (format!("{n}\n"), Some(n as i32 % 3)));
    }
}

#[test]
fn from_a_plain_thread() {
    assert_eq!(sh("cat").stdin(Stdio::null()).output().unwrap().stdout, b"");
    let mut child = endless();
    assert!(child.wait_timeout(Duration::from_millis(1)).unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}
