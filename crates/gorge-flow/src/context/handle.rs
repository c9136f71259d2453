//! [`Context`], the handle that is passed on.
//!
//! ```text
//!   Context { node:   where it stands in the tree of cancellation, or nowhere
//!             values: what it carries }
//! ```
//!
//! Each derivation replaces one of the two and keeps the other.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gorge_macros::select;
use gorge_sync::select::Selectable;
use gorge_sync::time::Instant;

use super::error::{Cause, ContextError};
use super::kept::Kept;
use super::tree::{Done, Node, never};
use super::values::{Key, Value};

/// A deadline, a signal to stop, and values of a request, passed down from caller to callee and from
/// goroutine to goroutine.
///
/// A handle: clones are the same context. Nothing happens when one is dropped, except that a context
/// nobody holds any more frees its timer and its place below its parent.
///
/// By convention it is the first parameter, `ctx: &Context`. See the [module](super) for how to make one.
#[derive(Clone)]
pub struct Context {
    pub(super) node: Option<Kept<Node>>,
    pub(super) values: Option<Arc<Value>>,
    /// What it was made from, for those who print it.
    pub(super) root: &'static str,
}

/// The context from which others are made: never cancelled, no deadline, no values.
///
/// # Compared with Go
/// `context.Background`.
#[must_use]
pub fn background() -> Context {
    Context { node: None, values: None, root: "background" }
}

/// As [`background`], where it is not clear yet which context to use.
///
/// # Examples
/// ```
/// let ctx = gorge::context::todo(); // until it is clear whose context it should be
/// assert!(ctx.err().is_none() && ctx.cause().is_none() && ctx.deadline().is_none());
/// ```
///
/// # Compared with Go
/// `context.TODO`.
#[must_use]
pub fn todo() -> Context {
    Context { root: "todo", ..background() }
}

impl Context {
    /// Why the context is done; `None` while it is not.
    #[must_use]
    #[track_caller]
    pub fn err(&self) -> Option<ContextError> {
        self.node.as_ref()?.look()
    }

    /// An error once the context is done: what a long computation calls now and then.
    ///
    /// # Errors
    /// As [`err`](Context::err).
    ///
    /// # Examples
    /// ```
    /// use gorge::context::{self, Context, ContextError};
    ///
    /// fn count(ctx: &Context) -> Result<u32, ContextError> {
    ///     for _ in 0..10 {
    ///         ctx.check()?;
    ///     }
    ///     Ok(10)
    /// }
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// assert_eq!(count(&ctx), Ok(10));
    /// cancel.cancel();
    /// assert_eq!(count(&ctx), Err(ContextError::Canceled));
    /// ```
    #[track_caller]
    pub fn check(&self) -> Result<(), ContextError> {
        self.err().map_or(Ok(()), Err)
    }

    /// What has led to the end; `None` while the context is not done. Without a cause of its own it
    /// is the [`ContextError`].
    ///
    /// # Compared with Go
    /// `context.Cause(ctx)`.
    #[must_use]
    #[track_caller]
    pub fn cause(&self) -> Option<Cause> {
        Some(self.node.as_ref()?.end()?.cause())
    }

