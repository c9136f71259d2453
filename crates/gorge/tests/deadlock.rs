//! Programs in which no goroutine can ever run again are told so, as Go does; programs in which
//! one still may are left alone.

mod ending;

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use ending::{Case, Ended};
use gorge::sync::WaitGroup;
use gorge::{Chan, channel, go, runtime, select, time};

const MILLISECOND: Duration = Duration::from_millis(1);

fn main() -> ExitCode {
    ending::main(CASES)
}

/// The case whose program is a deadlock of the main goroutine alone, which waits for `$reason`.
macro_rules! alone {
    ($name:literal, $reason:literal, $program:expr) => {
        Case {
            name: $name,
            program: || gorge::run($program),
            check: |ended| {
                ended.dead();
                ended.says(&[
                    "fatal error: all goroutines are asleep - deadlock!\n\n",
                    concat!("goroutine 1 [", $reason, "]:\n"),
                    "tests/deadlock.rs:",
                ]);
                assert_eq!(ended.err.matches("\ngoroutine ").count(), 1, "{ended}");
                starts_in_the_program(ended);
            },
        }
    };
}

/// No stack begins with a frame of Gorge's own. (In a build without debug information there may be
/// no frame of the program at all, if it was inlined, but the place is known.)
#[track_caller]
fn starts_in_the_program(ended: &Ended) {
    for after_head in ended.err.split("]:\n").skip(1) {
        let first = after_head.lines().next().unwrap_or_default();
        let fine = first.starts_with("deadlock::") || first == "blocked at";
        assert!(fine, "{first:?} in\n{ended}");
    }
}

