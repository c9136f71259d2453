//! Walking stacks: one's own, and that of a parked goroutine.

use std::ffi::c_void;

use gorge_sched::registry::Info;

/// Go shows as many frames of a stack; so does this, from the innermost.
const DEPTH: usize = 100;

/// The return addresses of the calling function, innermost first.
#[inline(never)]
pub(crate) fn here() -> Vec<usize> {
    let mut walk = Walk::new();
    backtrace::trace(|frame| walk.step(frame));
    walk.addresses().to_vec()
}

/// The return addresses of a parked goroutine; none if it is not parked.
pub(crate) fn of(info: &Info) -> Vec<usize> {
    let mut walk = Walk::new();
    let data = (&raw mut walk).cast::<c_void>();
    // SAFETY: `walk_here` neither unwinds nor waits, and the unwinder works
    // without thread-locals (its synchronised form would not).
    if unsafe { info.on_its_stack(walk_here, data) } {
        walk.addresses().to_vec()
    } else {
        Vec::new()
    }
}

unsafe extern "C" fn walk_here(data: *mut c_void) {
    // SAFETY: `of` passes its own `Walk`, which nobody else uses meanwhile.
    let walk = unsafe { &mut *data.cast::<Walk>() };
    // SAFETY: walking (unlike looking up names) needs no synchronisation: it
    // only reads unwind tables, which no goroutine unmaps while it runs.
    unsafe { backtrace::trace_unsynchronized(|frame| walk.step(frame)) };
}

/// Addresses, in memory that was there before: a walk on another's stack does
/// not allocate.
struct Walk {
    addresses: [usize; DEPTH],
    len: usize,
}

impl Walk {
    fn new() -> Walk {
        Walk { addresses: [0; DEPTH], len: 0 }
    }

    /// Takes a frame; false when there is no room for another.
    fn step(&mut self, frame: &backtrace::Frame) -> bool {
        self.addresses[self.len] = frame.ip() as usize;
        self.len += 1;
        self.len < DEPTH
    }

    fn addresses(&self) -> &[usize] {
        &self.addresses[..self.len]
    }
}
