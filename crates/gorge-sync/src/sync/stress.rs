//! What the stress tests of this folder share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Runs `work` again and again for a second (a minute with `GORGE_STRESS=1`),
/// in `goroutines` goroutines and `threads` plain threads at once. Each is told
/// its number, and says how often it has worked: none has stood still.
pub(crate) fn together(goroutines: usize, threads: usize, work: impl Fn(usize) + Sync) -> u64 {
    let long = std::env::var_os("GORGE_STRESS").is_some_and(|v| v == "1");
    let (over, work) = (&AtomicBool::new(false), &work);
    let length = Duration::from_secs(if long { 60 } else { 1 });
    let body = move |number: usize| {
        let mut turns = 0;
        while !over.load(Ordering::Relaxed) || turns == 0 {
            work(number);
            turns += 1;
        }
        turns
    };
    std::thread::scope(|plain| {
        let threads: Vec<_> =
            (0..threads).map(|n| plain.spawn(move || body(goroutines + n))).collect();
        gorge_sched::scope(|s| {
            let handles: Vec<_> = (0..goroutines).map(|n| s.go(move || body(n))).collect();
            let end = Instant::now() + length;
            while Instant::now() < end {
                std::thread::sleep(Duration::from_millis(10));
            }
            over.store(true, Ordering::Relaxed);
            handles.into_iter().map(|h| h.join().unwrap()).sum::<u64>()
        }) + threads.into_iter().map(|h| h.join().unwrap()).sum::<u64>()
    })
}

/// A number that is wrong when two change it at once.
#[derive(Debug, Default)]
pub(crate) struct Fragile(std::cell::Cell<u64>);

// SAFETY: that is what the tests are to find out; they change it under a lock.
unsafe impl Sync for Fragile {}

impl Fragile {
    pub(crate) fn add(&self) {
        let before = self.0.get();
        for _ in 0..20 {
            std::hint::spin_loop();
        }
        self.0.set(before + 1);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.get()
    }
}
