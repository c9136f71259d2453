//! Telling a listener, in the place of making somebody ready.
//!
//! Promise: whoever calls `ready` goes on. A listener wakes foreign code, which may panic; and the caller may be in
//! the midst of something: in a select with other arms in their queues, about to wait for a condition, with others
//! still to be woken. So the panic goes no further. Nobody can join it, and it ends the program, as
//! that of a goroutine would which a timer starts to tell a listener (`timers::herald`).

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use crate::listener::Listener;
use crate::runtime::birth::Exit;
use crate::runtime::bubble::record::{self as bubble, End, Panicked};
use crate::runtime::kept::take_panic;
use crate::runtime::own::goroutine_id;
use crate::runtime::report;

/// Tells `listener`.
///
/// # Safety
/// It waits, and this is the one time it is told.
#[cold]
#[inline(never)]
pub(crate) unsafe fn tell(listener: NonNull<Listener>) {
    // SAFETY: the caller's promise.
    let told = catch_unwind(AssertUnwindSafe(|| unsafe { Listener::tell(listener) }));
    if let Err(payload) = told {
        end(payload);
    }
}

/// The end of the program, or of the run that is explored.
#[cold]
fn end(payload: Box<dyn Any + Send>) {
    if payload.is::<Exit>() {
        return; // it was not its own goroutine to end
    }
    let (id, kept) = (goroutine_id().unwrap_or(0), take_panic());
    if let Some((bubble, _)) = bubble::here() {
        return bubble.doom(End::Panicked(Panicked { id, payload, kept }));
    }
    report::unjoined_panic(id, &*payload, kept.as_deref());
}
