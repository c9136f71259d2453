//! Everything at once: goroutines and plain threads that start, join, detach,
//! yield, park and wake each other, sleep, compute, block their threads, lock
//! them, and keep thread-locals, while GOMAXPROCS changes. Sums are checked,
//! and that memory does not grow.
//!
//! A second or so each; a minute each with `GORGE_STRESS=1`.

mod common;
mod sleeping;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use common::{Alone, Mailbox, duration, resident};
use gorge_sched::{
    Goroutine, go, gomaxprocs, gosched, in_goroutine, lock_os_thread, mode, random, run, scope,
};
use sleeping::sleep;

#[test]
fn at_one() {
    storm(1, false);
}

#[test]
fn at_two() {
    storm(2, false);
}

#[test]
fn at_four() {
    storm(4, false);
}

#[test]
fn while_gomaxprocs_changes() {
    storm(4, true);
}

/// Whether goroutines are OS threads: then there are fewer of them here.
fn slow() -> bool {
    mode() == gorge_sched::Mode::Thread
}

/// What the parts of the storm share.
#[derive(Clone)]
struct Storm {
    stop: Arc<AtomicBool>,
    /// What was counted at the beginnings of things, and at their ends.
    begun: Arc<AtomicU64>,
    ended: Arc<AtomicU64>,
}

impl Storm {
    fn goes_on(&self) -> bool {
        !self.stop.load(SeqCst)
    }

    fn begin(&self) {
        self.begun.fetch_add(1, SeqCst);
    }

    fn end(&self) {
        self.ended.fetch_add(1, SeqCst);
    }
}

thread_local! {
    static NUMBER: Cell<u64> = const { Cell::new(0) };
    static NAMES: RefCell<HashMap<u64, String>> = RefCell::new(HashMap::new());
}

/// Thread-locals as nobody else left them.
fn fresh_thread_locals(number: u64) {
    assert_eq!(NUMBER.replace(number), 0, "a goroutine begins with thread-locals of its own");
    NAMES.with_borrow_mut(|names| {
        assert!(names.is_empty());
        names.insert(number, number.to_string());
    });
}

/// Thread-locals as this goroutine left them.
fn same_thread_locals(number: u64) {
    assert_eq!(NUMBER.get(), number);
    NAMES.with_borrow(|names| assert_eq!(names[&number], number.to_string()));
}

fn storm(procs: usize, changing: bool) {
    let _alone = Alone::at(procs, "a storm");
    let mut settled = None;
    let end = Instant::now() + duration();
    let mut rounds = 0;
    while Instant::now() < end || rounds < 3 {
        let round = (duration() / 6).clamp(Duration::from_millis(150), Duration::from_secs(5));
        gust(round, procs, changing);
        rounds += 1;
        // The first rounds fill caches.
        if rounds == 2 {
            settled = resident();
        }
    }
    if let (Some(settled), Some(now)) = (settled, resident()) {
        let grown = now.saturating_sub(settled) >> 20;
        assert!(grown < 48, "{grown} MB more after {rounds} rounds than after 2");
    }
}

fn gust(length: Duration, procs: usize, changing: bool) {
    let storm = Storm {
        stop: Arc::new(AtomicBool::new(false)),
        begun: Arc::default(),
        ended: Arc::default(),
    };
    let few = if slow() { 1 } else { 3 };
    let threads: Vec<_> = (0..2)
        .map(|i| {
            let storm = storm.clone();
            std::thread::spawn(move || outside(&storm, i))
        })
        .collect();
    run(|| {
        let mut all: Vec<Goroutine<()>> = Vec::new();
        for i in 0..few {
            all.push(in_storm(&storm, move |storm| yielders(storm, i)));
            all.push(in_storm(&storm, starters));
            all.push(in_storm(&storm, detachers));
            all.push(in_storm(&storm, sleepers));
            all.push(in_storm(&storm, borrowers));
            all.push(in_storm(&storm, move |storm| pairs(storm, i as usize % 3 + 1)));
        }
        all.push(in_storm(&storm, computers));
        all.push(in_storm(&storm, blockers));
        all.push(in_storm(&storm, locked));
        let end = Instant::now() + length;
        while Instant::now() < end {
            if changing {
                gomaxprocs(1 + random() as usize % 6);
            }
            for _ in 0..20 {
                gosched();
            }
        }
        storm.stop.store(true, SeqCst);
        for g in all {
            g.join().unwrap();
        }
        gomaxprocs(procs);
    });
    for thread in threads {
        thread.join().unwrap();
    }
    // Those that nobody could join.
    while storm.ended.load(SeqCst) < storm.begun.load(SeqCst) {
        run(gosched);
    }
    assert_eq!(storm.ended.load(SeqCst), storm.begun.load(SeqCst));
}

