//! What a bubble knows of its goroutines, and the hooks that only count.
//!
//! Invariants
//! - `busy` is the number of members that run or can run; a member counts from
//!   its start or its `ready` until it has parked or ended.
//! - In a serial bubble at most one member is known to the scheduler: the one
//!   that `running` names. The others that can run are in `runnable`.
//! - `end` is set once. From then on no member of a serial bubble runs, but for
//!   being unwound.
//! - Records of bubbles are never freed: timers know them as their home.

use std::any::Any;
use std::fmt;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gorge_base::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::runtime::bubble::policy::{Choice, Pending, Policy, Seat, Turn};
use crate::runtime::firing::Firing;
use crate::runtime::goroutine::{G, mark};
use crate::runtime::task::Task;
use crate::runtime::worker::M;
use crate::timer_heap::{NEVER, Shard};

/// A goroutine of a bubble has panicked and nobody can join it.
pub struct Panicked {
    /// Its number in the whole program.
    pub id: u64,
    /// With what.
    pub payload: Box<dyn Any + Send>,
    /// What the panic hook kept of it.
    pub kept: Option<Box<dyn Any + Send>>,
}

impl fmt::Debug for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panicked").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How a bubble has ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// All its goroutines have.
    Done,
    /// Its first goroutine waits, and none can ever run again.
    Deadlock,
    /// Its first goroutine has ended, and none of the others can run.
    LeftBehind,
    /// One has panicked, and nobody can join it.
    Panicked(Panicked),
    /// More steps than were allowed.
    TooLong,
    /// Somebody called [`fail`](super::fail).
    Failed(String),
}

/// Who of a serial bubble the scheduler knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Running {
    Nobody,
    /// It is being decided right now.
    Deciding,
    Seat(usize),
}

pub(crate) struct State {
    pub(crate) seats: Vec<Seat>,
    /// Seats to be used again (not in serial bubbles, where numbers mean something).
    free: Vec<usize>,
    pub(crate) live: usize,
    pub(crate) busy: usize,
    /// Goes up whenever somebody is made ready.
    pub(crate) epoch: u64,
    /// The first goroutine has ended: time does not go on for long.
    pub(crate) root_over: bool,
    /// How often it has since.
    pub(crate) afterwards: u32,
    /// Who is in `wait`.
    pub(crate) waiter: Option<Task>,
    /// Who waits for the end.
    pub(crate) caller: Option<Task>,
    /// The end that comes at the next opportunity.
    pub(crate) doom: Option<End>,
    pub(crate) end: Option<End>,
    /// Panics so far, whoever caught them.
    pub(crate) panics: Vec<String>,
    /// Somebody looks after a while whether those who wait for locks still do.
    pub(crate) grace: bool,

    pub(crate) policy: Option<Box<dyn Policy>>,
    pub(crate) running: Running,
    pub(crate) runnable: Vec<usize>,
    pub(crate) steps: u64,
    pub(crate) limit: u64,
}

// SAFETY: the pointers in it are to records that are never unmapped, and are
// used under the lock.
unsafe impl Send for State {}

pub(crate) struct Record {
    pub(crate) number: AtomicU64,
    pub(crate) clock: AtomicU64,
    pub(crate) timers: Shard<Firing>,
    /// It has a policy.
    pub(crate) serial: AtomicBool,
    /// It only knows who its members are: time is that of everybody.
    pub(crate) watch: AtomicBool,
    /// What is left of it is being unwound.
    pub(crate) aborting: AtomicBool,
    /// The policy wants to know what is gone.
    hears_of_gone: AtomicBool,
    /// What is gone since the last step, if so. Under a lock of its own, with which nothing is done: a destructor may run under
    /// the other.
    gone: Mutex<Vec<(usize, usize)>>,
    state: Mutex<State>,
}

static ANY: AtomicBool = AtomicBool::new(false);
static POOL: Mutex<Vec<&'static Record>> = Mutex::new(Vec::new());

/// Whether there has ever been a bubble in this process.
#[inline(always)]
pub(crate) fn any() -> bool {
    ANY.load(Relaxed)
}

/// The bubble of this goroutine.
///
/// # Safety
/// The caller is the goroutine, or owns its record.
#[inline]
pub(crate) unsafe fn of(g: *mut G) -> Option<&'static Record> {
    // SAFETY: records stay mapped; the extras are the owner's.
    unsafe {
        if !(*g).has(mark::BUBBLE) {
            return None;
        }
        // Only addresses of records, which live for ever, are ever put there.
        ((*g).extra()?.bubble as *const Record).as_ref()
    }
}

