//! Real signals, in processes of their own: each case is a process of this binary, told what to do
//! by its environment, which talks with the test through its standard streams.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use gorge::signal::{self, Signal};
use gorge::{channel, context, go, select};

const PROGRAM: &str = "GORGE_TEST_PROGRAM";

/// No program here takes longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program, and the test that talks with it.
struct Case {
    name: &'static str,
    program: fn(),
    test: fn(Running),
}

/// A process that runs the program of a case.
struct Running {
    child: Child,
    /// Its standard output, by lines; a thread reads it, so that waiting for a line has an end.
    lines: Receiver<String>,
}

impl Running {
    fn start(name: &str) -> Running {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(PROGRAM, name)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tx, lines) = std::sync::mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).try_for_each(|line| tx.send(line))
        });
        Running { child, lines }
    }

    #[track_caller]
    fn says(&mut self, line: &str) {
        let said = self.lines.recv_timeout(PATIENCE);
        assert_eq!(said.as_deref(), Ok(line));
    }

    fn send(&self, signal: Signal) {
        let number = format!("-{}", signal.as_raw());
        let sent = Command::new("kill").arg(number).arg(self.child.id().to_string()).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end: status, what else it said, and its standard error.
    fn end(mut self) -> (ExitStatus, Vec<String>, String) {
        let deadline = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("it does not end; it said {said:?}");
                }
            }
        }
        let mut error = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        (self.child.wait().unwrap(), said, error)
    }

    #[track_caller]
    fn ends_well(self) {
        let (status, said, error) = self.end();
        assert!(status.success() && said.is_empty(), "{status}, {said:?}\n{error}");
    }

    #[track_caller]
    fn killed_by(self, signal: Signal) {
        let (status, said, error) = self.end();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{said:?}\n{error}");
        assert!(said.is_empty(), "{said:?}");
    }
}

/// In a program: until the test lets it go on.
fn wait_for_test() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

