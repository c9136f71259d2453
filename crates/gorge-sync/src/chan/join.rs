//! The end of a goroutine as a channel, for a select and for contexts.
//!
//! Who knows before starting it that it wants a channel calls `go_chan`: the goroutine itself sends. For one that has
//! a handle the waiting is done by a goroutine of its own, which joins and then sends: so
//! nothing here takes part in the protocols of the scheduler, and it costs as much as starting one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gorge_sched::{Goroutine, JoinError, go};

use super::error::SendError;
use super::make::channel;
use super::receiver::Receiver;

/// Joining through a channel.
pub trait JoinChan {
    /// What the goroutine returns.
    type Value;

    /// A channel on which the goroutine's result comes, once.
    ///
    /// Dropping the receiver before lets the goroutine go on by itself, as dropping its handle does: if it
    /// panics then, the program ends.
    ///
    /// # Examples
    /// ```
    /// use gorge::{JoinChan, go, select};
    /// use std::time::Duration;
    ///
    /// let answer = go(|| 6 * 7).join_chan();
    /// select! {
    ///     recv(answer) -> result => assert_eq!(result.unwrap().unwrap(), 42),
    ///     timeout(Duration::from_secs(60)) => panic!("too slow"),
    /// }
    /// ```
    ///
    /// # Compared with Go
    /// A goroutine has no handle there; its result comes on a channel made for it, as this one.
    #[track_caller]
    fn join_chan(self) -> Receiver<Result<Self::Value, JoinError>>;
}

impl<T: Send + 'static> JoinChan for Goroutine<T> {
    type Value = T;

    #[track_caller]
    fn join_chan(self) -> Receiver<Result<T, JoinError>> {
        let (tx, rx) = channel(1);
        if self.is_finished() {
            // There is room, and the receiver is here.
            let _ = tx.send(self.join());
            return rx;
        }
        go(move || {
            if let Err(SendError(Err(end @ JoinError::Panicked(_)))) = tx.send(self.join()) {
                end.resume(); // nobody else will hear of it
            }
        })
        .detach();
        rx
    }
}

/// Runs `f` in a goroutine, whose result comes on the channel, once: for a select, or with a context. It costs no
/// more than the goroutine and the channel.
///
/// Dropping the receiver before lets the goroutine go on by itself: if it panics then, the program ends.
///
/// # Examples
/// ```
/// use gorge::{context, context::RecvCtx, go_chan, select};
/// use std::time::Duration;
///
/// let answer = go_chan(|| 6 * 7);
/// select! {
///     recv(answer) -> result => assert_eq!(result.unwrap().unwrap(), 42),
///     timeout(Duration::from_secs(60)) => panic!("too slow"),
/// }
/// let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_secs(60));
/// let broken = go_chan(|| -> i32 { panic!("broken") }).recv_ctx(&ctx).unwrap();
/// assert!(broken.is_err());
/// ```
///
/// # Compared with Go
/// A goroutine that ends with `result <- f()`, on a channel with room for one.
#[track_caller]
pub fn go_chan<T: Send + 'static>(
    f: impl FnOnce() -> T + Send + 'static,
) -> Receiver<Result<T, JoinError>> {
    let (tx, rx) = channel(1);
    go(move || {
        // What `f` has touched is seen by nobody who does not see the panic.
        let end = catch_unwind(AssertUnwindSafe(f)).map_err(JoinError::from_payload);
        if let Err(SendError(Err(end @ JoinError::Panicked(_)))) = tx.send(end) {
            end.resume(); // nobody else will hear of it
        }
    })
    .detach();
    rx
}
