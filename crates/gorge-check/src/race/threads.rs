//! Goroutines and plain threads, as the detector sees them.
//!
//! Each has a slot, its place in all clocks. Slots are used again, so that
//! clocks stay short: best by somebody who knows all that the one before did, for
//! then nothing is mistaken; if there is nobody like that and very many slots were
//! used, by the next one, who takes that of whoever has ended longest ago. Then an access of
//! the one before passes for one of his, and a race with it may be missed (but none is invented).
//!
//! Invariant: the state of one who waits is changed by others only under its
//! lock, after it has published itself and before it is made ready.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use gorge_base::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use gorge_base::probe::Place;
use gorge_sched::bubble;

use super::brief::{Brief, Held};
use super::clock::{Clock, Epoch};
use super::objects::{Spreading, shard};
use super::trace::{Recent, Trace};

/// Slots of ended goroutines are used again without looking from so many on.
const MANY: u32 = 1024;

/// Who it is, for reports; lives as long as anything it did is remembered.
#[derive(Debug)]
pub(super) struct Identity {
    /// 0: a plain thread, or not known yet.
    pub(super) id: AtomicU64,
    pub(super) thread: Option<String>,
    pub(super) created: Option<Created>,
    pub(super) ended: AtomicBool,
    /// The number of the bubble it is in; 0: of none.
    pub(super) bubble: AtomicU64,
}

#[derive(Debug)]
pub(super) struct Created {
    pub(super) at: Place,
    pub(super) trace: Option<Arc<Trace>>,
}

/// One goroutine or plain thread.
#[derive(Debug)]
pub(super) struct Thread {
    state: Brief<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) identity: Arc<Identity>,
    /// In which age it was made: slots mean something in it only.
    age: usize,
    slot: u32,
    /// Of the next access.
    time: u32,
    /// Whether there was an access at this time.
    accessed: bool,
    known: Clock,
    /// Where its stack begins, about.
    pub(super) base: usize,
    pub(super) recent: Recent,
}

impl State {
    /// Makes all accesses so far known by the clock, which is for others to join.
    pub(super) fn publish(&mut self) -> &mut Clock {
        if self.accessed {
            self.accessed = false;
            self.known.set(self.slot, self.time);
            match self.time.checked_add(1) {
                Some(time) => self.time = time,
                None => (self.slot, self.time) = (SLOTS.lock().new_slot(), 1),
            }
        }
        &mut self.known
    }

    pub(super) fn known(&mut self) -> &mut Clock {
        &mut self.known
    }

    /// The moment of an access that is made now.
    pub(super) fn access(&mut self) -> Epoch {
        self.accessed = true;
        Epoch { slot: self.slot, time: self.time }
    }

    /// Whether what was done at `epoch` comes before what is done now.
    pub(super) fn comes_after(&self, epoch: Epoch) -> bool {
        epoch.slot == self.slot || self.known.knows(epoch)
    }
}

impl Thread {
    pub(super) fn lock(&self) -> Held<'_, State> {
        self.state.lock()
    }
}

/// Both, locked in an order that all keep.
pub(super) fn lock_both<'a>(
    one: &'a Arc<Thread>,
    other: &'a Arc<Thread>,
) -> Option<(Held<'a, State>, Held<'a, State>)> {
    if Arc::ptr_eq(one, other) {
        return None;
    }
    if Arc::as_ptr(one) < Arc::as_ptr(other) {
        let first = one.lock();
        Some((first, other.lock()))
    } else {
        let second = other.lock();
        Some((one.lock(), second))
    }
}

struct Slots(Mutex<Free>);

#[derive(Debug)]
struct Free {
    next: u32,
    /// Slots of ended ones, and the last time each has used; who ended last stands last.
    free: VecDeque<Epoch>,
}

static SLOTS: Slots = Slots(Mutex::new(Free { next: 0, free: VecDeque::new() }));

impl Slots {
    fn lock(&self) -> MutexGuard<'_, Free> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Free {
    fn new_slot(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// A slot for somebody who begins with `known`, and the time it begins at.
    fn take(&mut self, known: &Clock) -> (u32, u32) {
        let recent = self.free.len().saturating_sub(16);
        let fit = (recent..self.free.len()).rev().find(|&index| known.knows(self.free[index]));
        let index = match fit {
            Some(index) => index,
            None if self.next < MANY || self.free.is_empty() => return (self.new_slot(), 1),
            // Of who has ended longest ago: what it did is remembered least.
            None => 0,
        };
        let last = self.free.remove(index).expect("it was looked up");
        (last.slot, last.time + 1)
    }

    fn give_back(&mut self, slot: u32, last: u32) {
        if last < u32::MAX - 1 {
            self.free.push_back(Epoch { slot, time: last });
        }
    }
}

type Table = RwLock<HashMap<usize, Arc<Thread>, Spreading>>;

/// By the addresses of their records.
static TABLE: [Table; 256] = [const { RwLock::new(HashMap::with_hasher(Spreading::new())) }; 256];

/// Goes up whenever all threads are forgotten.
static AGE: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// The caller's own, in which age it was looked up, and its record. Leaked
    /// counts: one for each goroutine that was asked for, taken back at its end.
    static ME: Cell<(usize, *const Thread)> = const { Cell::new((0, std::ptr::null())) };
}

