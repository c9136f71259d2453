//! Asking more than one, because one may be slow.

use std::time::Duration;

use gorge_macros::select;
use gorge_sched::scope;
use gorge_sync::chan::channel;
use gorge_sync::time::Instant;

use super::size::{SizeError, checked};
use crate::context::{self, Context};

/// So many answers have room until somebody looks at them.
const ROOM: usize = 64;

/// Nobody has given an answer.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::replicated};
///
/// let nobody = replicated(&context::background(), 2, |_, _| Err::<(), _>("no")).unwrap();
/// assert!(nobody.is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoAnswer<E> {
    /// What each said, in the order in which it came.
    pub errors: Vec<E>,
}

/// Asks once, and again after each `delay` without an answer, or at once when all that were asked have failed,
/// `most` times altogether. The first answer counts; the context of the others is cancelled.
///
/// `ask` is given the context of the attempt and its number, from 0.
///
/// # Blocking
/// Until there is an answer, or all have failed, or left through `goexit`; and until the losers, whose context is
/// cancelled, have ended. A dump shows `[select]`, then `[scope]`.
///
/// # Panics
/// With the panic of an attempt, after all have ended.
///
/// # Errors
/// `Ok(Err(..))` with all errors if there was no answer; `Err(SizeError)` if nobody may be asked.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::hedged, time};
/// use std::time::Duration;
///
/// gorge::runtime::use_virtual_clock();
/// gorge::run(|| {
///     let start = time::now();
///     // The first one would take an hour; the second, asked after 10 ms, takes 20.
///     let answer = hedged(&context::background(), Duration::from_millis(10), 3, |ctx, n| {
///         let time = if n == 0 { Duration::from_secs(3600) } else { Duration::from_millis(20) };
///         ctx.sleep(time).map(|()| n)
///     });
///     assert_eq!(answer, Ok(Ok(1)));
///     assert_eq!(start.elapsed(), Duration::from_millis(30));
/// });
/// ```
#[track_caller]
pub fn hedged<T, E, F>(
    ctx: &Context,
    delay: Duration,
    most: usize,
    ask: F,
) -> Result<Result<T, NoAnswer<E>>, SizeError>
where
    F: Fn(&Context, usize) -> Result<T, E> + Sync,
    T: Send,
    E: Send,
{
    let most = checked(most)?;
    let (ctx, cancel) = context::with_cancel(ctx);
    // Nobody who answers waits for somebody to listen who listens no more: see below.
    let (tx, answers) = channel(most.min(ROOM));
    let (ctx, ask) = (&ctx, &ask);
    Ok(scope(|s| {
        let answers = answers; // closed when this ends
        let _losers = cancel.guard(); // cancelled before the scope waits for them
        let done = ctx.done();
        let (mut asked, mut errors) = (0, Vec::new());
        let mut tx = Some(tx);
        let mut next = Instant::now();
        loop {
            let due = Instant::now() >= next || asked == errors.len();
            if let Some(sender) = tx.as_ref().filter(|_| due && ctx.err().is_none()) {
                let (sender, number) = (sender.clone(), asked);
                s.go(move || {
                    let answer = ask(ctx, number);
                    // It waits for room only while there are more answers than anybody has looked at yet; when
                    // nobody does any more, the channel is closed.
                    let _ = sender.send(answer);
                });
                asked += 1;
                next = Instant::now() + delay;
                if asked == most {
                    tx = None; // closed when the last attempt has ended
                }
            }
            if ctx.err().is_some() {
                tx = None;
            }
            select! {
                recv(answers) -> answer => match answer {
                    Ok(Ok(value)) => return Ok(value),
                    Ok(Err(error)) => errors.push(error),
                    Err(_) => return Err(NoAnswer { errors }),
                },
                recv(done), if tx.is_some() => {}
                timeout(next), if tx.is_some() => {}
            }
        }
    }))
}

/// Asks `count` at the same time and takes the first answer: [`hedged`] without a delay.
///
/// # Blocking
/// As [`hedged`].
///
/// # Panics
/// As [`hedged`].
///
/// # Errors
/// As [`hedged`].
///
/// # Examples
/// ```
/// use gorge::{context, patterns::replicated};
///
/// // Ten are asked at once; nine wait until they are called off.
/// let answer = replicated(&context::background(), 10, |ctx, n| {
///     if n == 4 { Ok(n) } else { ctx.done().recv().map_err(|_| "called off").map(|()| n) }
/// });
/// assert_eq!(answer.unwrap().unwrap(), 4);
/// ```
#[track_caller]
pub fn replicated<T, E, F>(
    ctx: &Context,
    count: usize,
    ask: F,
) -> Result<Result<T, NoAnswer<E>>, SizeError>
where
    F: Fn(&Context, usize) -> Result<T, E> + Sync,
    T: Send,
    E: Send,
{
    hedged(ctx, Duration::ZERO, count, ask)
}
