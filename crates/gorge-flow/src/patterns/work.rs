//! A pool of workers: bounded parallelism, by task or over a sequence of items.

use std::fmt;
use std::sync::Arc;

use gorge_macros::select;
use gorge_sched::{Goroutine, JoinError, scope};
use gorge_sync::chan::{Receiver, Sender, channel};
use gorge_sync::sync::Mutex;

use super::flow::{Flow, pass};
use super::size::{SizeError, checked};
use crate::context::{Context, ContextError, RecvContextError, RecvCtx, SendContextError, SendCtx};
use crate::outcome::{caught, raise};

type Task = Box<dyn FnOnce() + Send>;

/// A fixed number of goroutines that run tasks, handed over one at a time: nothing is queued, so whoever
/// has more tasks than the workers can take waits.
///
/// A task that panics does not end its worker; the first panic goes on in [`shutdown`](WorkPool::shutdown).
/// Dropping the pool shuts it down. If it is one of its own tasks that does so, nobody waits: the workers finish what
/// they have taken, and a panic then is one that nobody can join.
///
/// # Examples
/// ```
/// use gorge::patterns::WorkPool;
///
/// let pool = WorkPool::new(4).unwrap();
/// let squares: Vec<_> = (1..=10).map(|n| pool.submit(move || n * n)).collect();
/// let sum: i32 = squares.into_iter().map(|square| square.wait().unwrap()).sum();
/// assert_eq!(sum, 385);
/// pool.shutdown();
/// ```
pub struct WorkPool {
    /// `None` once it is shut down.
    tasks: Option<Sender<Task>>,
    workers: Vec<Goroutine<()>>,
    panics: Arc<Mutex<Panics>>,
}

/// What went wrong in tasks that nobody waits for.
#[derive(Default)]
struct Panics {
    first: Option<JoinError>,
    /// Nobody will ask but the workers themselves.
    left_alone: bool,
}

/// The result, to come, of a task that was [submitted](WorkPool::submit).
///
/// # Examples
/// ```
/// use gorge::patterns::{Ticket, WorkPool};
///
/// let pool = WorkPool::new(2).unwrap();
/// let ticket: Ticket<i32> = pool.submit(|| 6 * 7);
/// assert_eq!(ticket.wait().unwrap(), 42);
/// ```
#[derive(Debug)]
#[must_use = "the result, or the panic, of the task comes here"]
pub struct Ticket<T> {
    result: Receiver<Result<T, JoinError>>,
}

impl WorkPool {
    /// A pool of `workers` goroutines.
    ///
    /// # Errors
    /// `size value too small` when there shall be none.
    #[track_caller]
    pub fn new(workers: usize) -> Result<WorkPool, SizeError> {
        let (tasks, todo) = channel::<Task>(0);
        let panics = Arc::<Mutex<Panics>>::default();
        let worker = |_| {
            let (todo, panics) = (todo.clone(), panics.clone());
            gorge_sched::go(move || {
                for task in &todo {
                    if let Err(end @ JoinError::Panicked(_)) = caught(task) {
                        panics.lock().first.get_or_insert(end);
                    }
                }
                let panics = &mut *panics.lock();
                let mine = panics.first.take_if(|_| panics.left_alone);
                mine.into_iter().for_each(raise);
            })
        };
        let workers = (0..checked(workers)?).map(worker).collect();
        Ok(WorkPool { tasks: Some(tasks), workers, panics })
    }

    /// Hands `task` to a worker.
    ///
    /// # Blocking
    /// Until a worker has taken it, not until it is done; a dump shows `[chan send]`.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, context, patterns::WorkPool};
    ///
    /// let pool = WorkPool::new(2).unwrap();
    /// let (tx, done) = channel(2);
    /// let other = tx.clone();
    /// pool.run(move || _ = tx.send(1)); // returns when a worker has taken it
    /// pool.run_ctx(&context::background(), move || _ = other.send(2)).unwrap();
    /// pool.shutdown(); // returns when both are done
    /// assert_eq!(done.len(), 2);
    /// ```
    #[track_caller]
    pub fn run(&self, task: impl FnOnce() + Send + 'static) {
        if self.tasks().send(Box::new(task)).is_err() {
            unreachable!("the workers receive until the pool is shut down")
        }
    }

    /// As [`run`](WorkPool::run), unless the context is done before a worker has taken it.
    ///
    /// # Errors
    /// When the context is done; the task is dropped.
    #[track_caller]
    pub fn run_ctx(
        &self,
        ctx: &Context,
        task: impl FnOnce() + Send + 'static,
    ) -> Result<(), ContextError> {
        match self.tasks().send_ctx(ctx, Box::new(task)) {
            Ok(()) => Ok(()),
            Err(SendContextError::Done(error, _)) => Err(error),
            Err(SendContextError::Closed(_)) => {
                unreachable!("the workers receive until the pool is shut down")
            }
        }
    }

