//! One test at a time, on the virtual clock, with a count of what is alive before and after.
//!
//! All tests of a process have one clock and one count of goroutines, so they run one after the other.

#![allow(dead_code)] // not every test file uses all of it

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use gorge::{runtime, time};

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Runs `f` as a goroutine on the virtual clock while no other test does, and holds that it leaves no
/// goroutine and no timer behind.
#[track_caller]
pub(crate) fn alone<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    static ALONE: Mutex<()> = Mutex::new(());
    static CLOCK: Once = Once::new();
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    CLOCK.call_once(runtime::use_virtual_clock);
    gorge::run(|| {
        settle();
        let before = (runtime::num_goroutine(), runtime::num_timers());
        let result = f();
        settle();
        let after = (runtime::num_goroutine(), runtime::num_timers());
        assert_eq!(after, before, "goroutines and timers after and before");
        result
    })
}

/// Returns when no other goroutine can run: the virtual clock goes on only then.
pub(crate) fn settle() {
    time::sleep(Duration::from_nanos(1));
}

/// Counts how many of its clones there are.
#[derive(Debug)]
pub(crate) struct Live(Arc<AtomicUsize>);

impl Live {
    pub(crate) fn new() -> (Live, impl Fn() -> usize + Clone + Send + 'static) {
        let count = Arc::new(AtomicUsize::new(1));
        let live = Live(count.clone());
        (live, move || count.load(Ordering::SeqCst))
    }
}

impl Clone for Live {
    fn clone(&self) -> Live {
        self.0.fetch_add(1, Ordering::SeqCst);
        Live(self.0.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The text of the panic of `f`.
#[track_caller]
pub(crate) fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
    let payload = caught.err().expect("it should have panicked");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().expect("a text").to_string(),
    }
}
