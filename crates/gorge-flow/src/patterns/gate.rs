//! A queue as a limit: a buffered channel whose places are the right to be at work.

use std::fmt;

use gorge_macros::select;
use gorge_sync::chan::{Receiver, Sender, TrySendError, channel};

use super::size::{SizeError, checked};
use crate::context::{Context, ContextError, SendContextError, SendCtx};
use crate::outcome::MOST_AT_A_TIME;

/// Lets so many in at a time. A handle: clones are the same gate.
///
/// # Examples
/// ```
/// use gorge::patterns::Gate;
///
/// let gate = Gate::new(3).unwrap();
/// gorge::scope(|s| {
///     for _ in 0..51 {
///         s.go(|| {
///             let _pass = gate.enter();
///             assert!(gate.inside() <= 3);
///         });
///     }
/// });
/// assert_eq!(gate.inside(), 0);
/// ```
#[derive(Clone)]
pub struct Gate {
    enter: Sender<()>,
    leave: Receiver<()>,
}

/// The right to be inside; given back when it is dropped.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{Gate, Pass}};
///
/// let gate = Gate::new(1).unwrap();
/// let pass: Pass = gate.enter_ctx(&context::background()).unwrap();
/// assert!(gate.try_enter().is_none());
/// assert_eq!((gate.inside(), gate.limit()), (1, 1));
/// drop(pass);
/// assert!(gate.try_enter().is_some());
/// ```
#[derive(Debug)]
#[must_use = "whoever drops it leaves at once"]
pub struct Pass {
    leave: Receiver<()>,
}

impl Gate {
    /// A gate for `limit` at a time.
    ///
    /// # Errors
    /// When nobody could ever enter.
    pub fn new(limit: usize) -> Result<Gate, SizeError> {
        let (enter, leave) = channel(checked(limit)?.min(MOST_AT_A_TIME));
        Ok(Gate { enter, leave })
    }

    /// Enters.
    ///
    /// # Blocking
    /// Until there is room; those who wait enter in the order in which they came. A dump shows `[chan send]`.
    #[track_caller]
    pub fn enter(&self) -> Pass {
        self.enter.send(()).expect("the gate holds both ends");
        self.pass()
    }

    /// Enters, unless the context is done before there is room.
    ///
    /// # Blocking
    /// As [`enter`](Gate::enter), or until the context is done.
    ///
    /// # Errors
    /// When the context is done.
    #[track_caller]
    pub fn enter_ctx(&self, ctx: &Context) -> Result<Pass, ContextError> {
        match self.enter.send_ctx(ctx, ()) {
            Ok(()) => Ok(self.pass()),
            Err(SendContextError::Done(error, ())) => Err(error),
            Err(SendContextError::Closed(())) => unreachable!("the gate holds both ends"),
        }
    }

    /// Enters, unless `closed` is closed or the context is done before there is room.
    #[track_caller]
    pub(super) fn enter_unless(&self, closed: &Receiver<()>, ctx: &Context) -> Option<Pass> {
        select! {
            send(self.enter, ()) => Some(self.pass()),
            recv(closed) => None,
            recv(ctx.done()) => None,
        }
    }

    /// Enters if there is room.
    #[must_use]
    pub fn try_enter(&self) -> Option<Pass> {
        match self.enter.try_send(()) {
            Ok(()) => Some(self.pass()),
            Err(TrySendError::Full(()) | TrySendError::Closed(())) => None,
        }
    }

    /// How many are inside.
    #[must_use]
    pub fn inside(&self) -> usize {
        self.enter.len()
    }

    /// How many may be inside.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.enter.capacity()
    }

    fn pass(&self) -> Pass {
        Pass { leave: self.leave.clone() }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let left = self.leave.try_recv();
        debug_assert!(left.is_ok(), "this pass is one of those in the channel");
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("inside", &self.inside())
            .field("limit", &self.limit())
            .finish()
    }
}