/// The bubble of the caller, if it is a goroutine in one with a clock of its own.
#[inline]
pub(crate) fn here() -> Option<(&'static Record, *mut G)> {
    if !any() {
        return None;
    }
    here_slow()
}

#[cold]
fn here_slow() -> Option<(&'static Record, *mut G)> {
    any_here().filter(|(bubble, _)| !bubble.only_watches())
}

/// As [`here`], also if the bubble only watches.
pub(crate) fn any_here() -> Option<(&'static Record, *mut G)> {
    let m = M::here();
    if m.is_null() {
        return None;
    }
    // SAFETY: a non-null word is a worker, which is never freed; its current
    // record is the calling goroutine's.
    unsafe {
        let g = (*m).current();
        of(g).map(|b| (b, g))
    }
}

/// Its place in its bubble.
///
/// # Safety
/// It is in one, and the caller is the goroutine or owns its record, or has just
/// taken it out of the list of its bubble.
pub(crate) unsafe fn seat(g: *mut G) -> usize {
    // SAFETY: by the contract.
    unsafe { (*g).extra().map_or(0, |extra| extra.seat) }
}

impl Record {
    /// A bubble whose clock stands at `now`.
    pub(crate) fn take(now: u64, policy: Option<Box<dyn Policy>>, limit: u64) -> &'static Record {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let pooled = POOL.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let record: &'static Record = pooled.unwrap_or_else(|| {
            Box::leak(Box::new(Record {
                number: AtomicU64::new(0),
                clock: AtomicU64::new(0),
                timers: Shard::new(),
                serial: AtomicBool::new(false),
                watch: AtomicBool::new(false),
                aborting: AtomicBool::new(false),
                hears_of_gone: AtomicBool::new(false),
                gone: Mutex::new(Vec::new()),
                state: Mutex::new(State::new()),
            }))
        });
        record.number.store(NUMBERS.fetch_add(1, Relaxed), Relaxed);
        record.clock.store(now, Release);
        record.serial.store(policy.is_some(), Release);
        record.aborting.store(false, Release);
        record.watch.store(false, Release);
        let hears_of_gone = policy.as_ref().is_some_and(|policy| policy.hears_of_gone());
        record.hears_of_gone.store(hears_of_gone, Release);
        record.gone.lock().unwrap_or_else(PoisonError::into_inner).clear();
        {
            let mut state = record.lock();
            state.reset();
            state.policy = policy;
            state.limit = limit;
        }
        ANY.store(true, Release);
        record
    }

    /// To be used again, if really nothing is left of it.
    pub(crate) fn give_back(&'static self) {
        if self.lock().live == 0 && self.next_timer().is_none() {
            POOL.lock().unwrap_or_else(PoisonError::into_inner).push(self);
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The policy learns of it before the next step, if it wants to.
    pub(crate) fn note_gone(&self, object: usize, bytes: usize) {
        // Relaxed: set before anybody was in the bubble.
        if !self.hears_of_gone.load(Relaxed) {
            return;
        }
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).push((object, bytes));
    }

    pub(crate) fn tell_gone(&self, state: &mut State) {
        if !self.hears_of_gone.load(Relaxed) {
            return;
        }
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        for (object, bytes) in gone.drain(..) {
            if let Some(policy) = &mut state.policy {
                policy.gone(object, bytes);
            }
        }
    }

    #[inline]
    pub(crate) fn is_serial(&self) -> bool {
        self.serial.load(Relaxed)
    }

    #[inline]
    pub(crate) fn only_watches(&self) -> bool {
        self.watch.load(Relaxed)
    }

    #[inline]
    pub(crate) fn is_aborting(&self) -> bool {
        self.aborting.load(Acquire)
    }

    /// This is its end, as soon as a member parks, ends, or comes to a step.
    pub(crate) fn doom(&self, end: End) {
        self.lock().doom.get_or_insert(end);
    }

    /// The time in the bubble.
    pub(crate) fn now(&self) -> u64 {
        self.clock.load(Acquire)
    }

    /// The time of the next timer, if it is to come at all.
    pub(crate) fn next_timer(&self) -> Option<u64> {
        Some(self.timers.next_when()).filter(|when| *when < NEVER - 1)
    }

    /// `g`, which nobody knows yet, is a member from now on.
    ///
    /// # Safety
    /// The caller owns the record.
    pub(crate) unsafe fn adopt(&'static self, g: *mut G) {
        let mut state = self.lock();
        let seat = state.sit(g);
        // SAFETY: the caller's promise.
        unsafe {
            let extra = (*g).extra_mut();
            extra.bubble = std::ptr::from_ref(self) as usize;
            extra.seat = seat;
            (*g).set_mark(mark::BUBBLE, true);
        }
        if self.is_serial() {
            state.enlist(seat);
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bubble").field("number", &self.number).finish_non_exhaustive()
    }
}

impl State {
    fn new() -> State {
        State {
            seats: Vec::new(),
            free: Vec::new(),
            live: 0,
            busy: 0,
            epoch: 0,
            root_over: false,
            afterwards: 0,
            waiter: None,
            caller: None,
            doom: None,
            end: None,
            panics: Vec::new(),
            grace: false,
            policy: None,
            running: Running::Nobody,
            runnable: Vec::new(),
            steps: 0,
            limit: u64::MAX,
        }
    }

    /// As new, but with the memory it has got.
    fn reset(&mut self) {
        let mut seats = std::mem::take(&mut self.seats);
        let mut runnable = std::mem::take(&mut self.runnable);
        seats.clear();
        runnable.clear();
        *self = State { seats, runnable, epoch: self.epoch + 1, ..State::new() };
    }

    fn sit(&mut self, g: *mut G) -> usize {
        // SAFETY: records stay mapped.
        let id = unsafe { (*g).id() };
        let seat = Seat { g, record: g as usize, id, pending: Pending::BEGIN };
        self.live += 1;
        self.busy += 1;
        match self.free.pop() {
            Some(at) => {
                self.seats[at] = seat;
                at
            }
            None => {
                self.seats.push(seat);
                self.seats.len() - 1
            }
        }
    }

    /// The member has ended.
    pub(crate) fn stand_up(&mut self, seat: usize, serial: bool) {
        self.live -= 1;
        self.seats[seat].g = null_mut();
        if seat == 0 {
            self.root_over = true;
        } else if !serial {
            self.free.push(seat);
        }
    }

    /// It can run, and waits for its turn.
    pub(crate) fn enlist(&mut self, seat: usize) {
        let at = self.runnable.partition_point(|other| *other < seat);
        self.runnable.insert(at, seat);
    }

    /// It has its turn: who that is.
    pub(crate) fn call(&mut self, index: usize) -> *mut G {
        let seat = self.runnable.remove(index);
        self.running = Running::Seat(seat);
        self.seats[seat].g
    }

    /// Asks the policy.
    pub(crate) fn choose(&mut self, current: Option<usize>, timer: bool) -> Choice {
        let turn = Turn { current, others: &self.runnable, seats: &self.seats, timer };
        let default = if current.is_some() { Choice::Stay } else { Choice::Other(0) };
        let Some(policy) = &mut self.policy else { return default };
        match policy.choose(&turn) {
            Choice::Stay if current.is_none() => default,
            Choice::Other(index) if index >= self.runnable.len() => default,
            Choice::Time if !timer => default,
            choice => choice,
        }
    }
}

/// What is to be done with somebody who was made ready.
#[derive(PartialEq, Eq, Debug)]
#[must_use]
pub(crate) enum Readied {
    /// It goes into a queue.
    Queue,
    /// The bubble keeps it until its turn has come.
    Kept,
}

/// A child of `parent`, not published yet, belongs where its parent does.
///
/// # Safety
/// The caller is the goroutine `parent` and owns the record `child`.
#[cold]
pub(crate) unsafe fn born(parent: *mut G, child: *mut G) -> Readied {
    // SAFETY: the caller's promise.
    unsafe {
        match of(parent) {
            Some(bubble) => {
                bubble.adopt(child);
                if bubble.is_serial() { Readied::Kept } else { Readied::Queue }
            }
            None => Readied::Queue,
        }
    }
}

/// `g`, a member of a bubble that is parked or about to park, is made ready.
///
/// # Safety
/// This is the one `ready` for its park.
#[cold]
pub(crate) unsafe fn made_ready(g: *mut G) -> Readied {
    // SAFETY: it is parked: who makes it ready owns it until it is in a queue.
    let (Some(bubble), seat) = (unsafe { of(g) }, unsafe { seat(g) }) else {
        return Readied::Queue;
    };
    if bubble.only_watches() {
        return Readied::Queue;
    }
    let mut state = bubble.lock();
    state.busy += 1;
    state.epoch += 1;
    if !bubble.is_serial() {
        return Readied::Queue;
    }
    state.seats[seat].pending.woken = true;
    if state.running == Running::Nobody && state.end.is_none() {
        state.running = Running::Seat(seat);
        return Readied::Queue;
    }
    state.enlist(seat);
    Readied::Kept
}
