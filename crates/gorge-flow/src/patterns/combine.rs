//! Combinators over channels: or-done, or-channel, tee, bridge.

use gorge_macros::select;
use gorge_sync::chan::RecvEnd;
use gorge_sync::select::Select;

use super::flow::{Flow, pass};
use crate::context::Context;

/// The values of `rx` until it ends or the context is done: a loop over a channel that can be stopped from
/// outside, without a select in it. No goroutine is needed.
///
/// # Blocking
/// Not itself: the iterator waits for the next value, the close, or the end of the context; a dump shows `[select]`.
///
/// # Examples
/// ```
/// use gorge::{channel, context, patterns::or_done};
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// let (tx, rx) = channel(3);
/// (1..=3).for_each(|n| tx.send(n).unwrap());
/// let mut seen = 0;
/// for n in or_done(&ctx, &rx) {
///     seen += n;
///     if n == 2 {
///         cancel.cancel();
///     }
/// }
/// assert_eq!(seen, 3); // the channel is still open
/// ```
pub fn or_done<E: RecvEnd>(ctx: &Context, rx: E) -> impl Iterator<Item = E::Value> + use<E> {
    let done = ctx.done();
    std::iter::from_fn(move || {
        select! {
            biased;
            recv(done) => None,
            recv(rx) -> value => value.ok(),
        }
    })
}

/// Ends as soon as one of `signals` gives a value or is closed, or the context is done. (Nothing is ever
/// received from the result but its end.) Without signals it ends with the context only.
///
/// # Examples
/// ```
/// use gorge::{context, time, patterns::or_channel};
/// use std::time::Duration;
///
/// gorge::runtime::use_virtual_clock();
/// gorge::run(|| {
///     let start = time::now();
///     let after = |seconds| time::after(Duration::from_secs(seconds));
///     let signals = [7200, 300, 1, 3600, 60].map(after);
///     let any = or_channel(&context::background(), signals);
///     assert!(any.recv().is_err());
///     assert_eq!(start.elapsed(), Duration::from_secs(1));
/// });
/// ```
#[track_caller]
pub fn or_channel<E>(ctx: &Context, signals: impl IntoIterator<Item = E>) -> Flow<()>
where
    E: RecvEnd + Send + 'static,
{
    let signals: Vec<E> = signals.into_iter().collect();
    Flow::start(ctx, [signals], |ctx, signals, _| {
        let done = ctx.done();
        let mut first = Select::new();
        for signal in &signals {
            first.recv(signal, |_| ());
        }
        first.recv(&done, |_| ());
        first.wait();
    })
}

/// Each value of `input` twice, once on each of two flows. It goes on to the next value when both have been
/// received, or the other flow is gone.
///
/// # Blocking
/// Not itself: each of the two waits for the next value; a dump shows `[chan receive]`.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{generate, tee}};
///
/// let ctx = context::background();
/// let (left, right) = tee(&ctx, generate(&ctx, 1..=4));
/// for n in left {
///     assert_eq!(right.recv(), Ok(n));
/// }
/// ```
#[track_caller]
pub fn tee<T>(ctx: &Context, input: impl Into<Flow<T>>) -> (Flow<T>, Flow<T>)
where
    T: Clone + Send + 'static,
{
    let input = input.into();
    Flow::start_two(ctx, move |ctx, left, right| {
        let done = ctx.done();
        // `None`: received already, or nobody receives any more.
        let (mut left, mut right) = (Some(left), Some(right));
        while let Some(value) = input.next(&done) {
            let (mut first, mut second) = (left.as_ref(), right.as_ref());
            let (mut left_gone, mut right_gone) = (false, false);
            while first.is_some() || second.is_some() {
                select! {
                    send(first, value.clone()) -> sent => {
                        left_gone = sent.is_err();
                        first = None;
                    }
                    send(second, value.clone()) -> sent => {
                        right_gone = sent.is_err();
                        second = None;
                    }
                    recv(done) => return,
                }
            }
            if left_gone {
                left = None;
            }
            if right_gone {
                right = None;
            }
            if left.is_none() && right.is_none() {
                return;
            }
        }
    })
}

/// The values of a sequence of flows as one flow: all of the first, then all of the second, and so on.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{bridge, generate}};
///
/// let ctx = context::background();
/// let inner = ctx.clone();
/// let rows = generate(&ctx, (0..3).map(move |row| generate(&inner, [row * 10, row * 10 + 1])));
/// let all: Vec<_> = bridge(&ctx, rows).into_iter().collect();
/// assert_eq!(all, [0, 1, 10, 11, 20, 21]);
/// ```
#[track_caller]
pub fn bridge<T, F>(ctx: &Context, inputs: impl Into<Flow<F>>) -> Flow<T>
where
    T: Send + 'static,
    F: Into<Flow<T>> + Send + 'static,
{
    Flow::start(ctx, [inputs.into()], |ctx, inputs: Flow<F>, tx| {
        let done = ctx.done();
        while let Some(input) = inputs.next(&done) {
            let input: Flow<T> = input.into();
            while let Some(value) = input.next(&done) {
                if !pass(tx, &done, value) {
                    return;
                }
            }
        }
    })
}
