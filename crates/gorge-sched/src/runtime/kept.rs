//! What the panic hook keeps of a panic, until it is known whether somebody joins the goroutine.

use std::any::Any;
use std::sync::Mutex;

use crate::runtime::worker::M;

/// Keeps what the panic hook knows about a panic of the calling goroutine,
/// for the report in case nobody joins it. On a plain thread it is dropped.
pub fn keep_panic(kept: Box<dyn Any + Send>) {
    let m = M::here();
    if m.is_null() {
        return;
    }
    // SAFETY: the current record is the calling goroutine's own.
    unsafe {
        let g = (*m).current();
        if (*g).id() == 1 {
            *MAIN_PANIC.lock().unwrap_or_else(|e| e.into_inner()) = Some(kept);
        } else {
            (*g).extra_mut().panic = Some(kept);
        }
    }
}

/// What was kept of the calling goroutine's latest panic.
pub(crate) fn take_panic() -> Option<Box<dyn Any + Send>> {
    let m = M::here();
    if m.is_null() {
        return None;
    }
    // SAFETY: as above.
    unsafe {
        let g = (*m).current();
        if (*g).id() == 1 { take_main_panic() } else { (*g).extra_mut().panic.take() }
    }
}

/// The main goroutine is joined, and its record freed, before its panic is reported.
static MAIN_PANIC: Mutex<Option<Box<dyn Any + Send>>> = Mutex::new(None);

pub(crate) fn take_main_panic() -> Option<Box<dyn Any + Send>> {
    MAIN_PANIC.lock().unwrap_or_else(|e| e.into_inner()).take()
}
