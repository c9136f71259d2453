//! The tree along which cancellation travels. Values are not its business.
//!
//! ```text
//!    Context, CancelFunc, Done            count: they keep their node alive
//!        |
//!        v
//!      Node ---parent (counts)---> Node ---parent---> Node (no parent: nothing above can end)
//!        ^                          |
//!        '-- children (plain) ------'     does not count: who forgets a context frees it
//! ```
//!
//! Invariants:
//! - A node ends once. One that is fresh has nothing to be served, and is ended by changing one byte;
//!   any other under its lock, together with taking everything out of it. So who finds, under the lock,
//!   that it has not ended and is not fresh may enlist, and is served by whoever ends it.
//! - A node is among the children of its parent from its beginning until one of these, under the
//!   parent's lock: the parent ends; whoever has ended the node takes it out, before it lets go of it
//!   and before any code that may unwind; nobody keeps the node any more. So, who holds the lock of a
//!   parent that has not ended, or is ending it, may use its children. And who has the last of a node that has ended
//!   need not ask: it is nobody's child.
//! - No lock of a node is held while another node's lock is taken, a node is dropped, or code of
//!   the user runs.
//! - A node that was dropped has left nothing behind: neither a child of the parent nor a timer.
//!
//! Neither cancelling nor dropping recurses: a chain of a million contexts needs no more stack than one.

use std::fmt;
use std::panic::Location;
use std::sync::{OnceLock, PoisonError};

use gorge_base::probe::{self, Op};
use gorge_base::sync::atomic::{AtomicU8, Ordering};
use gorge_base::sync::{Mutex, MutexGuard};
use gorge_sched::Builder;
use gorge_sync::chan::{Held, Receiver, Sender, channel};
use gorge_sync::time::{AfterFunc, Instant, after_func};

use super::children::{Child, Children, Links};
use super::error::{Cause, ContextError, End};
use super::kept::{Kept, Leave, Weak, extent};
use super::slots::{Call, Slots};

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
    _node: Option<Kept<Node>>,
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
/// it can, and a node is no larger than what the allocator of glibc gives and takes back quickly.
pub(super) struct Node {
    parent: Option<Kept<Node>>,
    deadline: Option<Instant>,
    /// Its neighbours among the parent's children.
    links: Links,
    /// How it has ended: one of the numbers below.
    ended: AtomicU8,
    /// Made when somebody asks for it. The sender never sends; it only closes.
    done: OnceLock<(Sender<()>, Receiver<()>)>,
    state: Mutex<State>,
}

/// By what tools know all contexts: what ends one ends those below it.
static TREE: u8 = 0;

/// Not ended, and there was never anything to be done at its end. Changes at any time, to any other.
const FRESH: u8 = 0;
/// Not ended. Changes under the lock.
const USED: u8 = 1;
const CANCELED: u8 = 2;
const EXPIRED: u8 = 3;

/// What a node's lock protects. While the node is fresh there is nothing in it.
#[derive(Default)]
struct State {
    children: Children<Node>,
    alarm: Option<AfterFunc>,
    rest: Option<Box<Rest>>,
}

/// What few nodes have.
#[derive(Default)]
struct Rest {
    calls: Slots<Call>,
    /// Why it has ended, once it has.
    cause: Option<Cause>,
}

impl State {
    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    fn cause(&self) -> Option<Cause> {
        self.rest.as_ref()?.cause.clone()
    }
}

impl Node {
    /// A node below `parent`, enlisted there: twice, for the context and for who ends it.
    pub(super) fn new(parent: Option<Kept<Node>>) -> [Kept<Node>; 2] {
        let node = Kept::two(Node::below(parent, None));
        Node::join(&node[0]);
        node
    }

    /// A node below `parent` that ends at `deadline` because of `cause`.
    pub(super) fn expiring(
        parent: Option<Kept<Node>>,
        deadline: Instant,
        cause: Option<Cause>,
    ) -> [Kept<Node>; 2] {
        if parent.as_ref().and_then(|parent| parent.deadline).is_some_and(|above| above <= deadline)
        {
            return Node::new(parent); // the one above comes first
        }
        let (node, weak) = Kept::two_and_weak(Node::below(parent, Some(deadline)));
        Node::join(&node[0]);
        let end = End { error: ContextError::DeadlineExceeded, cause };
        if deadline <= Instant::now() {
            node[0].cancel(end);
        } else {
            node[0].set_alarm(weak, deadline, end);
        }
        node
    }

