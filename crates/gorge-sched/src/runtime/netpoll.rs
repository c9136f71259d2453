//! Descriptors, wired to the workers: who waits in the poller, and what
//! happens when an event comes.
//!
//! Promise: a [`Source`] that was registered has its function called after each
//! event of its descriptor, by somebody who can make goroutines ready; nothing
//! here knows what it wakes. Programs that register none open no poller.
//!
//! - The first of the idle workers waits in the poller instead of on its word.
//! - A worker that runs out of work looks before it steals.
//! - While nobody waits there and nobody looks, the monitor does, each millisecond.
//!
//! ```text
//!   source (never unmapped)                                  token of the event
//!   +----------------------------+      +------------------------------+-----------------+
//!   | generation | fire | ...    | <----| address, aligned to 64 bytes | generation mod 64 |
//!   +----------------------------+      +------------------------------+-----------------+
//! ```
//!
//! An event that was on its way when its source was given up finds another
//! generation and is dropped. Were the generation the same again after 64
//! turns, the event would merely be one without a reason, which sources must
//! bear in any case.

use std::fmt;
use std::panic::Location;
use std::ptr::{NonNull, null};

use gorge_base::atomic::{
    AtomicIsize, AtomicU32, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use gorge_base::probe;
use gorge_sys::poller::{Event, Events};

use crate::listener::Listener;
use crate::reason::WaitReason;
use crate::runtime::birth;
use crate::runtime::bubble::record::Readied;
use crate::runtime::goroutine::G;
use crate::runtime::polled;
use crate::runtime::processor::block_of_ids;
use crate::runtime::ready::{Place, ready_inside, ready_special};
use crate::runtime::records;
use crate::runtime::task::Task;
use crate::runtime::timers;
use crate::runtime::wake;
use crate::runtime::worker::M;

/// What happens when an event has come: gets the source and what may be possible now.
///
/// It runs in the scheduler: it must not wait, run a user's code, unwind, or
/// use anything of this crate but [`Arrival::ready`]. It may take locks that
/// are never held while somebody parks or is made ready.
///
/// # Safety
/// Called only with a source made with this function and registered since. It
/// may have been deregistered meanwhile: the memory is there, and an event
/// without a reason must do no harm.
pub type Fire = unsafe fn(NonNull<Source>, Happened, &Arrival);

/// What may be possible now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Happened {
    /// Reading.
    pub readable: bool,
    /// Writing.
    pub writable: bool,
    /// From now on whoever reads tries before he waits (see `gorge_sys::poller::Event`).
    pub always_try: bool,
}

/// Something that hears of the events of one descriptor: to be placed at the
/// start of a record that is aligned to 64 bytes and whose memory is never given back.
#[derive(Debug)]
pub struct Source {
    generation: AtomicU32,
    fire: Fire,
}

/// How many sources are registered.
static SOURCES: AtomicUsize = AtomicUsize::new(0);
/// How many wait for something from outside in a way the records do not tell.
static OUTSIDE: AtomicIsize = AtomicIsize::new(0);

/// As many as an address leaves bits for.
const GENERATIONS: u64 = 64;

impl Source {
    /// A source that is not registered.
    #[must_use]
    pub const fn new(fire: Fire) -> Source {
        Source { generation: AtomicU32::new(0), fire }
    }

    fn token(this: NonNull<Source>, generation: u32) -> u64 {
        debug_assert!(this.addr().get().is_multiple_of(GENERATIONS as usize));
        this.as_ptr().expose_provenance() as u64 | (u64::from(generation) % GENERATIONS)
    }

    /// Is registered from now on: the token for its events.
    ///
    /// # Safety
    /// The source lies in memory that is never given back, and is aligned to 64 bytes.
    pub(crate) unsafe fn enter(this: NonNull<Source>) -> u64 {
        // Before the first event, for the stall detection.
        SOURCES.fetch_add(1, SeqCst);
        // SAFETY: the caller's promise.
        Source::token(this, unsafe { this.as_ref() }.generation.load(Relaxed))
    }

    /// Is registered no more: events that are on their way are of no account.
    pub(crate) fn leave(&self) {
        // Release: pairs with the acquire in `fire`.
        self.generation.fetch_add(1, Release);
        SOURCES.fetch_sub(1, SeqCst);
    }
}

/// From now on somebody waits for something from outside the program (`true`),
/// or does so no longer: as long as anybody does, the program is not stuck.
///
/// Not needed by who parks for [`WaitReason::Io`]: that is seen by itself.
pub fn waits_outside(waits: bool) {
    OUTSIDE.fetch_add(if waits { 1 } else { -1 }, SeqCst);
}

