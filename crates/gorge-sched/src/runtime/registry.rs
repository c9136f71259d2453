//! Looking at all goroutines: for dumps.

use std::ffi::c_void;
use std::ops::Range;
use std::panic::Location;

use gorge_base::atomic::Ordering::{Acquire, Relaxed, Release};
use gorge_coro::{self as coro, PINNED, RUNNING};

use crate::reason::WaitReason;
use crate::runtime::goroutine::{G, Kind, mark};
use crate::runtime::halt::halt;
pub use crate::runtime::kept::keep_panic;
use crate::runtime::records;
use crate::runtime::worker::M;
use crate::runtime::world;

/// What a goroutine does at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It has a processor, or goes on without one.
    Running,
    /// It is ready, or has not run yet.
    Runnable,
    /// It waits.
    Waiting {
        /// For what.
        reason: WaitReason,
        /// Where it called the operation that waits.
        at: Option<&'static Location<'static>>,
        /// For about how many milliseconds.
        for_ms: u64,
    },
}

/// One goroutine, or one plain thread that is parked in Gorge.
#[derive(Clone, Debug)]
pub struct Info {
    /// Its number; plain threads have none.
    pub id: Option<u64>,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// What it does.
    pub state: State,
    /// Whether it has locked its OS thread.
    pub locked: bool,
    /// The goroutine that started it; `None` for one started by a plain thread.
    pub parent: Option<u64>,
    /// Where it was started.
    pub created_at: Option<&'static Location<'static>>,
    /// The type of its closure: names the function that started it.
    pub closure: Option<&'static str>,
    record: Record,
}

#[derive(Clone, Copy, Debug)]
struct Record(*const G);
// SAFETY: records stay mapped; what is done with them checks their state.
unsafe impl Send for Record {}
// SAFETY: as above.
unsafe impl Sync for Record {}

/// All goroutines and parked plain threads, by number, threads last. While
/// goroutines run the picture may be torn: each line is about one of them at
/// one moment.
pub fn all() -> Vec<Info> {
    let running: Vec<*mut G> = world::lock().workers.iter().map(|m| m.current()).collect();
    let mut infos = Vec::new();
    records::for_each(|g| infos.extend(info(g, &running)));
    infos.sort_by_key(|info| info.id.unwrap_or(u64::MAX));
    infos
}

fn info(g: &'static G, running: &[*mut G]) -> Option<Info> {
    let thread = g.kind() == Kind::Thread;
    let wait = g.wait();
    let ended = g.ending.is_done();
    let gone = if thread { wait.is_none() } else { g.id() == 0 || ended };
    if gone || g.has(mark::FORGOTTEN) {
        return None;
    }
    let state = match wait {
        Some((reason, at, since)) => {
            State::Waiting { reason, at, for_ms: world::coarse_ms().saturating_sub(since) }
        }
        None if running.iter().any(|r| std::ptr::eq(*r, g)) => State::Running,
        None => State::Runnable,
    };
    Some(Info {
        id: (!thread).then(|| g.id()),
        name: g.name(),
        locked: g.has(mark::LOCKED),
        state,
        parent: Some(g.parent()).filter(|p| *p != 0),
        created_at: g.created_at().filter(|_| !thread),
        closure: g.vtable().filter(|_| !thread).map(|v| (v.name)()),
        record: Record(g),
    })
}

/// The calling goroutine; `None` on a plain thread.
pub fn current() -> Option<Info> {
    let m = M::here();
    if m.is_null() {
        return None;
    }
    // SAFETY: a non-null word is a worker, which is never freed; its current
    // record is the calling goroutine's own.
    let g: &'static G = unsafe { &*(*m).current() };
    info(g, &[std::ptr::from_ref(g).cast_mut()])
}

/// Where one goroutine keeps its values, at a moment at which no goroutine was
/// begun, resumed or switched away.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The goroutine's number.
    pub id: u64,
    /// Whether it waits, or is ready, with all it has saved in memory.
    pub saved: bool,
    /// Whether a thread is running it: it has not been switched away yet, or has been resumed.
    pub running: bool,
    /// Whether it is ready: whatever it has waited for has come, though it may not know yet.
    pub ready: bool,
    /// Addresses of its stack that are in use, its thread-local storage, and what
    /// of its record holds values.
    pub memory: Vec<Range<usize>>,
}

/// Where all goroutines keep their values, and memory that is none of the
/// program's own: stacks, and the records of goroutines. For tools that look for
/// pointers.
///
/// # Blocking
/// Until no goroutine is being switched to or away.
pub fn holdings() -> (Vec<Holding>, Vec<Range<usize>>) {
    let halt = halt();
    let ready = halt.ready();
    let mut all = Vec::new();
    let mut others = coro::mappings();
    records::for_each(|g| {
        others.push(range_of(g));
        if g.is_goroutine() && g.id() != 0 {
            all.push(holding(g, ready.contains(&std::ptr::from_ref(g))));
        }
    });
    drop(halt);
    (all, others)
}

