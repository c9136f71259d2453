//! Several functions at a time: all results, or the first.
//!
//! Promise: when one of these returns, all goroutines that it started have ended. Those whose
//! result is not wanted any more are told so by their context.

use gorge_sched::{Goroutine, JoinError, scope};
use gorge_sync::sync::Mutex;

use crate::context::{self, Context};

/// Joins all of `goroutines`; gives what each gave, in their order.
///
/// # Blocking
/// Until the last has ended; a dump shows `[join]`.
///
/// # Examples
/// ```
/// use gorge::{go, group};
/// let results = group::wait_all((1..=3).map(|n| go(move || n * n)).collect::<Vec<_>>());
/// assert_eq!(results.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [1, 4, 9]);
/// ```
#[track_caller]
pub fn wait_all<T>(
    goroutines: impl IntoIterator<Item = Goroutine<T>>,
) -> Vec<Result<T, JoinError>> {
    goroutines.into_iter().map(Goroutine::join).collect()
}

/// Runs all of `tasks` at a time and gives their results, in their order. When one fails, the context
/// of the others is cancelled.
///
/// # Blocking
/// Until all tasks have ended; a dump shows `[scope]`.
///
/// # Panics
/// With the first panic of a task, after all have ended; it also cancels the others. Likewise when a
/// task leaves through `goexit`.
///
/// # Errors
/// The first error, after all tasks have ended.
///
/// # Examples
/// ```
/// use gorge::{context, group};
///
/// let words = ["6", "7"];
/// let ctx = context::background();
/// let numbers = group::all(&ctx, words.map(|word| move |_: &_| word.parse::<i32>()));
/// assert_eq!(numbers, Ok(vec![6, 7]));
/// ```
#[track_caller]
pub fn all<T, E, F>(ctx: &Context, tasks: impl IntoIterator<Item = F>) -> Result<Vec<T>, E>
where
    F: FnOnce(&Context) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    let (ctx, cancel) = context::with_cancel(ctx);
    let error = Mutex::new(None);
    let results = scope(|s| {
        let start = |task: F| {
            s.go(|| {
                let unfinished = cancel.clone().guard();
                match task(&ctx) {
                    Ok(value) => {
                        unfinished.disarm(); // nothing to tell the others
                        Some(value)
                    }
                    Err(failure) => {
                        error.lock().get_or_insert(failure);
                        None
                    }
                }
            })
        };
        let tasks: Vec<_> = tasks.into_iter().map(start).collect();
        let ended: Vec<_> = tasks.into_iter().map(|task| task.join()).collect();
        ended
    });
    let mut values = Vec::with_capacity(results.len());
    for result in results {
        values.extend(result.unwrap_or_else(|end| end.resume()));
    }
    match error.into_inner() {
        Some(error) => Err(error),
        None => Ok(values),
    }
}

/// Runs all of `tasks` at a time and gives the result of the one that ends first; the context of the others is
/// cancelled. `None` if there are none, or all left through `goexit`.
///
/// # Blocking
/// Until all tasks have ended, so losers should heed their context; a dump shows `[scope]`.
///
/// # Panics
/// With the first panic of a task, after all have ended.
///
/// # Examples
/// ```
/// use gorge::{context, group};
/// use std::time::Duration;
///
/// let sleepers = [3600, 0, 7200].map(|seconds| {
///     move |ctx: &context::Context| ctx.sleep(Duration::from_secs(seconds)).map(|()| seconds)
/// });
/// let ctx = context::background();
/// assert_eq!(gorge::run(|| group::race(&ctx, sleepers)), Some(Ok(0)));
/// ```
#[track_caller]
pub fn race<T, F>(ctx: &Context, tasks: impl IntoIterator<Item = F>) -> Option<T>
where
    F: FnOnce(&Context) -> T + Send,
    T: Send,
{
    let task = |task: F| move |ctx: &Context| Ok::<T, ()>(task(ctx));
    first_ok(ctx, tasks.into_iter().map(task)).ok()
}

/// Runs all of `tasks` at a time and gives the first success; the context of the others is cancelled.
///
/// # Blocking
/// As [`race`].
///
/// # Panics
/// As [`race`].
///
/// # Errors
/// The errors of all, in the order in which they came, if none has succeeded.
///
/// # Examples
/// ```
/// use gorge::{context::{self, Context}, group};
///
/// let mirrors = ["broken", "fine"].map(|mirror| {
///     move |_: &Context| if mirror == "fine" { Ok(mirror) } else { Err(format!("{mirror} does not answer")) }
/// });
/// assert_eq!(group::first_ok(&context::background(), mirrors), Ok("fine"));
/// ```
#[track_caller]
pub fn first_ok<T, E, F>(ctx: &Context, tasks: impl IntoIterator<Item = F>) -> Result<T, Vec<E>>
where
    F: FnOnce(&Context) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    let (ctx, cancel) = context::with_cancel(ctx);
    let outcome = Mutex::new((None, Vec::new()));
    scope(|s| {
        for task in tasks {
            s.go(|| {
                let unfinished = cancel.clone().guard();
                let result = task(&ctx);
                let mut outcome = outcome.lock();
                match result {
                    Ok(value) => _ = outcome.0.get_or_insert(value),
                    Err(error) => {
                        outcome.1.push(error);
                        unfinished.disarm(); // the others may still succeed
                    }
                }
            });
        }
    });
    let (first, errors) = outcome.into_inner();
    first.ok_or(errors)
}