fn in_storm(storm: &Storm, f: impl FnOnce(&Storm) + Send + 'static) -> Goroutine<()> {
    let storm = storm.clone();
    go(move || f(&storm))
}

fn yielders(storm: &Storm, number: u64) {
    let number = number + 1;
    fresh_thread_locals(number);
    while storm.goes_on() {
        gosched();
        same_thread_locals(number);
    }
}

/// Trees of goroutines, joined from the leaves.
fn starters(storm: &Storm) {
    fn tree(depth: u32) -> u64 {
        if depth == 0 {
            return 1;
        }
        let children: Vec<_> = (0..3).map(|_| go(move || tree(depth - 1))).collect();
        if depth == 2 {
            gosched();
        }
        children.into_iter().map(|child| child.join().unwrap()).sum()
    }
    while storm.goes_on() {
        let depth = if slow() { 2 } else { 4 };
        assert_eq!(tree(depth), 3u64.pow(depth));
    }
}

/// Handles dropped before, while and after their goroutines end; values are dropped once.
fn detachers(storm: &Storm) {
    struct Counted(Storm);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.end();
        }
    }
    while storm.goes_on() {
        for i in 0..20 {
            storm.begin();
            let value = Counted(storm.clone());
            let handle = go(move || {
                if i % 3 == 0 {
                    gosched();
                }
                value
            });
            for _ in 0..i % 4 {
                gosched();
            }
            match i % 5 {
                0 => drop(handle.join().unwrap()),
                _ => drop(handle),
            }
        }
    }
}

fn sleepers(storm: &Storm) {
    while storm.goes_on() {
        let several: Vec<_> = (0..5)
            .map(|i| {
                go(move || {
                    let before = gorge_sched::now();
                    sleep(Duration::from_micros(50 * i));
                    assert!(gorge_sched::now() >= before + 50_000 * i);
                })
            })
            .collect();
        for sleeper in several {
            sleeper.join().unwrap();
        }
    }
}

fn borrowers(storm: &Storm) {
    while storm.goes_on() {
        let mut squares = [0u64; 10];
        let total = AtomicU64::new(0);
        scope(|s| {
            for (i, square) in squares.iter_mut().enumerate() {
                let total = &total;
                s.go(move || {
                    gosched();
                    *square = (i * i) as u64;
                    total.fetch_add(*square, SeqCst);
                });
            }
        });
        assert_eq!(squares.iter().sum::<u64>(), total.load(SeqCst));
        assert_eq!(total.load(SeqCst), 285);
    }
}

/// Two goroutines that send each other what they received, plus one.
fn pairs(storm: &Storm, capacity: usize) {
    let (there, back) = (Arc::new(Mailbox::new(capacity)), Arc::new(Mailbox::new(capacity)));
    let echo = {
        let (there, back) = (there.clone(), back.clone());
        go(move || {
            loop {
                match there.receive() {
                    u64::MAX => break,
                    n => back.send(n + 1),
                }
            }
        })
    };
    let mut n = 0;
    while storm.goes_on() {
        for _ in 0..100 {
            there.send(n);
            assert_eq!(back.receive(), n + 1);
            n += 1;
        }
    }
    there.send(u64::MAX);
    echo.join().unwrap();
}

