//! Pipelines: stages that receive from the one before and send to the next, several workers on one stage,
//! and several flows into one.

use std::sync::Arc;

use super::flow::{Flow, pass};
use super::size::{SizeError, checked};
use crate::context::Context;

/// The items of an iterator as a flow: how a pipeline begins. The iterator runs in a goroutine of its own.
///
/// # Examples
/// (n x 2) + 1 for four numbers, in order:
/// ```
/// use gorge::{context, patterns::{generate, stage}};
///
/// let ctx = context::background();
/// let numbers = generate(&ctx, [1, 2, 3, 4]);
/// let doubled = stage(&ctx, numbers, |n| n * 2);
/// let results = stage(&ctx, doubled, |n| n + 1);
/// assert_eq!(results.into_iter().collect::<Vec<_>>(), [3, 5, 7, 9]);
/// ```
#[track_caller]
pub fn generate<I>(ctx: &Context, items: I) -> Flow<I::Item>
where
    I: IntoIterator + Send + 'static,
    I::Item: Send + 'static,
{
    Flow::start(ctx, [items], |ctx, items: I, tx| {
        let done = ctx.done();
        for item in items {
            if !pass(tx, &done, item) {
                return;
            }
        }
    })
}

/// A stage of a pipeline: what `f` makes of each value of `input`, in order.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{generate, stage}};
///
/// let ctx = context::background();
/// let doubled = stage(&ctx, generate(&ctx, 1..=3), |n| n * 2);
/// assert_eq!(doubled.into_iter().collect::<Vec<i32>>(), [2, 4, 6]);
/// ```
#[track_caller]
pub fn stage<T, U>(
    ctx: &Context,
    input: impl Into<Flow<T>>,
    f: impl FnMut(T) -> U + Send + 'static,
) -> Flow<U>
where
    T: Send + 'static,
    U: Send + 'static,
{
    Flow::start(ctx, [(input.into(), f)], |ctx, (input, mut f), tx| {
        let done = ctx.done();
        while let Some(value) = input.next(&done) {
            if !pass(tx, &done, f(value)) {
                return;
            }
        }
    })
}

/// Several workers on one input, each with an output of its own; [`merge`] brings them together.
///
/// # Errors
/// When there shall be no workers.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{fan_out, generate, merge}};
///
/// let ctx = context::background();
/// let workers = fan_out(&ctx, generate(&ctx, 1..=100), 4, |n| n * n).unwrap();
/// let mut squares: Vec<u32> = merge(&ctx, workers).into_iter().collect();
/// squares.sort();
/// assert!(squares.into_iter().eq((1..=100).map(|n| n * n)));
/// ```
#[track_caller]
pub fn fan_out<T, U>(
    ctx: &Context,
    input: impl Into<Flow<T>>,
    workers: usize,
    f: impl Fn(T) -> U + Send + Sync + 'static,
) -> Result<Vec<Flow<U>>, SizeError>
where
    T: Send + 'static,
    U: Send + 'static,
{
    let workers = checked(workers)?;
    let (input, f) = (Arc::new(input.into()), Arc::new(f));
    let worker = |_| {
        let f = f.clone();
        Flow::start(ctx, [input.clone()], move |ctx, input: Arc<Flow<T>>, tx| {
            let done = ctx.done();
            while let Some(value) = input.next(&done) {
                if !pass(tx, &done, f(value)) {
                    return;
                }
            }
        })
    };
    Ok((0..workers).map(worker).collect())
}

/// Several flows into one, each value once, in the order in which they come. Fan-in.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{generate, merge}};
///
/// let ctx = context::background();
/// let both = merge(&ctx, [generate(&ctx, 1..=2), generate(&ctx, 10..=11)]);
/// let mut all: Vec<i32> = both.into_iter().collect();
/// all.sort();
/// assert_eq!(all, [1, 2, 10, 11]);
/// ```
#[track_caller]
pub fn merge<T: Send + 'static>(
    ctx: &Context,
    inputs: impl IntoIterator<Item = impl Into<Flow<T>>>,
) -> Flow<T> {
    let inputs: Vec<Flow<T>> = inputs.into_iter().map(Into::into).collect();
    Flow::start(ctx, inputs, |ctx, input: Flow<T>, tx| {
        let done = ctx.done();
        while let Some(value) = input.next(&done) {
            if !pass(tx, &done, value) {
                return;
            }
        }
    })
}
