//! Signs of life: by interval, by unit of work; and a supervisor that restarts a worker without any.

use std::time::Duration;

use gorge_macros::select;
use gorge_sched::{Goroutine, JoinError};
use gorge_sync::chan::{Receiver, RecvEnd, RecvError, Sender, channel};
use gorge_sync::time::Instant;

use crate::context::{self, Context, ContextError};

/// What a worker beats with. Nobody needs to listen: a beat that is not heard is not waited for.
///
/// # Examples
/// One beat before each unit of work:
/// ```
/// use gorge::{context, patterns::heartbeat};
///
/// let (heart, pulse) = heartbeat();
/// let worker = gorge::go(move || {
///     for _ in 0..3 {
///         heart.beat();
///         // ... a unit of work ...
///     }
/// });
/// worker.join().unwrap();
/// assert!(pulse.recv().is_ok()); // there was life,
/// assert!(pulse.recv().is_err()); // and it has ended
/// ```
#[derive(Clone, Debug)]
pub struct Heart {
    beats: Sender<()>,
}

/// A heart, and the channel on which its beats are felt. The channel holds one beat, and is closed when
/// the heart is dropped.
#[must_use]
pub fn heartbeat() -> (Heart, Receiver<()>) {
    let (beats, pulse) = channel(1);
    (Heart { beats }, pulse)
}

impl Heart {
    /// Beats.
    pub fn beat(&self) {
        // Full: the last one has not been felt yet. Closed: nobody feels.
        let _ = self.beats.try_send(());
    }

    /// Receives from `rx`, and beats at each `interval` while it waits.
    ///
    /// # Blocking
    /// Until there is a value, the channel is closed or the context is done; a dump shows `[select]`.
    ///
    /// # Panics
    /// When the interval is zero, as a [`Ticker`](gorge_sync::time::Ticker) does.
    ///
    /// # Errors
    /// `None` when the context is done, otherwise what [`Receiver::recv`] gives.
    #[track_caller]
    pub fn recv<E: RecvEnd>(
        &self,
        ctx: &Context,
        interval: Duration,
        rx: &E,
    ) -> Option<Result<E::Value, RecvError>> {
        positive(interval);
        let done = ctx.done();
        let mut next = Instant::now() + interval;
        loop {
            select! {
                recv(rx) -> value => return Some(value),
                recv(done) => return None,
                timeout(next) => {
                    self.beat();
                    next += interval;
                }
            }
        }
    }

    /// Sleeps for `duration`, beating at each `interval` meanwhile.
    ///
    /// # Blocking
    /// For `duration`, or until the context is done; a dump shows `[select]`.
    ///
    /// # Panics
    /// When the interval is zero, as a [`Ticker`](gorge_sync::time::Ticker) does.
    ///
    /// # Errors
    /// When the context is done.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, patterns::heartbeat};
    /// use std::time::Duration;
    ///
    /// gorge::runtime::use_virtual_clock();
    /// let (heart, beats) = heartbeat();
    /// let (often, long) = (Duration::from_millis(1), Duration::from_millis(5));
    /// heart.sleep(&context::background(), often, long).unwrap();
    /// assert!(beats.try_recv().is_ok());
    /// ```
    #[track_caller]
    pub fn sleep(
        &self,
        ctx: &Context,
        interval: Duration,
        duration: Duration,
    ) -> Result<(), ContextError> {
        positive(interval);
        let end = Instant::now() + duration;
        loop {
            let next = Instant::now() + interval;
            if next >= end {
                return ctx.sleep_until(end);
            }
            ctx.sleep_until(next)?;
            self.beat();
        }
    }
}

/// Runs `worker` until it returns, and starts another whenever the present one has not beaten for `patience`.
/// Gives the result of the one that returned, and how many were given up.
///
/// The context of a worker that was given up is cancelled; its result is not wanted any more.
///
/// # Blocking
/// Until a worker has returned or the context is done, and until those that were given up have ended too: they are
/// expected to heed their context. A dump shows `[select]`, then `[join]`.
///
/// # Panics
/// With the panic of a worker. When the patience is zero: nobody could beat in time.
///
/// # Errors
/// When the context is done.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::supervise};
/// use gorge_base::atomic::{AtomicU32, Ordering};
/// use std::time::Duration;
///
/// gorge::runtime::use_virtual_clock();
/// let started = AtomicU32::new(0);
/// let started: &'static AtomicU32 = Box::leak(Box::new(started));
/// let result = gorge::run(|| {
///     supervise(&context::background(), Duration::from_secs(4), move |ctx, heart| {
///         if started.fetch_add(1, Ordering::Relaxed) == 0 {
///             let _ = ctx.done().recv(); // the first one hangs, silently
///             return "hung";
///         }
///         heart.beat();
///         "done"
///     })
/// });
/// assert_eq!(result, Ok(("done", 1)));
/// ```
#[track_caller]
pub fn supervise<T, F>(
    ctx: &Context,
    patience: Duration,
    worker: F,
) -> Result<(T, usize), ContextError>
where
    T: Send + 'static,
    F: Fn(&Context, &Heart) -> T + Clone + Send + 'static,
{
    positive(patience);
    let (ctx, cancel) = context::with_cancel(ctx);
    let end_all = cancel.guard();
    let mut given_up: Vec<Goroutine<T>> = Vec::new();
    let result = loop {
        let (own, cancel) = context::with_cancel(&ctx);
        let (heart, pulse) = heartbeat();
        let (alive, ended) = channel::<()>(0);
        let worker = worker.clone();
        let goroutine = gorge_sched::go(move || {
            let _alive = alive; // closed at the end, however that comes
            worker(&own, &heart)
        });
        let returned = watch(&ctx, patience, &pulse, &ended);
        if let Some(error) = ctx.err() {
            // Also if it has returned: that was because of the context, as far as one can tell.
            given_up.push(goroutine);
            break Err(error);
        }
        if returned {
            break Ok(goroutine);
        }
        cancel.cancel();
        given_up.push(goroutine);
    };
    drop(end_all);
    let silent = given_up.len();
    let result = result.map(Goroutine::join);
    let mut ends: Vec<JoinError> =
        given_up.into_iter().filter_map(|goroutine| goroutine.join().err()).collect();
    match result {
        Ok(Err(end)) => end.resume(),
        _ if ends.iter().any(JoinError::is_panic) => {
            ends.retain(JoinError::is_panic);
            ends.swap_remove(0).resume()
        }
        Ok(Ok(value)) => Ok((value, silent)),
        Err(error) => Err(error),
    }
}

#[track_caller]
fn positive(interval: Duration) {
    assert!(!interval.is_zero(), "non-positive interval of a heart");
}

/// Feels the pulse until the worker has ended (true), or it was silent for too long or the context is done (false).
fn watch(ctx: &Context, patience: Duration, pulse: &Receiver<()>, ended: &Receiver<()>) -> bool {
    let done = ctx.done();
    let mut pulse = Some(pulse);
    let mut last = Instant::now();
    loop {
        select! {
            biased;
            recv(ended) => return true,
            recv(done) => return false,
            recv(pulse) -> beat => match beat {
                Ok(()) => last = Instant::now(),
                Err(RecvError) => pulse = None, // it has ended, or is about to
            },
            timeout(last + patience) => return false,
        }
    }
}
