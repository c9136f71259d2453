//! Running out of something, and being told nonsense: an error that names the limit, and
//! nothing is harmed that runs already.

mod ending;

use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ending::{Case, Ended};
use gorge::{Builder, Receiver, Sender, channel, go, runtime};

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

fn echo() -> (Sender<u32>, Receiver<u32>) {
    let (to, inbox) = channel::<u32>(0);
    let (outbox, from) = channel::<u32>(0);
    go(move || inbox.iter().for_each(|n| outbox.send(n + 1).unwrap())).detach();
    (to, from)
}

/// A way of starting a goroutine; the error says why that is not possible.
type Start = fn(Box<dyn FnOnce() + Send>) -> Result<(), String>;

/// Starts goroutines that wait until `start` says that there can be no more; then lets them go.
fn exhaust(start: Start) {
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
            exhaust(|body| Builder::new().go(body).map(drop).map_err(|e| e.to_string()));
        },
        check: refused,
    },
    Case {
        name: "no_address_space_for_go",
        program: || {
            exhaust(|body| {
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(go(body))))
                    .map_err(|payload| payload.downcast_ref::<String>().expect("a text").clone())
            });
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
