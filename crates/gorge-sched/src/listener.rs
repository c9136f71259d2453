//! Something else than a goroutine or a thread that is told when it would be made ready: how the tasks
//! of async runtimes wait in the queues of goroutines.

use std::fmt;
use std::ptr::NonNull;

/// Told by [`ready`](crate::ready) in the place of somebody who waits. It lies at the beginning of a larger
/// record, which its function finds around it.
#[repr(C, align(8))]
pub struct Listener {
    tell: unsafe fn(NonNull<Listener>),
}

/// The lowest bit of a task's address says that it is a listener: records are aligned, and so are these.
const TAG: usize = 1;

impl Listener {
    /// One that is told by `tell`, which is called once for each `ready`, outside of scheduler code, and
    /// without any lock of Gorge held. From its call on nobody but `tell` refers to the listener.
    pub const fn new(tell: unsafe fn(NonNull<Listener>)) -> Listener {
        Listener { tell }
    }

    /// # Safety
    /// The listener is alive, and it is `ready`'s turn to tell it.
    pub(crate) unsafe fn tell(this: NonNull<Listener>) {
        // SAFETY: as the caller says.
        unsafe { (this.as_ref().tell)(this) }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// The address of `listener` as that of a record, marked.
pub(crate) fn mark<R>(listener: NonNull<Listener>) -> NonNull<R> {
    listener.cast::<R>().map_addr(|address| address | TAG)
}

/// The listener, if `record` is a marked one.
#[inline(always)]
pub(crate) fn marked<R>(record: NonNull<R>) -> Option<NonNull<Listener>> {
    if record.addr().get() & TAG == 0 {
        return None;
    }
    let address = record.as_ptr().map_addr(|address| address & !TAG).cast();
    // SAFETY: a listener's address is more than the mark.
    Some(unsafe { NonNull::new_unchecked(address) })
}