/// Whether somebody waits for what may come from outside. Exact when nothing runs.
pub(crate) fn anybody_waits() -> bool {
    if OUTSIDE.load(SeqCst) > 0 {
        return true;
    }
    if SOURCES.load(SeqCst) == 0 {
        return false;
    }
    records::find(|g| matches!(g.wait(), Some((WaitReason::Io, ..))))
}

/// Given to a source's function: by it goroutines are made ready.
pub struct Arrival {
    /// Null for who holds no processor.
    worker: *const M,
    /// For whom the worker has no room: to go to the global queue.
    strays: std::cell::RefCell<Vec<*mut G>>,
}

impl Arrival {
    /// Makes `task` ready.
    ///
    /// # Safety
    /// As for [`ready`](crate::ready): once per park.
    #[inline]
    pub unsafe fn ready(&self, task: Task) {
        if let Some(listener) = task.as_listener() {
            // SAFETY: the caller's promise.
            return unsafe { self.tell(listener) };
        }
        let g = task.as_ptr();
        // SAFETY: an arrival with a worker exists only while that worker is
        // inside; the rest is the caller's promise.
        unsafe {
            if !self.worker.is_null() {
                ready_inside(&*self.worker, g, Place::Tail);
            } else if (*g).is_plain() || ready_special(g) == Readied::Queue {
                self.strays.borrow_mut().push(g);
            }
        }
    }
}

impl Arrival {
    /// Has a goroutine tell `listener`: foreign code runs neither here nor where there is no processor.
    ///
    /// # Safety
    /// It is to be told, and this is the one time.
    #[cold]
    unsafe fn tell(&self, listener: NonNull<Listener>) {
        let at = Location::caller();
        // SAFETY: an arrival with a worker exists only while that worker is inside; without one the record
        // is fresh, and queued at the end.
        unsafe {
            let herald = timers::herald(listener);
            if !self.worker.is_null() {
                return timers::spawn_here(self.worker.cast(), Box::new(herald), at);
            }
            let g = records::take_anywhere();
            birth::fill(g, herald, block_of_ids(1), 0, at);
            (*g).ending.begin_detached();
            probe::starts(g as usize, true, at);
            birth::BORN_OUTSIDE.fetch_add(1, Relaxed);
            self.strays.borrow_mut().push(g);
        }
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival").finish_non_exhaustive()
    }
}

fn fire(event: Event, arrival: &Arrival) {
    let address = (event.token & !(GENERATIONS - 1)) as usize;
    let Some(source) = NonNull::new(std::ptr::with_exposed_provenance_mut::<Source>(address))
    else {
        return;
    };
    // SAFETY: tokens are made from sources, whose memory is never given back.
    let (generation, fire) =
        unsafe { (source.as_ref().generation.load(Acquire), source.as_ref().fire) };
    if Source::token(source, generation) == event.token {
        let Event { readable, writable, always_try, .. } = event;
        // SAFETY: registered with this generation.
        unsafe { fire(source, Happened { readable, writable, always_try }, arrival) }
    }
}

/// Tells the sources, from `m`.
///
/// # Safety
/// The caller is `m`, inside.
pub(crate) unsafe fn deliver(m: &M, events: &Events) {
    let arrival = Arrival { worker: m, strays: Default::default() };
    events.iter().for_each(|event| fire(event, &arrival));
}

/// Tells the sources, from a thread without a processor.
pub(crate) fn deliver_from_outside(events: &Events) {
    let arrival = Arrival { worker: null(), strays: Default::default() };
    events.iter().for_each(|event| fire(event, &arrival));
    wake::enqueue_all(&arrival.strays.into_inner());
}

/// Looks for events without blocking, unless somebody waits for them already.
/// True if there were some.
///
/// # Safety
/// The caller is `m`, inside.
#[inline]
pub(crate) unsafe fn look(m: &M) -> bool {
    if !polled::is_on() || polled::is_watched() {
        return false;
    }
    // SAFETY: the caller's promise.
    unsafe { look_slow(m) }
}

#[cold]
#[inline(never)]
unsafe fn look_slow(m: &M) -> bool {
    let mut events = Events::new();
    if polled::look(&mut events) == 0 {
        return false;
    }
    // SAFETY: the caller of `look` is `m`, inside.
    unsafe { deliver(m, &events) };
    true
}

/// As [`look`], for who holds no processor.
pub(crate) fn look_from_outside() {
    let mut events = Events::new();
    if polled::look(&mut events) != 0 {
        deliver_from_outside(&events);
    }
}
