//! Running out of something, and being told nonsense: an error that names the limit, and
//! nothing is harmed that runs already.

mod ending;

use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ending::{Case, Ended};
use gorge::group::Flight;
use gorge::{Builder, Receiver, Sender, channel, context, go, runtime};

fn main() -> ExitCode {
    ending::main(CASES)
}

/// As `ulimit -v`.
fn limit_address_space(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: the pointer is valid for the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

/// As a user who has no other process, and may have so many threads. False: only root can do that.
#[must_use]
fn limit_threads(threads: u64) -> bool {
    let limit = libc::rlimit { rlim_cur: threads, rlim_max: threads };
    // SAFETY: the pointer is valid for the call. (Root itself is under no such limit.)
    let limited = unsafe {
        libc::geteuid() == 0
            && libc::setrlimit(libc::RLIMIT_NPROC, &raw const limit) == 0
            && libc::setuid(200_000 + std::process::id()) == 0
    };
    if !limited {
        println!("skipped");
    }
    limited
}

/// Sets an environment variable before anything of Gorge has run.
fn with(name: &str, value: &str) {
    // SAFETY: the process has one thread so far.
    unsafe { std::env::set_var(name, value) }
}

/// A mistake of the program. False: there is no poller yet.
#[cfg(target_os = "linux")]
fn close_the_poller() -> bool {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().map(|link| link.unwrap().path());
    let is_poller = |link: &std::path::PathBuf| {
        std::fs::read_link(link).is_ok_and(|to| to.to_string_lossy().contains("eventpoll"))
    };
    let pollers: Vec<_> = links.filter(is_poller).collect();
    for link in &pollers {
        let number = link.file_name().unwrap().to_str().unwrap().parse().unwrap();
        // SAFETY: it is somebody else's, which is the mistake; nothing else is opened meanwhile.
        unsafe { libc::close(number) };
    }
    !pollers.is_empty()
}

fn echo() -> (Sender<u32>, Receiver<u32>) {
    let (to, inbox) = channel::<u32>(0);
    let (outbox, from) = channel::<u32>(0);
    go(move || inbox.iter().for_each(|n| outbox.send(n + 1).unwrap())).detach();
    (to, from)
}

/// A way of starting a goroutine; the error says why that is not possible.
type Start = fn(Box<dyn FnOnce() + Send>) -> Result<(), String>;

/// Starts goroutines that wait until `start` says that there can be no more, does something without more, and lets
/// them go.
fn exhaust(start: Start, meanwhile: fn()) {
    limit_address_space(2 << 30);
    gorge::run(|| {
        let (to, from) = echo();
        let (gate, waiting) = channel::<()>(0);
        let arrived = Arc::new(AtomicUsize::new(0));
        let mut started = 0;
        let refusal = loop {
            let (waiting, arrived) = (waiting.clone(), arrived.clone());
            let body = move || {
                arrived.fetch_add(1, Ordering::Relaxed);
                let _ = waiting.recv();
            };
            match start(Box::new(body)) {
                Ok(()) => started += 1,
                Err(refusal) => break refusal,
            }
            assert!(started < 1_000_000, "the limit had no effect");
            runtime::gosched();
        };
        println!("refusal: {refusal}");
        meanwhile();
        assert!(arrived.load(Ordering::Relaxed) > 5, "some run");
        // Those that run are unharmed.
        for n in 0..100 {
            to.send(n).unwrap();
            assert_eq!(from.recv(), Ok(n + 1));
        }
        // When they end, there is room again, also for those that found none.
        drop(gate);
        while runtime::num_goroutine() > 2 {
            runtime::gosched();
        }
        assert_eq!(arrived.load(Ordering::Relaxed), started);
        assert_eq!(go(|| 7).join().unwrap(), 7);
        println!("done");
    });
}

fn go_or_why(body: Box<dyn FnOnce() + Send>) -> Result<(), String> {
    refusal(|| drop(go(body)))
}

/// The text of the panic with which `f` refuses.
fn refusal(f: impl FnOnce()) -> Result<(), String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
        .map_err(|payload| payload.downcast_ref::<String>().expect("a text").clone())
}