    /// When the context will be done at the latest, if there is such a time.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.node.as_ref()?.deadline()
    }

    /// A channel that is closed when the context is done: for a select. In a loop, ask for it once,
    /// before the loop.
    ///
    /// Of a context that is never done it is the nil channel.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, select, channel};
    /// use std::time::Duration;
    ///
    /// gorge::run(|| {
    ///     let (_tx, rx) = channel::<u32>(0);
    ///     let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_millis(1));
    ///     let done = ctx.done();
    ///     select! {
    ///         recv(rx) -> _ => unreachable!("nobody sends"),
    ///         recv(done) => assert_eq!(ctx.err().unwrap().to_string(), "context deadline exceeded"),
    ///     }
    /// });
    /// ```
    #[must_use]
    pub fn done(&self) -> Done {
        self.node.as_ref().map_or_else(never, Node::done)
    }

    /// The value under the key `K`, if the context or one it was derived from has one.
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
    /// assert_eq!(context::background().value::<User>(), None);
    /// let ctx = context::with_value::<User>(&context::background(), "jane");
    /// assert_eq!(ctx.value::<User>(), Some(&"jane"));
    /// ```
    #[must_use]
    pub fn value<K: Key>(&self) -> Option<&K::Value> {
        self.values.as_ref()?.find::<K>()
    }

    /// Sleeps for `duration`, or until the context is done.
    ///
    /// # Blocking
    /// Until the time has passed or the context is done. A dump shows `[chan receive]`, the wait for `done`.
    ///
    /// # Errors
    /// When the context is done, before or meanwhile.
    ///
    /// # Examples
    /// ```
    /// use gorge::context::{self, ContextError};
    /// use std::time::Duration;
    ///
    /// gorge::run(|| {
    ///     let (ctx, cancel) = context::with_cancel(&context::background());
    ///     gorge::time::after_func(Duration::from_millis(1), move || _ = cancel.cancel());
    ///     assert_eq!(ctx.sleep(Duration::from_secs(3600)), Err(ContextError::Canceled));
    /// });
    /// ```
    #[track_caller]
    pub fn sleep(&self, duration: Duration) -> Result<(), ContextError> {
        self.sleep_until(Instant::now() + duration)
    }

    /// As [`sleep`](Context::sleep), until a moment.
    ///
    /// # Blocking
    /// As [`sleep`](Self::sleep).
    ///
    /// # Errors
    /// When the context is done, before or meanwhile.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, time};
    /// use std::time::Duration;
    ///
    /// let moment = time::now() + Duration::from_millis(1);
    /// assert_eq!(context::background().sleep_until(moment), Ok(()));
    /// assert!(time::now() >= moment);
    /// ```
    #[track_caller]
    pub fn sleep_until(&self, moment: Instant) -> Result<(), ContextError> {
        self.check()?;
        if self.node.is_none() {
            gorge_sync::time::sleep_until(moment);
            return Ok(());
        }
        select! {
            biased;
            recv(self.done()) => self.check(),
            timeout(moment) => Ok(()),
        }
    }

    /// Waits for anything a select can wait for, or until the context is done: the form with a context of
    /// every blocking call that has none of its own. What is not used up is still there afterwards
    /// when `arm` is passed by `&mut`.
    ///
    /// # Blocking
    /// Until the arm happens or the context is done. A dump shows `[select]`.
    ///
    /// # Errors
    /// When the context is done; also when it is done already and the arm could happen.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, sync::Semaphore};
    /// use std::time::Duration;
    ///
    /// gorge::run(|| {
    ///     let places = Semaphore::new(1);
    ///     let place = places.acquire(1);
    ///     let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_millis(1));
    ///     let _cancel = cancel.guard();
    ///     assert!(ctx.wait_for(places.acquiring(1)).is_err()); // time was up
    ///     drop(place);
    /// });
    /// ```
    #[track_caller]
    pub fn wait_for<S: Selectable>(&self, arm: S) -> Result<S::Output, ContextError> {
        let mut arm = arm;
        self.check()?;
        select! {
            biased;
            on(&mut arm) -> output => Ok(output),
            recv(self.done()) => Err(self.err().unwrap_or(ContextError::Canceled)),
        }
    }

    /// How many contexts and functions are enlisted directly below this one, to be told of its end.
    ///
    /// # Examples
    /// ```
    /// use gorge::context;
    ///
    /// let (ctx, _cancel) = context::with_cancel(&context::background());
    /// let (child, _cancel_child) = context::with_cancel(&ctx);
    /// assert_eq!((ctx.num_children(), child.num_children()), (1, 0));
    /// ```
    #[must_use]
    pub fn num_children(&self) -> usize {
        self.node.as_ref().map_or(0, |node| node.children())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("root", &self.root)
            .field("err", &self.err())
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}