    fn below(parent: Option<Kept<Node>>, deadline: Option<Instant>) -> Node {
        let deadline = deadline.or_else(|| parent.as_ref()?.deadline);
        Node {
            parent,
            deadline,
            links: Links::default(),
            ended: AtomicU8::new(FRESH),
            done: OnceLock::new(),
            state: Mutex::new(State::default()),
        }
    }

    /// Becomes a child of the parent; ends, if that has ended.
    fn join(node: &Kept<Node>) {
        let (address, bytes) = extent::<Node>(node);
        probe::keeps(address, bytes);
        let Some(parent) = &node.parent else { return };
        match parent.open() {
            // SAFETY: see the invariants of a node, and `leave`.
            Ok(mut state) => unsafe { state.children.put(node) },
            Err(end) => _ = node.cancel(end),
        }
    }

    fn set_alarm(&self, weak: Weak<Node>, deadline: Instant, end: End) {
        // Weak: the timer does not keep a context alive that nobody holds.
        let expire = move || {
            if let Some(node) = weak.keep() {
                node.cancel(end.clone());
            }
        };
        let alarm = after_func(deadline.until(), expire);
        let mut state = self.lock();
        if self.make_used() {
            state.alarm = Some(alarm);
        } else {
            drop(state);
            alarm.stop();
        }
    }

    /// Makes it one that ends under its lock. False if it has ended.
    fn make_used(&self) -> bool {
        // Relaxed, twice: what there is to be done at its end is found under the lock. Acquire: as of `error`.
        if self.ended.load(Ordering::Relaxed) == USED {
            return true;
        }
        match self.ended.compare_exchange(FRESH, USED, Ordering::Relaxed, Ordering::Acquire) {
            Ok(_) => true,
            Err(now) => now == USED,
        }
    }

