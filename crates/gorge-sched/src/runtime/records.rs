//! Where goroutine records come from and go to.
//!
//! Slabs of records are never given back, so that a stale pointer can be
//! looked at and all records can be listed. Free records wait on the
//! processor that freed them, the surplus in a list of the world.

use std::alloc::{Layout, alloc, handle_alloc_error};
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

use gorge_base::atomic::{AtomicPtr, Ordering::Relaxed};

use crate::runtime::goroutine::{G, Kind, mark};
use crate::runtime::processor::P;
use crate::runtime::world::{self, World};

const SLAB: usize = 512;
/// A processor with more free records than this gives half to the others.
const KEEP: usize = 16_384;

struct Slab(*mut G);
// SAFETY: only an address; see the module's head.
unsafe impl Send for Slab {}

static SLABS: Mutex<Vec<Slab>> = Mutex::new(Vec::new());

/// A free record for who uses `p`.
///
/// # Safety
/// The caller uses `p`.
#[inline(always)]
pub(crate) unsafe fn take(p: &P) -> *mut G {
    // SAFETY: the caller's promise.
    let g = unsafe { p.take_free() };
    // SAFETY: as above.
    if g.is_null() { unsafe { refill(p) } } else { g }
}

/// Takes a free record back.
///
/// # Safety
/// The caller uses `p` and owns the record; nobody else knows it any more.
#[inline(always)]
pub(crate) unsafe fn put(p: &P, g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        (*g).forget_identity();
        if p.put_free(g) > KEEP {
            spill(p);
        }
    }
}

/// As [`take`], for who uses no processor.
pub(crate) fn take_anywhere() -> *mut G {
    let mut world = world::lock();
    let g = pop(&mut world);
    if !g.is_null() {
        return g;
    }
    drop(world);
    let slab = new_slab();
    let mut world = world::lock();
    for i in 1..SLAB {
        // SAFETY: the slab has SLAB records, all ours.
        push(&mut world, unsafe { slab.add(i) });
    }
    slab
}

/// As [`put`], for who uses no processor.
///
/// # Safety
/// The caller owns the record; nobody else knows it any more.
pub(crate) unsafe fn put_anywhere(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe { (*g).forget_identity() };
    push(&mut world::lock(), g);
}

/// Calls `f` with every record there is, free ones too.
pub(crate) fn for_each(mut f: impl FnMut(&'static G)) {
    let slabs: Vec<*mut G> =
        SLABS.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|s| s.0).collect();
    for slab in slabs {
        for i in 0..SLAB {
            // SAFETY: slabs have SLAB records and are never unmapped.
            f(unsafe { &*slab.add(i) });
        }
    }
}

/// Whether some record is as wanted; the one that was last time is asked first.
pub(crate) fn find(wanted: impl Fn(&G) -> bool) -> bool {
    static LAST: AtomicPtr<G> = AtomicPtr::new(null_mut());
    // SAFETY: records are never unmapped.
    if unsafe { LAST.load(Relaxed).as_ref() }.is_some_and(&wanted) {
        return true;
    }
    let slabs = SLABS.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: slabs have SLAB records and are never unmapped.
    let mut all = slabs.iter().flat_map(|slab| (0..SLAB).map(|i| unsafe { slab.0.add(i) }));
    // SAFETY: as above.
    let found = all.find(|g| wanted(unsafe { &**g }));
    LAST.store(found.unwrap_or(null_mut()), Relaxed);
    found.is_some()
}

/// Whether a goroutine runs, or has not run yet, besides the given one.
pub(crate) fn anybody_runs_but(one: *const G) -> bool {
    find(|g| {
        g.is_goroutine()
            && g.id() != 0
            && g.wait().is_none()
            && !g.ending.is_done()
            && !g.has(mark::FORGOTTEN)
            && !std::ptr::eq(g, one)
    })
}

fn push(world: &mut World, g: *mut G) {
    // SAFETY: a free record belongs to the list it is in.
    unsafe { (*g).link.set(world.free) };
    world.free = g;
    world.free_len += 1;
}

fn pop(world: &mut World) -> *mut G {
    let g = world.free;
    if !g.is_null() {
        // SAFETY: as in `push`.
        world.free = unsafe { (*g).link.get() };
        world.free_len -= 1;
    }
    g
}

fn new_slab() -> *mut G {
    let layout = Layout::array::<G>(SLAB).expect("a slab is small");
    // SAFETY: the layout is not empty.
    let slab = unsafe { alloc(layout) }.cast::<G>();
    if slab.is_null() {
        handle_alloc_error(layout);
    }
    for i in 0..SLAB {
        // SAFETY: inside the allocation, written before anyone reads it.
        unsafe { slab.add(i).write(G::new(Kind::Goroutine)) };
    }
    SLABS.lock().unwrap_or_else(PoisonError::into_inner).push(Slab(slab));
    slab
}

#[cold]
#[inline(never)]
unsafe fn refill(p: &P) -> *mut G {
    let mut world = world::lock();
    let first = pop(&mut world);
    if !first.is_null() {
        for _ in 1..SLAB {
            let g = pop(&mut world);
            if g.is_null() {
                break;
            }
            // SAFETY: the caller of `take` uses `p`; `g` was free.
            unsafe { p.put_free(g) };
        }
        return first;
    }
    drop(world);
    let slab = new_slab();
    for i in (1..SLAB).rev() {
        // SAFETY: as above.
        unsafe { p.put_free(slab.add(i)) };
    }
    slab
}

#[cold]
#[inline(never)]
unsafe fn spill(p: &P) {
    let mut world = world::lock();
    for _ in 0..KEEP / 2 {
        // SAFETY: the caller of `put` uses `p`.
        push(&mut world, unsafe { p.take_free() });
    }
}
