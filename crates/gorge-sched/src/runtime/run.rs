//! The main goroutine.

use std::panic::{Location, resume_unwind};

use crate::reason::WaitReason;
use crate::runtime::bubble;
use crate::runtime::error::JoinError;
use crate::runtime::goroutine::G;
use crate::runtime::kept::take_main_panic;
use crate::runtime::park::Parking;
use crate::runtime::report;
use crate::runtime::spawn::start;
use crate::runtime::threads;
use crate::runtime::worker::M;

/// Runs `f` as a goroutine and gives its value: how a plain thread (that of
/// `main`, a test) enters Gorge. The first one in a program is goroutine 1.
///
/// Other goroutines are not waited for. In a goroutine `f` is simply called.
///
/// # Blocking
/// The calling thread, until `f` has returned.
///
/// # Panics
/// With the panic of `f`.
///
/// # Examples
/// ```
/// let n = gorge::run(|| gorge::go(|| 20).join().unwrap() + 1);
/// assert_eq!(n, 21);
/// ```
#[track_caller]
pub fn run<F, T>(f: F) -> T
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    if !M::here().is_null() {
        return f();
    }
    match run_joined(f) {
        Ok(value) => value,
        Err(JoinError::Panicked(payload)) => resume_unwind(payload.into_inner()),
        Err(JoinError::Exited) => wait_for_the_others(),
    }
}

/// As [`run`], for a program's `main`: a panic of `f` ends the program as in
/// Go, with the goroutine's stack and exit status 2.
#[track_caller]
pub fn run_main<F, T>(f: F) -> T
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    match run_joined(f) {
        Ok(value) => {
            report::main_has_returned();
            value
        }
        Err(JoinError::Panicked(payload)) => {
            let kept = take_main_panic();
            report::unjoined_panic(1, &*payload.into_inner(), kept.as_deref())
        }
        Err(JoinError::Exited) => wait_for_the_others(),
    }
}

#[track_caller]
fn run_joined<F, T>(f: F) -> Result<T, JoinError>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    let first = |g: *mut G| {
        use gorge_base::atomic::{AtomicBool, Ordering::Relaxed};
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if !TAKEN.swap(true, Relaxed) {
            // SAFETY: the record is ours until it is published.
            unsafe { (*g).identify(1, 0, Location::caller()) };
        }
        true
    };
    // In the destructors of thread-locals it may be too late to wait: then it panics here, and not with `f` at work.
    if M::here().is_null() {
        threads::record();
    }
    // SAFETY: the goroutine has ended before we return or unwind, so it may borrow; `F`
    // and `T` are `Send`.
    let main = unsafe { start(f, Location::caller(), first) };
    bubble::whole(|| main.join_as(WaitReason::Main))
}

/// The main goroutine has left through `goexit`: the program goes on until the
/// others are stuck or end it.
fn wait_for_the_others() -> ! {
    Parking::begin().park_for_ever(WaitReason::Main, Location::caller())
}