    /// Hands `task` to a worker; its result, or its panic, comes through the ticket.
    ///
    /// # Blocking
    /// As [`run`](WorkPool::run).
    #[track_caller]
    pub fn submit<T: Send + 'static>(
        &self,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Ticket<T> {
        let (task, ticket) = Ticket::of(task);
        self.run(task);
        ticket
    }

    /// As [`submit`](WorkPool::submit), unless the context is done before a worker has taken it.
    ///
    /// # Blocking
    /// As [`run`](WorkPool::run), no longer than the context; a dump shows `[select]`.
    ///
    /// # Errors
    /// When the context is done; the task is dropped.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, patterns::WorkPool};
    ///
    /// let pool = WorkPool::new(1).unwrap();
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// assert_eq!(pool.submit_ctx(&ctx, || 6 * 7).unwrap().wait().unwrap(), 42);
    /// cancel.cancel();
    /// assert!(pool.submit_ctx(&ctx, || 6 * 7).is_err());
    /// ```
    #[track_caller]
    pub fn submit_ctx<T: Send + 'static>(
        &self,
        ctx: &Context,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Ticket<T>, ContextError> {
        let (task, ticket) = Ticket::of(task);
        self.run_ctx(ctx, task)?;
        Ok(ticket)
    }

    /// Lets the workers finish what they have taken, and waits for that.
    ///
    /// # Blocking
    /// Until the last worker has ended; a dump shows `[join]`. Not in a task of the pool itself.
    ///
    /// # Panics
    /// With the first panic of a task that was [run](WorkPool::run).
    pub fn shutdown(mut self) {
        self.end();
    }

    #[track_caller]
    fn tasks(&self) -> &Sender<Task> {
        self.tasks.as_ref().expect("a pool that was shut down cannot be named any more")
    }

    fn end(&mut self) {
        self.tasks = None;
        let me = gorge_sched::goroutine_id();
        if self.workers.iter().any(|worker| Some(worker.id()) == me) {
            self.panics.lock().left_alone = true;
            return self.workers.drain(..).for_each(Goroutine::detach);
        }
        for worker in self.workers.drain(..) {
            // A worker catches what its tasks do.
            let _ = worker.join();
        }
        let panic = self.panics.lock().first.take();
        panic.into_iter().for_each(raise);
    }
}

impl Drop for WorkPool {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for WorkPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkPool").field("workers", &self.workers.len()).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Ticket<T> {
    /// What a worker is to do for `task`, and where its result comes.
    fn of(task: impl FnOnce() -> T + Send + 'static) -> (impl FnOnce() + Send + 'static, Self) {
        let (tx, result) = channel(1);
        let task = move || {
            // There is room, and if the ticket is gone nobody wants the result.
            let _ = tx.try_send(caught(task));
        };
        (task, Ticket { result })
    }
}

impl<T> Ticket<T> {
    /// Waits for the result.
    ///
    /// # Blocking
    /// Until the task has ended; a dump shows `[chan receive]`.
    ///
    /// # Errors
    /// When the task panicked, or left through `goexit`.
    #[track_caller]
    pub fn wait(self) -> Result<T, JoinError> {
        self.result.recv().unwrap_or(Err(JoinError::Exited))
    }

    /// As [`wait`](Ticket::wait), unless the context is done before. The task goes on then; its result may be
    /// waited for again.
    ///
    /// # Blocking
    /// As [`wait`](Ticket::wait), no longer than the context; a dump shows `[select]`.
    ///
    /// # Errors
    /// When the context is done; inside, as for [`wait`](Ticket::wait). After a result there is no other one: then
    /// [`JoinError::Exited`].
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, channel, patterns::WorkPool};
    ///
    /// let pool = WorkPool::new(1).unwrap();
    /// let (go_on, wait) = channel::<()>(0);
    /// let ticket = pool.submit(move || wait.recv().is_err());
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// cancel.cancel();
    /// assert!(ticket.wait_ctx(&ctx).is_err());
    /// drop(go_on);
    /// assert_eq!(ticket.wait_ctx(&context::background()).unwrap().unwrap(), true);
    /// ```
    #[track_caller]
    pub fn wait_ctx(&self, ctx: &Context) -> Result<Result<T, JoinError>, ContextError> {
        match self.result.recv_ctx(ctx) {
            Ok(result) => Ok(result),
            Err(RecvContextError::Done(error)) => Err(error),
            Err(RecvContextError::Closed) => Ok(Err(JoinError::Exited)),
        }
    }

    /// The channel on which the result comes, once: for a select.
    ///
    /// # Examples
    /// ```
    /// use gorge::{patterns::WorkPool, select};
    /// use std::time::Duration;
    ///
    /// let pool = WorkPool::new(1).unwrap();
    /// let ticket = pool.submit(|| 6 * 7);
    /// select! {
    ///     recv(ticket.rx()) -> result => assert_eq!(result.unwrap().unwrap(), 42),
    ///     timeout(Duration::from_secs(60)) => panic!("too slow"),
    /// }
    /// ```
    #[must_use]
    pub fn rx(&self) -> &Receiver<Result<T, JoinError>> {
        &self.result
    }
}

