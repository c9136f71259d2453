//! The runner: tasks one after the other, under a time limit, and to be interrupted.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use gorge_macros::select;
use gorge_sched::{Goroutine, JoinError};
use gorge_sync::chan::{Receiver, channel};
use gorge_sync::time::Instant;

use crate::context::{self, Context};

type Task = Box<dyn FnOnce(&Context, usize) + Send>;

/// Runs tasks one after the other, each with its number, for at most a given time.
///
/// The limit also holds for a task that never returns: [`start`](Runner::start) returns in time, and hands out the
/// goroutine that is still busy. Tasks learn from their context that they should stop.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{RunError, Runner}};
/// use std::time::Duration;
///
/// gorge::runtime::use_virtual_clock();
/// gorge::run(|| {
///     let mut runner = Runner::new(Duration::from_secs(4));
///     for _ in 0..3 {
///         runner.add(|_, n| gorge::time::sleep(Duration::from_secs(n as u64)));
///     }
///     assert!(matches!(runner.start(&context::background()), Ok(()))); // 0 + 1 + 2 seconds
///
///     let mut runner = Runner::new(Duration::from_secs(3));
///     runner.add(|_, _| gorge::select! {}); // never returns
///     let error = runner.start(&context::background()).unwrap_err();
///     assert_eq!(error.to_string(), "received timeout");
/// });
/// ```
#[must_use = "tasks run when the runner is started"]
pub struct Runner {
    limit: Duration,
    tasks: Vec<Task>,
    interrupt: Receiver<()>,
}

/// Not all tasks were done.
#[derive(Debug)]
pub enum RunError {
    /// The time was up.
    Timeout(Unfinished),
    /// The runner was interrupted, or its context was cancelled.
    Interrupted(Unfinished),
}

/// The goroutine with the task that was running when the runner stopped. It ends after that task; no
/// other is begun. Dropping this lets it go on by itself.
///
/// # Examples
/// ```
/// use gorge::{channel, context, patterns::Runner};
/// use std::time::Duration;
///
/// let (finish, wait) = channel::<()>(0);
/// let mut runner = Runner::new(Duration::from_millis(1));
/// runner.add(move |_, _| _ = wait.recv()); // takes too long
/// let error = runner.start(&context::background()).unwrap_err();
/// assert_eq!(error.to_string(), "received timeout");
/// drop(finish);
/// error.into_unfinished().join().unwrap(); // the task that was left behind
/// ```
#[derive(Debug)]
pub struct Unfinished {
    /// `None`: none was running.
    goroutine: Option<Goroutine<bool>>,
}

impl Unfinished {
    /// Waits for the end of the task.
    ///
    /// # Blocking
    /// Until the task has ended; a dump shows `[join]`.
    ///
    /// # Errors
    /// When it panicked or left through `goexit`.
    #[track_caller]
    pub fn join(self) -> Result<(), JoinError> {
        self.goroutine.map_or(Ok(()), |goroutine| goroutine.join().map(|_all| ()))
    }
}

impl RunError {
    /// What is still running.
    #[must_use]
    pub fn into_unfinished(self) -> Unfinished {
        match self {
            RunError::Timeout(unfinished) | RunError::Interrupted(unfinished) => unfinished,
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RunError::Timeout(_) => "received timeout",
            RunError::Interrupted(_) => "received interrupt",
        })
    }
}

impl Error for RunError {}

impl Runner {
    /// A runner without tasks.
    pub fn new(limit: Duration) -> Runner {
        Runner { limit, tasks: Vec::new(), interrupt: Receiver::nil() }
    }

    /// Adds a task. It is given the context that ends with the runner, and its number, from 0.
    pub fn add(&mut self, task: impl FnOnce(&Context, usize) + Send + 'static) {
        self.tasks.push(Box::new(task));
    }

    /// Stops when something is received from `signal`, or it is closed: the hook for an interrupt of the system.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, context, patterns::Runner};
    /// use std::time::Duration;
    ///
    /// let (interrupt, interrupted) = channel(1);
    /// interrupt.send(()).unwrap();
    /// let mut runner = Runner::new(Duration::from_secs(60)).interrupt_on(interrupted);
    /// runner.add(|ctx, _| _ = ctx.sleep(Duration::from_secs(30)));
    /// let error = runner.start(&context::background()).unwrap_err();
    /// assert_eq!(error.to_string(), "received interrupt");
    /// ```
    pub fn interrupt_on(mut self, signal: Receiver<()>) -> Runner {
        self.interrupt = signal;
        self
    }

    /// Runs the tasks.
    ///
    /// # Blocking
    /// Until all are done, the time is up, or the runner is interrupted; a dump shows `[select]`.
    ///
    /// # Panics
    /// With the panic of a task.
    ///
    /// # Errors
    /// When not all tasks were done: see [`RunError`].
    #[track_caller]
    pub fn start(self, ctx: &Context) -> Result<(), RunError> {
        let Runner { limit, tasks, interrupt } = self;
        let deadline = Instant::now() + limit;
        let (ctx, cancel) = context::with_cancel(ctx);
        let _cancel = cancel.guard();
        let (finished, complete) = channel::<()>(0);
        let theirs = ctx.clone();
        let goroutine = gorge_sched::go(move || {
            let _finished = finished; // closed at the end, however that comes
            for (number, task) in tasks.into_iter().enumerate() {
                if theirs.err().is_some() {
                    return false;
                }
                task(&theirs, number);
            }
            true
        });
        select! {
            biased;
            recv(complete) => match goroutine.join() {
                Ok(true) => Ok(()),
                Ok(false) => Err(RunError::Interrupted(Unfinished { goroutine: None })),
                Err(end) => end.resume(),
            },
            recv(interrupt) => Err(RunError::Interrupted(Unfinished { goroutine: Some(goroutine) })),
            recv(ctx.done()) => Err(RunError::Interrupted(Unfinished { goroutine: Some(goroutine) })),
            timeout(deadline) => Err(RunError::Timeout(Unfinished { goroutine: Some(goroutine) })),
        }
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("limit", &self.limit)
            .field("tasks", &self.tasks.len())
            .finish()
    }
}
