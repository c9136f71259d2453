//! Deadlocks of a part: for each kind a program that has it, which is reported while the rest
//! goes on, and its twin without it, of which nothing is said.

#[path = "../ending/mod.rs"]
mod ending;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ending::{Case, Ended};
use gorge::runtime::deadlock;
use gorge::sync::atomic::{AtomicPtr, Ordering};
use gorge::sync::{Barrier, Condvar, Event, Mutex, Once, Permits, RwLock, Semaphore, WaitGroup};
use gorge::{channel, go, runtime, scope, select};
use gorge_sched::WaitReason;
use gorge_sched::registry::{self, Info, State};

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
            assert!(began.elapsed() < Duration::from_secs(50), "nothing was reported");
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
            s.go(|| {
                let _other = other.lock();
                meet.wait();
                // So that the report, which comes when this one begins to wait, finds the other waiting.
                until_waits(WaitReason::Mutex, 1);
                drop(one.lock());
            });
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

    // In the twin both readers are let in, and who has the lock as well comes to know that later.
    "a_reader_behind_a_writer_has_a_lock" says ["3 wait for each other", "behind goroutine ",
        "which waits to write"]: || {
        let (table, lock, meet) = (RwLock::new(()), Mutex::new(()), Barrier::new(2));
        scope(|s| {
            s.go(|| {
                let _read = table.read();
                meet.wait();
                until_waits(WaitReason::RwLockRead, 1);
                drop(lock.lock());
            });
            s.go(|| {
                let _held = lock.lock();
                meet.wait();
                until_waits(WaitReason::RwLockWrite, 1);
                drop(table.read());
            });
            s.go(|| {
                while table.try_write().is_some() {
                    runtime::gosched(); // nobody reads yet
                }
                drop(table.write());
            });
        });
    }, || {
        runtime::gomaxprocs(1);
        let (table, lock) = (RwLock::new(()), Mutex::new(()));
        scope(|s| {
            let write = table.write();
            s.go(|| drop(table.write()));
            until_waits(WaitReason::RwLockWrite, 1);
            s.go(|| {
                let _read = table.read();
                drop(lock.lock());
            });
            until_waits(WaitReason::RwLockRead, 1);
            s.go(|| {
                let _held = lock.lock();
                drop(table.read());
            });
            until_waits(WaitReason::RwLockRead, 2);
            drop(write);
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

    "a_permit_twice" says [": goroutine ", "waits for itself", "it has permits that it waits for",
        " waits for the permit of 0x", "tests/holds/main.rs:", "of which goroutine ", " has 1 since",
        "tests/holds/main.rs:", "[running]:"]: || {
        let permits = Semaphore::new(1);
        let _one = permits.acquire(1);
        drop(permits.acquire(1));
    }, || {
        let permits = Semaphore::new(2);
        let _one = permits.acquire(1);
        drop(permits.acquire(1));
        let other = Semaphore::new(1);
        other.acquire(1).forget();
        other.release(1);
        drop(other.acquire(1));
    };

    "two_semaphores" says ["2 wait for each other", " waits for the permit of 0x", "of which goroutine ",
        " has 1 since", " waits for the permit of 0x", "of which goroutine "]: || {
        let (one, other, meet) = (Semaphore::new(1), Semaphore::new(1), Barrier::new(2));
        scope(|s| {
            s.go(|| { let _one = one.acquire(1); meet.wait(); drop(other.acquire(1)); });
            s.go(|| { let _other = other.acquire(1); meet.wait(); drop(one.acquire(1)); });
        });
    }, || {
        let (one, other) = (Semaphore::new(1), Semaphore::new(1));
        scope(|s| {
            for _ in 0..3 {
                s.go(|| { let _one = one.acquire(1); runtime::gosched(); drop(other.acquire(1)); });
            }
        });
    };

    "a_semaphore_and_a_lock" says ["2 wait for each other", "waits for the permit"]: || {
        let (permits, lock, meet) = (Semaphore::new(1), Mutex::new(0), Barrier::new(2));
        scope(|s| {
            s.go(|| { let _permit = permits.acquire(1); meet.wait(); *lock.lock() += 1; });
            s.go(|| { let _held = lock.lock(); meet.wait(); drop(permits.acquire(1)); });
        });
    }, || {
        let (permits, lock) = (Semaphore::new(1), Mutex::new(0));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| { let _permit = permits.acquire(1); runtime::gosched(); *lock.lock() += 1; });
            }
        });
    };

    // What was done between did not give the permit away: a count, a lock of plain data.
    "a_permit_and_a_count_between" says ["2 wait for each other"]: || {
        let (one, other, meet) = (Semaphore::new(1), Semaphore::new(1), Barrier::new(2));
        let (count, (tx, rx)) = (Mutex::new(0), channel(2));
        scope(|s| {
            for (mine, theirs) in [(&one, &other), (&other, &one)] {
                let (count, meet, tx) = (&count, &meet, tx.clone());
                s.go(move || {
                    let _mine = mine.acquire(1);
                    *count.lock() += 1;
                    tx.send(1).unwrap();
                    meet.wait();
                    drop(theirs.acquire(1));
                });
            }
            assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(1)));
        });
    }, || {
        let (one, other, count) = (Semaphore::new(1), Semaphore::new(1), Mutex::new(0));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let _one = one.acquire(1);
                    *count.lock() += 1;
                    drop(other.acquire(1));
                });
            }
        });
    };

    "philosophers_with_semaphores" says ["3 wait for each other"]: || {
        let forks: Vec<_> = (0..3).map(|_| Semaphore::new(1)).collect();
        let meet = Barrier::new(3);
        scope(|s| {
            for n in 0..3 {
                let (forks, meet) = (&forks, &meet);
                s.go(move || {
                    let _left = forks[n].acquire(1);
                    meet.wait();
                    drop(forks[(n + 1) % 3].acquire(1));
                });
            }
        });
    }, || {
        let forks: Vec<_> = (0..3).map(|_| Semaphore::new(1)).collect();
        let chairs = Semaphore::new(2);
        scope(|s| {
            for n in 0..3 {
                let (forks, chairs) = (&forks, &chairs);
                s.go(move || {
                    let _chair = chairs.acquire(1);
                    let _left = forks[n].acquire(1);
                    runtime::gosched();
                    drop(forks[(n + 1) % 3].acquire(1));
                });
            }
        });
    };

    // No two of them are a circle: the third might have given back.
    "each_has_one_permit_and_wants_another" says ["3 wait for each other", "for 1 of the 3 permits of 0x",
        "of which goroutine ", " has 1 since", "of which goroutine ", "of which goroutine "]: || {
        let (permits, meet) = (Semaphore::new(3), Barrier::new(3));
        scope(|s| {
            for _ in 0..3 {
                s.go(|| { let _one = permits.acquire(1); meet.wait(); drop(permits.acquire(1)); });
            }
        });
    }, || {
        let (permits, meet) = (Semaphore::new(3), Barrier::new(3));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| { let _one = permits.acquire(1); meet.wait(); drop(permits.acquire(1)); });
            }
            s.go(|| { let _one = permits.acquire(1); meet.wait(); runtime::gosched(); });
        });
    };

    "all_permits_wanted_of_one_who_waits" says ["2 wait for each other", "for 3 of the 3 permits of 0x",
        "of which goroutine ", " has 1 since"]: || {
        let (permits, lock, meet) = (Semaphore::new(3), RwLock::new(()), Barrier::new(2));
        scope(|s| {
            s.go(|| { let _one = permits.acquire(1); meet.wait(); drop(lock.write()); });
            s.go(|| { let _read = lock.read(); meet.wait(); drop(permits.acquire(3)); });
        });
    }, || {
        let (permits, lock, meet) = (Semaphore::new(3), RwLock::new(()), Barrier::new(2));
        scope(|s| {
            s.go(|| { let _one = permits.acquire(1); meet.wait(); drop(lock.write()); });
            s.go(|| { let _read = lock.read(); meet.wait(); drop(permits.acquire(2)); });
        });
    };

    // In the twin whoever waits for permits has given his away, in every way there is.
    "permits_given_away" says ["waits for itself"]: || {
        let permits = Semaphore::new(1);
        let _one = permits.acquire(1);
        drop(permits.acquire(1));
    }, || {
        by_a_start();
        [0, 1].into_iter().for_each(by_a_channel);
        [0, 1].into_iter().for_each(by_a_select);
        by_what_a_lock_guards();
        by_a_lock_while_it_is_waited();
        by_what_a_writer_leaves();
        by_an_atomic();
        by_forgetting();
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

/// Until so many wait for that.
fn until_waits(what: WaitReason, number: usize) {
    let waits = |info: &Info| matches!(info.state, State::Waiting { reason, .. } if reason == what);
    while registry::all().iter().filter(|info| waits(info)).count() < number {
        runtime::gosched();
    }
}

fn gives_back(permit: Permits<'_>) {
    runtime::gosched();
    drop(permit);
}

/// Whoever calls this has given away the one permit, and waits for it.
fn waits(permits: &Semaphore) {
    drop(permits.acquire(1));
}

fn by_a_start() {
    let permits = Semaphore::new(1);
    scope(|s| {
        let permit = permits.acquire(1);
        s.go(move || gives_back(permit));
        waits(&permits);
    });
}

fn by_a_channel(room: usize) {
    let permits = Semaphore::new(1);
    scope(|s| {
        let (tx, rx) = channel(room);
        s.go(move || gives_back(rx.recv().unwrap()));
        tx.send(permits.acquire(1)).unwrap();
        waits(&permits);
    });
}

fn by_a_select(room: usize) {
    let permits = Semaphore::new(1);
    scope(|s| {
        let (tx, rx) = channel(room);
        s.go(move || gives_back(rx.recv().unwrap()));
        let permit = permits.acquire(1);
        select! { send(tx, permit) -> sent => sent.unwrap() }
        waits(&permits);
    });
}

fn by_what_a_lock_guards() {
    let (permits, place, ready) = (Semaphore::new(1), Mutex::new(None), Event::manual());
    scope(|s| {
        s.go(|| {
            ready.wait();
            let permit = place.lock().take();
            gives_back(permit.unwrap());
        });
        let permit = permits.acquire(1);
        *place.lock() = Some(permit);
        ready.set();
        waits(&permits);
    });
}

fn by_a_lock_while_it_is_waited() {
    let (permits, place, there) = (Semaphore::new(1), Mutex::new(None), Condvar::new());
    scope(|s| {
        s.go(|| {
            let permit = loop {
                if let Some(permit) = place.lock().take() {
                    break permit;
                }
                runtime::gosched();
            };
            there.signal();
            gives_back(permit);
        });
        let permit = permits.acquire(1);
        let mut held = place.lock();
        *held = Some(permit);
        while held.is_some() {
            there.wait(&mut held);
        }
        std::mem::forget(held); // nothing is told by letting it go
        waits(&permits);
    });
}

fn by_what_a_writer_leaves() {
    let (permits, place, ready) = (Semaphore::new(1), RwLock::new(None), Event::manual());
    scope(|s| {
        s.go(|| {
            ready.wait();
            let permit = place.write().take();
            gives_back(permit.unwrap());
        });
        let permit = permits.acquire(1);
        *place.write() = Some(permit);
        ready.set();
        waits(&permits);
    });
}

fn by_an_atomic() {
    let (permits, place) = (Semaphore::new(1), AtomicPtr::new(std::ptr::null_mut()));
    scope(|s| {
        s.go(|| {
            let mut permit: *mut Permits<'_> = std::ptr::null_mut();
            while permit.is_null() {
                runtime::gosched();
                permit = place.swap(std::ptr::null_mut(), Ordering::AcqRel);
            }
            // SAFETY: it comes from the box below, once.
            gives_back(*unsafe { Box::from_raw(permit) });
        });
        place.store(Box::into_raw(Box::new(permits.acquire(1))), Ordering::Release);
        waits(&permits);
    });
}

fn by_forgetting() {
    let permits = Semaphore::new(1);
    scope(|s| {
        permits.acquire(1).forget();
        s.go(|| {
            runtime::gosched();
            permits.release(1);
        });
        waits(&permits);
    });
}

const _: fn(&Ended) = Ended::well;
