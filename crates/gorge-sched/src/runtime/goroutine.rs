//! The goroutine record: everything the scheduler knows about one goroutine,
//! in three cache lines.
//!
//! Invariants
//! - Records live in slabs that are never returned to the system, so a stale
//!   pointer may be looked at (its `id` tells), never dangled.
//! - A record belongs to exactly one of: a free list, a run queue, a worker
//!   (as its current goroutine), a waker (while parked), a join handle (when
//!   done and not detached).
//! - `ctx.sp` tells whether the context is saved; only its taker sets it to 0.
//!
//! ```text
//! line 0   ctx: sp pc fs rbx rbp | vtable | wait | waits_at    a switch touches this
//! line 1   closure, later the result (or a box of it)
//! line 2   ending, link, id, parent, created_at, extra, name, futex, kind, marks, outcome
//! ```
//!
//! What dumps look at (`registry`) are atomics: they may look at any time, also
//! while the record changes hands.
//!
//! Plain OS threads that wait in Gorge have a record too (`Kind::Thread`), and
//! so has the scheduling context of each worker (`Kind::Worker`).

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::mem::{MaybeUninit, align_of, size_of};
use std::panic::Location;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gorge_base::atomic::{
    AtomicPtr, AtomicU8, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use gorge_base::prefetch::prefetch;
use gorge_coro::Context;

use crate::ending::Ending;
use crate::reason::WaitReason;

/// What a record stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    Goroutine,
    Thread,
    Worker,
}

/// How a goroutine's body ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Outcome {
    /// It has not ended.
    None,
    /// `payload` holds the value.
    Value,
    /// `payload` holds a `Box<dyn Any + Send>`.
    Panicked,
    /// It left through `goexit`: there is no value.
    Exited,
}

/// The typed operations of a goroutine whose closure and result are erased.
pub(crate) struct Vtable {
    /// Runs the closure in `payload` and leaves the outcome there.
    pub(crate) run: unsafe fn(*mut G),
    /// Drops the outcome in `payload`.
    pub(crate) drop_outcome: unsafe fn(*mut G),
    /// The closure's type, for `created by`.
    pub(crate) name: fn() -> &'static str,
}

/// What the fast paths must not overlook, as bits of [`G::marks`].
pub(crate) mod mark {
    /// A stack of a size of its own was asked for.
    pub(crate) const STACK: u8 = 1;
    /// It has locked its OS thread.
    pub(crate) const LOCKED: u8 = 2;
    /// It is a member of a bubble.
    pub(crate) const BUBBLE: u8 = 4;
    /// It will never run again, and nobody wants to hear of it.
    pub(crate) const FORGOTTEN: u8 = 8;
}

/// What few goroutines have; allocated on first need.
#[derive(Default)]
pub(crate) struct Extra {
    /// Stack size asked for with `Builder::stack_size`, 0 for the default.
    pub(crate) stack_size: usize,
    /// Calls of `lock_os_thread` not yet undone.
    pub(crate) locked: u32,
    /// What the panic hook kept of the last panic.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    /// The typed operations of an outcome that is still to be dropped.
    pub(crate) revived: Option<&'static Vtable>,
    /// The worker (an `M`) whose thread the goroutine has locked.
    pub(crate) home: usize,
    /// The bubble it is a member of (an address, 0 for none), and its place there.
    pub(crate) bubble: usize,
    pub(crate) seat: usize,
}

const WORDS: usize = 8;

#[repr(C, align(64))]
pub(crate) struct G {
    pub(crate) ctx: Context,
    vtable: AtomicPtr<Vtable>,
    /// Reason (low 8 bits, 0: not waiting) and coarse time (ms) of the wait.
    wait: AtomicU64,
    waits_at: AtomicPtr<Location<'static>>,

    payload: UnsafeCell<[MaybeUninit<u64>; WORDS]>,

    pub(crate) ending: Ending,
    pub(crate) link: Cell<*mut G>,
    id: AtomicU64,
    parent: AtomicU64,
    created_at: AtomicPtr<Location<'static>>,
    extra: AtomicPtr<Extra>,
    name: AtomicPtr<String>,
    /// A plain thread waits here for 1.
    pub(crate) futex: AtomicU32,
    kind: AtomicU8,
    marks: AtomicU8,
    pub(crate) outcome: Cell<Outcome>,
}

const _: () = assert!(size_of::<G>() == 192);