fn table(who: usize) -> &'static Table {
    &TABLE[shard(who) % TABLE.len()]
}

/// The one known by the record at `who`.
pub(super) fn of(who: usize) -> Arc<Thread> {
    find(who).unwrap_or_else(|| make(who, Clock::default(), None, None))
}

fn find(who: usize) -> Option<Arc<Thread>> {
    table(who).read().unwrap_or_else(PoisonError::into_inner).get(&who).cloned()
}

/// Makes a new one, for a record that nobody has used or whose last user has ended.
pub(super) fn make(
    who: usize,
    known: Clock,
    created: Option<Created>,
    thread: Option<String>,
) -> Arc<Thread> {
    let (age, slot, time) = {
        let mut slots = SLOTS.lock();
        let (slot, time) = slots.take(&known);
        (AGE.load(Relaxed), slot, time)
    };
    let identity = Identity {
        id: AtomicU64::new(0),
        thread,
        created,
        ended: AtomicBool::new(false),
        bubble: AtomicU64::new(0),
    };
    let state = State {
        identity: Arc::new(identity),
        age,
        slot,
        time,
        accessed: false,
        known,
        base: 0,
        recent: Recent::default(),
    };
    let thread = Arc::new(Thread { state: Brief::new(state) });
    // Somebody may have made it meanwhile, and may have told something on its behalf.
    let mut threads = table(who).write().unwrap_or_else(PoisonError::into_inner);
    threads.entry(who).or_insert(thread).clone()
}

/// The caller is `who`, and begins.
pub(super) fn begin(who: usize) -> Arc<Thread> {
    let id = gorge_sched::goroutine_id();
    let thread = find(who).unwrap_or_else(|| {
        let name = match id {
            None => std::thread::current().name().map(str::to_owned),
            Some(_) => None,
        };
        make(who, Clock::default(), None, name)
    });
    {
        let mut state = thread.lock();
        let here = 0_u8;
        state.base = &raw const here as usize;
        state.identity.id.store(id.unwrap_or(0), Relaxed);
        state.identity.bubble.store(bubble::watched().unwrap_or(0), Relaxed);
    }
    ME.set((AGE.load(Relaxed), Arc::as_ptr(&thread)));
    thread
}

/// Calls `f` with the caller's own.
#[inline]
pub(super) fn with_me<R>(f: impl FnOnce(&Arc<Thread>) -> R) -> R {
    let (age, me) = ME.get();
    if age == AGE.load(Relaxed) {
        // SAFETY: the table has a count of it until the caller ends, or all are
        // forgotten; then the age is another.
        let me = unsafe { Arc::from_raw(me) };
        let me = std::mem::ManuallyDrop::new(me);
        return f(&me);
    }
    f(&find_me())
}

#[cold]
fn find_me() -> Arc<Thread> {
    // Of a plain thread this may make a record, and so come back here.
    begin(gorge_sched::task_here().address())
}

/// The caller is about to end; should it tell anything afterwards, it is somebody new.
pub(super) fn forget_me() {
    ME.set((0, std::ptr::null()));
}

/// `who` has ended; its last clock.
pub(super) fn end(who: usize) -> Option<Clock> {
    let thread = table(who).write().unwrap_or_else(PoisonError::into_inner).remove(&who)?;
    let mut state = thread.lock();
    state.identity.ended.store(true, Relaxed);
    let known = state.publish().clone();
    // (Not if all were forgotten meanwhile: then the slot is somebody else's.)
    let mut slots = SLOTS.lock();
    if state.age == AGE.load(Relaxed) {
        slots.give_back(state.slot, state.time - 1);
    }
    drop(slots);
    Some(known)
}

/// Forgets everybody. No goroutine may be in the middle of telling something.
pub(super) fn clear() {
    {
        let mut slots = SLOTS.lock();
        AGE.fetch_add(1, Relaxed);
        (slots.next, slots.free) = (0, VecDeque::new());
    }
    for table in &TABLE {
        // Leaked: somebody may look at his own still.
        let all = std::mem::take(&mut *table.write().unwrap_or_else(PoisonError::into_inner));
        all.into_values().for_each(std::mem::forget);
    }
}
