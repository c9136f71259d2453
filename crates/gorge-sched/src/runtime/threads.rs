//! Plain OS threads that wait in Gorge: they have a record like a goroutine,
//! and park on a futex word in it.

use std::cell::Cell;
use std::panic::Location;
use std::ptr::null_mut;

use gorge_base::atomic::{
    AtomicIsize, AtomicUsize,
    Ordering::{Acquire, Relaxed, SeqCst},
};
use gorge_base::probe;
use gorge_sys::futex;

use crate::reason::WaitReason;
use crate::runtime::goroutine::{G, Kind};
use crate::runtime::poke;
use crate::runtime::records;
use crate::runtime::world;

/// Plain threads that are parked and have not been told to go on.
pub(crate) static PARKED: AtomicIsize = AtomicIsize::new(0);
/// Goes up with every change of [`PARKED`].
pub(crate) static CHANGES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static RECORD: Cell<*mut G> = const { Cell::new(null_mut()) };
    static RETURN: Return = const { Return };
}

/// Gives the thread's record back when the thread ends.
struct Return;

impl Drop for Return {
    fn drop(&mut self) {
        let g = RECORD.replace(null_mut());
        if !g.is_null() {
            probe::ends(g as usize);
            // SAFETY: the record is this thread's, which waits no more.
            unsafe {
                (*g).set_kind(Kind::Goroutine);
                records::put_anywhere(g);
            }
        }
    }
}

/// The record of the calling plain thread.
pub(crate) fn record() -> *mut G {
    let g = RECORD.get();
    if g.is_null() { new_record() } else { g }
}

#[cold]
fn new_record() -> *mut G {
    let g = records::take_anywhere();
    // SAFETY: a free record, ours from now on.
    unsafe {
        (*g).set_kind(Kind::Thread);
        (*g).ctx.sp.store(0, Relaxed);
        if let Some(name) = std::thread::current().name() {
            (*g).set_name(name.to_owned());
        }
    }
    RECORD.set(g);
    probe::begins(g as usize);
    // In the destructors of other thread-locals ours may be over already: then
    // the record is not returned.
    let _ = RETURN.try_with(|_| ());
    g
}

/// The calling thread is about to wait.
pub(crate) fn prepare() -> *mut G {
    let g = record();
    // SAFETY: the record is this thread's.
    unsafe { (*g).futex.store(0, Relaxed) };
    g
}

/// Waits until somebody makes the thread ready.
///
/// # Safety
/// `g` came from [`prepare`] on this thread and has been published.
pub(crate) unsafe fn park(g: *mut G, reason: WaitReason, at: &'static Location<'static>) {
    // SAFETY: the record is this thread's.
    let g = unsafe { &*g };
    g.note_wait(reason, at, world::coarse_ms());
    CHANGES.fetch_add(1, SeqCst);
    PARKED.fetch_add(1, SeqCst);
    poke::poke();
    // Acquire: pairs with the release in `unpark_thread`.
    while g.futex.load(Acquire) == 0 {
        futex::wait(&g.futex, 0, None);
    }
    g.clear_wait();
}

/// A parked thread is about to be told to go on. Its waker counts it, not the
/// thread itself: the system may take its time to let it run, and until then
/// it would pass for one that waits.
///
/// `SeqCst`: the stall detection compares the two words with the number of
/// threads there are (see `stall`). The waker may be here before the thread has
/// counted itself; then the number is too low for a moment, and nothing is reported.
pub(crate) fn goes_on() {
    CHANGES.fetch_add(1, SeqCst);
    PARKED.fetch_sub(1, SeqCst);
}
