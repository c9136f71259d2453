//! A crowd of goroutines: created until all are parked, then woken one by one.

use super::checked::{joined, sum_below};
use crate::bench::measure::{Figure, crowd_figures, resident_bytes};
use gorge::{channel, go, runtime};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

pub(crate) fn park_and_wake(crowd: usize) -> Vec<Figure> {
    let (sender, receiver) = channel::<u64>(0);
    let parked = Arc::new(AtomicUsize::new(0));
    let mut all = Vec::with_capacity(crowd);
    let before = resident_bytes();
    let start = Instant::now();
    for _ in 0..crowd {
        let (receiver, parked) = (receiver.clone(), parked.clone());
        all.push(go(move || {
            // Counts who is about to park; the last few may not be there yet.
            parked.fetch_add(1, Ordering::Relaxed);
            receiver.recv().expect("open")
        }));
    }
    while parked.load(Ordering::Relaxed) < crowd {
        runtime::gosched();
    }
    let create = start.elapsed();
    let grown = resident_bytes().saturating_sub(before);
    let start = Instant::now();
    for i in 0..crowd as u64 {
        sender.send(i).expect("open");
    }
    let sum: u64 = all.into_iter().map(joined).sum();
    assert_eq!(sum, sum_below(crowd as u64));
    crowd_figures(crowd, create, grown, start.elapsed())
}