/// What `f` makes of each item, by `workers` goroutines, in the order of the items.
///
/// Results that come too early wait for their turn; at most `workers` of them, then the workers wait.
///
/// # Blocking
/// Not itself: receiving from the flow waits for the next result; a dump shows `[chan receive]`.
///
/// # Panics
/// With a panic of `f`, in the consumer.
///
/// # Errors
/// When there shall be no workers.
///
/// # Examples
/// ```
/// use gorge::{context, patterns};
///
/// let ctx = context::background();
/// let squares = patterns::in_order(&ctx, 3, 1..=5, |n| n * n).unwrap();
/// assert_eq!(squares.into_iter().collect::<Vec<_>>(), [1, 4, 9, 16, 25]);
/// ```
#[track_caller]
pub fn in_order<I, U>(
    ctx: &Context,
    workers: usize,
    items: I,
    f: impl Fn(I::Item) -> U + Send + Sync + 'static,
) -> Result<Flow<U>, SizeError>
where
    I: IntoIterator + Send + 'static,
    I::Item: Send + 'static,
    U: Send + 'static,
{
    let workers = checked(workers)?;
    let f = Arc::new(f);
    Ok(Flow::start(ctx, [items], move |ctx, items: I, tx| {
        let done = ctx.done();
        let (hand_out, work) = channel::<(I::Item, Sender<U>)>(0);
        let (queue, turns) = channel::<Receiver<U>>(workers);
        let f = &*f;
        scope(|s| {
            for _ in 0..workers {
                let work = work.clone();
                s.go(move || {
                    for (item, result) in work {
                        let _ = result.try_send(f(item)); // there is room for one
                    }
                });
            }
            drop(work);
            let theirs = done.clone();
            s.go(move || {
                for item in items {
                    let (result, turn) = channel(1);
                    let queued = pass(&queue, &theirs, turn);
                    if !queued || !pass(&hand_out, &theirs, (item, result)) {
                        return;
                    }
                }
            });
            // A turn without a result: its worker has panicked. The scope passes that on.
            while let Some(turn) = receive(&turns, &done) {
                let Some(result) = receive(&turn, &done) else { break };
                if !pass(tx, &done, result) {
                    break;
                }
            }
            drop(turns); // tells who hands out the items
        });
    }))
}

/// What `f` makes of each item, by `workers` goroutines, as the results come.
///
/// # Panics
/// With a panic of `f`, in the consumer.
///
/// # Errors
/// When there shall be no workers.
///
/// # Examples
/// ```
/// use gorge::{context, patterns};
///
/// let ctx = context::background();
/// let lengths = patterns::as_they_come(&ctx, 2, ["one", "three"], str::len).unwrap();
/// let mut lengths: Vec<usize> = lengths.into_iter().collect();
/// lengths.sort(); // they come as they are ready
/// assert_eq!(lengths, [3, 5]);
/// ```
#[track_caller]
pub fn as_they_come<I, U>(
    ctx: &Context,
    workers: usize,
    items: I,
    f: impl Fn(I::Item) -> U + Send + Sync + 'static,
) -> Result<Flow<U>, SizeError>
where
    I: IntoIterator + Send + 'static,
    I::Item: Send + 'static,
    U: Send + 'static,
{
    let workers = checked(workers)?;
    let input = Arc::new(super::pipeline::generate(ctx, items));
    let inputs = std::iter::repeat_n(input, workers);
    Ok(Flow::start(ctx, inputs, move |ctx, input: Arc<Flow<I::Item>>, tx| {
        let done = ctx.done();
        while let Some(item) = input.next(&done) {
            if !pass(tx, &done, f(item)) {
                return;
            }
        }
    }))
}

fn receive<T>(rx: &Receiver<T>, done: &crate::context::Done) -> Option<T> {
    select! {
        recv(rx) -> value => value.ok(),
        recv(done) => None,
    }
}
