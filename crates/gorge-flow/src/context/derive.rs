//! Making contexts from contexts: the functions with Go's names, and what they return to end them.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gorge_base::probe;
use gorge_sync::time::Instant;

use super::error::{Cause, ContextError, End};
use super::handle::Context;
use super::kept::Kept;
use super::tree::Node;
use super::values::{Key, Value};

/// Cancels a context and all that were made from it. Clones cancel the same one.
///
/// Dropping it does nothing, as in Go; [`guard`](CancelFunc::guard) is for those who want that.
///
/// # Examples
/// ```
/// use gorge::context::{self, CancelFunc};
///
/// let (ctx, cancel): (_, CancelFunc) = context::with_cancel(&context::background());
/// assert!(cancel.cancel());
/// assert!(!cancel.cancel()); // it was done already
/// assert_eq!(ctx.check().unwrap_err().to_string(), "context canceled");
/// ```
#[derive(Clone)]
pub struct CancelFunc {
    node: Kept<Node>,
}

impl CancelFunc {
    /// Cancels the context: when this returns, it and all below it are done. True the first time, if
    /// it was not done before.
    ///
    /// # Panics
    /// When a function of [`after_func`] cannot be started, as [`go`](gorge_sched::go) does: after all were tried, and
    /// with all contexts done.
    #[track_caller]
    pub fn cancel(&self) -> bool {
        self.node.cancel(End { error: ContextError::Canceled, cause: None })
    }

    /// Cancels when the guard is dropped: Go's `defer cancel()`.
    ///
    /// # Examples
    /// ```
    /// use gorge::context;
    ///
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// {
    ///     let _cancel = cancel.guard();
    ///     assert!(ctx.err().is_none());
    /// }
    /// assert!(ctx.err().is_some());
    /// ```
    #[must_use = "a guard that is dropped at once cancels at once"]
    pub fn guard(self) -> CancelGuard {
        CancelGuard { cancel: Some(self) }
    }
}

impl fmt::Debug for CancelFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelFunc").field("end", &self.node.error()).finish()
    }
}

/// Cancels a context when it is dropped. See [`CancelFunc::guard`].
///
/// # Examples
/// ```
/// use gorge::context;
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// drop(cancel.guard()); // Go's `defer cancel()`
/// assert!(ctx.err().is_some());
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// cancel.guard().disarm();
/// assert!(ctx.err().is_none());
/// ```
#[derive(Debug)]
pub struct CancelGuard {
    cancel: Option<CancelFunc>,
}

impl CancelGuard {
    /// Drops the guard without cancelling.
    pub fn disarm(mut self) {
        self.cancel = None;
    }
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        if let Some(cancel) = &self.cancel {
            cancel.cancel();
        }
    }
}

/// Cancels a context with a reason. See [`with_cancel_cause`].
///
/// # Examples
/// ```
/// use gorge::context::{self, Cause};
/// use std::sync::Arc;
///
/// let (ctx, cancel) = context::with_cancel_cause(&context::background());
/// let why: Cause = Arc::new(std::io::Error::other("the disk is full"));
/// assert!(cancel.cancel_for(Some(why)));
/// assert_eq!(ctx.cause().unwrap().to_string(), "the disk is full");
/// ```
#[derive(Clone, Debug)]
pub struct CancelCauseFunc {
    cancel: CancelFunc,
}