/// While it is held no name is freed.
fn names() -> MutexGuard<'static, ()> {
    static NAMES: Mutex<()> = Mutex::new(());
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl G {
    /// A record in its initial state; zeroed memory is not one.
    pub(crate) fn new(kind: Kind) -> G {
        G {
            ctx: Context::new(),
            vtable: AtomicPtr::new(null_mut()),
            wait: AtomicU64::new(0),
            waits_at: AtomicPtr::new(null_mut()),
            payload: UnsafeCell::new([const { MaybeUninit::uninit() }; WORDS]),
            ending: Ending::new(),
            link: Cell::new(null_mut()),
            id: AtomicU64::new(0),
            parent: AtomicU64::new(0),
            created_at: AtomicPtr::new(null_mut()),
            extra: AtomicPtr::new(null_mut()),
            name: AtomicPtr::new(null_mut()),
            futex: AtomicU32::new(0),
            kind: AtomicU8::new(kind as u8),
            marks: AtomicU8::new(0),
            outcome: Cell::new(Outcome::None),
        }
    }

    /// Prefetches all of a record, which may be anybody's.
    #[inline(always)]
    pub(crate) fn prefetch(record: *mut G) {
        for line in 0..size_of::<G>() / 64 {
            prefetch(record.cast::<u8>().wrapping_add(64 * line));
        }
    }

    /// The goroutine's number; 0 while the record is free.
    #[inline(always)]
    pub(crate) fn id(&self) -> u64 {
        self.id.load(Relaxed)
    }

    /// Gives the record an identity.
    #[inline(always)]
    pub(crate) fn identify(&self, id: u64, parent: u64, at: &'static Location<'static>) {
        self.created_at.store(std::ptr::from_ref(at).cast_mut(), Relaxed);
        self.parent.store(parent, Relaxed);
        self.id.store(id, Relaxed);
    }

    /// Takes the identity away: the record is about to be free.
    #[inline(always)]
    pub(crate) fn forget_identity(&self) {
        self.id.store(0, Relaxed);
        if !self.extra.load(Relaxed).is_null() | !self.name.load(Relaxed).is_null() {
            self.drop_rarities();
        }
    }

    #[cold]
    fn drop_rarities(&self) {
        self.marks.store(0, Relaxed);
        let extra = self.extra.swap(null_mut(), Acquire);
        let name = {
            let _nobody_reads = names();
            self.name.swap(null_mut(), Relaxed)
        };
        // SAFETY: the pointers came from Box::into_raw in `extra_mut` and
        // `set_name`, and the swaps made us their only owner: `extra` is used
        // by the owner only, and names are read under the lock only.
        unsafe {
            if !extra.is_null() {
                drop(Box::from_raw(extra));
            }
            if !name.is_null() {
                drop(Box::from_raw(name));
            }
        }
    }

    /// What the record stands for.
    #[inline(always)]
    pub(crate) fn kind(&self) -> Kind {
        match self.kind.load(Relaxed) {
            0 => Kind::Goroutine,
            1 => Kind::Thread,
            _ => Kind::Worker,
        }
    }

    #[inline(always)]
    pub(crate) fn is_goroutine(&self) -> bool {
        self.kind.load(Relaxed) == Kind::Goroutine as u8
    }

    pub(crate) fn set_kind(&self, kind: Kind) {
        self.kind.store(kind as u8, Relaxed);
    }

    /// The typed operations, once there is a closure.
    #[inline(always)]
    pub(crate) fn vtable(&self) -> Option<&'static Vtable> {
        // SAFETY: only &'static Vtables are ever stored.
        unsafe { self.vtable.load(Relaxed).as_ref() }
    }

    #[inline(always)]
    pub(crate) fn set_vtable(&self, vtable: &'static Vtable) {
        self.vtable.store(std::ptr::from_ref(vtable).cast_mut(), Relaxed);
    }

    /// Whether it is made ready by putting it into a queue: a goroutine with nothing special.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        self.kind.load(Relaxed) | self.marks.load(Relaxed) == Kind::Goroutine as u8
    }

    /// Whether there is something that the fast paths must not overlook.
    #[inline(always)]
    pub(crate) fn is_special(&self) -> bool {
        self.marks.load(Relaxed) != 0
    }

    /// Whether it carries this [`mark`].
    #[inline(always)]
    pub(crate) fn has(&self, mark: u8) -> bool {
        self.marks.load(Relaxed) & mark != 0
    }

    /// Marks it, or takes the mark away. By the goroutine, or before it is published.
    pub(crate) fn set_mark(&self, mark: u8, on: bool) {
        let marks = self.marks.load(Relaxed);
        self.marks.store(if on { marks | mark } else { marks & !mark }, Relaxed);
    }

    /// Names it: once, by the owner.
    pub(crate) fn set_name(&self, name: String) {
        // Release: pairs with the acquire in `name`.
        self.name.store(Box::into_raw(Box::new(name)), Release);
    }

    /// Its name, if it was given one.
    pub(crate) fn name(&self) -> Option<String> {
        let _stays_valid = names();
        // SAFETY: freed only under the lock, after it was taken out of the
        // record; never changed.
        unsafe { self.name.load(Acquire).as_ref() }.cloned()
    }

    pub(crate) fn parent(&self) -> u64 {
        self.parent.load(Relaxed)
    }

    pub(crate) fn created_at(&self) -> Option<&'static Location<'static>> {
        // SAFETY: only &'static Locations are ever stored.
        unsafe { self.created_at.load(Relaxed).as_ref() }
    }

    /// Notes why, where and since when (coarse milliseconds) it waits.
    #[inline(always)]
    pub(crate) fn note_wait(&self, reason: WaitReason, at: &'static Location<'static>, ms: u64) {
        self.waits_at.store(std::ptr::from_ref(at).cast_mut(), Relaxed);
        self.wait.store(ms << 8 | reason as u64, Relaxed);
    }

    /// It runs again.
    #[inline(always)]
    pub(crate) fn clear_wait(&self) {
        self.wait.store(0, Relaxed);
    }

    /// Reason, place and start (coarse milliseconds) of the wait, if it waits.
    pub(crate) fn wait(&self) -> Option<(WaitReason, Option<&'static Location<'static>>, u64)> {
        let wait = self.wait.load(Relaxed);
        let reason = WaitReason::from_bits(wait as u8)?;
        // SAFETY: only &'static Locations are ever stored.
        let at = unsafe { self.waits_at.load(Relaxed).as_ref() };
        Some((reason, at, wait >> 8))
    }

    /// The rare attributes, if it has any.
    ///
    /// # Safety
    /// The caller owns the record or is the goroutine itself.
    pub(crate) unsafe fn extra(&self) -> Option<&Extra> {
        // SAFETY: set only by the owner in `extra_mut`, freed only by the owner.
        unsafe { self.extra.load(Acquire).as_ref() }
    }

    /// The rare attributes, made on first use.
    ///
    /// # Safety
    /// The caller owns the record or is the goroutine itself, and holds no
    /// other reference to them.
    #[allow(clippy::mut_from_ref)] // ownership is the caller's promise
    pub(crate) unsafe fn extra_mut(&self) -> &mut Extra {
        let mut extra = self.extra.load(Acquire);
        if extra.is_null() {
            extra = Box::into_raw(Box::default());
            self.extra.store(extra, Release);
        }
        // SAFETY: valid since the store above or an earlier call; unique by
        // the caller's promise.
        unsafe { &mut *extra }
    }

    /// Whether a `V` lies in the payload itself rather than in a box.
    pub(crate) const fn fits<V>() -> bool {
        size_of::<V>() <= WORDS * 8 && align_of::<V>() <= 64
    }

    /// The addresses of the payload.
    pub(crate) fn payload_addresses(&self) -> std::ops::Range<usize> {
        let start = self.payload.get() as usize;
        start..start + WORDS * 8
    }

    /// Puts a value into the payload.
    ///
    /// # Safety
    /// The payload is empty and the caller owns it.
    #[inline(always)]
    pub(crate) unsafe fn put<V>(&self, value: V) {
        if const { Self::fits::<V>() } {
            // SAFETY: size and alignment were just checked (the payload lies
            // on a 64-byte line), and it is empty and ours.
            unsafe { self.payload.get().cast::<V>().write(value) }
        } else {
            let boxed = Box::into_raw(Box::new(value));
            // SAFETY: a thin pointer fits.
            unsafe { self.payload.get().cast::<*mut V>().write(boxed) }
        }
    }

    /// Takes the value out of the payload.
    ///
    /// # Safety
    /// The payload holds a `V` that `put` wrote, and the caller owns it.
    #[inline(always)]
    pub(crate) unsafe fn take<V>(&self) -> V {
        if const { Self::fits::<V>() } {
            // SAFETY: see `put`.
            unsafe { self.payload.get().cast::<V>().read() }
        } else {
            // SAFETY: see `put`; the box is taken exactly once.
            unsafe {
                let mut boxed =
                    Box::from_raw(self.payload.get().cast::<*mut MaybeUninit<V>>().read());
                let value = boxed.assume_init_read();
                if gorge_base::probe::held() {
                    // Who looks for pointers shall not find what has moved away.
                    *boxed = MaybeUninit::zeroed();
                    std::hint::black_box(&boxed);
                }
                value
            }
        }
    }
}

impl std::fmt::Debug for G {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("G")
            .field("id", &self.id())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}
