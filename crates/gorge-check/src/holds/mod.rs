//! Deadlocks of a part of the program, reported at once.
//!
//! Promise: when some wait for each other in a circle (each for what the next one
//! holds), that is reported when the circle closes, while the rest of the program
//! goes on; a goroutine that locks what it has locked already is the smallest
//! circle. Who waits for a lock, a `Once`, a join, a scope, or a wait group whose
//! goroutines were started by its `go`, waits for somebody known. Who waits for permits waits for any of those
//! who have some: those are reported of whom nobody can go on even if all others gave back what they have.
//!
//! Not seen here: waits for channels and conditions, which anybody may
//! end (see `leaks`); waits with a time limit, and for several things at once. A guard that was given away and let go by another goroutine
//! marks its lock as one whose holder is not known; such locks are left out from then on. A
//! goroutine that gives a guard away for the first time, and waits for the
//! same lock before the other has let it go, is reported wrongly.
//!
//! Permits are given away as a matter of course, so more is asked of them. They count as somebody's as long as he has done
//! nothing, since he took them, by which they could have gone to another: started a goroutine; sent a value, or let go of a `Mutex`
//! around one, of a kind that is dropped; let go of an `RwLock` as a writer or of a part of a `Mutex`; waited for a condition; written an atomic that
//! releases, set a timer or a `Once`, kept something in a pool. A semaphore of which permits were owned, split, forgotten, released without a guard or
//! let go by another is left out from then on. Nor does it count that permits are served in order, so that one waits
//! behind who wants many. Reported wrongly are permits that went to another by what Gorge does not see (a lock of `std`), and those
//! whose guard went to `std::mem::forget` instead of [`Permits::forget`](gorge_sync::sync::Permits::forget) and that are released elsewhere, the first time.
//!
//! As an option, locks that are taken in different orders are warned of before
//! anybody waits (`order`).
//!
//! Everything is under one lock, which makes it simple and exact, and too slow for
//! programs that lock all the time: it is on with `GORGE_DEADLOCK=1`, and in tests.

mod circle;
mod order;
mod report;
mod why;
mod world;

use std::cell::Cell;
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use gorge_base::atomic::Ordering::{Acquire, Relaxed, Release};
use gorge_base::atomic::{AtomicBool, AtomicUsize};
use gorge_base::probe::{self, Hold, Holds, Op, Place};

use crate::blocked::{self, Hidden};
use crate::ending::{Reports, UnderWay};
use crate::switches::Deadlock;

use self::order::LockOrder;
use self::world::{Permits, Share, Signal, Wait, Who, World};

/// What is done about a circle, besides telling.
static EXIT: AtomicBool = AtomicBool::new(false);
/// The environment says what is done.
static SAID: AtomicBool = AtomicBool::new(false);
static WATCH_ORDER: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static REPORTS: Reports = Reports::new();

struct Watcher;

#[derive(Default)]
struct State {
    world: World,
    order: LockOrder,
    /// Places of circles that were told.
    known: Vec<Vec<Place>>,
}

fn state() -> MutexGuard<'static, State> {
    static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn me() -> Who {
    match gorge_sched::goroutine_id() {
        Some(number) => Who::Goroutine(number),
        None => Who::Thread(gorge_sched::task_here().address()),
    }
}

impl Holds for Watcher {
    fn waits(&self, op: Op, object: usize, at: Place) {
        if blocked::notes(op) {
            return blocked::waits(op, object);
        }
        begins(Wait::new(op, !object, at, GIVEN.get()));
    }

    fn waits_for_permits(&self, object: usize, wanted: usize, size: usize, at: Place) {
        let permits = Permits { wanted, size };
        begins(Wait { permits, ..Wait::new(Op::Acquire, !object, at, GIVEN.get()) });
    }

    fn gives(&self) {
        GIVEN.set(GIVEN.get() + 1);
    }

    fn queues(&self, object: usize, stands: bool) {
        state().world.queues(me(), !object, stands);
    }

    fn let_in(&self, goroutine: Option<u64>, who: usize, object: usize) {
        let who = goroutine.map_or(Who::Thread(who), Who::Goroutine);
        state().world.let_in(who, !object);
    }

    fn goes_on(&self, object: usize) {
        blocked::goes_on(object);
        state().world.goes_on(me(), !object);
    }

    fn holds(&self, object: usize, how: Hold, at: Place) {
        let me = me();
        let mut state = state();
        if how != Hold::Permits(0) {
            // (None are not given back either.)
            state.world.holds(!object, Share::new(me, how, at, GIVEN.get()));
        }
        if how == Hold::Alone && WATCH_ORDER.load(Relaxed) {
            let circles = state.order.takes(me, !object, at);
            let _under_way = (!circles.is_empty()).then(|| REPORTS.begin());
            drop(state);
            for circle in circles {
                gorge_scope::stacks::write(&report::inversion(&circle));
            }
        }
    }

    fn lets_go(&self, object: usize, how: Hold) {
        let me = me();
        let mut state = state();
        state.world.lets_go(me, !object, how);
        if how == Hold::Alone {
            state.order.lets_go(me, !object);
        }
    }

    fn travels(&self, object: usize) {
        state().world.travels(!object);
    }