/// Long enough for their processors to be taken away.
fn computers(storm: &Storm) {
    while storm.goes_on() {
        let several: Vec<_> = (0..3)
            .map(|i| {
                go(move || {
                    fresh_thread_locals(i + 100);
                    let end = Instant::now() + Duration::from_millis(4 + 3 * i);
                    let mut n = 1u64;
                    while Instant::now() < end {
                        n = n.wrapping_mul(6364136223846793005).wrapping_add(1);
                    }
                    same_thread_locals(i + 100);
                    gosched();
                    same_thread_locals(i + 100);
                    n
                })
            })
            .collect();
        for computer in several {
            computer.join().unwrap();
        }
    }
}

/// Goroutines that block their OS threads in pipes.
fn blockers(storm: &Storm) {
    let (mut here, mut to) = std::io::pipe().unwrap();
    let (mut from, mut there) = std::io::pipe().unwrap();
    let echo = go(move || {
        let mut byte = [0];
        while here.read(&mut byte).unwrap() == 1 {
            there.write_all(&[byte[0].wrapping_add(1)]).unwrap();
        }
    });
    let mut n = 0u8;
    while storm.goes_on() {
        to.write_all(&[n]).unwrap();
        let mut byte = [0];
        from.read_exact(&mut byte).unwrap();
        assert_eq!(byte[0], n.wrapping_add(1));
        n = n.wrapping_add(7);
        if n.is_multiple_of(5) {
            gosched();
        }
    }
    drop(to);
    echo.join().unwrap();
}

/// Goroutines that have locked their threads, in conversation with ones that have not.
fn locked(storm: &Storm) {
    let (there, back) = (Arc::new(Mailbox::new(1)), Arc::new(Mailbox::new(1)));
    let echo = {
        let (there, back) = (there.clone(), back.clone());
        go(move || {
            lock_os_thread();
            let thread = this_thread();
            loop {
                let n = there.receive();
                assert_eq!(this_thread(), thread);
                if n == u64::MAX {
                    break; // the thread is unlocked by the end
                }
                if n % 64 == 0 {
                    sleep(Duration::from_micros(100));
                }
                gosched();
                assert_eq!(this_thread(), thread);
                back.send(n);
            }
        })
    };
    let mut n = 0;
    while storm.goes_on() {
        there.send(n);
        assert_eq!(back.receive(), n);
        n += 1;
    }
    there.send(u64::MAX);
    echo.join().unwrap();
}

/// A plain thread that starts goroutines, joins them, and waits for and wakes others.
fn outside(storm: &Storm, number: usize) {
    assert!(!in_goroutine());
    let (there, back) = (Arc::new(Mailbox::new(2)), Arc::new(Mailbox::new(1 + number)));
    let echo = {
        let (there, back) = (there.clone(), back.clone());
        go(move || {
            loop {
                match there.receive() {
                    u64::MAX => break,
                    n => back.send(n + 1),
                }
            }
        })
    };
    let mut n = 0;
    while storm.goes_on() {
        for _ in 0..10 {
            there.send(n);
            assert_eq!(back.receive(), n + 1);
            n += 1;
        }
        let several: Vec<_> = (0..5u64)
            .map(|i| {
                go(move || {
                    gosched();
                    i * n
                })
            })
            .collect();
        let sum: u64 = several.into_iter().map(|one| one.join().unwrap()).sum();
        assert_eq!(sum, 10 * n);
        storm.begin();
        let theirs = storm.clone();
        drop(go(move || theirs.end()));
        if n % 50 == 0 {
            sleep(Duration::from_micros(300));
        }
    }
    there.send(u64::MAX);
    echo.join().unwrap();
}

/// The system's name for the thread that carries us.
fn this_thread() -> u64 {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the system call has no conditions.
        unsafe { libc::syscall(libc::SYS_gettid) as u64 }
    }
    #[cfg(not(target_os = "linux"))]
    {
        0
    }
}
