//! Groups, contexts, and a loop on all processors.

use super::checked::sum_below;
use crate::bench::measure::{KERNEL, OUTPUT, dot, signal};
use gorge::context;
use gorge::group::Group;
use gorge::patterns::parallel;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many goroutines a group has.
pub(crate) const GROUP: u64 = 100;

pub(crate) fn group(n: u64) -> Duration {
    let sum = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    for _ in 0..n / GROUP {
        let (group, _ctx) = Group::<String>::with_context(&context::background());
        for i in 0..GROUP {
            let sum = sum.clone();
            group.go(move || {
                sum.fetch_add(i, Ordering::Relaxed);
                Ok(())
            });
        }
        assert_eq!(group.wait(), Ok(()));
        assert_eq!(sum.swap(0, Ordering::Relaxed), sum_below(GROUP));
    }
    start.elapsed()
}

/// How many contexts a tree has, each with up to ten below it.
pub(crate) const TREE: u64 = 1000;

pub(crate) fn tree(n: u64) -> Duration {
    let mut tree = Vec::with_capacity(TREE as usize);
    let start = Instant::now();
    for _ in 0..n / TREE {
        let root = context::with_cancel(&context::background());
        tree.push(root);
        for i in 1..TREE as usize {
            let child = context::with_cancel(&tree[(i - 1) / 10].0);
            tree.push(child);
        }
        tree[0].1.cancel();
        assert!(tree.drain(..).all(|(ctx, _)| ctx.err().is_some()));
    }
    start.elapsed()
}

pub(crate) fn convolve(n: u64) -> Duration {
    let (input, kernel) = signal();
    let mut output = vec![0.0; OUTPUT];
    let start = Instant::now();
    for _ in 0..n / OUTPUT as u64 {
        parallel::for_each_mut(&mut output, |i, place| {
            *place = dot(&input[i..][..KERNEL], &kernel)
        });
    }
    let elapsed = start.elapsed();
    for i in [0, OUTPUT / 3, OUTPUT - 1] {
        assert_eq!(output[i], dot(&input[i..][..KERNEL], &kernel));
    }
    elapsed
}
