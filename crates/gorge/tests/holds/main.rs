//! Deadlocks of a part: for each kind a program that has it, which is reported while the rest
//! goes on, and its twin without it, of which nothing is said.

#[path = "../ending/mod.rs"]
mod ending;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ending::{Case, Ended};
use gorge::runtime::deadlock;
use gorge::sync::{Barrier, Condvar, Mutex, Once, RwLock, Semaphore, WaitGroup};
use gorge::{channel, go, runtime, scope};

fn main() -> ExitCode {
    ending::main(CASES)
}

/// Runs a program part of which deadlocks, until that is reported.
fn bug(program: fn()) {
    deadlock::enable();
    gorge::run(|| {
        go(program);
        let began = Instant::now();
        while deadlock::count() == 0 {
            assert!(began.elapsed() < Duration::from_secs(20), "nothing was reported");
            runtime::gosched();
        }
        println!("the rest goes on");
    });
}

/// Runs a program that must come to its end, unreported.
fn clean(program: fn()) {
    deadlock::enable_lock_order();
    gorge::run(program);
    assert_eq!(deadlock::count(), 0);
}

macro_rules! pairs {
    ($($name:literal says [$($said:literal),*]: $bug:expr, $clean:expr;)*) => {
        const CASES: &[Case] = &[$(
            Case {
                name: $name,
                program: || bug($bug),
                check: |ended| {
                    assert_eq!(ended.status, Some(0), "{ended}");
                    assert!(ended.out.contains("the rest goes on"), "{ended}");
                    ended.says(&["==================\nWARNING: DEADLOCK", $($said),*]);
                },
            },
            Case {
                name: concat!($name, "_not"),
                program: || for _ in 0..20 { clean($clean) },
                check: |ended| {
                    ended.well();
                    assert_eq!(ended.err, "", "{ended}");
                },
            },
        )*
        Case {
            name: "lock_order",
            program: || {
                deadlock::enable_lock_order();
                gorge::run(|| {
                    let (one, other) = (Mutex::new(()), Mutex::new(()));
                    scope(|s| { s.go(|| { let _one = one.lock(); drop(other.lock()); }); });
                    scope(|s| { s.go(|| { let _other = other.lock(); drop(one.lock()); }); });
                });
                assert_eq!(deadlock::count(), 0);
            },
            check: |ended| {
                ended.says(&["WARNING: LOCK ORDER INVERSION", "took 0x", "while it had",
                    "tests/holds/main.rs:", "took 0x", "==\n"]);
                assert_eq!(ended.status, Some(0), "{ended}");
            },
        },
        Case {
            name: "lock_order_under_a_common_lock",
            program: || {
                deadlock::enable_lock_order();
                gorge::run(|| {
                    let (gate, one, other) = (Mutex::new(()), Mutex::new(()), Mutex::new(()));
                    scope(|s| {
                        s.go(|| { let _gate = gate.lock(); let _one = one.lock(); drop(other.lock()); });
                        s.go(|| { let _gate = gate.lock(); let _other = other.lock(); drop(one.lock()); });
                    });
                });
            },
            check: |ended| { ended.well(); assert_eq!(ended.err, "", "{ended}"); },
        },
        Case {
            name: "a_word_that_means_nothing",
            program: || {
                // SAFETY: the program has no other thread yet.
                unsafe { std::env::set_var("GORGE_DEADLOCK", "yes") };
                gorge::run(|| println!("it ran"));
            },
            check: |ended| {
                ended.dead();
                ended.says(&["gorge: GORGE_DEADLOCK=yes: must be 0, 1 or exit\n"]);
                assert_eq!(ended.out, "", "{ended}");
            },
        },
        Case {
            name: "a_lost_wakeup_is_named",
            program: || {
                deadlock::enable();
                gorge::run(|| {
                    let (lock, condition) = (Mutex::new(()), Condvar::new());
                    condition.signal(); // nobody hears it
                    condition.wait(&mut lock.lock());
                });
            },
            check: |ended| {
                ended.dead();
                ended.says(&["fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 waits for the condition 0x",
                    "tests/holds/main.rs:", "  which goroutine 1 has signalled when nobody waited for it\n",
                    "tests/holds/main.rs:", "\n\ngoroutine 1 [sync.Cond.Wait]:"]);
            },
        },
        Case {
            name: "a_signal_that_was_heard_is_not",
            program: || {
                deadlock::enable();
                gorge::run(|| {
                    let (lock, condition) = (Mutex::new(()), Condvar::new());
                    condition.signal();
                    scope(|s| {
                        let mut held = lock.lock();
                        s.go(|| { let _held = lock.lock(); condition.signal(); });
                        condition.wait(&mut held);
                        condition.wait(&mut held); // a second one never comes
                    });
                });
            },
            check: |ended| {
                ended.dead();
                assert!(!ended.err.contains("signalled"), "{ended}");
            },
        },
        Case {
            name: "it_can_end_the_program",
            program: || {
                // SAFETY: the program has no other thread yet.
                unsafe { std::env::set_var("GORGE_DEADLOCK", "exit") };
                gorge::run(|| {
                    let lock = Mutex::new(());
                    let _once = lock.lock();
                    let _twice = lock.lock();
                });
            },
            check: |ended| {
                ended.dead();
                ended.says(&["WARNING: DEADLOCK: goroutine 1 waits for itself"]);
            },
        },
        ];
    };
}

