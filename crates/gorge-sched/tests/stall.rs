//! Programs in which no goroutine can ever run again are told so; programs in
//! which one still may are left alone. At the level of the scheduler alone:
//! with no channel, and with the plain text that stands in for a dump.

#[path = "../../gorge/tests/ending/mod.rs"]
mod ending;
mod sleeping;

use std::any::Any;
use std::io::{Read, Write};
use std::panic::Location;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use ending::{Case, Ended};
use gorge_sched::report::Reporter;
use gorge_sched::{
    Parking, WaitReason, go, goexit, gomaxprocs, gosched, lock_os_thread, report, run, run_main,
    set_deadlock_detection,
};
use sleeping::sleep;

fn main() -> ExitCode {
    ending::main(CASES)
}

fn wait_for_ever() -> ! {
    Parking::begin().park_for_ever(WaitReason::ChanReceive, Location::caller())
}

fn compute(milliseconds: u64) {
    let end = Instant::now() + Duration::from_millis(milliseconds);
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}

const DEADLOCK: &str = "fatal error: all goroutines are asleep - deadlock!\n";

fn deadlock(ended: &Ended) {
    ended.dead();
    ended.says(&[DEADLOCK]);
}

/// The one who reports has begun, and `main` has nothing left to do.
static REPORTING: AtomicBool = AtomicBool::new(false);
static RETURNS: AtomicBool = AtomicBool::new(false);

fn spin_until(flag: &AtomicBool) {
    while !flag.load(Relaxed) {
        std::thread::yield_now();
    }
}

/// Takes longer than it takes `main` to return.
fn slow_report(_: u64, _: &(dyn Any + Send), _: Option<&(dyn Any + Send)>) -> ! {
    REPORTING.store(true, Relaxed);
    spin_until(&RETURNS);
    compute(50);
    eprintln!("reported");
    std::process::exit(2)
}