    /// The lock of a node that has not ended: what is put in is served when it does.
    #[track_caller]
    fn open(&self) -> Result<MutexGuard<'_, State>, End> {
        probe::point(Op::Enlist, (&raw const TREE) as usize, Location::caller());
        let state = self.lock();
        if self.make_used() {
            return Ok(state);
        }
        probe::acquire(self.address());
        let error = self.error().expect("who cannot be used has ended");
        Err(End { error, cause: state.cause() })
    }

    /// Enlists what is to be called at the end; gives it back when the node has ended.
    #[track_caller]
    pub(super) fn call_at_end(&self, call: Call) -> Result<usize, Call> {
        match self.open() {
            Ok(mut state) => Ok(state.rest().calls.put(call)),
            Err(_) => Err(call),
        }
    }

    /// Takes back what was to be called; `None` if the node has ended, and so has called it.
    pub(super) fn call_off(&self, place: usize) -> Option<Call> {
        let mut state = self.lock();
        if self.has_ended() { None } else { Some(state.rest().calls.take(place)) }
    }

    /// Takes out a child, unless all were.
    fn part_with(&self, child: &Node) {
        let mut state = self.lock();
        if !self.has_ended() {
            state.children.take(child);
        }
    }

    /// Ends the node and all below it. False if it had ended before.
    #[track_caller]
    pub(super) fn cancel(&self, end: End) -> bool {
        probe::point(Op::Cancel, (&raw const TREE) as usize, Location::caller());
        let mut found = Found::default();
        let Some(alarm) = self.finish(&end, &mut found) else { return false };
        // At once: an ended node that is let go of is nobody's child.
        if let Some(parent) = &self.parent {
            parent.part_with(self);
        }
        self.tell(alarm);
        while let Some(node) = found.below.pop() {
            // It was taken out above, and whoever has ended it otherwise finds that.
            if let Some(alarm) = node.finish(&end, &mut found) {
                node.tell(alarm);
            }
        }
        start(found.calls); // at last: it may panic
        true
    }

    /// By what the race detector knows it.
    fn address(&self) -> usize {
        std::ptr::from_ref(&self.ended).addr()
    }

    /// Ends this node, and those below it that are fresh. What remains is `found`. Gives the alarm to
    /// be stopped; `None` if it had ended before.
    fn finish(&self, end: &End, found: &mut Found) -> Option<Option<AfterFunc>> {
        if finish_fresh(&self.ended, end) {
            return Some(None);
        }
        let mut state = self.lock();
        if !self.make_used() {
            return None;
        }
        if end.cause.is_some() {
            state.rest().cause.clone_from(&end.cause);
        }
        probe::release(self.address());
        // Release: pairs with the acquire in `error`.
        self.ended.store(number(end), Ordering::Release);
        state.children.empty(|child| {
            // SAFETY: it is a child still: whoever has it leave, or lets go of it when it has ended, waits
            // for the lock that is held here. `finish_fresh` is the last use of one that it has ended.
            let fresh = finish_fresh(unsafe { &child.get().ended }, end);
            if !fresh {
                // SAFETY: as above.
                found.below.extend(unsafe { child.keep() });
            }
        });
        if let Some(rest) = &mut state.rest {
            found.calls.extend(std::mem::take(&mut rest.calls).into_full());
        }
        Some(state.alarm.take())
    }

    /// Tells those who wait for its end.
    fn tell(&self, alarm: Option<AfterFunc>) {
        if let Some((sender, _)) = self.done.get() {
            sender.close();
        }
        if let Some(alarm) = alarm {
            alarm.stop();
        }
    }

    fn has_ended(&self) -> bool {
        self.error().is_some()
    }

    /// How it has ended, if it has.
    pub(super) fn error(&self) -> Option<ContextError> {
        // Acquire: what was done before the end comes before what is done because of it.
        match self.ended.load(Ordering::Acquire) {
            FRESH | USED => None,
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
        Some(End { error, cause: self.lock().cause() })
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How many are to be told of its end.
    pub(super) fn children(&self) -> usize {
        let state = self.lock();
        state.children.len() + state.rest.as_ref().map_or(0, |rest| rest.calls.len())
    }

    /// The channel that closes at the end.
    pub(super) fn done(node: &Kept<Node>) -> Done {
        let receiver = match node.done.get() {
            Some((_, receiver)) => receiver,
            None => node.make_done(),
        };
        Held::new(receiver.clone(), Keep { _node: Some(node.clone()) })
    }

    /// It is one to be ended under its lock from now on. Then, either `finish` finds the channel and closes it, or it came earlier, and then its end is
    /// seen here: the channel is made before the lock is taken, and looked for after it was.
    #[cold]
    fn make_done(&self) -> &Receiver<()> {
        self.make_used();
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
}

/// What the end of a node has led to.
#[derive(Default)]
struct Found {
    /// To be ended, too.
    below: Vec<Kept<Node>>,
    calls: Vec<Call>,
}

/// Ends the node of which this is the byte if it is fresh and there is no cause to be noted. From then on
/// the node may be gone: so it is not borrowed here, but for the byte.
fn finish_fresh(ended: &AtomicU8, end: &End) -> bool {
    if end.cause.is_some() || ended.load(Ordering::Relaxed) != FRESH {
        return false;
    }
    probe::release(std::ptr::from_ref(ended).addr()); // as of `address`
    // Release: pairs with the acquire in `error`.
    ended.compare_exchange(FRESH, number(end), Ordering::Release, Ordering::Relaxed).is_ok()
}

fn number(end: &End) -> u8 {
    match end.error {
        ContextError::Canceled => CANCELED,
        ContextError::DeadlineExceeded => EXPIRED,
    }
}

impl Child for Node {
    fn links(&self) -> &Links {
        &self.links
    }
}

impl Leave for Node {
    fn leave(&self) {
        if !self.has_left()
            && let Some(parent) = &self.parent
        {
            parent.part_with(self);
        }
        let (address, bytes) = extent(self);
        probe::gone(address, bytes);
    }

    fn has_left(&self) -> bool {
        // Who has ended was taken out, or its parent has ended, too.
        self.parent.is_none() || self.has_ended()
    }
}

/// Starts what waited for the end of a context; panics, once all was tried, if there was no memory for one.
#[track_caller]
fn start(calls: Vec<Call>) {
    let mut failed = None;
    for call in calls {
        match Builder::new().go(call) {
            Ok(goroutine) => goroutine.detach(),
            Err(error) => failed = Some(error),
        }
    }
    if let Some(error) = failed
        && !std::thread::panicking()
    {
        panic!("context: a function to be called at its end was not started: {error}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(alarm) = state.alarm.take() {
            alarm.stop();
        }
        let mut above = self.parent.take();
        while let Some(parent) = above {
            // If this was the last who held the parent, it goes here and not inside of its own drop.
            above = Kept::into_inner(parent).and_then(|mut parent| parent.parent.take());
        }
    }
}