/// What needs a goroutine and gets none: a context is cancelled with all below it, and a flight that did not take off
/// is not waited for.
fn nothing_is_left_half_done() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (before, _cancel) = context::with_cancel(&ctx);
    let _calls = [(); 2].map(|()| context::after_func(&ctx, || ()));
    let (after, _cancel) = context::with_cancel(&ctx);
    assert!(refusal(|| _ = cancel.cancel()).unwrap_err().contains("was not started"));
    assert!(before.err().is_some() && after.err().is_some());

    let flight = Flight::new();
    assert!(refusal(|| _ = flight.do_chan("key", || 6)).is_err());
    assert_eq!(flight.do_("key", || 7), (7, false));
}

fn refused(ended: &Ended) {
    ended.well_spoken();
    let refusal = ended.out.lines().find(|l| l.starts_with("refusal: ")).expect("a refusal");
    assert!(refusal.contains("cannot start a goroutine: no "), "{refusal}");
    assert!(refusal.contains("raise"), "{refusal}");
}

impl Ended {
    fn well_spoken(&self) {
        assert_eq!(self.status, Some(0), "{self}");
        assert!(self.out.contains("done"), "{self}");
    }

    /// One line that says what is allowed, and status 2.
    fn one_line(&self, parts: &[&str]) {
        self.dead();
        assert_eq!(self.err.trim_end().lines().count(), 1, "{self}");
        self.says(parts);
    }
}

