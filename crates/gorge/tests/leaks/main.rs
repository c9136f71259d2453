//! Goroutines that wait for ever: for each kind a program that leaves one behind, which is
//! found, and its twin that does not, of which nothing is said.

#[path = "../ending/mod.rs"]
mod ending;

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use ending::{Case, Ended};
use gorge::runtime::{self, leak};
use gorge::sync::{Mutex, Once, RwLock, Semaphore, WaitGroup};
use gorge::{Chan, Receiver, Sender, channel, context, go, scope, select, time};
use gorge_sched::registry::{self, State};

fn main() -> ExitCode {
    ending::main(CASES)
}

/// Runs `program`, and gives how many goroutines wait for ever once all others wait.
fn leaked<T: 'static>(program: fn() -> T) -> usize {
    leak::enable();
    gorge::run(move || {
        // On a stack of its own, which is over when it has returned; what it gives lives on.
        let kept = go(move || sendable(program())).join().expect("it returns");
        if AT_ONCE.load(SeqCst) {
            LOOKS_SOON.store(true, SeqCst);
            while !MADE_READY.load(SeqCst) {
                time::sleep(Duration::from_millis(1)); // whose time has come runs before those who are only ready
            }
        } else {
            settle();
        }
        let leaked = leak::leaked().len();
        black_box(&kept);
        leaked
    })
}

/// The one goroutine that never waits is at it.
static LOOPS: AtomicBool = AtomicBool::new(false);

/// The look is to come before all wait: as soon as somebody was made ready, who does that when he knows of the look.
static AT_ONCE: AtomicBool = AtomicBool::new(false);
static LOOKS_SOON: AtomicBool = AtomicBool::new(false);
static MADE_READY: AtomicBool = AtomicBool::new(false);

/// Lets others run until each of them waits, but for the one that never does.
fn settle() {
    loop {
        let goroutines = registry::all().into_iter().filter(|g| g.id.is_some() && !g.is_current());
        let busy = goroutines.filter(|g| !matches!(g.state, State::Waiting { .. })).count();
        if busy == usize::from(LOOPS.load(SeqCst)) {
            return;
        }
        runtime::gosched();
    }
}

