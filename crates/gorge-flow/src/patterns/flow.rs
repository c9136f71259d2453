//! [`Flow`]: the receiving end of goroutines that produce values, and their owner.
//!
//! ```text
//!   generate ---> stage ---> stage ---> Flow in the consumer's hands
//!      ^            |  owns the Flow of  |
//!      '------------'  the one before    '--- dropping it cancels, then joins; each
//!                                             goroutine on its way out drops the one before
//! ```
//!
//! Invariants:
//! - A goroutine of a flow ends when its input ends, its context is done, or nobody receives any more.
//! - When the flow is dropped its goroutines have ended, and so have all before them.
//! - A panic in a goroutine of a flow goes on in the consumer: where it would have received the next
//!   value, or where it drops the flow. The end of a flow is never a panic in disguise.

use std::fmt;
use std::sync::Arc;

use gorge_macros::select;
use gorge_sched::Goroutine;
use gorge_sync::chan::{Receiver, RecvError, Sender, channel};
use gorge_sync::sync::Mutex;

use crate::context::{self, CancelFunc, Context, Done};
use crate::outcome::raise;

/// Values that goroutines produce, one after the other: what a pipeline is made of.
///
/// It is an iterator's source, and [`rx`](Flow::rx) is an arm of a `select!`. Dropping it ends the goroutines
/// behind it and waits for that; so a function given to a stage should not wait for whoever drops the flow.
///
/// # Examples
/// ```
/// use gorge::{context, patterns};
///
/// let ctx = context::background();
/// let numbers = patterns::generate(&ctx, 1..);
/// let first: Vec<i32> = numbers.iter().take(3).collect();
/// assert_eq!(first, [1, 2, 3]);
/// drop(numbers); // the generator has ended
/// ```
pub struct Flow<T> {
    rx: Receiver<T>,
    works: Option<Arc<Works>>,
}

/// The goroutines behind a flow.
struct Works {
    cancel: CancelFunc,
    goroutines: Mutex<Vec<Goroutine<()>>>,
}

impl Works {
    /// Joins what has not been joined.
    #[track_caller]
    fn join(&self) {
        let goroutines = std::mem::take(&mut *self.goroutines.lock());
        // All of them, before the first panic goes on.
        let ends: Vec<_> = goroutines.into_iter().map(Goroutine::join).collect();
        ends.into_iter().filter_map(Result::err).for_each(raise);
    }
}

impl Drop for Works {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.join();
    }
}

impl<T> Flow<T> {
    /// The channel itself, for a select. Prefer [`recv`](Flow::recv) and the iterators where they do:
    /// they pass on panics of the goroutines behind as soon as the flow has ended.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, patterns, select};
    ///
    /// let numbers = patterns::generate(&context::background(), 1..);
    /// assert_eq!(numbers.recv(), Ok(1));
    /// select! {
    ///     recv(numbers.rx()) -> n => assert_eq!(n, Ok(2)), // in a select
    /// }
    /// ```
    #[must_use]
    pub fn rx(&self) -> &Receiver<T> {
        &self.rx
    }

    /// Receives the next value.
    ///
    /// # Blocking
    /// Until there is one or the flow has ended; a dump shows `[chan receive]`.
    ///
    /// # Panics
    /// With the panic of a goroutine behind the flow, at its end.
    ///
    /// # Errors
    /// When the flow has ended.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.rx.recv().inspect_err(|_| self.join())
    }

    /// The values to come. The flow goes on when the iterator is dropped.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, patterns};
    ///
    /// let numbers = patterns::generate(&context::background(), 1..);
    /// assert_eq!(numbers.iter().take(2).sum::<i32>(), 3);
    /// for n in &numbers {
    ///     assert_eq!(n, 3); // the same, and it went on where the other had stopped
    ///     break;
    /// }
    /// ```
    pub fn iter(&self) -> FlowValues<'_, T> {
        FlowValues { flow: self }
    }

    /// The next value, unless there is none or `done` is closed.
    pub(super) fn next(&self, done: &Done) -> Option<T> {
        select! {
            recv(self.rx) -> received => received.inspect_err(|_| self.join()).ok(),
            recv(done) => None,
        }
    }

    fn join(&self) {
        if let Some(works) = &self.works {
            works.join();
        }
    }
}

