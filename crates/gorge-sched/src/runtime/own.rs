//! What a goroutine asks about itself, and how it ends itself.

use crate::runtime::birth::Exit;
use crate::runtime::bubble::record as bubble;
use crate::runtime::goroutine::G;
use crate::runtime::processor::block_of_ids;
use crate::runtime::report;
use crate::runtime::task::Task;
use crate::runtime::threads;
use crate::runtime::worker::M;

/// Ends the calling goroutine, running the destructors of everything on its
/// stack. Whoever joins it gets [`JoinError::Exited`](crate::JoinError::Exited).
///
/// In the main goroutine the others go on; when they have all ended too, the
/// program is stuck and is reported as a deadlock, as in Go.
///
/// # Panics
/// It unwinds, so code that catches panics (`catch_unwind`) sees it pass, as a
/// payload of an unknown type, and must let it go on (`resume_unwind`). On a
/// plain thread it panics. A program built with `panic = "abort"` cannot unwind: there it ends the program, and says so.
///
/// # Examples
/// ```
/// use gorge::{go, runtime::goexit};
/// let left = go(|| goexit()).join();
/// assert!(matches!(left, Err(gorge::JoinError::Exited)));
/// ```
pub fn goexit() -> ! {
    assert!(!M::here().is_null(), "goexit outside of a goroutine");
    if cfg!(panic = "abort") {
        report::fatal("goexit unwinds, which a program built with panic=abort cannot do");
    }
    std::panic::resume_unwind(Box::new(Exit))
}

/// The number of the calling goroutine, `None` on a plain thread.
///
/// # Examples
/// ```
/// let mine = gorge::run(gorge::runtime::goroutine_id);
/// assert!(mine.is_some());
/// ```
pub fn goroutine_id() -> Option<u64> {
    let m = M::here();
    // SAFETY: a non-null word is a worker, which is never freed; its current
    // record is the calling goroutine's.
    (!m.is_null()).then(|| unsafe { (*(*m).current()).id() })
}

/// Whether the caller runs in a goroutine (and not on a plain thread).
#[inline(always)]
pub fn in_goroutine() -> bool {
    !M::here().is_null()
}

/// A random number, good enough for choosing fairly.
///
/// In a bubble in which one goroutine runs at a time it is always the same sequence.
#[inline(always)]
pub fn random() -> u32 {
    if bubble::any()
        && let Some(chosen) = chosen_below(u32::MAX)
    {
        return chosen;
    }
    let m = M::here();
    if m.is_null() {
        return random_outside();
    }
    // SAFETY: we run on this worker.
    unsafe { (*m).random() }
}

/// A random number below `n`: a choice that is left to chance, and that a serial bubble's policy makes.
/// The bias of at most `n / 2^32` is not worth a second draw.
#[inline(always)]
pub fn below(n: u32) -> u32 {
    if bubble::any()
        && let Some(chosen) = chosen_below(n)
    {
        return chosen;
    }
    ((u64::from(random()) * u64::from(n)) >> 32) as u32
}

#[cold]
fn chosen_below(n: u32) -> Option<u32> {
    let (bubble, _) = bubble::here().filter(|(bubble, _)| bubble.is_serial())?;
    let mut state = bubble.lock();
    match &mut state.policy {
        Some(policy) if n > 1 => Some(policy.below(n).min(n - 1)),
        _ => Some(0),
    }
}

#[cold]
fn random_outside() -> u32 {
    use std::cell::RefCell;
    thread_local! {
        static RNG: RefCell<gorge_base::Rng> =
            RefCell::new(gorge_base::Rng::new(gorge_sys::clock::now() ^ block_of_ids(0)));
    }
    RNG.with_borrow_mut(gorge_base::Rng::next_u32)
}

/// The number of the goroutine whose record is at `address`; 0 if it has none.
///
/// # Safety
/// There is a record at that address, as [`Task::address`] gives it. (Records are
/// never unmapped.)
#[doc(hidden)]
pub unsafe fn number_of(address: usize) -> u64 {
    // SAFETY: as the caller says.
    unsafe { (*(address as *const G)).id() }
}

/// The name of the caller, goroutine or plain thread, for tools.
#[doc(hidden)]
pub fn task_here() -> Task {
    let m = M::here();
    // SAFETY: a non-null word is a worker, which is never freed.
    Task::new(if m.is_null() { threads::record() } else { unsafe { (*m).current() } })
}
