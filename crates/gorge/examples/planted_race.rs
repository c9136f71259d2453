//! A data race in unsafe code, for ThreadSanitizer to find (see CONTRIBUTING.md). Our own detector
//! sees variables made for it, and this is none.
//!
//! ```sh
//! RUSTFLAGS=-Zsanitizer=thread GORGE_MODE=threads cargo +nightly run -Zbuild-std \
//!     --target x86_64-unknown-linux-gnu -p gorge --example planted_race
//! ```

use std::cell::UnsafeCell;
use std::process::ExitCode;
use std::sync::Arc;

use gorge::sync::Mutex;
use gorge::{go, runtime};

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

#[gorge::main]
fn main() -> ExitCode {
    let (bad, good) = (Arc::new(Number(UnsafeCell::new(0))), Arc::new(Mutex::new(0_u64)));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let (bad, good) = (bad.clone(), good.clone());
            go(move || {
                for n in 0..1000 {
                    bad.increment(); // nothing orders these
                    *good.lock() += 1;
                    if n % 100 == 0 {
                        runtime::gosched();
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().expect("it only counts");
    }
    println!("{} increments with the lock, fewer or as many without", good.lock());
    ExitCode::SUCCESS
}
