//! [`after_func`]: a goroutine started at a moment.
//!
//! Invariants:
//! - As long as the node is armed, the heap owns one count of the `Action`. Whoever
//!   takes the node out of the heap (the timer that fires, or a
//!   successful `stop`) takes that count over.
//! - So an action is freed by its last handle or by its last goroutine, never under the timers' lock.

use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use gorge_base::probe::{self, Op};
use gorge_sched::timer::{self, Fired, Firing, Node, Settled};

use super::instant::Instant;

#[repr(C)] // `node` first: its address is the action's
struct Action {
    node: Node,
    f: Box<dyn Fn() + Send + Sync>,
    at: &'static Location<'static>,
}

/// The handle of an [`after_func`]. Dropping it does not stop anything.
///
/// # Examples
/// ```
/// use gorge::time::{self, AfterFunc};
/// use std::time::Duration;
///
/// let (tx, rx) = gorge::channel(1);
/// let alarm: AfterFunc = time::after_func(Duration::from_secs(3600), move || _ = tx.send(()));
/// alarm.reset(Duration::from_millis(1)); // sooner
/// assert!(rx.recv().is_ok());
/// assert!(!alarm.stop()); // too late
/// ```
pub struct AfterFunc {
    action: Arc<Action>,
}

/// Runs `f` in a goroutine of its own, once `duration` has passed.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// gorge::run(|| {
///     let (tx, rx) = gorge::channel(1);
///     let late = gorge::time::after_func(Duration::from_secs(3600), || panic!("too late"));
///     gorge::time::after_func(Duration::from_millis(1), move || tx.send("now").unwrap());
///     assert_eq!(rx.recv(), Ok("now"));
///     assert!(late.stop());
/// });
/// ```
///
/// # Compared with Go
///
/// `time.AfterFunc`. Since [`reset`](AfterFunc::reset) can start it again while an earlier run goes
/// on, `f` may run in several goroutines at once, which is why it is `Fn` and `Sync`.
#[track_caller]
pub fn after_func(duration: Duration, f: impl Fn() + Send + Sync + 'static) -> AfterFunc {
    let at = Location::caller();
    let action = Arc::new(Action { node: Node::new(start), f: Box::new(f), at });
    let handle = AfterFunc { action };
    handle.reset(duration);
    handle
}

impl AfterFunc {
    /// Keeps the function from being started. True if that was in time. If not, the
    /// goroutine has been started, and this does not wait for it.
    #[track_caller]
    pub fn stop(&self) -> bool {
        probe::point(Op::Sleep, self.address(), Location::caller());
        // SAFETY: an action stays in place as long as it has a count, of which
        // this handle has one.
        let armed = unsafe { timer::disarm(node_of(&self.action)) };
        if armed {
            // SAFETY: who disarms takes over the heap's count.
            drop(unsafe { Arc::from_raw(Arc::as_ptr(&self.action)) });
        }
        armed
    }

    /// Sets the function to be started in `duration`, counted from now, whether or not it was started before.
    /// True if it was going to be started (at the old time, which is void).
    #[track_caller]
    pub fn reset(&self, duration: Duration) -> bool {
        probe::point(Op::Sleep, self.address(), Location::caller());
        probe::release(self.address());
        let when = Instant::now() + duration;
        // A count for the heap.
        let armed_one = Arc::into_raw(Arc::clone(&self.action));
        // SAFETY: the node stays in place as long as the heap has its count.
        let was_armed = unsafe { timer::arm(node_of(&self.action), when.as_nanos()) };
        if was_armed {
            // SAFETY: the heap has a count already; this one was not needed.
            drop(unsafe { Arc::from_raw(armed_one) });
        }
        was_armed
    }
}

impl AfterFunc {
    /// By what tools know it.
    fn address(&self) -> usize {
        Arc::as_ptr(&self.action) as usize
    }
}

impl Drop for Action {
    fn drop(&mut self) {
        probe::gone(std::ptr::from_mut(self) as usize, size_of::<Action>());
    }
}

/// The action's node, as a pointer from which the action can be found again.
fn node_of(action: &Arc<Action>) -> NonNull<Node> {
    // SAFETY: an `Arc`'s pointer is not null.
    unsafe { NonNull::new_unchecked(Arc::as_ptr(action).cast_mut()) }.cast()
}

/// The time has come: runs under the lock of the timers.
///
/// # Safety
/// The node is that of an armed action.
unsafe fn start(fired: Fired<'_>, firing: &Firing) -> Settled {
    // SAFETY: the node is the action's first field; see `node_of`. The heap's
    // count goes over to the goroutine.
    let action = unsafe { Arc::from_raw(fired.node().cast::<Action>().as_ptr()) };
    let settled = fired.done();
    let at = action.at;
    let run = move || {
        probe::acquire(Arc::as_ptr(&action) as usize);
        (action.f)();
    };
    firing.spawn(Box::new(run), at);
    settled
}

impl fmt::Debug for AfterFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AfterFunc").field("armed", &self.action.node.is_armed()).finish()
    }
}

const _: () = assert!(std::mem::offset_of!(Action, node) == 0);
