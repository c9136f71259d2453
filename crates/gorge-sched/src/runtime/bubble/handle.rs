//! Bubbles as the layer above uses them.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use gorge_base::atomic::Ordering::{Relaxed, Release};
use gorge_base::probe::{self, Op, Place as At, Points};

use crate::reason::WaitReason;
use crate::runtime::bubble::onward::{jump, onward, say};
use crate::runtime::bubble::policy::{Choice, Pending, Policy};
use crate::runtime::bubble::record::{self, End, Record};
use crate::runtime::clock;
use crate::runtime::enter::{enter, exit};
use crate::runtime::goroutine::{G, mark};
use crate::runtime::own::goexit;
use crate::runtime::park::{Parking, reschedule};
use crate::runtime::spawn::start;
use crate::runtime::worker::M;

/// A group of goroutines with a clock of its own. See [`run`](Bubble::run).
pub struct Bubble {
    record: &'static Record,
    serial: bool,
}

impl Bubble {
    /// A bubble whose goroutines run at the same time, and whose clock starts at the time it is.
    #[must_use]
    pub fn new() -> Bubble {
        let now = clock::now();
        clock::look_for_bubbles();
        Bubble { record: Record::take(now, None, u64::MAX), serial: false }
    }

    /// A bubble that only knows who its members are. Time is that of everybody, and it has ended when
    /// its first goroutine has.
    #[must_use]
    pub fn watch() -> Bubble {
        let bubble = Bubble { record: Record::take(0, None, u64::MAX), serial: false };
        bubble.record.watch.store(true, Release);
        bubble
    }

    /// A bubble in which one goroutine runs at a time, chosen by `policy`, which is
    /// asked at most `steps` times. The clock starts at `now`.
    #[must_use]
    pub fn serial(policy: Box<dyn Policy>, steps: u64, now: u64) -> Bubble {
        clock::look_for_bubbles();
        listen(1);
        Bubble { record: Record::take(now, Some(policy), steps), serial: true }
    }

    /// Its number, as [`current`] gives it to its goroutines.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.record.number.load(Relaxed)
    }

    /// Runs `f` as the first goroutine of the bubble, and waits for the bubble's end.
    ///
    /// # Blocking
    /// Until all goroutines of the bubble have ended, or none can go on. A dump
    /// says `[bubble]`.
    ///
    /// # Panics
    /// On a plain thread, and when called twice.
    #[track_caller]
    pub fn run<F>(&mut self, f: F) -> End
    where
        F: FnOnce() + Send + 'static,
    {
        assert!(!M::here().is_null(), "a bubble is run by a goroutine");
        assert!(self.record.lock().seats.is_empty(), "a bubble runs once");
        let record = self.record;
        assert!(current().is_none(), "a bubble within a bubble");
        let mut first = std::ptr::null_mut();
        let prepare = |g: *mut G| {
            first = g;
            // SAFETY: the record is ours, and not published yet.
            unsafe { record.adopt(g) };
            false
        };
        // SAFETY: the bounds above are those of a safe spawn.
        drop(unsafe { start(f, Location::caller(), prepare) });
        self.go_on(first, Location::caller());
        self.record.lock().end.take().unwrap_or(End::Done)
    }

    /// Lets the bubble go on, with `first` if it is not serial, until it wakes us.
    fn go_on(&self, first: *mut G, at: &'static Location<'static>) {
        let parking = Parking::begin();
        // SAFETY: inside; published under the lock; the bubble wakes us once.
        unsafe {
            let m = &*M::here();
            let mut state = self.record.lock();
            state.caller = Some(parking.task());
            if first.is_null() || self.serial {
                onward(m, self.record, state, false);
            } else {
                drop(state);
                m.p().push_next(first);
            }
            parking.park(WaitReason::Bubble, at);
        }
    }

    /// The numbers of its goroutines that have not ended.
    #[must_use]
    pub fn members(&self) -> Vec<u64> {
        let state = self.record.lock();
        state.seats.iter().filter(|seat| !seat.g.is_null()).map(|seat| seat.id).collect()
    }

    /// The numbers of all its goroutines, in the order in which they were started,
    /// and whether they have ended.
    #[must_use]
    pub fn seats(&self) -> Vec<(u64, bool)> {
        let state = self.record.lock();
        state.seats.iter().map(|seat| (seat.id, seat.g.is_null())).collect()
    }

    /// Panics so far, whoever caught them; as told to [`note_panic`].
    #[must_use]
    pub fn panics(&self) -> Vec<String> {
        self.record.lock().panics.clone()
    }

    /// The policy, when the bubble has ended.
    pub fn take_policy(&mut self) -> Option<Box<dyn Any>> {
        self.record.lock().policy.take().map(|policy| policy.into_any())
    }

    /// Unwinds what is left of an ended bubble, if it is serial: who waits is told that the time has
    /// come which never comes, and leaves (see `wait/undo` in gorge-sync); the others leave at their next
    /// operation. Who lets itself not be unwound, or waits in a destructor while it is, stays for
    /// ever, in nobody's way. Returns how many these are.
    #[track_caller]
    pub fn dispose(&mut self) -> usize {
        if self.record.lock().live == 0 {
            return 0;
        }
        if self.serial {
            self.record.lock().steps = 0;
            self.record.aborting.store(true, Release);
            self.go_on(std::ptr::null_mut(), Location::caller());
        }
        let state = self.record.lock();
        for seat in &state.seats {
            if !seat.g.is_null() && self.serial {
                // SAFETY: records stay mapped; it is parked, and will not run again.
                unsafe { (*seat.g).set_mark(mark::FORGOTTEN, true) };
            }
        }
        state.live
    }
}

