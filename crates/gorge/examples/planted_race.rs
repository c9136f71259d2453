//! A data race in unsafe code, for ThreadSanitizer to find (see CONTRIBUTING.md). Our own detector
//! sees variables made for it, and this is none.
//!
//! ```sh
//! RUSTFLAGS=-Zsanitizer=thread GORGE_MODE=threads cargo +nightly run -Zbuild-std \
//!     --target x86_64-unknown-linux-gnu -p gorge --example planted_race
//! ```

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gorge::go;
use gorge::sync::Mutex;

/// A number that claims to be safe to share.
struct Number(UnsafeCell<u64>);

// SAFETY: there is none: that is the bug.
unsafe impl Sync for Number {}

impl Number {
    fn increment(&self) {
        // SAFETY: as above.
        unsafe { *self.0.get() += 1 }
    }
}

/// Waits until `steps` have `reached` so many: without an order between what others did before that and
/// what this goroutine does next.
fn wait_for(steps: &AtomicUsize, reached: usize) {
    while steps.load(Ordering::Relaxed) < reached {
        spin_loop();
    }
}

#[gorge::main]
fn main() -> ExitCode {
    let (bad, good) = (Arc::new(Number(UnsafeCell::new(0))), Arc::new(Mutex::new(0_u64)));
    let steps = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let (bad, good, steps) = (bad.clone(), good.clone(), steps.clone());
            go(move || {
                // Both run before the first of them increments: one that runs after the other on the same
                // processor is ordered behind it by the scheduler. And one after the other in time: of two
                // accesses at the same moment, ThreadSanitizer may see neither.
                let turn = steps.fetch_add(1, Ordering::Relaxed);
                wait_for(&steps, 2 + turn);
                bad.increment(); // nothing orders these
                steps.fetch_add(1, Ordering::Relaxed);
                *good.lock() += 1;
            })
        })
        .collect();
    for worker in workers {
        worker.join().expect("it only counts");
    }
    println!("{} increments with the lock, fewer or as many without", good.lock());
    ExitCode::SUCCESS
}
