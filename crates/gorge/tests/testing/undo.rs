//! What a failed run leaves behind: nothing.

use std::sync::Arc;
use std::time::Duration;

use gorge::sync::atomic::{AtomicBool, Ordering::SeqCst};
use gorge::sync::{Barrier, Condvar, Event, Latch, Mutex, Once, RwLock, Semaphore, WaitGroup};
use gorge::testing::explore;
use gorge::{Chan, channel, go, runtime, scope, select, time};

use crate::waiting::Balance;

/// Many runs of `program` fail, by themselves and while they are shrunk; after each of them the values that
/// its goroutines had are dropped, and none of them is left.
#[track_caller]
fn leaves_nothing(program: fn(&'static Balance)) {
    let balance = Balance::new();
    for seed in 0..5 {
        let failure =
            explore().seed(seed).steps(2000).check(move || program(balance)).expect_err("it fails");
        assert!(!failure.report.contains("stay parked"), "{failure}");
        assert_eq!(balance.alive(), 0, "{failure}");
    }
}

macro_rules! waits {
    ($($name:ident: |$balance:ident| $program:block)*) => {$(
        #[test]
        fn $name() {
            leaves_nothing(|$balance| $program);
        }
    )*};
}

waits! {
    who_receives: |all| {
        let (_tx, rx) = channel::<()>(0);
        let other = go(move || {
            let _mine = all.make(1);
            let _ = rx.recv();
        });
        let _mine = all.make(2);
        other.join().unwrap();
    }
    who_sends: |all| {
        let (tx, _rx) = channel(1);
        go(move || {
            for number in 0..3 {
                tx.send(all.make(number)).unwrap();
            }
        }).join().unwrap();
    }
    who_selects: |all| {
        let ((tx, _rx), (_tx, rx)) = (channel(0), channel::<()>(0));
        go(move || {
            let _mine = all.make(0);
            select! {
                send(tx, all.make(1)) -> _ => (),
                recv(rx) -> _ => (),
            }
        }).join().unwrap();
    }
    who_waits_for_nothing: |all| {
        go(move || {
            let _mine = all.make(0);
            select! {}
        }).detach();
        let _mine = all.make(0);
        let _ = Chan::<u8>::nil().recv();
    }
    who_locks: |all| {
        let lock = Arc::new(Mutex::new(()));
        let theirs = lock.clone();
        let _held = lock.lock();
        let _mine = all.make(0);
        let crowd: Vec<_> = (0..3).map(|n| {
            let theirs = theirs.clone();
            go(move || {
                let _mine = all.make(n);
                drop(theirs.lock());
            })
        }).collect();
        for one in crowd {
            one.join().unwrap();
        }
    }
    who_reads_or_writes: |all| {
        let lock = Arc::new(RwLock::new(()));
        let (reads, writes) = (lock.clone(), lock.clone());
        let writer = go(move || {
            let _mine = all.make(0);
            drop(writes.write());
        });
        let reader = go(move || {
            let _mine = all.make(0);
            let _first = reads.read();
            runtime::gosched();
            let _second = reads.read();
        });
        let _held = lock.read();
        let _mine = all.make(0);
        writer.join().unwrap();
        reader.join().unwrap();
    }
    who_waits_for_a_condition: |all| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = pair.clone();
        let other = go(move || {
            let _mine = all.make(0);
            let mut set = theirs.0.lock();
            while !*set {
                theirs.1.wait(&mut set);
            }
        });
        let mut set = pair.0.lock();
        let _mine = all.make(0);
        while !*set {
            pair.1.wait(&mut set);
        }
        other.join().unwrap();
    }
    who_waits_for_permits: |all| {
        let slots = Arc::new(Semaphore::new(1));
        let theirs = slots.clone();
        let _mine = all.make(0);
        let _one = slots.acquire(1);
        go(move || {
            let _mine = all.make(0);
            let _two = theirs.acquire(1);
        }).join().unwrap();
    }
    who_waits_for_all: |all| {
        let (group, barrier, latch, event) =
            (WaitGroup::new(), Arc::new(Barrier::new(3)), Arc::new(Latch::new(2)), Arc::new(Event::manual()));
        group.add(2);
        let _mine = all.make(0);
        let theirs = group.clone();
        go(move || {
            let _mine = all.make(0);
            theirs.done();
            theirs.wait();
        }).detach();
        let crowd: Vec<_> = (0..2).map(|_| {
            let barrier = barrier.clone();
            go(move || {
                let _mine = all.make(0);
                barrier.wait();
            })
        }).collect();
        go(move || {
            let _mine = all.make(0);
            latch.wait();
        }).detach();
        go(move || {
            let _mine = all.make(0);
            event.wait();
        }).detach();
        for one in crowd {
            one.join().unwrap();
        }
    }
    who_waits_for_a_once: |all| {
        let once = Arc::new(Once::new());
        let theirs = once.clone();
        go(move || {
            let _mine = all.make(0);
            theirs.call_once(|| {
                let _mine = all.make(0);
                theirs.call_once(|| ());
            });
        }).join().unwrap();
    }
    who_is_in_a_scope: |all| {
        let (_tx, rx) = channel::<()>(0);
        scope(|s| {
            for n in 0..2 {
                let rx = rx.clone();
                s.go(move || {
                    let _mine = all.make(n);
                    let _ = rx.recv();
                });
            }
            let _mine = all.make(3);
            let _ = rx.recv();
        });
    }
    who_waits_in_a_destructor: |all| {
        struct Last(#[allow(dead_code, reason = "it keeps the channel open")] gorge::Sender<()>, gorge::Receiver<()>);
        impl Drop for Last {
            fn drop(&mut self) {
                let _ = self.1.recv();
            }
        }
        let (tx, rx) = channel(0);
        let last = Last(tx, rx);
        go(move || {
            let _mine = all.make(0);
            drop(last);
        }).join().unwrap();
    }
    who_looks_for_ever: |all| {
        let flag = Arc::new(AtomicBool::new(false));
        go(move || {
            let _mine = all.make(0);
            while !flag.load(SeqCst) {}
        }).join().unwrap();
    }
    who_sleeps: |all| {
        go(move || {
            let _mine = all.make(0);
            time::sleep(Duration::from_secs(3600));
        }).detach();
        let _mine = all.make(0);
        panic!("meanwhile");
    }
}

#[cfg(target_os = "linux")]
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Four goroutines each, and all wait for ever.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_flat_over_many_failing_runs() {
    if runtime::mode() == runtime::Mode::Thread {
        return; // a thread for each goroutine: the same, and slow
    }
    let program = || {
        let (tx, rx) = channel::<[u8; 4096]>(0);
        let crowd: Vec<_> = (0..3)
            .map(|_| {
                let rx = rx.clone();
                go(move || {
                    let mine = vec![1_u8; 10_000];
                    let _ = rx.recv();
                    mine.len()
                })
            })
            .collect();
        for one in crowd {
            one.join().unwrap();
        }
        drop(tx);
    };
    let fails = |times: u64| {
        for seed in 0..times {
            explore().seed(seed).random(1).check(program).unwrap_err();
        }
    };
    fails(40);
    // Other tests run meanwhile, and have more memory and goroutines at one moment than at another. What is left behind is left
    // in every round: 3 goroutines of three runs of each at least; 3 stacks of a page at least and 30 KB on the heap, 50 MB.
    let mut rounds = Vec::new();
    while rounds.len() < 20 {
        let (before, goroutines) = (resident(), runtime::num_goroutine());
        fails(400);
        let grown = resident().saturating_sub(before);
        let more = runtime::num_goroutine().saturating_sub(goroutines);
        rounds.push((grown, more));
        if grown < 20_000_000 && more < 1000 {
            return;
        }
    }
    panic!("bytes and goroutines that are left after each round: {rounds:?}");
}
