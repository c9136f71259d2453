//! From a closure to a goroutine record, and the typed code that runs in it.

use std::any::{Any, type_name};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use gorge_base::probe;

use crate::runtime::bubble::record::{self as bubble, End, Panicked};
use crate::runtime::goroutine::{G, Outcome, Vtable};
use crate::runtime::report;

/// Goroutines started by plain threads, or from where there is no processor.
pub(crate) static BORN_OUTSIDE: gorge_base::atomic::AtomicU64 =
    gorge_base::atomic::AtomicU64::new(0);

/// The payload with which `goexit` unwinds.
pub(crate) struct Exit;

/// Makes a free record into a goroutine that has not run yet.
///
/// # Safety
/// The caller owns the record.
#[inline(always)]
pub(crate) unsafe fn fill<F, T>(
    g: *mut G,
    f: F,
    id: u64,
    parent: u64,
    at: &'static Location<'static>,
) where
    F: FnOnce() -> T,
{
    // SAFETY: the record is free and ours; its payload is empty.
    unsafe {
        (*g).put(f);
        (*g).set_vtable(&Typed::<F, T>::VTABLE);
        (*g).ending.begin();
        (*g).outcome.set(Outcome::None);
        (*g).identify(id, parent, at);
        (*g).ctx.make_fresh();
    }
}

struct Typed<F, T>(PhantomData<(F, T)>);

impl<F: FnOnce() -> T, T> Typed<F, T> {
    const VTABLE: Vtable =
        Vtable { run: run::<F, T>, drop_outcome: drop_outcome::<T>, name: type_name::<F> };
}

unsafe fn run<F: FnOnce() -> T, T>(g: *mut G) {
    probe::begins(g as usize);
    // SAFETY: the scheduler runs each goroutine once, with the closure that
    // `fill` put there.
    let f = unsafe { (*g).take::<F>() };
    let result = catch_unwind(AssertUnwindSafe(f));
    // SAFETY: the payload is empty since `take`; the record is ours until the
    // goroutine's end is published.
    unsafe {
        match result {
            Ok(value) => {
                (*g).put(value);
                (*g).outcome.set(Outcome::Value);
            }
            Err(payload) if payload.is::<Exit>() => (*g).outcome.set(Outcome::Exited),
            Err(payload) => {
                (*g).put::<Box<dyn Any + Send>>(payload);
                (*g).outcome.set(Outcome::Panicked);
            }
        }
        if (*g).ending.is_detached() {
            discard(g);
        }
    }
}

unsafe fn drop_outcome<T>(g: *mut G) {
    // SAFETY: the caller owns the outcome.
    unsafe {
        match (*g).outcome.replace(Outcome::None) {
            Outcome::Value => drop((*g).take::<T>()),
            Outcome::Panicked => drop((*g).take::<Box<dyn Any + Send>>()),
            Outcome::None | Outcome::Exited => {}
        }
    }
}

/// Drops the outcome nobody will ask for; ends the program if it is a panic.
///
/// # Safety
/// The caller owns the outcome, and is in a goroutine or on a plain thread,
/// outside scheduler code.
pub(crate) unsafe fn discard(g: *mut G) {
    // SAFETY: the caller's promise; the vtable was set by `fill`.
    unsafe {
        if (*g).outcome.get() == Outcome::Panicked {
            let panicked = take_panic(g);
            if let Some(bubble) = bubble::of(g) {
                return bubble.doom(End::Panicked(panicked));
            }
            let Panicked { id, payload, kept } = panicked;
            report::unjoined_panic(id, &*payload, kept.as_deref());
        }
        let Some(vtable) = (*g).vtable() else { return };
        let dropped = catch_unwind(AssertUnwindSafe(|| (vtable.drop_outcome)(g)));
        if let Err(payload) = dropped {
            if let Some(bubble) = bubble::of(g) {
                let id = (*g).id();
                return bubble.doom(End::Panicked(Panicked { id, payload, kept: None }));
            }
            report::unjoined_panic((*g).id(), &*payload, None);
        }
    }
}

#[cold]
unsafe fn take_panic(g: *mut G) -> Panicked {
    // SAFETY: the caller owns the outcome, which is a panic's payload.
    unsafe {
        (*g).outcome.set(Outcome::None);
        let payload = (*g).take::<Box<dyn Any + Send>>();
        Panicked { id: (*g).id(), payload, kept: (*g).extra_mut().panic.take() }
    }
}

/// Turns a goroutine that ended, detached, with its outcome not yet dropped,
/// into one that drops it: destructors must run where thread-locals work.
///
/// # Safety
/// The caller owns the record.
pub(crate) unsafe fn revive(g: *mut G) {
    static DISCARD: Vtable = Vtable { run: run_discard, drop_outcome: drop_nothing, name: || "" };
    // SAFETY: the caller's promise.
    unsafe {
        let vtable = (*g).vtable().expect("an ended goroutine has a vtable");
        (*g).extra_mut().revived = Some(vtable);
        (*g).set_vtable(&DISCARD);
        (*g).ending.begin_detached();
        (*g).ctx.make_fresh();
    }
}

unsafe fn run_discard(g: *mut G) {
    probe::begins(g as usize);
    // SAFETY: `revive` prepared the record for exactly this.
    unsafe {
        let revived = (*g).extra_mut().revived.take();
        (*g).set_vtable(revived.expect("a revived goroutine has an outcome to drop"));
        discard(g);
    }
}

unsafe fn drop_nothing(_: *mut G) {}