impl<T: Send + 'static> Flow<T> {
    /// Goroutines that send to one flow: `count` of them, each running `body` with its own sender, the context
    /// of the flow and what `input` makes for it.
    #[track_caller]
    pub(super) fn start<I, B>(
        ctx: &Context,
        inputs: impl IntoIterator<Item = I>,
        body: B,
    ) -> Flow<T>
    where
        I: Send + 'static,
        B: Fn(&Context, I, &Sender<T>) + Send + Sync + 'static,
    {
        let (tx, rx) = channel(0);
        let (ctx, cancel) = context::with_cancel(ctx);
        let body = Arc::new(body);
        let mut goroutines = Vec::new();
        for input in inputs {
            let (ctx, tx, body) = (ctx.clone(), tx.clone(), body.clone());
            goroutines.push(gorge_sched::go(move || body(&ctx, input, &tx)));
        }
        Flow { rx, works: Some(Arc::new(Works { cancel, goroutines: Mutex::new(goroutines) })) }
    }

    /// Two flows from one goroutine; it ends when both are dropped.
    #[track_caller]
    pub(super) fn start_two(
        ctx: &Context,
        body: impl FnOnce(&Context, Sender<T>, Sender<T>) + Send + 'static,
    ) -> (Flow<T>, Flow<T>) {
        let ((left, left_rx), (right, right_rx)) = (channel(0), channel(0));
        let (ctx, cancel) = context::with_cancel(ctx);
        let goroutines = Mutex::new(vec![gorge_sched::go(move || body(&ctx, left, right))]);
        let works = Arc::new(Works { cancel, goroutines });
        let flow = |rx, works| Flow { rx, works: Some(works) };
        (flow(left_rx, works.clone()), flow(right_rx, works))
    }
}

/// Sends `value`, unless nobody receives any more or `done` is closed. False: stop.
pub(super) fn pass<T>(tx: &Sender<T>, done: &Done, value: T) -> bool {
    select! {
        send(tx, value) -> sent => sent.is_ok(),
        recv(done) => false,
    }
}

/// A channel as a flow: there are no goroutines behind it that it would own.
impl<T> From<Receiver<T>> for Flow<T> {
    fn from(rx: Receiver<T>) -> Self {
        Flow { rx, works: None }
    }
}

/// The values of a flow, which the iterator owns: dropping it ends the flow.
///
/// # Examples
/// ```
/// use gorge::{context, patterns};
///
/// let mut sum = 0;
/// for n in patterns::generate(&context::background(), 1..=3) {
///     sum += n;
/// }
/// assert_eq!(sum, 6);
/// ```
#[derive(Debug)]
pub struct FlowIter<T> {
    flow: Flow<T>,
}

impl<T> Iterator for FlowIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.flow.recv().ok()
    }
}

impl<T> IntoIterator for Flow<T> {
    type Item = T;
    type IntoIter = FlowIter<T>;

    fn into_iter(self) -> FlowIter<T> {
        FlowIter { flow: self }
    }
}

/// The values to come of a flow that somebody else owns; see [`Flow::iter`].
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{self, FlowValues}};
///
/// let numbers = patterns::generate(&context::background(), 1..=3);
/// let values: FlowValues<'_, i32> = numbers.iter();
/// assert_eq!(values.sum::<i32>(), 6);
/// ```
#[derive(Debug)]
pub struct FlowValues<'a, T> {
    flow: &'a Flow<T>,
}

impl<T> Iterator for FlowValues<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.flow.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Flow<T> {
    type Item = T;
    type IntoIter = FlowValues<'a, T>;

    fn into_iter(self) -> FlowValues<'a, T> {
        self.iter()
    }
}

impl<T> fmt::Debug for Flow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow").field("rx", &self.rx).finish_non_exhaustive()
    }
}