/// What is given back here is only kept.
struct Kept<T>(#[allow(dead_code, reason = "it is kept")] T);
// SAFETY: nobody uses it.
unsafe impl<T> Send for Kept<T> {}

fn sendable<T>(value: T) -> Box<Kept<T>> {
    Box::new(Kept(value))
}

macro_rules! pairs {
    ($($name:literal: $number:literal of $bug:expr, $clean:expr;)*) => {
        const CASES: &[Case] = &[$(
            Case {
                name: $name,
                program: || {
                    if runtime::mode() == runtime::Mode::Fiber {
                        assert_eq!(leaked($bug), $number);
                    }
                },
                check: Ended::well,
            },
            Case {
                name: concat!($name, "_not"),
                program: || assert_eq!(leaked($clean), 0),
                check: Ended::well,
            },
        )*
        Case {
            name: "told_at_the_end",
            program: || {
                // SAFETY: the program has no other thread yet.
                unsafe { std::env::set_var("GORGE_LEAKS", "1") };
                gorge::run(|| {
                    go(|| {
                        let (tx, rx) = channel::<u8>(0);
                        go(move || tx.send(1));
                        go(move || { std::mem::forget(rx); });
                    }).join().unwrap();
                    settle();
                });
            },
            check: |ended| {
                assert_eq!(ended.status, Some(0), "{ended}");
                if runtime::mode() == runtime::Mode::Fiber {
                    ended.says(&["WARNING: 1 goroutine leaked: blocked for ever\n\ngoroutine ",
                        " [chan send]:\n", "tests/leaks/main.rs:", "=="]);
                }
            },
        },
        Case {
            name: "who_has_the_lock_is_told",
            program: || {
                // SAFETY: the program has no other thread yet.
                unsafe { std::env::set_var("GORGE_LEAKS", "1") };
                gorge::run(|| {
                    let lock = Arc::new(Mutex::new(()));
                    let theirs = lock.clone();
                    go(move || std::mem::forget(theirs.lock())).join().unwrap();
                    go(move || drop(lock.lock()));
                    settle();
                });
            },
            check: |ended| {
                assert_eq!(ended.status, Some(0), "{ended}");
                if runtime::mode() == runtime::Mode::Fiber {
                    ended.says(&["WARNING: 1 goroutine leaked: blocked for ever\n\ngoroutine ",
                        " waits to lock 0x", "tests/leaks/main.rs:", "which goroutine ",
                        ", which has ended, has since\n", "tests/leaks/main.rs:", "[sync.Mutex.Lock]:\n"]);
                }
            },
        },
        ];
    };
}

#[inline(never)]
fn receives(rx: Receiver<u8>) {
    let _ = rx.recv();
}

#[inline(never)]
fn sends(tx: Sender<u8>) {
    let _ = tx.send(1);
}

/// Calls `f` so far down the stack that nothing of it is left where others are called afterwards.
#[inline(never)]
fn far_down(f: fn()) {
    let room = [1_u8; 1 << 15];
    black_box(&room);
    f();
    black_box(&room);
}

/// Somebody is made ready who never runs before the look, and whatever he waited for is in nobody's hands any more.
#[inline(never)]
fn makes_ready_behind_a_crowd() {
    let (tx, rx) = channel(0);
    let other = go(move || receives(rx)).id();
    let waits = |g: registry::Info| g.id == Some(other) && matches!(g.state, State::Waiting { .. });
    while !LOOKS_SOON.load(SeqCst) || !registry::all().into_iter().any(waits) {
        runtime::gosched();
    }
    let computes = || {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(4) {}
    };
    (0..3000).for_each(|_| drop(go(computes))); // more than the looks take
    drop(tx);
    MADE_READY.store(true, SeqCst);
}

pairs! {
    // The receiver gave up (by a handle that is forgotten, or else the send would fail).
    "a_sender_whose_receiver_gave_up": 1 of || {
        let (tx, rx) = channel(0);
        go(move || sends(tx));
        go(move || std::mem::forget(rx));
    }, || {
        let (tx, rx) = channel(0);
        go(move || sends(tx));
        rx // will be received from, for all one knows
    };

    "a_receiver_without_senders": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || c.receive()); // the only handle, for both directions
    }, || {
        let c = Chan::<u8>::new(0);
        let theirs = c.clone();
        go(move || theirs.receive());
        c
    };

    "two_that_wait_for_each_other": 2 of || {
        let ((a, from_a), (b, from_b)) = (channel(0), channel(0));
        go(move || { receives(from_a); sends(b); });
        go(move || { receives(from_b); sends(a); });
    }, || {
        let ((a, from_a), (b, from_b)) = (channel(0), channel(0));
        go(move || { receives(from_a); sends(b); });
        go(move || { sends(a); receives(from_b); });
    };

    "a_chain": 3 of || {
        let ((a, from_a), (b, from_b), (c, from_c)) = (channel(0), channel(0), channel(0));
        go(move || { receives(from_a); sends(b); });
        go(move || { receives(from_b); sends(c); });
        go(move || receives(from_c));
        go(move || std::mem::forget(a));
    }, || {
        let ((a, from_a), (b, from_b), (c, from_c)) = (channel(0), channel(0), channel(0));
        go(move || { receives(from_a); sends(b); });
        go(move || { receives(from_b); sends(c); });
        go(move || receives(from_c));
        a
    };

    "select_among_the_dead": 1 of || {
        let (c, d) = (Chan::<u8>::new(0), Chan::<u8>::new(0));
        go(move || select! { recv(c) -> _ => {}, send(d, 1) -> _ => {} });
    }, || {
        let (c, d) = (Chan::<u8>::new(0), Chan::<u8>::new(0));
        let theirs = d.clone();
        go(move || select! { recv(c) -> _ => {}, send(theirs, 1) -> _ => {} });
        d
    };

    "select_with_a_timeout": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || select! { recv(c) -> _ => {} });
    }, || {
        let c = Chan::<u8>::new(0);
        go(move || select! { recv(c) -> _ => {}, timeout(Duration::from_secs(3600)) => {} });
    };

    "nil": 3 of || {
        go(|| Chan::<u8>::nil().recv());
        go(|| Chan::<u8>::nil().send(1));
        go(|| select! {});
    }, || {
        go(|| time::sleep(Duration::from_secs(3600)));
    };

    "waits_for_a_time": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || c.receive());
    }, || {
        go(|| time::after(Duration::from_secs(3600)).recv());
    };

    // Alive by way of a goroutine that sleeps, and one that waits for that one.
    "held_by_one_who_sleeps": 1 of || {
        let (tx, rx) = channel(0);
        go(move || receives(rx));
        go(move || std::mem::forget(tx));
    }, || {
        let ((tx, rx), (more, from_more)) = (channel(0), channel(0));
        go(move || receives(rx));
        go(move || { receives(from_more); sends(tx); });
        go(move || { time::sleep(Duration::from_secs(3600)); sends(more); });
    };

    // Alive by way of a goroutine that has not run yet, or runs.
    "held_by_one_who_runs": 1 of || {
        let (tx, rx) = channel(0);
        go(move || receives(rx));
        go(move || std::mem::forget(tx));
    }, || {
        let (tx, rx) = channel(0);
        go(move || receives(rx));
        go(move || {
            LOOPS.store(true, SeqCst);
            loop {
                runtime::gosched();
                black_box(&tx);
            }
        });
    };

    // Nobody has a handle of what it has waited for; but it was made ready, and only waits for its turn.
    "made_ready_behind_a_crowd": 1 of || {
        let (tx, rx) = channel(0);
        go(move || receives(rx));
        go(move || std::mem::forget(tx));
    }, || {
        runtime::gomaxprocs(1);
        AT_ONCE.store(true, SeqCst);
        go(|| {
            far_down(makes_ready_behind_a_crowd);
            time::sleep(Duration::from_secs(3600)); // nobody uses the stack again, in which something is left
        });
    };

    "in_a_static": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || c.receive());
    }, || {
        static KEPT: std::sync::Mutex<Option<Chan<u8>>> = std::sync::Mutex::new(None);
        let c = Chan::<u8>::new(0);
        *KEPT.lock().unwrap() = Some(c.clone());
        go(move || c.receive());
    };

    // A large closure is boxed; the box is no more.
    "by_way_of_a_large_closure": 1 of || {
        let (c, large) = (Chan::<u8>::new(0), [1_u64; 64]);
        go(move || { black_box(large); c.receive() });
    }, || {
        let (c, large) = (Chan::<u8>::new(0), [1_u64; 64]);
        let theirs = c.clone();
        go(move || { black_box(large); theirs.receive() });
        c
    };

    "in_thread_local_storage": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || c.receive());
    }, || {
        thread_local!(static MINE: std::cell::RefCell<Option<Chan<u8>>> =
            const { std::cell::RefCell::new(None) });
        let c = Chan::<u8>::new(0);
        let theirs = c.clone();
        go(move || c.receive());
        go(move || {
            MINE.set(Some(theirs));
            time::sleep(Duration::from_secs(3600));
        });
    };

    "a_worker_that_is_waited_for": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || c.receive());
    }, || {
        let c = Chan::<u8>::new(1);
        scope(|s| {
            s.go(|| c.send(1));
            c.receive()
        });
    };

    // Its holder has ended, and the guard is nowhere; or it is somewhere.
    "a_lock_never_let_go": 1 of || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = lock.clone();
        go(move || std::mem::forget(theirs.lock())).join().unwrap();
        go(move || drop(lock.lock()));
    }, || {
        let lock: &'static Mutex<()> = Box::leak(Box::new(Mutex::new(())));
        let guard = go(|| lock.lock()).join().unwrap();
        go(|| drop(lock.lock()));
        guard
    };

    "a_lock_held_by_one_who_waits_for_ever": 2 of || {
        let (lock, c) = (Arc::new(Mutex::new(())), Chan::<u8>::new(0));
        let theirs = lock.clone();
        go(move || { let _held = theirs.lock(); c.receive() });
        settle();
        go(move || drop(lock.lock()));
    }, || {
        let (lock, c) = (Arc::new(Mutex::new(())), Chan::<u8>::new(0));
        let (theirs, from) = (lock.clone(), c.clone());
        go(move || { let _held = theirs.lock(); from.receive() });
        settle();
        go(move || drop(lock.lock()));
        c
    };

    // Who has the lock sends to who waits for it.
    "a_lock_and_a_channel": 2 of || {
        let (lock, (tx, rx)) = (Arc::new(Mutex::new(())), channel(0));
        let theirs = lock.clone();
        go(move || { let _held = theirs.lock(); sends(tx); });
        settle();
        go(move || { drop(lock.lock()); receives(rx); });
    }, || {
        let (lock, (tx, rx)) = (Arc::new(Mutex::new(())), channel(0));
        let theirs = lock.clone();
        let more = rx.clone();
        go(move || { let _held = theirs.lock(); sends(tx); });
        settle();
        go(move || { drop(lock.lock()); receives(rx); });
        more
    };

    "readers_in_front_of_a_writer": 3 of || {
        let (lock, c) = (Arc::new(RwLock::new(())), Chan::<u8>::new(0));
        let (theirs, others) = (lock.clone(), lock.clone());
        go(move || { let _held = theirs.read(); c.receive() });
        settle();
        go(move || drop(others.write()));
        settle();
        go(move || drop(lock.read())); // behind the writer
    }, || {
        let (lock, c) = (Arc::new(RwLock::new(())), Chan::<u8>::new(0));
        let (theirs, others, from) = (lock.clone(), lock.clone(), c.clone());
        go(move || { let _held = theirs.read(); from.receive() });
        settle();
        go(move || drop(others.write()));
        settle();
        go(move || drop(lock.read()));
        c
    };

    "a_wait_group_never_done": 1 of || {
        let group = WaitGroup::new();
        group.add(1);
        go(move || group.wait());
    }, || {
        let group = WaitGroup::new();
        group.add(1);
        let theirs = group.clone();
        go(move || theirs.wait());
        group
    };

    "a_worker_of_the_group_waits_for_ever": 2 of || {
        let (group, c) = (WaitGroup::new(), Chan::<u8>::new(0));
        group.go(move || _ = c.receive());
        settle();
        go(move || group.wait());
    }, || {
        let (group, c) = (WaitGroup::new(), Chan::<u8>::new(0));
        let from = c.clone();
        group.go(move || _ = from.receive());
        settle();
        go(move || group.wait());
        c
    };

    "a_join_of_one_who_waits_for_ever": 2 of || {
        let c = Chan::<u8>::new(0);
        let one = go(move || c.receive());
        go(move || drop(one.join()));
    }, || {
        let c = Chan::<u8>::new(0);
        let from = c.clone();
        let one = go(move || from.receive());
        go(move || drop(one.join()));
        c
    };

    "a_once_that_never_ends": 2 of || {
        let (once, c) = (Arc::new(Once::new()), Chan::<u8>::new(0));
        let theirs = once.clone();
        go(move || theirs.call_once(|| _ = c.receive()));
        settle();
        go(move || once.call_once(|| ()));
    }, || {
        let (once, c) = (Arc::new(Once::new()), Chan::<u8>::new(0));
        let (theirs, from) = (once.clone(), c.clone());
        go(move || theirs.call_once(|| _ = from.receive()));
        settle();
        go(move || once.call_once(|| ()));
        c
    };

    // The one who has the permits waits for ever; in the twin one of two who have some does not.
    "permits_of_one_who_waits_for_ever": 2 of || {
        let (permits, c) = (Arc::new(Semaphore::new(1)), Chan::<u8>::new(0));
        let theirs = permits.clone();
        go(move || { let _permit = theirs.acquire(1); c.receive() });
        settle();
        go(move || drop(permits.acquire(1)));
    }, || {
        let (permits, c) = (Arc::new(Semaphore::new(1)), Chan::<u8>::new(0));
        let (theirs, from) = (permits.clone(), c.clone());
        go(move || { let _permit = theirs.acquire(1); from.receive() });
        settle();
        go(move || drop(permits.acquire(1)));
        c
    };

    "permits_that_were_given_away": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || c.receive());
    }, || {
        // The permit has been given away, and will be given back.
        let permits = Arc::new(Semaphore::new(1));
        go(move || scope(|s| {
            let permit = permits.acquire(1);
            s.go(move || { time::sleep(Duration::from_secs(3600)); drop(permit); });
            s.go(|| drop(permits.acquire(1)));
        }));
    };

    // Its first holder waits for who waits for the lock; but the guard has been given away.
    "a_guard_that_was_given_away": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || c.receive());
    }, || {
        let lock = Arc::new(Mutex::new(()));
        go(move || {
            let held = lock.lock();
            scope(|s| { s.go(move || { time::sleep(Duration::from_secs(3600)); drop(held); }); });
        });
    };

    "a_context_that_nobody_cancels": 1 of || {
        let (ctx, _) = context::with_cancel(&context::background());
        go(move || select! { recv(ctx.done()) => {} });
    }, || {
        let (ctx, cancel) = context::with_cancel(&context::background());
        go(move || select! { recv(ctx.done()) => {} });
        cancel
    };

    "a_context_with_a_deadline": 1 of || {
        let c = Chan::<u8>::new(0);
        go(move || c.receive());
    }, || {
        let (ctx, _) = context::with_timeout(&context::background(), Duration::from_secs(3600));
        go(move || select! { recv(ctx.done()) => {} });
    };
}