pairs! {
    "two_locks" says ["2 wait for each other", " waits to lock 0x", "tests/holds/main.rs:",
        "which goroutine ", "has since", "waits to lock", "goroutine ", "sync.Mutex.Lock"]: || {
        let (one, other, meet) = (Mutex::new(()), Mutex::new(()), Barrier::new(2));
        scope(|s| {
            s.go(|| { let _one = one.lock(); meet.wait(); drop(other.lock()); });
            s.go(|| { let _other = other.lock(); meet.wait(); drop(one.lock()); });
        });
    }, || {
        let (one, other) = (Mutex::new(()), Mutex::new(()));
        scope(|s| {
            for _ in 0..3 {
                s.go(|| { let _one = one.lock(); runtime::gosched(); drop(other.lock()); });
            }
        });
    };

    "philosophers" says ["3 wait for each other"]: || {
        let forks: Vec<_> = (0..3).map(|_| Mutex::new(())).collect();
        let meet = Barrier::new(3);
        scope(|s| {
            for n in 0..3 {
                let (forks, meet) = (&forks, &meet);
                s.go(move || {
                    let _left = forks[n].lock();
                    meet.wait();
                    drop(forks[(n + 1) % 3].lock());
                });
            }
        });
    }, || {
        let forks: Vec<_> = (0..3).map(|_| Mutex::new(())).collect();
        scope(|s| {
            for n in 0..3 {
                let forks = &forks;
                s.go(move || {
                    let (first, second) = (n.min((n + 1) % 3), n.max((n + 1) % 3));
                    let _first = forks[first].lock();
                    runtime::gosched();
                    drop(forks[second].lock());
                });
            }
        });
    };

    "double_lock" says [": goroutine ", "waits for itself", "locks what it has locked already"]: || {
        let lock = Mutex::new(());
        let _once = lock.lock();
        drop(lock.lock());
    }, || {
        let lock = Mutex::new(());
        drop(lock.lock());
        drop(lock.lock());
    };

    "double_write" says ["waits for itself"]: || {
        let lock = RwLock::new(());
        let _read = lock.read();
        drop(lock.write());
    }, || {
        let lock = RwLock::new(());
        let read = lock.read();
        assert!(lock.try_write().is_none());
        drop(read);
        drop(lock.write());
    };

    "a_reader_reads_again_behind_a_writer" says ["a reader that reads again must not pass a writer",
        "behind goroutine ", "which waits to write"]: || {
        let lock = RwLock::new(());
        scope(|s| {
            let _read = lock.read();
            s.go(|| drop(lock.write()));
            while lock.try_read().is_some() {
                runtime::gosched();
            }
            drop(lock.read());
        });
    }, || {
        let lock = RwLock::new(());
        scope(|s| {
            let read = lock.read();
            s.go(|| drop(lock.write()));
            drop(read);
            drop(lock.read());
        });
    };

    "readers_that_want_to_write" says ["waits for itself"]: || {
        let (lock, meet) = (RwLock::new(()), Barrier::new(2));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let read = lock.read();
                    meet.wait();
                    let write = lock.write(); // with `read` still held
                    drop((read, write));
                });
            }
        });
    }, || {
        let lock = RwLock::new(0);
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let read = *lock.read();
                    *lock.write() = read + 1;
                });
            }
        });
    };

    "a_join_under_a_lock" says ["2 wait for each other", "waits for the end"]: || {
        let lock = Arc::new(Mutex::new(()));
        let held = lock.lock();
        let theirs = lock.clone();
        let other = go(move || drop(theirs.lock()));
        other.join().unwrap();
        drop(held);
    }, || {
        let lock = Arc::new(Mutex::new(()));
        let held = lock.lock();
        let theirs = lock.clone();
        let other = go(move || drop(theirs.lock()));
        drop(held);
        other.join().unwrap();
    };

    "a_scope_under_a_lock" says ["2 wait for each other", "waits for the group"]: || {
        let lock = Mutex::new(());
        let _held = lock.lock();
        scope(|s| { s.go(|| drop(lock.lock())); });
    }, || {
        let lock = Mutex::new(());
        scope(|s| {
            let _held = lock.lock();
            s.go(|| drop(lock.lock()));
        });
    };

    "a_wait_group_under_a_lock" says ["2 wait for each other"]: || {
        let (lock, group) = (Arc::new(Mutex::new(())), WaitGroup::new());
        let theirs = lock.clone();
        let _held = lock.lock();
        group.go(move || drop(theirs.lock()));
        group.wait();
    }, || {
        let (lock, group) = (Arc::new(Mutex::new(())), WaitGroup::new());
        let theirs = lock.clone();
        let held = lock.lock();
        group.go(move || drop(theirs.lock()));
        drop(held);
        group.wait();
    };

    "once_within_itself" says ["waits for itself"]: || {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| ONCE.call_once(|| ()));
    }, || {
        let once = Once::new();
        scope(|s| {
            for _ in 0..3 {
                s.go(|| once.call_once(runtime::gosched));
            }
        });
    };

    "once_and_a_lock" says ["2 wait for each other", "waits for the once"]: || {
        let (once, lock, meet) = (Once::new(), Mutex::new(()), Barrier::new(2));
        scope(|s| {
            s.go(|| once.call_once(|| { meet.wait(); drop(lock.lock()); }));
            s.go(|| { let _held = lock.lock(); meet.wait(); once.call_once(|| ()); });
        });
    }, || {
        let (once, lock) = (Once::new(), Mutex::new(()));
        scope(|s| {
            s.go(|| once.call_once(|| drop(lock.lock())));
            s.go(|| { drop(lock.lock()); once.call_once(|| ()); });
        });
    };

    "two_joins" says ["2 wait for each other", "waits for the end"]: || {
        let ((to_one, one), (to_other, other)) = (channel(1), channel(1));
        let first = go(move || { let handle: gorge::Goroutine<()> = one.recv().unwrap(); drop(handle.join()); });
        let second = go(move || { let handle: gorge::Goroutine<()> = other.recv().unwrap(); drop(handle.join()); });
        to_one.send(second).unwrap();
        to_other.send(first).unwrap();
    }, || {
        let first = go(|| ());
        let second = go(|| first.join().unwrap());
        second.join().unwrap();
    };

    "a_lock_that_is_given_away" says ["waits for itself"]: || {
        let lock = Mutex::new(());
        let _held = lock.lock();
        drop(lock.lock());
    }, || {
        // The guard is let go by another goroutine, and so are permits.
        let (lock, permits) = (Mutex::new(()), Semaphore::new(1));
        scope(|s| {
            for _ in 0..3 {
                let permit = permits.acquire(1);
                let held = lock.try_lock();
                s.go(move || { runtime::gosched(); drop((held, permit)); });
            }
        });
    };
}

const _: fn(&Ended) = Ended::well;