impl CancelCauseFunc {
    /// Cancels the context because of `cause`. True the first time, if it was not done before; later
    /// causes are forgotten.
    pub fn cancel(&self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> bool {
        self.cancel_for(Some(Arc::from(cause.into())))
    }

    /// Cancels the context because of `cause`, or for no reason but `context canceled`.
    pub fn cancel_for(&self, cause: Option<Cause>) -> bool {
        self.cancel.node.cancel(End { error: ContextError::Canceled, cause })
    }
}

/// A context below `parent` that can be cancelled.
///
/// # Examples
/// ```
/// use gorge::context::{self, ContextError};
///
/// let (parent, cancel) = context::with_cancel(&context::background());
/// let (child, _cancel_child) = context::with_cancel(&parent);
/// cancel.cancel();
/// assert_eq!(child.err(), Some(ContextError::Canceled));
/// ```
///
/// # Compared with Go
/// `context.WithCancel`. A context that is forgotten without being cancelled leaks nothing here, so
/// there is no need to call the function for that reason.
pub fn with_cancel(parent: &Context) -> (Context, CancelFunc) {
    derived(parent, Node::new(parent.node.clone()))
}

/// As [`with_cancel`]; who cancels says why, and [`Context::cause`] of the context and of all below
/// it tells.
///
/// # Examples
/// ```
/// use gorge::context;
///
/// let (ctx, cancel) = context::with_cancel_cause(&context::background());
/// cancel.cancel("the disk is full");
/// assert_eq!(ctx.err().unwrap().to_string(), "context canceled");
/// assert_eq!(ctx.cause().unwrap().to_string(), "the disk is full");
/// ```
///
/// # Compared with Go
/// `context.WithCancelCause`.
pub fn with_cancel_cause(parent: &Context) -> (Context, CancelCauseFunc) {
    let (ctx, cancel) = with_cancel(parent);
    (ctx, CancelCauseFunc { cancel })
}

/// A context below `parent` that is done at `deadline`, or when the parent is. If the deadline has
/// passed it is done at once.
///
/// # Examples
/// ```
/// use gorge::{context, time};
/// use std::time::Duration;
///
/// let soon = time::now() + Duration::from_millis(1);
/// let (ctx, cancel) = context::with_deadline(&context::background(), soon);
/// let _cancel = cancel.guard();
/// assert_eq!(ctx.deadline(), Some(soon));
/// assert!(ctx.sleep(Duration::from_secs(60)).is_err()); // and not after a minute
/// ```
///
/// # Compared with Go
/// `context.WithDeadline`.
pub fn with_deadline(parent: &Context, deadline: Instant) -> (Context, CancelFunc) {
    derived(parent, Node::expiring(parent.node.clone(), deadline, None))
}

/// As [`with_deadline`]; when it is the deadline that ends the context, the cause is `cause`.
///
/// # Examples
/// ```
/// use gorge::{context, time};
///
/// let (ctx, _cancel) = context::with_deadline_cause(&context::background(), time::now(), "too late");
/// ctx.done().recv().unwrap_err(); // closed
/// assert_eq!(ctx.cause().unwrap().to_string(), "too late");
/// ```
///
/// # Compared with Go
/// `context.WithDeadlineCause`.
pub fn with_deadline_cause(
    parent: &Context,
    deadline: Instant,
    cause: impl Into<Box<dyn Error + Send + Sync>>,
) -> (Context, CancelFunc) {
    let cause = Some(Arc::from(cause.into()));
    derived(parent, Node::expiring(parent.node.clone(), deadline, cause))
}

/// A context below `parent` that is done after `timeout`, counted from now, or when the parent is.
///
/// # Examples
/// ```
/// use gorge::context::{self, ContextError};
/// use std::time::Duration;
///
/// gorge::run(|| {
///     let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_millis(1));
///     assert_eq!(ctx.sleep(Duration::from_secs(3600)), Err(ContextError::DeadlineExceeded));
/// });
/// ```
///
/// # Compared with Go
/// `context.WithTimeout`.
pub fn with_timeout(parent: &Context, timeout: Duration) -> (Context, CancelFunc) {
    with_deadline(parent, Instant::now() + timeout)
}

/// As [`with_timeout`]; when it is the time that ends the context, the cause is `cause`.
///
/// # Examples
/// ```
/// use gorge::context;
/// use std::time::Duration;
///
/// let short = Duration::from_millis(1);
/// let (ctx, _cancel) = context::with_timeout_cause(&context::background(), short, "the server is slow");
/// ctx.done().recv().unwrap_err(); // closed
/// assert_eq!(ctx.cause().unwrap().to_string(), "the server is slow");
/// ```
///
/// # Compared with Go
/// `context.WithTimeoutCause`.
pub fn with_timeout_cause(
    parent: &Context,
    timeout: Duration,
    cause: impl Into<Box<dyn Error + Send + Sync>>,
) -> (Context, CancelFunc) {
    with_deadline_cause(parent, Instant::now() + timeout, cause)
}

/// `parent` with one value more. See [`Key`].
///
/// # Examples
/// ```
/// use gorge::context::{self, Key};
///
/// struct User;
/// impl Key for User {
///     type Value = &'static str;
/// }
///
/// let ctx = context::with_value::<User>(&context::background(), "jane");
/// assert_eq!(ctx.value::<User>(), Some(&"jane"));
/// ```
///
/// # Compared with Go
/// `context.WithValue`. Keys are types, so the value needs no assertion and packages cannot collide.
#[must_use]
pub fn with_value<K: Key>(parent: &Context, value: K::Value) -> Context {
    Context { values: Some(Value::new::<K>(value, parent.values.clone())), ..parent.clone() }
}

/// `parent` without its end: the values stay, deadline and cancellation do not reach it.
///
/// # Examples
/// ```
/// use gorge::context;
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// let cleanup = context::without_cancel(&ctx);
/// cancel.cancel();
/// assert!(ctx.err().is_some());
/// assert!(cleanup.err().is_none()); // goes on
/// ```
///
/// # Compared with Go
/// `context.WithoutCancel`.
#[must_use]
pub fn without_cancel(parent: &Context) -> Context {
    Context { node: None, ..parent.clone() }
}

/// Runs `f` in a goroutine of its own once `ctx` is done; if it is done already, at once.
///
/// The handle keeps the context alive. When the handle and everybody else who holds the context are
/// gone, nobody could end it any more, and `f` is dropped without having run.
///
/// # Examples
/// ```
/// use gorge::context;
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// let (tx, rx) = gorge::channel(1);
/// let _call = context::after_func(&ctx, move || tx.send("cleaned up").unwrap());
/// cancel.cancel();
/// assert_eq!(rx.recv(), Ok("cleaned up"));
/// ```
///
/// # Compared with Go
/// `context.AfterFunc`. There the context stays alive below its parent until it is done; here a
/// handle does that.
#[must_use = "the handle keeps the context alive; without it `f` may never run"]
pub fn after_func(ctx: &Context, f: impl FnOnce() + Send + 'static) -> AfterDone {
    let Some(node) = &ctx.node else { return AfterDone { enlisted: None } };
    probe::gives();
    match node.call_at_end(Box::new(f)) {
        Ok(place) => AfterDone { enlisted: Some((node.clone(), Mutex::new(Some(place)))) },
        Err(call) => {
            gorge_sched::go(call).detach();
            AfterDone { enlisted: None }
        }
    }
}

/// The handle of [`after_func`].
///
/// # Examples
/// ```
/// use gorge::context;
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// let called_off = context::after_func(&ctx, || panic!("too late for that"));
/// assert!(called_off.stop());
/// cancel.cancel();
/// ```
pub struct AfterDone {
    enlisted: Option<(Kept<Node>, Mutex<Option<usize>>)>,
}

impl AfterDone {
    /// Keeps the function from being started. True if that was in time. If not, it has been started or
    /// stopped before; this does not wait for it.
    pub fn stop(&self) -> bool {
        let Some((node, place)) = &self.enlisted else { return false };
        let place = place.lock().unwrap_or_else(PoisonError::into_inner).take();
        place.and_then(|place| node.call_off(place)).is_some()
    }
}

impl fmt::Debug for AfterDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AfterDone")
    }
}

fn derived(parent: &Context, [node, same]: [Kept<Node>; 2]) -> (Context, CancelFunc) {
    let ctx = Context { node: Some(node), values: parent.values.clone(), root: parent.root };
    (ctx, CancelFunc { node: same })
}