impl Default for Bubble {
    fn default() -> Self {
        Bubble::new()
    }
}

impl Drop for Bubble {
    fn drop(&mut self) {
        self.record.give_back();
        if self.serial {
            listen(-1);
        }
    }
}

impl fmt::Debug for Bubble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}

/// The number of the caller's bubble, if it is in one.
#[must_use]
pub fn current() -> Option<u64> {
    record::here().map(|(bubble, _)| bubble.number.load(Relaxed))
}

/// The number of the bubble that the caller was started in, also if that only watches.
#[must_use]
pub fn watched() -> Option<u64> {
    record::any_here().map(|(bubble, _)| bubble.number.load(Relaxed))
}

/// Whether the caller is in a bubble in which one goroutine runs at a time.
#[must_use]
#[inline]
pub fn is_explored() -> bool {
    record::here().is_some_and(|(bubble, _)| bubble.is_serial())
}

/// Waits until all other goroutines of the caller's bubble wait.
///
/// # Blocking
/// Until then; a dump says `[testing.Wait]`. Time does not go on meanwhile.
///
/// # Panics
/// Outside of a bubble, and when another goroutine of it is in `wait` already.
#[track_caller]
pub fn wait() {
    let (bubble, _) = record::here().expect("testing::wait outside of a bubble");
    let parking = Parking::begin();
    let mut state = bubble.lock();
    if state.waiter.is_some() {
        drop(state);
        parking.cancel();
        panic!("testing::wait is already called by another goroutine of the bubble");
    }
    state.waiter = Some(parking.task());
    drop(state);
    // SAFETY: published under the lock; the bubble wakes its waiter once.
    unsafe { parking.park(WaitReason::BubbleWait, Location::caller()) };
    leave_if_over();
}

/// The caller's bubble ends at its next step, because of `text`. True if the caller is in a bubble.
pub fn fail(text: String) -> bool {
    let Some((bubble, _)) = record::here() else { return false };
    bubble.lock().doom.get_or_insert(End::Failed(text));
    true
}

/// Tells the caller's bubble of a panic that begins.
pub fn note_panic(text: String) {
    if let Some((bubble, _)) = record::here() {
        bubble.lock().panics.push(text);
    }
}

/// Ends the calling goroutine if its bubble is being cleared away. For whoever
/// was made ready for that.
pub fn leave_if_over() {
    if let Some((bubble, _)) = record::here()
        && bubble.is_aborting()
    {
        unwind();
    }
}

fn unwind() {
    if may_unwind() {
        goexit();
    }
}

thread_local! {
    /// The caller is in the middle of something, which is not to be left by unwinding.
    static WHOLE: Cell<bool> = const { Cell::new(false) };
}

