//! The command line: what is asked for, what is wrong, and what is said about it.

use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn gorge(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gorge"));
    command.args(args).stdin(Stdio::null()).output().expect("gorge can be started")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The one line that wrong usage is answered with.
fn complaint(args: &[&str]) -> String {
    let output = gorge(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert_eq!(stdout(&output), "", "{args:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "{args:?}: {text}");
    text.trim_end().to_owned()
}

#[test]
fn unknown_names_are_answered_with_near_ones_and_what_there_is() {
    assert_eq!(
        complaint(&["tuor"]),
        "gorge: no command 'tuor' (did you mean 'tour'?); there are tour, wc, bench and help"
    );
    assert_eq!(
        complaint(&["xyzzy"]),
        "gorge: no command 'xyzzy'; there are tour, wc, bench and help"
    );
    assert_eq!(
        complaint(&["tour", "--lst"]),
        "gorge tour: no option '--lst' (did you mean '--list'?); there are --list, --real-time and -h/--help"
    );
    assert_eq!(
        complaint(&["wc", "-x"]),
        "gorge wc: no option '-x'; there are -l/--lines, -w/--words, -c/--bytes, -m/--chars, --via and -h/--help"
    );
    assert_eq!(
        complaint(&["wc", "--via", "semafore"]),
        "gorge wc: no value 'semafore' for '--via <WAY>' (did you mean 'semaphore'?); there are channel, shared, semaphore, pool and lines-to-file"
    );
    assert_eq!(
        complaint(&["tour", "deadlock-sent"]),
        "gorge tour: no program 'deadlock-sent' (did you mean 'deadlock-send'?); 'gorge tour --list' names them all"
    );
    assert_eq!(
        complaint(&["tour", "publish", "qqq"]),
        "gorge tour: no program 'qqq'; 'gorge tour --list' names them all"
    );
}

#[test]
fn other_wrong_usage_is_one_line_too() {
    assert!(complaint(&["tour", "--list=yes"]).starts_with("gorge tour: "));
    assert!(complaint(&["--real-time"]).starts_with("gorge: no option '--real-time'"));
    assert!(complaint(&["bench", "--against"]).starts_with("gorge bench: a value is required"));
    assert!(complaint(&["bench", "more"]).starts_with("gorge bench: no argument 'more'; "));
    assert!(complaint(&["tour", ""]).starts_with("gorge tour: no program ''"));
}

#[test]
fn an_environment_that_makes_no_sense_is_one_line() {
    for (variable, value) in [("GORGE_MODE", "fibre"), ("GORGE_STACK", "much")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gorge"));
        let command = command.args(["wc", "/dev/null"]).env(variable, value).stdin(Stdio::null());
        let output = command.output().expect("gorge can be started");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{variable}={value}: {text}");
        assert_eq!(text.lines().count(), 1, "{variable}={value}: {text}");
        assert!(text.contains(variable), "{variable}={value}: {text}");
    }
}

#[test]
fn every_command_explains_itself() {
    for args in [
        &["--help"][..],
        &["help"],
        &["tour", "--help"],
        &["wc", "--help"],
        &["bench", "--help"],
        &["help", "tour"],
    ] {
        let output = gorge(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(stdout(&output).contains("Usage: gorge"), "{args:?}");
        assert!(output.stderr.is_empty(), "{args:?}");
    }
    assert!(
        !stdout(&gorge(&["tour", "--help"])).contains("--play"),
        "what is only for itself is hidden"
    );
    assert_eq!(stdout(&gorge(&["--version"])), format!("gorge {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_list_names_every_program() {
    let list = gorge(&["tour", "--list"]);
    assert_eq!(list.status.code(), Some(0));
    for program in gorge_cli::tour::programs() {
        let line = format!("  {} ", program.name);
        assert!(
            stdout(&list).lines().any(|l| l.starts_with(&line)),
            "{} is not listed",
            program.name
        );
    }
}

#[test]
fn programs_are_shown_with_lesson_code_and_verdict() {
    let output = gorge(&["tour", "publish", "deadlock-send"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let text = stdout(&output);
    for part in [
        "A goroutine can put off an event",
        "To be seen: ",
        "    fn publish(text: &'static str, delay: Duration) {",
        "src/tour/steps/publish.rs",
        "       5 s  BREAKING NEWS: goroutines take their time",
        "fatal error: all goroutines are asleep - deadlock!",
        "goroutine 1 [chan send]:",
        "exit status 2",
        "  as documented",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    assert!(text.ends_with("\n2 programs, 2 as documented, 0 not\n"), "{text}");
    assert!(!text.contains('\x1b'), "colours where there is no terminal");
}

/// What a panic shows is the report that the lesson is about, whatever the environment says.
#[test]
fn no_backtrace_stands_in_front_of_a_report() {
    let mut run = Command::new(env!("CARGO_BIN_EXE_gorge"));
    let output = run.args(["tour", "close-nil"]).env("RUST_BACKTRACE", "1").output();
    let text = stdout(&output.expect("it can be started"));
    assert!(text.contains("goroutine 1 [running]:"), "{text}");
    assert!(!text.contains("stack backtrace:"), "{text}");
}

#[test]
fn in_real_time_a_second_takes_a_second() {
    let begun = Instant::now();
    let output = gorge(&["tour", "--real-time", "select-timed-out"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert!(stdout(&output).ends_with("\n1 program, 1 as documented, 0 not\n"));
}

#[test]
fn a_reader_who_leaves_is_no_reason_to_complain() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gorge"));
    // Who reads has left before anything is written (all of it would have room), also where a process that another
    // test has just forked holds the end that reads.
    let (reader, writer) = UnixStream::pair().expect("a pair");
    reader.shutdown(Shutdown::Both).expect("it is open");
    let command = command.args(["tour", "publish", "deadlock-send"]).stdout(OwnedFd::from(writer));
    let output = command.output().expect("gorge can be started");
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_said_in_one_line() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gorge"));
    let output =
        command.args(["tour", "--list"]).stdout(full).output().expect("gorge can be started");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text, "gorge tour: write error: No space left on device\n");
}
