//! Waiting for a future.

use std::error::Error;
use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use gorge_sync::macros::{Cons, End, Order, Won, select_until};
use gorge_sync::time::Instant;

use crate::arm::Arm;
use crate::bell::Bell;

/// Runs `future` here and gives what it gives: [`FutureExt::wait`], for those who like functions.
///
/// # Blocking
/// As for [`FutureExt::wait`].
///
/// # Examples
/// ```
/// let sum = gorge::future::block_on(async { 1 + 2 });
/// assert_eq!(sum, 3);
/// ```
#[track_caller]
pub fn block_on<F: IntoFuture>(future: F) -> F::Output {
    let mut future = pin!(future.into_future());
    let (bell, waker) = Bell::new();
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        bell.wait();
    }
}

/// What a future can do in code that blocks.
pub trait FutureExt: Future {
    /// Runs the future here, and gives what it gives.
    ///
    /// # Blocking
    /// Until the future has finished; meanwhile the goroutine is parked, and on a plain thread the thread
    /// is. A dump shows `[future]`. Not for a thread that belongs to another async runtime, whose other
    /// tasks it would keep waiting.
    ///
    /// # Panics
    /// When the future does.
    ///
    /// # Examples
    /// ```
    /// use gorge::future::FutureExt;
    ///
    /// async fn add(a: i32, b: i32) -> i32 {
    ///     a + b
    /// }
    /// let sum = gorge::go(|| add(20, 22).wait());
    /// assert_eq!(sum.join().unwrap(), 42);
    /// ```
    ///
    /// # Compared with Go
    /// Go has no futures; a function that takes its time is called, and that is all.
    #[track_caller]
    fn wait(self) -> Self::Output
    where
        Self: Sized,
    {
        block_on(self)
    }

    /// As [`wait`](Self::wait), at most for `timeout`. Pass a `Pin<&mut F>` to go on with the future
    /// afterwards: otherwise it is dropped when the time is up.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    ///
    /// # Errors
    /// When the time is up.
    ///
    /// # Examples
    /// ```
    /// use gorge::future::FutureExt;
    /// use std::time::Duration;
    ///
    /// let never = std::future::pending::<()>();
    /// assert!(never.wait_timeout(Duration::from_millis(1)).is_err());
    /// ```
    #[track_caller]
    fn wait_timeout(self, timeout: Duration) -> Result<Self::Output, Elapsed>
    where
        Self: Sized,
    {
        self.wait_deadline(Instant::now() + timeout)
    }

    /// As [`wait`](Self::wait), until `deadline` at the latest.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    ///
    /// # Errors
    /// When the deadline has passed.
    ///
    /// # Examples
    /// ```
    /// use gorge::{future::FutureExt, time};
    /// use std::time::Duration;
    ///
    /// let deadline = time::now() + Duration::from_millis(1);
    /// assert!(std::future::pending::<()>().wait_deadline(deadline).is_err());
    /// assert_eq!(std::future::ready(7).wait_deadline(deadline), Ok(7));
    /// ```
    #[track_caller]
    fn wait_deadline(self, deadline: Instant) -> Result<Self::Output, Elapsed>
    where
        Self: Sized,
    {
        let future = pin!(self);
        match select_until(
            Cons::new(Arm::new(future), End),
            Order::Biased,
            Some(deadline.as_nanos()),
        ) {
            Some(Won::Here(output)) => Ok(output),
            Some(Won::Next(never)) => match never {},
            None => Err(Elapsed),
        }
    }

    /// The future as an arm of a select. It has to be pinned: in place by [`std::pin::pin!`], or on the
    /// heap by [`Box::pin`].
    ///
    /// # Examples
    /// ```
    /// use gorge::{future::FutureExt, select};
    ///
    /// let mut answer = std::future::ready(7).arm();
    /// select! {
    ///     on(&mut answer) -> n => assert_eq!(n, 7),
    /// }
    /// ```
    fn arm(self) -> Arm<Self>
    where
        Self: Sized + Unpin,
    {
        Arm::new(self)
    }
}

impl<F: Future + ?Sized> FutureExt for F {}

/// A future had not finished in time.
///
/// # Examples
/// ```
/// use gorge::future::{Elapsed, FutureExt};
/// use std::time::Duration;
///
/// let late = std::future::pending::<()>().wait_timeout(Duration::from_millis(1));
/// assert!(matches!(late, Err(Elapsed { .. })));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("timeout while waiting for a future")
    }
}

impl Error for Elapsed {}
