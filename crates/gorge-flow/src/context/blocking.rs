//! Blocking calls that end with a context.
//!
//! Promise: when the context is done already, they fail, even if they could succeed; so a loop
//! around one of them ends at the first turn after the cancellation.

use std::error::Error;
use std::fmt;

use gorge_macros::select;
use gorge_sync::chan::{RecvEnd, RecvError, SendEnd, SendError};
use gorge_sync::sync::{Condvar, MutexGuard};

use super::error::ContextError;
use super::handle::Context;

/// Nothing was received before the context was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvContextError {
    /// The context is done.
    Done(ContextError),
    /// The channel is empty and closed.
    Closed,
}

/// A value could not be sent before the context was done.
///
/// # Examples
/// ```
/// use gorge::{channel, context::{self, ContextError, SendContextError, SendCtx}};
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// cancel.cancel();
/// let (tx, _rx) = channel(0);
/// let error = tx.send_ctx(&ctx, 7).unwrap_err();
/// assert_eq!(error, SendContextError::Done(ContextError::Canceled, 7));
/// assert_eq!(error.into_inner(), 7);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendContextError<T> {
    /// The context is done.
    Done(ContextError, T),
    /// The channel is closed.
    Closed(T),
}

impl<T> SendContextError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            SendContextError::Done(_, value) | SendContextError::Closed(value) => value,
        }
    }
}

impl fmt::Display for RecvContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecvContextError::Done(error) => error.fmt(f),
            RecvContextError::Closed => RecvError.fmt(f),
        }
    }
}

impl<T> fmt::Display for SendContextError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendContextError::Done(error, _) => error.fmt(f),
            SendContextError::Closed(_) => SendError(()).fmt(f),
        }
    }
}

impl<T> fmt::Debug for SendContextError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendContextError::Done(error, _) => {
                f.debug_tuple("Done").field(error).finish_non_exhaustive()
            }
            SendContextError::Closed(_) => f.debug_tuple("Closed").finish_non_exhaustive(),
        }
    }
}

impl Error for RecvContextError {}
impl<T> Error for SendContextError<T> {}

/// Receiving with a context, on whatever can be received from.
pub trait RecvCtx: RecvEnd {
    /// Receives a value, unless the context is done.
    ///
    /// # Blocking
    /// Until there is a value, the channel is closed, or the context is done. A dump shows `[select]`.
    ///
    /// # Errors
    /// When the context is done (also if there is a value), or the channel is empty and closed.
    ///
    /// # Examples
    /// ```
    /// use gorge::context::{self, ContextError, RecvContextError, RecvCtx};
    ///
    /// let (tx, rx) = gorge::channel(1);
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.recv_ctx(&ctx), Ok(1));
    /// cancel.cancel();
    /// assert_eq!(rx.recv_ctx(&ctx), Err(RecvContextError::Done(ContextError::Canceled)));
    /// ```
    #[track_caller]
    fn recv_ctx(&self, ctx: &Context) -> Result<Self::Value, RecvContextError> {
        ctx.check().map_err(RecvContextError::Done)?;
        select! {
            recv(self) -> received => received.map_err(|RecvError| RecvContextError::Closed),
            recv(ctx.done()) => Err(RecvContextError::Done(ended(ctx))),
        }
    }
}

impl<E: RecvEnd + ?Sized> RecvCtx for E {}

/// Sending with a context, on whatever can be sent on.
pub trait SendCtx: SendEnd {
    /// Sends a value, unless the context is done.
    ///
    /// # Blocking
    /// Until the value was taken, the channel is closed, or the context is done. A dump shows `[select]`.
    ///
    /// # Panics
    /// `send on closed channel` on a closed [`Chan`](gorge_sync::chan::Chan), as in Go.
    ///
    /// # Errors
    /// When the context is done (also if there is room), or the channel is closed. The error holds the value.
    ///
    /// # Examples
    /// ```
    /// use gorge::context::{self, SendCtx};
    /// use std::time::Duration;
    ///
    /// let (tx, _rx) = gorge::channel(0);
    /// let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_millis(1));
    /// let error = tx.send_ctx(&ctx, "anybody?").unwrap_err();
    /// assert_eq!(error.to_string(), "context deadline exceeded");
    /// assert_eq!(error.into_inner(), "anybody?");
    /// ```
    #[track_caller]
    fn send_ctx(
        &self,
        ctx: &Context,
        value: Self::Value,
    ) -> Result<(), SendContextError<Self::Value>> {
        if let Some(error) = ctx.err() {
            return Err(SendContextError::Done(error, value));
        }
        let mut arm = gorge_sync::macros::send(self, value);
        let sent = select! {
            on(&mut arm) -> sent => Some(sent),
            recv(ctx.done()) => None,
        };
        match sent {
            Some(sent) => sent.map_err(|SendError(value)| SendContextError::Closed(value)),
            None => {
                let value = arm.into_value().expect("it was not sent");
                Err(SendContextError::Done(ended(ctx), value))
            }
        }
    }
}

impl<E: SendEnd + ?Sized> SendCtx for E {}

/// Waiting for a condition with a context.
pub trait CondCtx {
    /// Unlocks the mutex, waits for a signal, unless the context is done, and locks the mutex again.
    ///
    /// # Blocking
    /// Until there is a signal or the context is done; a dump shows `[select]`. Then for the mutex.
    ///
    /// # Errors
    /// When the context is done; the mutex is locked then, too.
    ///
    /// # Examples
    /// ```
    /// use gorge::context::{self, CondCtx, ContextError};
    /// use gorge::sync::{Condvar, Mutex};
    ///
    /// let (mutex, changed) = (Mutex::new(0), Condvar::new());
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// cancel.cancel();
    /// let mut guard = mutex.lock();
    /// while *guard == 0 {
    ///     if let Err(end) = changed.wait_ctx(&mut guard, &ctx) {
    ///         assert_eq!(end, ContextError::Canceled);
    ///         break;
    ///     }
    /// }
    /// ```
    #[track_caller]
    fn wait_ctx<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        ctx: &Context,
    ) -> Result<(), ContextError>;
}

impl CondCtx for Condvar {
    #[track_caller]
    fn wait_ctx<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        ctx: &Context,
    ) -> Result<(), ContextError> {
        ctx.check()?;
        let done = ctx.done();
        match self.wait_unless(guard, gorge_sync::macros::recv(&done)) {
            None => Ok(()),
            Some(_) => Err(ended(ctx)),
        }
    }
}

/// Why a context is done whose `done` has been closed: that happens after the end was set.
fn ended(ctx: &Context) -> ContextError {
    ctx.err().expect("done is closed after the end was set")
}
