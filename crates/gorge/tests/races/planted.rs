//! A bug beside its twin without: what the tables of pairs are made with.
//!
//! A bug is found in every run, because its accesses are made in every run, and nothing orders
//! them; they are kept apart in time by what the detector does not see.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool as Unseen, Ordering::SeqCst};

use gorge::race::{Shared, watch};

/// Runs `program` and gives how many races it had.
pub(crate) fn races(program: fn()) -> Vec<String> {
    // The clock stands still while anything runs: who sleeps lets all others come to their waits.
    gorge::runtime::use_virtual_clock();
    let watch = watch();
    gorge::run(program);
    watch.end().into_iter().map(|race| race.text).collect()
}

macro_rules! pairs {
    ($($name:ident: $bug:expr, $clean:expr;)*) => {
        pub(crate) const CASES: &[crate::ending::Case] = &[$(crate::ending::Case {
            name: stringify!($name),
            program: || {
                for _ in 0..20 {
                    let found = crate::planted::races($clean);
                    assert!(found.is_empty(), "there is no race here:\n{}", found.join("\n"));
                    assert!(!crate::planted::races($bug).is_empty(), "there is a race here");
                }
            },
            check: crate::ending::Ended::well,
        }),*];
    };
}

pub(crate) fn shared<T>(value: T) -> Arc<Shared<T>> {
    Arc::new(Shared::new(value))
}

/// Waits until `flag` is set, by means that order nothing for the detector.
pub(crate) fn until(flag: &Unseen) {
    while !flag.load(SeqCst) {
        gorge::runtime::gosched();
    }
}

pub(crate) use pairs;