const CASES: &[Case] = &[
    Case {
        name: "main_returns_while_a_panic_is_reported",
        program: || {
            let (stall, fatal) = (|| std::process::exit(3), |_: &str| std::process::exit(3));
            report::set(Reporter { stall, unjoined_panic: slow_report, fatal });
            run_main(|| {
                drop(go(|| panic!("nobody holds the handle")));
                spin_until(&REPORTING);
                RETURNS.store(true, Relaxed);
            });
        },
        check: |ended| {
            ended.dead();
            ended.says(&["reported\n"]);
        },
    },
    Case { name: "main_waits_for_ever", program: || run(|| wait_for_ever()), check: deadlock },
    Case {
        name: "a_circle_of_joins",
        program: || {
            run(|| {
                let waits = go(|| wait_for_ever());
                let joins = go(move || waits.join().is_ok());
                joins.join().unwrap();
            });
        },
        check: deadlock,
    },
    Case {
        name: "main_left_and_the_rest_wait",
        program: || {
            run(|| {
                drop(go(|| wait_for_ever()));
                goexit()
            })
        },
        check: deadlock,
    },
    Case {
        name: "a_plain_thread_that_waits_for_ever",
        program: || {
            let other = std::thread::spawn(|| run(|| wait_for_ever()));
            // A plain thread that waits outside of Gorge could do anything.
            run(|| go(|| wait_for_ever()).join().is_ok());
            other.join().unwrap();
        },
        check: deadlock,
    },
    Case {
        name: "a_locked_thread_waits_for_ever",
        program: || {
            run(|| {
                lock_os_thread();
                wait_for_ever()
            })
        },
        check: deadlock,
    },
    Case {
        name: "after_timers_have_fired",
        program: || {
            run(|| {
                sleep(Duration::from_millis(30));
                wait_for_ever()
            })
        },
        check: deadlock,
    },
    Case {
        name: "after_fewer_and_more_processors",
        program: || {
            run(|| {
                let spinners: Vec<_> = (0..4)
                    .map(|_| {
                        go(|| {
                            for _ in 0..2_000 {
                                gosched();
                            }
                        })
                    })
                    .collect();
                for n in [4, 1, 3, 1, 2, 1, 4].repeat(20) {
                    gomaxprocs(n);
                    for _ in 0..3 {
                        gosched();
                    }
                }
                for spinner in spinners {
                    spinner.join().unwrap();
                }
                wait_for_ever()
            })
        },
        check: deadlock,
    },
    // Never while something may still happen.
    Case { name: "nobody_was_ever_started", program: || {}, check: Ended::well },
    Case {
        name: "a_timer_is_armed",
        program: || run(|| sleep(Duration::from_millis(100))),
        check: Ended::well,
    },
    Case {
        name: "a_timer_of_a_locked_thread",
        program: || {
            run(|| {
                gomaxprocs(1);
                lock_os_thread();
                sleep(Duration::from_millis(20));
            })
        },
        check: Ended::well,
    },
    Case {
        name: "a_timer_of_a_plain_thread",
        program: || sleep(Duration::from_millis(20)), // the runtime is started by it
        check: Ended::well,
    },
    Case { name: "a_goroutine_computes", program: || run(|| compute(100)), check: Ended::well },
    Case {
        // The processors that are left idle are not all there is: this one stays in use
        // until its goroutine comes to a scheduling point.
        name: "a_goroutine_computes_on_a_processor_too_many",
        program: || {
            gomaxprocs(2);
            for _ in 0..4 {
                run(|| {
                    gomaxprocs(2);
                    gosched();
                    gomaxprocs(1);
                    compute(30);
                });
            }
        },
        check: Ended::well,
    },
    Case {
        name: "a_goroutine_blocks",
        program: || {
            let (mut from, mut to) = std::io::pipe().unwrap();
            let child = std::process::Command::new("sleep")
                .arg("0.1")
                .stdout(to.try_clone().unwrap())
                .spawn();
            run(move || {
                // Others wait, so that the processor is handed on and becomes idle.
                let reader = go(move || from.read(&mut [0]).unwrap());
                for _ in 0..10 {
                    go(|| compute(1)).join().unwrap();
                }
                drop(to.write_all(b"x"));
                drop(to);
                reader.join().unwrap();
            });
            child.unwrap().wait().unwrap();
        },
        check: Ended::well,
    },
    Case {
        name: "a_goroutine_waits_for_another_process",
        program: || {
            let (mut from, to) = std::io::pipe().unwrap();
            let child = std::process::Command::new("sleep").arg("0.2").stdout(to).spawn();
            run(move || {
                let reader = go(move || from.read(&mut [0]).unwrap());
                assert_eq!(reader.join().unwrap(), 0);
            });
            child.unwrap().wait().unwrap();
        },
        check: Ended::well,
    },
    Case {
        name: "a_plain_thread_may_wake_it",
        program: || {
            let thread = std::thread::spawn(|| {
                std::thread::sleep(Duration::from_millis(100)); // what is tested is the wait
                go(|| 7)
            });
            let (value, told) = std::sync::mpsc::channel();
            let waits = go(move || told.recv().unwrap());
            let started = thread.join().unwrap();
            value.send(started.join().unwrap()).unwrap();
            assert_eq!(waits.join().unwrap(), 7);
        },
        check: Ended::well,
    },
    Case {
        name: "it_is_switched_off",
        program: || {
            set_deadlock_detection(false);
            drop(go(|| wait_for_ever()));
            let joined = go(|| {
                sleep(Duration::from_millis(50));
                std::process::exit(0)
            });
            joined.join().unwrap();
        },
        check: Ended::well,
    },
    Case {
        // The thread that was woken last, and has not run yet, is not one that waits.
        name: "the_main_thread_is_slow_to_wake",
        program: slow_to_wake,
        check: Ended::well,
    },
];

/// Other processes take the processors while this one's main thread, which
/// gets them last, is made ready over and over. (They end by themselves, in
/// case this program does not live to end them.)
fn slow_to_wake() {
    let hogs: Vec<_> = (0..2 * std::thread::available_parallelism().map_or(1, |n| n.get()))
        .map(|_| {
            let mut hog = std::process::Command::new("sh");
            hog.args(["-c", "ulimit -t 5; while :; do :; done"]).spawn().expect("a shell")
        })
        .collect();
    let hogs = Hogs(hogs);
    #[cfg(target_os = "linux")]
    // SAFETY: a plain system call about the calling thread alone.
    unsafe {
        let lowest = libc::sched_param { sched_priority: 0 };
        libc::sched_setscheduler(0, libc::SCHED_IDLE, &lowest);
    }
    let end = Instant::now() + Duration::from_millis(1500);
    let mut rounds = 0;
    while Instant::now() < end || rounds < 20 {
        run(gosched);
        rounds += 1;
    }
    drop(hogs);
}

struct Hogs(Vec<std::process::Child>);

impl Drop for Hogs {
    fn drop(&mut self) {
        for hog in &mut self.0 {
            let _ = hog.kill();
            let _ = hog.wait();
        }
    }
}
