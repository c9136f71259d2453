//! The mutex in every interleaving, up to a number of preemptions. The counter
//! is a cell of loom's, which sees two that use it at once.

use gorge_base::sync::atomic::{AtomicUsize, Ordering};
use gorge_base::sync::cell::UnsafeCell;
use gorge_base::sync::{Arc, model_up_to, thread};
use gorge_sched::timer;

use super::Mutex;
use crate::time::Instant;

struct Count(UnsafeCell<usize>);

// SAFETY: used under the mutex; loom watches.
unsafe impl Send for Count {}

impl Count {
    fn new() -> Self {
        Count(UnsafeCell::new(0))
    }

    fn add(&self) {
        // SAFETY: the mutex is held.
        self.0.with_mut(|n| unsafe { *n += 1 });
    }

    fn get(&self) -> usize {
        // SAFETY: the mutex is held.
        self.0.with(|n| unsafe { *n })
    }
}

fn contend(threads: usize, turns: usize, mutex: fn(Count) -> Mutex<Count>) {
    model_up_to(2, move || {
        let mutex = Arc::new(mutex(Count::new()));
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let mutex = mutex.clone();
                thread::spawn(move || (0..turns).for_each(|_| mutex.lock().add()))
            })
            .collect();
        (0..turns).for_each(|_| mutex.lock().add());
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(mutex.lock().get(), threads * turns);
    });
}

#[test]
fn two_contend() {
    contend(2, 2, Mutex::new);
}

#[test]
fn three_contend() {
    contend(3, 1, Mutex::new);
}

#[test]
fn three_contend_fairly() {
    contend(3, 1, Mutex::fair);
}

/// One of them loses its processor when it is about to wait, and begins anew.
#[test]
fn two_contend_and_one_loses_its_processor() {
    model_up_to(2, || {
        let mutex = Arc::new(Mutex::new(Count::new()));
        gorge_sched::lose_processor();
        let other = {
            let mutex = mutex.clone();
            thread::spawn(move || mutex.lock().add())
        };
        mutex.lock().add();
        other.join().unwrap();
        assert_eq!(mutex.lock().get(), 2);
    });
}

#[test]
fn one_gives_up() {
    model_up_to(2, || {
        let mutex = Arc::new(Mutex::new(Count::new()));
        let taken = Arc::new(AtomicUsize::new(0));
        let timed = {
            let (mutex, taken) = (mutex.clone(), taken.clone());
            thread::spawn(move || {
                if let Some(count) = mutex.lock_deadline(Instant::from_nanos(1)) {
                    count.add();
                    taken.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let other = {
            let mutex = mutex.clone();
            thread::spawn(move || mutex.lock().add())
        };
        mutex.lock().add();
        timer::pass();
        other.join().unwrap();
        // Whoever waits with a limit when nothing else happens any more gets it.
        timed.join().unwrap();
        assert_eq!(mutex.lock().get(), 2 + taken.load(Ordering::Relaxed));
    });
}