/// An address on the stack of each worker: on none of these stacks is anything of a goroutine's, as long as
/// goroutines have their own.
pub fn worker_stacks() -> Vec<usize> {
    let world = world::lock();
    let stacks = world.workers.iter().map(|m| m.stack.load(Relaxed));
    stacks.filter(|address| *address != 0).collect()
}

fn range_of<T>(value: &T) -> Range<usize> {
    let start = std::ptr::from_ref(value) as usize;
    start..start + size_of::<T>()
}

fn holding(g: &'static G, ready: bool) -> Holding {
    let sp = g.ctx.sp.load(Acquire);
    let mut memory = Vec::new();
    let ended = g.ending.is_done();
    // A closure that has not been called, or a result that was not taken.
    if sp == coro::FRESH || ended {
        memory.push(g.payload_addresses());
    }
    let saved = sp > PINNED;
    if !ended {
        // SAFETY: while the world stands still it neither ends nor is it started.
        let slot = unsafe { g.ctx.memory() };
        if !slot.is_empty() {
            memory.push(if slot.contains(&sp) { sp..slot.end } else { slot });
        }
        if saved {
            memory.push(range_of(&g.ctx)); // saved registers
        }
    }
    Holding { id: g.id(), saved, running: sp == RUNNING, ready, memory }
}

impl Info {
    /// Whether this is the calling goroutine.
    pub fn is_current(&self) -> bool {
        let m = M::here();
        // SAFETY: a non-null word is a worker, which is never freed.
        !m.is_null() && std::ptr::eq(unsafe { (*m).current() }, self.record.0)
    }

    /// Runs `f` on the stack of a goroutine that is parked or waits in a queue,
    /// so that an unwinder in `f` sees its frames. `false`: it runs, has not run
    /// yet, is pinned to its thread, or has ended.
    ///
    /// # Blocking
    /// Until no goroutine is being switched to or away; none is until `f` has
    /// returned.
    ///
    /// # Safety
    /// `f` neither unwinds nor waits, does not use thread-locals, and uses
    /// nothing of the scheduler. The caller is a goroutine or a plain thread.
    pub unsafe fn on_its_stack(
        &self,
        f: unsafe extern "C" fn(*mut c_void),
        data: *mut c_void,
    ) -> bool {
        let Some(id) = self.id else { return false };
        let _halt = halt();
        // SAFETY: records stay mapped. While the world stands still nobody
        // resumes a context that has been saved.
        unsafe {
            let g = self.record.0.cast_mut();
            let ctx = &raw mut (*g).ctx;
            let sp = (*ctx).sp.load(Acquire);
            if sp <= PINNED || (*g).id() != id {
                return false;
            }
            (*ctx).sp.store(RUNNING, Relaxed); // claimed
            coro::on_parked(ctx, sp, f, data);
            (*ctx).sp.store(sp, Release);
            true
        }
    }
}

pub use crate::runtime::idling::keep_spare_threads;

/// Counters of the scheduler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Goroutines taken or given from one processor to another.
    pub stolen: u64,
    /// Processors taken from workers that blocked or computed too long.
    pub handoffs: u64,
    /// Those of them that waited in the system: a read of a file, a mutex of `std`, a page. (Told on
    /// Linux and with fibers; the system is asked right before, so this is nearly exact.)
    pub handoffs_blocked: u64,
    /// Those of them that computed.
    pub handoffs_computing: u64,
    /// Processors given away by who was about to block, in [`blocking`](crate::blocking).
    pub blocking: u64,
    /// Looks of the monitor at all that run: one a millisecond, while anything does.
    pub looks: u64,
    /// Sleeping workers woken.
    pub wakeups: u64,
    /// Events of descriptors that somebody was told of.
    pub events: u64,
    /// Worker threads.
    pub workers: usize,
}

/// The scheduler's counters as they are now.
///
/// # Examples
/// ```
/// let before = gorge::runtime::stats();
/// gorge::go(|| ()).join().unwrap();
/// assert!(gorge::runtime::stats().stolen >= before.stolen);
/// ```
pub fn stats() -> Stats {
    // The parts before the whole, of which they are never more. Acquire: pairs with the release in `hand_off`.
    let handoffs_blocked = crate::runtime::monitor::BLOCKED.load(Acquire);
    let handoffs_computing = crate::runtime::monitor::COMPUTED.load(Acquire);
    Stats {
        stolen: crate::runtime::processor::all().map(|p| p.steals.load(Relaxed)).sum(),
        handoffs: crate::runtime::monitor::HANDOFFS.load(Relaxed),
        handoffs_blocked,
        handoffs_computing,
        blocking: crate::runtime::blocking::GIVEN_AWAY.load(Relaxed),
        looks: crate::runtime::monitor::LOOKS.load(Relaxed),
        wakeups: crate::runtime::wake::WAKEUPS.load(Relaxed),
        events: crate::runtime::polled::EVENTS.load(Relaxed),
        workers: crate::runtime::wake::ALIVE.load(Relaxed),
    }
}