const CASES: &[Case] = &[
    // What there is to wait for.
    alone!("receive", "chan receive", || {
        let (_tx, rx) = channel::<u32>(0);
        let _ = rx.recv();
    }),
    alone!("send", "chan send", || {
        let (tx, _rx) = channel(0);
        let _ = tx.send(1);
    }),
    alone!("send_to_full", "chan send", || {
        let (tx, _rx) = channel(1);
        let _ = tx.send(1);
        let _ = tx.send(2);
    }),
    alone!("receive_from_nil", "chan receive (nil chan)", || {
        Chan::<u32>::nil().recv();
    }),
    alone!("send_to_nil", "chan send (nil chan)", || Chan::nil().send(1)),
    alone!("select", "select", || {
        let (_tx, rx) = channel::<u32>(0);
        let (tx, _rx) = channel::<u32>(0);
        select! {
            recv(rx) -> _ => {},
            send(tx, 1) -> _ => {},
        }
    }),
    alone!("select_without_cases", "select (no cases)", || select! {}),
    alone!("wait_group", "sync.WaitGroup.Wait", || {
        let group = WaitGroup::new();
        group.add(1);
        group.wait();
    }),
    // Who waits.
    Case {
        name: "everyone_is_named",
        program: || {
            gorge::run(|| {
                let (tx, rx) = channel::<u32>(0);
                let sender = go(stuck_sender);
                let named = gorge::Builder::new().name("collector").go(move || rx.recv()).unwrap();
                let _ = sender.join();
                drop((named, tx));
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&[
                "fatal error: all goroutines are asleep - deadlock!\n\n",
                "goroutine 1 [join]:\n",
                "tests/deadlock.rs:",
                "\n\ngoroutine ",
                " [chan send]:\n",
                "deadlock::stuck_sender(...)\n",
                "created in goroutine 1\n\t",
                "tests/deadlock.rs:",
                "\n\ngoroutine ",
                " \"collector\" [chan receive]:\n",
                "tests/deadlock.rs:",
                "created by deadlock::",
                " in goroutine 1\n\t",
                "tests/deadlock.rs:",
            ]);
            starts_in_the_program(ended);
        },
    },
    Case {
        name: "after_goexit_of_main",
        program: || gorge::run(|| runtime::goexit()),
        check: |ended| {
            ended.dead();
            ended.says(&["fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n"]);
        },
    },
    Case {
        name: "thousands_are_folded",
        program: || {
            gorge::run(|| {
                let (_tx, rx) = channel::<u32>(0);
                for _ in 0..5000 {
                    let rx = rx.clone();
                    drop(go(move || rx.recv()));
                }
                let _ = rx.recv();
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&[
                "goroutine 1 [chan receive]:\n",
                " [chan receive]:\n",
                "... and 4999 more at the same place: ",
            ]);
            assert!(ended.err.lines().count() < 50, "{ended}");
        },
    },
    Case {
        name: "a_plain_thread_that_waits_in_gorge_is_stuck_too",
        program: || {
            let (_tx, rx) = channel::<u32>(0);
            let main = rx.clone();
            std::thread::Builder::new().name("helper".into()).spawn(move || rx.recv()).unwrap();
            gorge::run(move || main.recv()).unwrap();
        },
        check: |ended| {
            ended.dead();
            ended.says(&[
                "fatal error: all goroutines are asleep - deadlock!\n\n",
                "goroutine 1 [chan receive]:\n",
                "thread \"helper\" [chan receive]:\n",
                "tests/deadlock.rs:",
            ]);
        },
    },
    Case {
        name: "while_the_standard_error_is_locked",
        program: || {
            gorge::run(|| {
                let _lock = std::io::stderr().lock();
                let (_tx, rx) = channel::<u32>(0);
                let _ = rx.recv();
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&["fatal error: all goroutines are asleep - deadlock!\n\n"]);
        },
    },
    // Nothing is wrong while somebody may still be woken.
    Case {
        name: "no_alarm_while_a_timer_is_armed",
        program: || {
            gorge::run(|| {
                let (tx, rx) = channel(0);
                time::after_func(50 * MILLISECOND, move || tx.send("on time").unwrap());
                assert_eq!(rx.recv(), Ok("on time"));
                let _ = time::after(20 * MILLISECOND).recv();
                time::sleep(20 * MILLISECOND);
            })
        },
        check: Ended::well,
    },
    Case {
        name: "a_plain_thread_sleeps_before_there_are_goroutines",
        program: || {
            time::sleep(5 * MILLISECOND);
            assert!(time::after(5 * MILLISECOND).recv().is_ok());
        },
        check: Ended::well,
    },
    Case {
        name: "no_alarm_while_a_plain_thread_may_send",
        program: || {
            gorge::run(|| {
                let (tx, rx) = channel(0);
                std::thread::spawn(move || {
                    std::thread::sleep(100 * MILLISECOND);
                    tx.send("from outside").unwrap();
                });
                assert_eq!(rx.recv(), Ok("from outside"));
            })
        },
        check: Ended::well,
    },
    Case {
        name: "no_alarm_while_a_goroutine_is_in_a_blocking_call",
        program: || {
            gorge::run(|| {
                let (tx, rx) = channel(0);
                let blocked = go(move || {
                    std::thread::sleep(100 * MILLISECOND);
                    tx.send("after the call").unwrap();
                });
                assert_eq!(rx.recv(), Ok("after the call"));
                blocked.join().unwrap();
            })
        },
        check: Ended::well,
    },
    Case {
        name: "no_alarm_while_a_goroutine_waits_for_a_lock_of_the_standard_library",
        program: || {
            gorge::run(|| {
                static LOCK: Mutex<()> = Mutex::new(());
                let (tx, rx) = channel(0);
                let held = LOCK.lock().unwrap();
                let waiting = go(move || {
                    drop(LOCK.lock().unwrap());
                    tx.send("locked").unwrap();
                });
                time::sleep(50 * MILLISECOND);
                drop(held);
                assert_eq!(rx.recv(), Ok("locked"));
                waiting.join().unwrap();
            })
        },
        check: Ended::well,
    },
    Case {
        name: "no_alarm_while_a_goroutine_computes",
        program: || {
            gorge::run(|| {
                let (tx, rx) = channel(0);
                let computing = go(move || {
                    let start = std::time::Instant::now();
                    while start.elapsed() < 100 * MILLISECOND {
                        std::hint::spin_loop();
                    }
                    tx.send("computed").unwrap();
                });
                assert_eq!(rx.recv(), Ok("computed"));
                computing.join().unwrap();
            })
        },
        check: Ended::well,
    },
    Case {
        name: "an_alarm_once_the_last_plain_thread_is_gone",
        program: || {
            gorge::run(|| {
                std::thread::spawn(|| std::thread::sleep(100 * MILLISECOND));
                let (_tx, rx) = channel::<u32>(0);
                let _ = rx.recv();
            })
        },
        check: |ended| {
            ended.dead();
            ended.says(&["fatal error: all goroutines are asleep - deadlock!\n\n"]);
        },
    },
];

fn stuck_sender() {
    let (tx, _rx) = channel(0);
    let _ = tx.send(1);
}