/// Calls `f`, from which nobody is unwound because its bubble is cleared away.
pub fn whole<R>(f: impl FnOnce() -> R) -> R {
    if !probe::points() {
        return f();
    }
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            WHOLE.set(self.0);
        }
    }
    let _back = Back(WHOLE.replace(true));
    f()
}

/// Whether the caller may be unwound, if it waits in a bubble that is cleared away: it is
/// not already, and not in [`whole`].
#[must_use]
pub fn may_unwind() -> bool {
    cfg!(panic = "unwind") && !std::thread::panicking() && !WHOLE.get()
}

/// So many steps a bubble that is cleared away leaves to its goroutines: after these they are unwound also
/// where they only look or write, which is not where destructors pass as a rule.
const LAST_STEPS: u64 = 10_000;

/// And after so many who takes one is not resumed any more: it does not let itself be unwound.
const NO_MORE_STEPS: u64 = 100_000;

/// A step in a bubble that is cleared away.
#[cold]
fn last_step(bubble: &'static Record, op: Op, at: At) {
    let steps = {
        let mut state = bubble.lock();
        state.steps += 1;
        state.steps
    };
    if leaves_at(op) || steps > LAST_STEPS {
        unwind();
    }
    if steps > NO_MORE_STEPS {
        Parking::begin().park_for_ever(WaitReason::Bubble, at);
    }
}

/// Whether a goroutine is unwound at such a point at once: not where destructors pass.
fn leaves_at(op: Op) -> bool {
    matches!(
        op,
        Op::Send
            | Op::Receive
            | Op::Select
            | Op::Lock
            | Op::WriteLock
            | Op::ReadLock
            | Op::Wait
            | Op::Condition
            | Op::Once
            | Op::Acquire
            | Op::Join
            | Op::Sleep
            | Op::Yield
    )
}

struct Ear;

impl Points for Ear {
    fn point(&self, op: Op, object: usize, at: At) {
        if let Some((bubble, g)) = record::here()
            && bubble.is_serial()
        {
            turn(bubble, g, op, object, at);
        }
    }

    fn gone(&self, object: usize, bytes: usize) {
        if let Some((bubble, _)) = record::here()
            && bubble.is_serial()
        {
            bubble.note_gone(object, bytes);
        }
    }
}

/// One more, or one less, serial bubble: points are told while there is one.
fn listen(change: isize) {
    static BUBBLES: Mutex<isize> = Mutex::new(0);
    static EAR: Ear = Ear;
    let mut bubbles = BUBBLES.lock().unwrap_or_else(PoisonError::into_inner);
    *bubbles += change;
    if *bubbles == 0 {
        probe::tell_points(false);
    } else if *bubbles == 1 && change > 0 && !probe::listen_to_points(&EAR) {
        probe::tell_points(true);
    }
}

/// The current goroutine is about to do something: maybe another one comes first.
fn turn(bubble: &'static Record, g: *mut G, op: Op, object: usize, at: At) {
    if bubble.is_aborting() {
        return last_step(bubble, op, at);
    }
    // SAFETY: the caller is this goroutine.
    let me = unsafe { record::seat(g) };
    let mut state = bubble.lock();
    bubble.tell_gone(&mut state);
    state.seats[me].pending = Pending { op: Some(op), object, at: Some(at), woken: false };
    state.steps += 1;
    // SAFETY: a goroutine outside scheduler code, which enters and leaves. Whoever
    // is put in the queue came out of the bubble's list; we stand in that list
    // when we switch away, and will be resumed from there.
    unsafe {
        loop {
            if state.doom.is_some() || state.steps > state.limit {
                let end = state.doom.take().unwrap_or(End::TooLong);
                state.enlist(me);
                drop(state);
                let m = enter();
                say(m, bubble.lock(), end);
                break reschedule(m);
            }
            let timer = !state.root_over && bubble.next_timer().is_some();
            match state.choose(Some(me), timer) {
                Choice::Stay => return,
                Choice::Time => {
                    drop(state);
                    jump(enter(), bubble);
                    exit();
                    state = bubble.lock();
                }
                Choice::Other(index) => {
                    let next = state.call(index);
                    state.enlist(me);
                    drop(state);
                    let m = enter();
                    m.p().push_next(next);
                    break reschedule(m);
                }
            }
        }
        exit();
    }
    if bubble.is_aborting() {
        last_step(bubble, op, at);
    }
}