const CASES: &[Case] = &[
    Case {
        name: "an_interrupt_ends_the_program",
        program: || {
            println!("here");
            wait_for_test();
            println!("still here");
        },
        test: |mut running| {
            running.says("here");
            running.send(Signal::INTERRUPT);
            running.killed_by(Signal::INTERRUPT);
        },
    },
    Case {
        name: "notified",
        program: || {
            let (tx, rx) = channel(2);
            signal::notify(&tx, [Signal::INTERRUPT, Signal::USER1]);
            println!("ready");
            for _ in 0..3 {
                println!("{}", rx.recv().unwrap());
            }
            signal::stop(&tx);
            println!("stopped");
            wait_for_test();
            println!("still here");
        },
        test: |mut running| {
            running.says("ready");
            for (signal, words) in [
                (Signal::USER1, "user defined signal 1"),
                (Signal::INTERRUPT, "interrupt"),
                (Signal::USER1, "user defined signal 1"),
            ] {
                running.send(signal);
                running.says(words);
            }
            running.says("stopped");
            running.send(Signal::INTERRUPT);
            running.killed_by(Signal::INTERRUPT);
        },
    },
    Case {
        name: "each_channel_has_what_it_wants",
        program: || {
            let (one, first) = channel(4);
            let (both, second) = channel(4);
            let (full, unheard) = channel(1);
            signal::notify(&one, [Signal::USER1]);
            signal::notify(&full, [Signal::USER1]);
            signal::notify(&both, [Signal::USER1]);
            signal::notify(&both, [Signal::USER2]);
            for signal in [Signal::USER1, Signal::USER2, Signal::USER1] {
                signal.raise().unwrap();
                assert_eq!(second.recv(), Ok(signal));
            }
            assert_eq!(first.try_iter().count(), 2);
            assert_eq!(unheard.len(), 1, "what finds no room is lost");
            // What nobody receives from any more wants nothing, once that was noticed.
            drop(second);
            println!("{:?}", unheard.recv());
            loop {
                Signal::USER2.raise().unwrap();
                gorge::runtime::gosched();
            }
        },
        test: |mut running| {
            running.says("Ok(SIGUSR1)");
            running.killed_by(Signal::USER2);
        },
    },
    Case {
        name: "ignored_and_reset",
        program: || {
            signal::ignore([Signal::INTERRUPT, Signal::HANGUP]);
            assert!(signal::ignored(Signal::INTERRUPT) && !signal::ignored(Signal::USER1));
            Signal::INTERRUPT.raise().unwrap();
            Signal::HANGUP.raise().unwrap();
            let hangups = signal::on([Signal::HANGUP]);
            assert!(!signal::ignored(Signal::HANGUP));
            Signal::HANGUP.raise().unwrap();
            assert_eq!(hangups.recv(), Ok(Signal::HANGUP));
            signal::ignore([Signal::HANGUP]);
            Signal::HANGUP.raise().unwrap();
            println!("unhurt");
            signal::reset([Signal::HANGUP, Signal::INTERRUPT]);
            assert!(!signal::ignored(Signal::INTERRUPT));
            Signal::HANGUP.raise().unwrap();
            println!("still here");
        },
        test: |mut running| {
            running.says("unhurt");
            running.killed_by(Signal::HANGUP);
        },
    },
    Case {
        name: "dropping_gives_it_back",
        program: || {
            let one = signal::on([Signal::TERMINATE]);
            let other = one.clone();
            drop(one);
            Signal::TERMINATE.raise().unwrap();
            println!("{}", other.recv().unwrap());
            drop(other);
            Signal::TERMINATE.raise().unwrap();
            println!("still here");
        },
        test: |mut running| {
            running.says("terminated");
            running.killed_by(Signal::TERMINATE);
        },
    },
    Case {
        name: "a_context",
        program: || {
            let parent = context::background();
            let (ctx, stop) = signal::notify_context(&parent, [Signal::INTERRUPT]);
            let working = go({
                let ctx = ctx.clone();
                move || ctx.sleep(Duration::from_secs(3600))
            });
            println!("working");
            println!("{:?}", working.join().unwrap());
            println!("{}", ctx.cause().unwrap());
            // A second one does nothing. (By this thread, and so before it goes on: one from elsewhere may come to
            // another thread, which the system stops meanwhile.)
            Signal::INTERRUPT.raise().unwrap();
            stop.stop();
            println!("stopped");
            wait_for_test();
            println!("still here");
        },
        test: |mut running| {
            running.says("working");
            running.send(Signal::INTERRUPT);
            running.says("Err(Canceled)");
            running.says("interrupt signal received");
            running.says("stopped");
            running.send(Signal::INTERRUPT);
            running.killed_by(Signal::INTERRUPT);
        },
    },
    Case {
        name: "a_storm",
        program: || {
            let storm = signal::on([Signal::USER1]);
            let last = signal::on([Signal::USER2]);
            let sending: Vec<_> = (0..4)
                .map(|_| go(|| (0..10_000).for_each(|_| Signal::USER1.raise().unwrap())))
                .collect();
            // Others go on meanwhile.
            let (tx, rx) = channel(0);
            let talking = go(move || (0..5_000).for_each(|n| tx.send(n).unwrap()));
            assert_eq!(rx.iter().count(), 5_000);
            talking.join().unwrap();
            for goroutine in sending {
                goroutine.join().unwrap();
            }
            Signal::USER2.raise().unwrap();
            let mut heard = 0;
            loop {
                select! {
                    biased;
                    recv(storm) -> _ => heard += 1,
                    recv(last) -> _ => break,
                }
            }
            heard += storm.try_iter().count(); // what came between the two looks of the select
            assert!((1..=40_000).contains(&heard), "{heard}");
            println!("over");
        },
        test: |mut running| {
            running.says("over");
            running.ends_well();
        },
    },
    Case {
        name: "who_waits_for_a_signal_is_not_stuck",
        program: || {
            let signals = signal::on([Signal::USER1]);
            println!("waiting");
            println!("{}", signals.recv().unwrap());
        },
        test: |mut running| {
            running.says("waiting");
            // The next case shows that a deadlock would be found in this time.
            let patience = running.lines.recv_timeout(Duration::from_millis(500));
            assert_eq!(patience, Err(RecvTimeoutError::Timeout));
            running.send(Signal::USER1);
            running.says("user defined signal 1");
            running.ends_well();
        },
    },
    Case {
        name: "stuck_when_nobody_wants_signals_any_more",
        program: || {
            let (tx, rx) = channel(1);
            signal::notify(&tx, []);
            signal::stop(&tx);
            println!("stopped");
            let _ = rx.recv();
        },
        test: |mut running| {
            running.says("stopped");
            let (status, _, error) = running.end();
            assert_eq!(status.code(), Some(2), "{error}");
            assert!(error.contains("all goroutines are asleep - deadlock!"), "{error}");
        },
    },
    Case {
        name: "again_and_again",
        program: || {
            // The thread that tells of signals ends and begins.
            for _ in 0..200 {
                let signals = signal::on([Signal::USER1]);
                Signal::USER1.raise().unwrap();
                assert_eq!(signals.recv(), Ok(Signal::USER1));
            }
            println!("done");
        },
        test: |mut running| {
            running.says("done");
            running.ends_well();
        },
    },
    Case {
        name: "what_was_ignored_before_is_ignored_again",
        program: || {
            // Rust programs are started with it ignored.
            drop(signal::on([Signal::PIPE]));
            Signal::PIPE.raise().unwrap();
            println!("still here");
            // As under nohup.
            // SAFETY: to be ignored a signal needs no function.
            unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
            let signals = signal::on([Signal::HANGUP]);
            Signal::HANGUP.raise().unwrap();
            assert_eq!(signals.recv(), Ok(Signal::HANGUP));
            drop(signals);
            signal::reset([Signal::HANGUP]);
            Signal::HANGUP.raise().unwrap();
            println!("and still");
        },
        test: |mut running| {
            running.says("still here");
            running.says("and still");
            running.ends_well();
        },
    },
    Case {
        name: "one_that_comes_while_its_fate_changes_does_not_end_the_program",
        program: || {
            use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
            static OVER: AtomicBool = AtomicBool::new(false);
            signal::ignore([Signal::USER1]);
            let coming = std::thread::spawn(|| {
                while !OVER.load(Relaxed) {
                    Signal::USER1.raise().unwrap();
                }
            });
            let _others = signal::on([Signal::USER2]); // the thread that tells stays
            let (tx, _rx) = channel(1);
            let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 200_000 } else { 50_000 };
            for _ in 0..rounds {
                signal::notify(&tx, [Signal::USER1]);
                signal::ignore([Signal::USER1]);
            }
            OVER.store(true, Relaxed);
            coming.join().unwrap();
            println!("unhurt");
        },
        test: |mut running| {
            running.says("unhurt");
            running.ends_well();
        },
    },
    Case {
        name: "a_real_time_signal_is_given_back_too",
        program: || {
            let signal = Signal::from_raw(40);
            let signals = signal::on([signal]);
            signal.raise().unwrap();
            println!("{}", signals.recv().unwrap());
            drop(signals);
            signal.raise().unwrap();
            println!("still here");
        },
        test: |mut running| {
            running.says("signal 40");
            running.killed_by(Signal::from_raw(40));
        },
    },
    Case {
        name: "that_something_can_be_read_ends_a_program_as_without_us",
        program: || {
            let signals = signal::on([Signal::from_raw(libc::SIGIO)]);
            Signal::from_raw(libc::SIGIO).raise().unwrap();
            println!("{}", signals.recv().unwrap().as_raw() == libc::SIGIO);
            drop(signals);
            Signal::from_raw(libc::SIGIO).raise().unwrap();
            println!("still here");
        },
        test: |mut running| {
            running.says("true");
            match cfg!(target_os = "linux") {
                true => running.killed_by(Signal::from_raw(libc::SIGIO)),
                false => running.says("still here"),
            }
        },
    },
    Case {
        name: "nobody_on_the_other_side_is_an_error_and_no_signal",
        program: || {
            // Rust programs are started with it ignored; some want it otherwise.
            // SAFETY: the default needs no function.
            unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
            let (mut one, other) = gorge::net::UnixStream::pair().unwrap();
            drop(other);
            println!("{:?}", one.write(b"hello").unwrap_err().kind());
            let pieces = [std::io::IoSlice::new(b"hello"), std::io::IoSlice::new(b"there")];
            println!("{:?}", one.write_vectored(&pieces).unwrap_err().kind());
        },
        test: |mut running| {
            running.says("BrokenPipe");
            running.says("BrokenPipe");
            running.ends_well();
        },
    },
    Case {
        name: "a_child_that_was_forked_is_no_trouble",
        program: || {
            let (mut a, b) = gorge::net::UnixStream::pair().unwrap();
            let echo = go(move || gorge::io::copy(&mut &b, &mut &b));
            let mut talk = || {
                a.write_all(b"?").unwrap();
                a.read_exact(&mut [0]).unwrap();
            };
            talk(); // the poller has seen both ends, and the child has it too
            for status in 1..=5 {
                // SAFETY: the child makes one call, which ends it at once.
                let child = unsafe {
                    match libc::fork() {
                        0 => libc::_exit(status),
                        child => child,
                    }
                };
                talk();
                let mut ended = 0;
                // SAFETY: `ended` is written during the call.
                assert_eq!(unsafe { libc::waitpid(child, &mut ended, 0) }, child);
                assert_eq!(libc::WEXITSTATUS(ended), status);
                talk();
            }
            drop(a);
            assert_eq!(echo.join().unwrap().unwrap(), 11);
            println!("done");
        },
        test: |mut running| {
            running.says("done");
            running.ends_well();
        },
    },
    Case {
        name: "a_signal_between_fork_and_exec_is_the_childs",
        program: || {
            use std::os::unix::process::CommandExt;
            let signals = signal::on([Signal::TERMINATE, Signal::USER1]);
            let mut command = Command::new("true");
            // SAFETY: raising a signal is allowed there.
            unsafe {
                command.pre_exec(|| {
                    libc::raise(libc::SIGTERM);
                    Ok(())
                })
            };
            // Who runs it sees nobody on the other side who would say whether the program was started.
            let ended = command.status().map(|status| status.signal());
            println!("{:?}", ended.ok().flatten());
            // Had ours been told of the other one it would come first.
            Signal::USER1.raise().unwrap();
            println!("{}", signals.recv().unwrap());
        },
        test: |mut running| {
            running.says("Some(15)");
            running.says("user defined signal 1");
            running.ends_well();
        },
    },
    Case {
        name: "what_cannot_be_caught",
        program: || {
            let caught = |number| {
                let signal = Signal::from_raw(number);
                go(move || drop(signal::on([signal]))).join().is_ok()
            };
            assert!(caught(34) || caught(35), "a real-time signal");
            println!("{:?}", [0, -1, 9, 11, 19, 65].map(caught));
        },
        test: |mut running| {
            running.says("[false, false, false, false, false, false]");
            running.ends_well();
        },
    },
];

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(PROGRAM) {
        let case = CASES.iter().find(|case| case.name == name).expect("a case of this name");
        // Whoever started the test may have had them ignored: a shell in the background, nohup.
        for signal in [libc::SIGINT, libc::SIGHUP, libc::SIGQUIT] {
            // SAFETY: for the default a signal needs no function.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        gorge::run(case.program);
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    for case in CASES {
        if wanted.is_empty() || wanted.iter().any(|part| case.name.contains(part.as_str())) {
            (case.test)(Running::start(case.name));
            println!("test {} ... ok", case.name);
        }
    }
    ExitCode::SUCCESS
}
