//! Which of several caches is near, or one's own.

use gorge_base::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::runtime::bubble::record as bubble;
use crate::runtime::worker::M;

/// The number of the processor that the caller runs on, from 0. Only a hint:
/// it may be on another one at once. Each plain thread keeps one number.
#[inline(always)]
pub fn processor_hint() -> usize {
    let m = M::here();
    if m.is_null() {
        return outside();
    }
    if bubble::any() && bubble::here().is_some_and(|(bubble, _)| bubble.is_serial()) {
        return 0; // where it runs is no business of an exploration
    }
    // SAFETY: workers and processors are never freed, and a worker that runs a
    // goroutine has held a processor.
    unsafe { (*(*m).processor.get()).id }
}

/// The number of the worker that the caller runs on, from 0; `None` on a plain thread, and in an exploration,
/// whose business it is not. No two run on one worker at a time: until the caller parks, yields or ends, what
/// belongs to the worker of this number belongs to the caller.
#[inline(always)]
pub fn worker_number() -> Option<usize> {
    let m = M::here();
    if m.is_null() {
        return None;
    }
    if bubble::any() && bubble::here().is_some_and(|(bubble, _)| bubble.is_serial()) {
        return None;
    }
    // SAFETY: workers are never freed.
    Some(unsafe { (*m).number })
}

#[cold]
fn outside() -> usize {
    thread_local! {
        static NUMBER: usize = {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            NEXT.fetch_add(1, Relaxed)
        };
    }
    NUMBER.try_with(|number| *number).unwrap_or(0)
}