    fn signals(&self, object: usize, woken: usize, at: Place) {
        let signal = Signal { who: me(), at };
        state().world.signals(!object, woken, signal);
    }

    fn keeps(&self, object: usize, bytes: usize) {
        blocked::keeps(object, bytes);
    }

    fn gone(&self, object: usize, bytes: usize) {
        blocked::gone(object, bytes);
        let mut state = state();
        state.world.gone(!object);
        state.order.gone(!object);
    }
}

thread_local! {
    /// How often this goroutine, or plain thread, may have given something away.
    static GIVEN: Cell<u64> = const { Cell::new(0) };
}

/// The caller begins to wait.
fn begins(wait: Wait) {
    if gorge_sched::bubble::current().is_some() {
        return; // a bubble notices by itself, and tells with all it knows
    }
    let me = me();
    let mut state = state();
    state.world.waits(me, wait);
    let Some(circle) = state.world.circle(me) else { return };
    let mut places: Vec<Place> = circle.iter().map(|step| step.wait.at).collect();
    places.sort_by_key(|place| std::ptr::from_ref(*place) as usize);
    if state.known.contains(&places) {
        return;
    }
    state.known.push(places);
    let under_way = REPORTS.begin();
    drop(state);
    found(&report::deadlock(&circle), under_way);
}

/// Why somebody waits, for those who look for goroutines that wait for ever.
#[derive(Clone, Debug)]
pub(crate) struct Waits {
    pub(crate) id: u64,
    /// Which wait it is.
    pub(crate) number: u64,
    pub(crate) op: Op,
    /// What is waited for.
    pub(crate) object: Hidden,
    /// For whom (the number of a goroutine, or `None` for a plain thread), and whether that one has
    /// what is waited for, rather than being in front.
    pub(crate) others: Vec<(Option<u64>, bool)>,
}

/// All goroutines that wait for something that somebody holds, or might signal.
pub(crate) fn all_waits() -> Vec<Waits> {
    let state = state();
    let waits = state.world.all_waits().filter_map(|(who, wait)| {
        let Who::Goroutine(id) = who else { return None };
        let number = |who| match who {
            Who::Goroutine(number) => Some(number),
            Who::Thread(_) => None,
        };
        let blockers = state.world.blockers(who, wait);
        let others = blockers.iter().map(|b| (number(b.who), b.since.is_some())).collect();
        let object = Hidden::of_hidden(wait.object);
        Some(Waits { id, number: wait.number, op: wait.op, object, others })
    });
    waits.collect()
}

/// What is known of why those goroutines wait that are `asked` for. See `why`.
pub(crate) fn why(asked: impl Fn(u64) -> bool) -> String {
    why::why(&state().world, asked)
}

#[cold]
fn found(report: &str, under_way: UnderWay) {
    gorge_scope::stacks::write(report);
    drop(under_way);
    // Afterwards: who sees that something was reported may end the program.
    COUNT.fetch_add(1, Release);
    if EXIT.load(Relaxed) {
        std::process::exit(gorge_sched::report::EXIT_STATUS);
    }
}

/// How many deadlocks of a part were reported.
///
/// # Examples
/// ```
/// use gorge::runtime::deadlock;
///
/// deadlock::enable(); // as `GORGE_DEADLOCK=1`
/// deadlock::enable_lock_order(); // as `GORGE_LOCK_ORDER=1`
/// assert_eq!(deadlock::count(), 0);
/// ```
#[must_use]
pub fn count() -> usize {
    COUNT.load(Acquire)
}

/// Watches for deadlocks of a part, as `GORGE_DEADLOCK=1` does: from now on. Locks
/// that are held already are not known.
pub fn enable() {
    static ONCE: Once = Once::new();
    ONCE.call_once(wait_at_exit);
    gorge_scope::explain_stalls(|| why(|_| true));
    if !probe::listen_to_holds(&Watcher) {
        probe::tell_holds(true);
    }
}

/// Reports that are being written come to their end before the program does.
#[cfg(unix)]
fn wait_at_exit() {
    extern "C" fn ends() {
        crate::ending::at_the_end(|| _ = REPORTS.wait(Duration::from_secs(30)));
    }
    // SAFETY: the function stays where it is.
    unsafe { libc::atexit(ends) };
}

#[cfg(not(unix))]
fn wait_at_exit() {}

/// Warns of locks taken in different orders, as `GORGE_LOCK_ORDER=1` does: from now
/// on. What is looked at are locks held alone.
pub fn enable_lock_order() {
    WATCH_ORDER.store(true, Relaxed);
    enable();
}

/// Does what the environment asks for.
pub(crate) fn enable_as_wanted(deadlock: Option<Deadlock>, lock_order: bool) {
    SAID.store(deadlock.is_some(), Relaxed);
    if matches!(deadlock, Some(Deadlock::Tell | Deadlock::Exit)) {
        EXIT.store(deadlock == Some(Deadlock::Exit), Relaxed);
        enable();
    }
    if lock_order {
        enable_lock_order();
    }
}

/// In tests a deadlock ends the process, which would hang otherwise, unless
/// `GORGE_DEADLOCK` says something else.
pub(crate) fn enable_in_tests() {
    if !SAID.load(Relaxed) {
        EXIT.store(true, Relaxed);
        enable();
    }
}