const CASES: &[Case] = &[
    Case {
        name: "no_address_space_for_the_builder",
        program: || {
            exhaust(|body| Builder::new().go(body).map(drop).map_err(|e| e.to_string()), || ());
        },
        check: refused,
    },
    Case {
        name: "no_address_space_for_go",
        program: || {
            exhaust(go_or_why, nothing_is_left_half_done);
        },
        check: refused,
    },
    Case {
        name: "no_thread_for_the_monitor",
        program: || {
            with("GORGE_MODE", "auto"); // trying out fibers takes threads, too
            if limit_threads(1) {
                gorge::run(|| ());
            }
        },
        check: |ended| {
            if !ended.out.contains("skipped") {
                ended.one_line(&["gorge: no thread for the monitor (raise `ulimit -u`"]);
            }
        },
    },
    Case {
        name: "no_thread_for_goroutines",
        program: || {
            with("GORGE_MODE", "auto");
            if limit_threads(2) {
                gorge::run(|| ());
            }
        },
        check: |ended| {
            if !ended.out.contains("skipped") {
                ended.dead();
                ended.says(&["fatal error: no thread to run goroutines on (raise `ulimit -u`"]);
            }
        },
    },
    Case {
        name: "no_thread_for_those_whose_processor_is_blocked",
        program: || {
            with("GOMAXPROCS", "1");
            let (mut reader, mut writer) = std::io::pipe().unwrap();
            std::thread::spawn(move || {
                // The monitor has seen that the reader blocks, and looked for a thread for the others.
                while runtime::stats().handoffs == 0 {
                    std::thread::yield_now();
                }
                writer.write_all(b"!").unwrap();
            });
            gorge::run(move || {
                if runtime::mode() == runtime::Mode::Fiber && !limit_threads(1) {
                    return;
                }
                let others: Vec<_> = (0..10).map(|n| go(move || n)).collect();
                reader.read_exact(&mut [0]).unwrap();
                assert_eq!(others.into_iter().map(|other| other.join().unwrap()).sum::<u32>(), 45);
                println!("done");
            });
        },
        check: |ended| {
            if !ended.out.contains("skipped") {
                ended.well_spoken();
            }
        },
    },
    #[cfg(target_os = "linux")]
    Case {
        name: "the_poller_is_closed_by_its_number",
        program: || {
            gorge::run(|| {
                let listener = gorge::net::TcpListener::bind("127.0.0.1:0").unwrap();
                go(move || listener.accept()).detach();
                while !close_the_poller() {
                    runtime::gosched(); // until somebody waits for a descriptor
                }
                loop {
                    gorge::time::sleep(std::time::Duration::from_millis(1)); // who waits in it looks up
                }
            });
        },
        check: |ended| {
            ended.dead();
            ended.says(&["fatal error: the poller cannot be waited for: ", "closed by its number"]);
        },
    },
    Case {
        name: "a_copy_when_there_is_no_descriptor_for_its_pipe",
        program: || {
            use gorge::net::{Shutdown, TcpListener, TcpStream};
            gorge::run(|| {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let connect = || {
                    let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
                    (here, listener.accept().unwrap().0)
                };
                let ((mut client, from), (to, mut server)) = (connect(), connect());
                // One waits, so that all that Gorge itself wants is open.
                from.set_read_timeout(Some(std::time::Duration::from_millis(1))).unwrap();
                from.peek(&mut [0]).unwrap_err();
                from.set_read_timeout(None).unwrap();
                client.write_all(b"by hand").unwrap();
                client.shutdown(Shutdown::Write).unwrap();
                // SAFETY: a descriptor of our own; the pointer is valid for the call.
                unsafe {
                    let next = libc::dup(0);
                    libc::close(next);
                    let limit = libc::rlimit { rlim_cur: next as u64, rlim_max: next as u64 };
                    assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
                }
                assert!(std::io::pipe().is_err());
                assert_eq!(gorge::io::copy(&mut &from, &mut &to).unwrap(), 7);
                to.shutdown(Shutdown::Write).unwrap();
                let mut text = String::new();
                server.read_to_string(&mut text).unwrap();
                println!("{text}");
            });
        },
        check: |ended| assert_eq!(ended.out, "by hand\n", "{}", ended.err),
    },
    Case {
        name: "more_that_block_than_there_may_be_threads",
        program: || {
            use std::io::{BufRead, BufReader};
            use std::os::fd::AsRawFd;
            with("GOMAXPROCS", "1");
            assert_eq!(runtime::set_max_threads(3), 10_000);
            let (said, stderr) = std::io::pipe().unwrap();
            // SAFETY: both are open, and nobody else uses standard error.
            assert_eq!(unsafe { libc::dup2(stderr.as_raw_fd(), 2) }, 2);
            let (reader, mut writer) = std::io::pipe().unwrap();
            std::thread::spawn(move || {
                let mut line = String::new();
                BufReader::new(said).read_line(&mut line).unwrap();
                print!("{line}");
                writer.write_all(&[b'!'; 5]).unwrap();
            });
            gorge::run(move || {
                let reader = Arc::new(reader);
                let blocked: Vec<_> = (0..5)
                    .map(|_| {
                        let reader = reader.clone();
                        go(move || (&*reader).read_exact(&mut [0]).unwrap())
                    })
                    .collect();
                // There is always somebody who could go on.
                let others: Vec<_> = (0..10).map(|n| go(move || n)).collect();
                assert_eq!(others.into_iter().map(|other| other.join().unwrap()).sum::<u32>(), 45);
                blocked.into_iter().for_each(|blocked| blocked.join().unwrap());
                println!("done");
            });
        },
        check: |ended| {
            let said = "gorge: as many goroutines block their threads as there may be threads (3, see \
                        runtime::set_max_threads): others wait until one of them goes on\ndone\n";
            assert_eq!(ended.out, said);
        },
    },
    Case {
        name: "gomaxprocs_that_is_no_number",
        program: || {
            with("GOMAXPROCS", "many");
            gorge::run(|| ());
        },
        check: |ended| ended.one_line(&["GOMAXPROCS=many", "from 1 to 1024"]),
    },
    Case {
        name: "a_mode_that_does_not_exist",
        program: || {
            with("GORGE_MODE", "green");
            gorge::run(|| ());
        },
        check: |ended| ended.one_line(&["GORGE_MODE", "green", "auto", "fiber", "threads"]),
    },
    Case {
        name: "a_stack_size_that_is_none",
        program: || {
            with("GORGE_STACK", "large");
            gorge::run(|| ());
        },
        check: |ended| ended.one_line(&["GORGE_STACK", "large"]),
    },
    Case {
        name: "gomaxprocs_from_the_environment",
        program: || {
            with("GOMAXPROCS", "100");
            assert_eq!(runtime::gomaxprocs(0), 100);
            assert_eq!(runtime::gomaxprocs(7), 100);
            assert_eq!(runtime::gomaxprocs(0), 7);
            let ran = Arc::new(AtomicBool::new(false));
            let theirs = ran.clone();
            gorge::run(move || theirs.store(true, Ordering::Relaxed));
            assert!(ran.load(Ordering::Relaxed));
        },
        check: Ended::well,
    },
];
