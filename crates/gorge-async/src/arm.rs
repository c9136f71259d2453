//! A future as an arm of a select.
//!
//! Invariants:
//! - The future is polled only when its bell has rung since the last poll (or for the first time).
//! - Once it has finished it is dropped, and the arm never happens again.

use std::fmt;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use gorge_sched::WaitReason;
use gorge_sync::select::Selectable;
use gorge_sync::wait::Waiter;

use crate::bell::Bell;

/// A future as something that a select can wait for, made by [`FutureExt::arm`](crate::FutureExt::arm).
///
/// Given by `&mut`, it goes on in the next select when another arm was chosen. (A future makes
/// progress only while somebody polls it: between selects it stands still.) Once it has finished, it is
/// an arm that never happens.
///
/// # Examples
/// ```
/// use gorge::future::FutureExt;
/// use gorge::select;
/// use std::time::Duration;
///
/// let mut answer = Box::pin(async { 42 }).arm();
/// let got = select! {
///     on(&mut answer) -> n => n,
///     timeout(Duration::from_secs(60)) => panic!("too late"),
/// };
/// assert_eq!(got, 42);
/// assert!(answer.is_finished());
/// ```
///
/// Until a context is done:
/// ```
/// use gorge::{context, future::FutureExt};
///
/// let ctx = context::background();
/// let answer = async { 42 };
/// assert_eq!(ctx.wait_for(Box::pin(answer).arm()), Ok(42));
/// ```
#[must_use = "an arm does nothing outside of a select"]
pub struct Arm<F: Future> {
    future: Option<F>,
    /// What the future gave, until the select asks for it.
    output: Option<F::Output>,
    bell: Arc<Bell>,
    waker: Waker,
}

impl<F: Future + Unpin> Arm<F> {
    pub(crate) fn new(future: F) -> Self {
        let (bell, waker) = Bell::new();
        waker.wake_by_ref(); // it is to be polled once in any case
        Arm { future: Some(future), output: None, bell, waker }
    }

    /// Whether the future has finished.
    pub fn is_finished(&self) -> bool {
        self.future.is_none()
    }

    /// The future, unless it has finished.
    ///
    /// # Examples
    /// ```
    /// use gorge::future::FutureExt;
    ///
    /// let arm = std::future::pending::<()>().arm();
    /// assert!(!arm.is_finished());
    /// let _later = arm.into_inner().expect("it goes on elsewhere");
    /// ```
    pub fn into_inner(self) -> Option<F> {
        self.future
    }

    /// Polls once; true if the output is there now.
    fn poll(&mut self) -> bool {
        let Some(future) = &mut self.future else { return false };
        match Pin::new(future).poll(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(output) => {
                self.future = None;
                self.output = Some(output);
                true
            }
            Poll::Pending => false,
        }
    }
}

// SAFETY: looking, enlisting and withdrawing are the bell's; the future is polled only in `try_now` and
// `is_false_alarm`, where code of the user may run.
unsafe impl<F: Future + Unpin> Selectable for Arm<F> {
    type Output = F::Output;

    fn is_ready(&self) -> bool {
        self.future.is_some() && self.bell.ring().is_ready()
    }

    fn try_now(&mut self) -> Option<F::Output> {
        if self.future.is_some() && self.bell.ring().try_now().is_some() {
            self.poll();
        }
        self.output.take()
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says. A future that has finished never happens again.
        self.future.is_none() || unsafe { self.bell.ring().enlist(waiter) }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says. (What was not enlisted is not found there.)
        unsafe { self.bell.ring().withdraw(waiter) }
    }

    fn is_false_alarm(&mut self) -> bool {
        self.bell.tell_heard();
        !self.poll()
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) -> F::Output {
        self.output.take().expect("it was no false alarm")
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Future
    }
}

impl<F: Future> fmt::Debug for Arm<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arm").field("finished", &self.future.is_none()).finish_non_exhaustive()
    }
}
