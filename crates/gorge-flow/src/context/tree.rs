//! The tree along which cancellation travels. Values are not its business.
//!
//! ```text
//!    Context, CancelFunc, Done            count: they keep their node alive
//!        |
//!        v
//!      Node ---parent (counts)---> Node ---parent---> Node (no parent: nothing above can end)
//!        ^                          |
//!        '-- Weak, in a slot of ----'     does not count: who forgets a context frees it
//! ```
//!
//! Invariants:
//! - A node ends once, under its lock, together with taking all its slots away. So who finds, under
//!   the lock, that it has not ended may enlist, and is served by whoever ends it.
//! - A node that is not enlisted in its parent any more has ended, or its parent has.
//! - No lock of a node is held while another node's lock is taken, a node is dropped, or code of
//!   the user runs.
//! - A node that was dropped has left nothing behind: neither its slot in the parent nor a timer.
//!
//! Neither cancelling nor dropping recurses: a chain of a million contexts needs no more stack than one.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use gorge_base::probe::{self, Op};
use gorge_sync::chan::{Held, Receiver, Sender, channel};
use gorge_sync::time::{AfterFunc, Instant, after_func};

use super::error::{Cause, ContextError, End};
use super::slots::{Slot, Slots};

/// What a [`Done`] keeps alive: the context, so that it can still be cancelled and still expires.
///
/// # Examples
/// ```
/// use gorge::context::{self, Done};
/// use std::time::Duration;
///
/// let done: Done = context::with_timeout(&context::background(), Duration::from_millis(1)).0.done();
/// assert!(done.recv().is_err()); // the context was kept, and has expired
/// ```
#[derive(Clone)]
pub struct Keep {
    _node: Option<Arc<Node>>,
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}

/// Closed when the context is done: a receiver, to be used as an arm of a select. Nothing is ever
/// sent on it. It keeps its context alive.
pub type Done = Held<(), Keep>;

/// The `Done` of a context that never ends.
pub(super) fn never() -> Done {
    Held::new(Receiver::nil(), Keep { _node: None })
}

/// A context that can end.
///
/// A tree is made, ended and dropped node by node; so each step takes as few locked instructions as
/// it can. (A `OnceLock` for the end, and the place under the lock, would be eight more.)
pub(super) struct Node {
    parent: Option<Arc<Node>>,
    deadline: Option<Instant>,
    /// How it has ended: one of the numbers below. Changes once, under the lock.
    ended: AtomicU8,
    /// Where the parent has this node, or [`NOWHERE`]. Written before anybody else knows the node, and
    /// by whoever takes it out of there.
    place: AtomicUsize,
    /// Made when somebody asks for it. The sender never sends; it only closes.
    done: OnceLock<(Sender<()>, Receiver<()>)>,
    state: Mutex<State>,
}

/// By what tools know all contexts: what ends one ends those below it.
static TREE: u8 = 0;

const NOT_YET: u8 = 0;
const CANCELED: u8 = 1;
const EXPIRED: u8 = 2;

const NOWHERE: usize = usize::MAX;

/// What a node's lock protects.
#[derive(Default)]
struct State {
    children: Slots<Weak<Node>>,
    /// Why it has ended, once it has.
    cause: Option<Cause>,
    alarm: Option<AfterFunc>,
}

impl Node {
    /// A node below `parent`, enlisted there.
    pub(super) fn new(parent: Option<Arc<Node>>) -> Arc<Node> {
        let deadline = parent.as_ref().and_then(|parent| parent.deadline);
        Node::enlisted(parent, deadline)
    }

    /// A node below `parent` that ends at `deadline` because of `cause`.
    pub(super) fn expiring(
        parent: Option<Arc<Node>>,
        deadline: Instant,
        cause: Option<Cause>,
    ) -> Arc<Node> {
        if parent.as_ref().and_then(|parent| parent.deadline).is_some_and(|above| above <= deadline)
        {
            return Node::new(parent); // the one above comes first
        }
        let node = Node::enlisted(parent, Some(deadline));
        let end = End { error: ContextError::DeadlineExceeded, cause };
        if deadline <= Instant::now() {
            node.cancel(end);
        } else {
            node.set_alarm(deadline, end);
        }
        node
    }

    fn enlisted(parent: Option<Arc<Node>>, deadline: Option<Instant>) -> Arc<Node> {
        let node = Arc::new(Node {
            parent,
            deadline,
            ended: AtomicU8::new(NOT_YET),
            place: AtomicUsize::new(NOWHERE),
            done: OnceLock::new(),
            state: Mutex::default(),
        });
        probe::keeps(Arc::as_ptr(&node) as usize, size_of::<Node>());
        if let Some(parent) = &node.parent {
            match parent.enlist(Slot::Child(Arc::downgrade(&node))) {
                // Relaxed: who gets to know the node later gets to know this.
                Ok(place) => node.place.store(place, Ordering::Relaxed),
                Err((end, _)) => _ = node.cancel(end),
            }
        }
        node
    }

    fn set_alarm(self: &Arc<Node>, deadline: Instant, end: End) {
        // Weak: the timer does not keep a context alive that nobody holds.
        let node = Arc::downgrade(self);
        let expire = move || {
            if let Some(node) = node.upgrade() {
                node.cancel(end.clone());
            }
        };
        let alarm = after_func(deadline.until(), expire);
        let mut state = self.lock();
        if !self.has_ended() {
            state.alarm = Some(alarm);
        } else {
            drop(state);
            alarm.stop();
        }
    }

    /// Puts something into a slot, to be served when this node ends.
    ///
    /// Gives it back when the node has ended.
    #[track_caller]
    pub(super) fn enlist(&self, slot: Slot<Weak<Node>>) -> Result<usize, (End, Slot<Weak<Node>>)> {
        probe::point(Op::Update, (&raw const TREE) as usize, Location::caller());
        let mut state = self.lock();
        match self.error() {
            None => Ok(state.children.put(slot)),
            Some(error) => {
                probe::acquire(self.address());
                Err((End { error, cause: state.cause.clone() }, slot))
            }
        }
    }

    /// Empties a slot; `None` if the node has ended, and so has served it.
    pub(super) fn delist(&self, place: usize) -> Option<Slot<Weak<Node>>> {
        let mut state = self.lock();
        if self.has_ended() { None } else { Some(state.children.take(place)) }
    }

    /// Ends the node and all below it. False if it had ended before.
    #[track_caller]
    pub(super) fn cancel(&self, end: End) -> bool {
        probe::point(Op::Close, (&raw const TREE) as usize, Location::caller());
        let mut below = Vec::new();
        if !self.finish(&end, &mut below) {
            return false;
        }
        while let Some(node) = below.pop() {
            node.finish(&end, &mut below);
        }
        // Relaxed: the slot behind the number is the parent's, under its lock.
        let place = self.place.swap(NOWHERE, Ordering::Relaxed);
        if let Some(parent) = &self.parent
            && place != NOWHERE
        {
            parent.delist(place);
        }
        true
    }

    /// By what the race detector knows it.
    fn address(&self) -> usize {
        (&raw const self.ended).addr()
    }

    /// Ends this node only, and adds those below it to `below`.
    fn finish(&self, end: &End, below: &mut Vec<Arc<Node>>) -> bool {
        let (children, alarm) = {
            let mut state = self.lock();
            if self.has_ended() {
                return false;
            }
            state.cause.clone_from(&end.cause);
            let ended = match end.error {
                ContextError::Canceled => CANCELED,
                ContextError::DeadlineExceeded => EXPIRED,
            };
            probe::release(self.address());
            // Release: pairs with the acquire in `error`.
            self.ended.store(ended, Ordering::Release);
            (std::mem::take(&mut state.children), state.alarm.take())
        };
        if let Some((sender, _)) = self.done.get() {
            sender.close();
        }
        if let Some(alarm) = alarm {
            alarm.stop();
        }
        for slot in children.into_full() {
            match slot {
                Slot::Child(child) => below.extend(child.upgrade()),
                Slot::Call(call) => gorge_sched::go(call).detach(),
            }
        }
        true
    }

    fn has_ended(&self) -> bool {
        self.error().is_some()
    }

    /// How it has ended, if it has.
    pub(super) fn error(&self) -> Option<ContextError> {
        // Acquire: what was done before the end comes before what is done because of it.
        match self.ended.load(Ordering::Acquire) {
            NOT_YET => None,
            CANCELED => Some(ContextError::Canceled),
            _ => Some(ContextError::DeadlineExceeded),
        }
    }

    /// As [`error`](Self::error), for users: a step of an exploration; and who finds it ended comes after what
    /// was done before.
    #[track_caller]
    pub(super) fn look(&self) -> Option<ContextError> {
        probe::point(Op::Load, (&raw const TREE) as usize, Location::caller());
        let error = self.error()?;
        probe::acquire(self.address());
        Some(error)
    }

    /// How and why it has ended, if it has.
    #[track_caller]
    pub(super) fn end(&self) -> Option<End> {
        let error = self.look()?;
        Some(End { error, cause: self.lock().cause.clone() })
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How many slots are in use.
    pub(super) fn children(&self) -> usize {
        self.lock().children.len()
    }

    /// The channel that closes at the end.
    pub(super) fn done(self: &Arc<Node>) -> Done {
        let receiver = match self.done.get() {
            Some((_, receiver)) => receiver,
            None => self.make_done(),
        };
        Held::new(receiver.clone(), Keep { _node: Some(self.clone()) })
    }

    /// Either `finish` finds the channel and closes it, or it came earlier, and then its end is
    /// seen here: the channel is made before the lock is taken, and looked for after it was.
    #[cold]
    fn make_done(&self) -> &Receiver<()> {
        let (sender, receiver) = self.done.get_or_init(|| channel(0));
        let state = self.lock();
        let ended = self.has_ended();
        drop(state);
        if ended {
            sender.close();
        }
        receiver
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of the user runs under it, so a poisoned lock is as good as any.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the alarm, and gives the parent with the place in it.
    fn take_apart(&mut self) -> Option<(Arc<Node>, Option<usize>)> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(alarm) = state.alarm.take() {
            alarm.stop();
        }
        let place = *self.place.get_mut();
        // Who has ended was taken out, or its parent has ended, too.
        let linked = place != NOWHERE && *self.ended.get_mut() == NOT_YET;
        Some((self.parent.take()?, linked.then_some(place)))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        probe::gone(std::ptr::from_ref(self) as usize, size_of::<Node>());
        let mut above = self.take_apart();
        while let Some((parent, place)) = above {
            if let Some(place) = place {
                parent.delist(place);
            }
            // If this was the last who held the parent, it goes here and not inside of its own drop.
            above = Arc::into_inner(parent).and_then(|mut parent| parent.take_apart());
        }
    }
}
