//! The error group: goroutines that work on parts of one task.
//!
//! Invariants:
//! - A goroutine of the group is counted in `running` from before it starts until after its outcome was noted.
//! - The first error and the first panic are kept; whoever waits takes them.
//! - When a group is dropped, none of its goroutines runs any more.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use gorge_sched::{JoinError, Payload};
use gorge_sync::chan::{Receiver, Sender, channel};
use gorge_sync::sync::{Mutex, WaitGroup};

use crate::context::{self, CancelCauseFunc, Cause, Context};
use crate::outcome::{MOST_AT_A_TIME, caught};

/// A group of goroutines that work on parts of one task; the first error is the error of the whole.
///
/// Dropping the group cancels its context and waits for its goroutines.
///
/// # Examples
/// ```
/// use gorge::context;
/// use gorge::group::Group;
///
/// gorge::run(|| {
///     let (group, ctx) = Group::with_context(&context::background());
///     for n in 1..=3 {
///         let ctx = ctx.clone();
///         group.go(move || match n {
///             2 => Err(format!("part {n} failed")),
///             // The others are told to stop: they would sleep for an hour.
///             _ => ctx.sleep(std::time::Duration::from_secs(3600)).map_err(|e| e.to_string()),
///         });
///     }
///     assert_eq!(group.wait(), Err("part 2 failed".to_owned()));
/// });
/// ```
///
/// Where errors go through `?`, the compiler has to be told what they become:
///
/// ```
/// use gorge::group::Group;
///
/// let group = Group::<String>::new();
/// group.go(|| {
///     let _number: i32 = "seven".parse().map_err(|error| format!("{error}"))?;
///     Ok(())
/// });
/// assert!(group.wait().is_err());
/// ```
///
/// # Compared with Go
/// `errgroup.Group`. A panic in a goroutine of the group goes on in `wait`. Since a group ends what it has
/// started, it has one owner; goroutines of the group that add to it do so through a [`handle`](Group::handle).
pub struct Group<E> {
    shared: Arc<Shared<E>>,
}

/// Adds goroutines to a [`Group`] from elsewhere, for example from inside of one. Clones add to the same group.
///
/// # Examples
/// ```
/// use gorge::group::Group;
///
/// let group: Group<String> = Group::new();
/// let handle = group.handle();
/// group.go(move || {
///     handle.go(|| Err("the part of a part failed".to_owned()));
///     assert!(handle.try_go(|| Ok(())).is_ok()); // there is no limit
///     Ok(())
/// });
/// assert_eq!(group.wait(), Err("the part of a part failed".to_owned()));
/// ```
pub struct GroupHandle<E> {
    shared: Arc<Shared<E>>,
}

struct Shared<E> {
    running: WaitGroup,
    /// What has gone wrong so far.
    failures: Mutex<Failures<E>>,
    /// A limit of n: one token for each goroutine lies in a channel of capacity n.
    places: Mutex<Option<Places>>,
    cancel: Option<CancelCauseFunc>,
    /// What the first error is to those who ask the context for its cause.
    cause_of: Option<CauseOf<E>>,
}

type CauseOf<E> = Box<dyn Fn(&E) -> Cause + Send + Sync>;

#[derive(Clone)]
struct Places {
    enter: Sender<()>,
    leave: Receiver<()>,
}

struct Failures<E> {
    error: Option<E>,
    panic: Option<Payload>,
}

/// Notes the end of a goroutine of the group, however it comes.
struct Member<E> {
    shared: Arc<Shared<E>>,
    places: Option<Places>,
}

impl<E> Drop for Member<E> {
    fn drop(&mut self) {
        if let Some(places) = &self.places {
            let _ = places.leave.try_recv();
        }
        self.shared.running.done();
    }
}

impl<E: Send + 'static> Group<E> {
    /// A group without a context: an error does not stop the others.
    #[must_use]
    pub fn new() -> Self {
        Group::with_cancel(None, None)
    }

    /// A group and its context, made from `parent`: done when the first function has failed, or all have
    /// ended and were waited for.
    #[must_use]
    pub fn with_context(parent: &Context) -> (Self, Context) {
        let (ctx, cancel) = context::with_cancel_cause(parent);
        (Group::with_cancel(Some(cancel), None), ctx)
    }

    /// As [`with_context`](Group::with_context), and the first error is the cause of the context's end:
    /// what `cause` makes of it, since the error itself goes to who waits. After a panic the cause is its text.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, group::Group};
    ///
    /// let (group, ctx) = Group::with_context_cause(&context::background(), |e: &&str| e.to_string());
    /// group.go(|| Err("the disk is full"));
    /// assert_eq!(group.wait(), Err("the disk is full"));
    /// assert_eq!(ctx.err().unwrap().to_string(), "context canceled");
    /// assert_eq!(ctx.cause().unwrap().to_string(), "the disk is full");
    /// ```
    ///
    /// # Compared with Go
    /// `errgroup.WithContext`, whose cause is always the error.
    #[must_use]
    pub fn with_context_cause<C>(
        parent: &Context,
        cause: impl Fn(&E) -> C + Send + Sync + 'static,
    ) -> (Self, Context)
    where
        C: Into<Box<dyn Error + Send + Sync>>,
    {
        let (ctx, cancel) = context::with_cancel_cause(parent);
        let cause_of: CauseOf<E> = Box::new(move |error| Arc::from(cause(error).into()));
        (Group::with_cancel(Some(cancel), Some(cause_of)), ctx)
    }

    fn with_cancel(cancel: Option<CancelCauseFunc>, cause_of: Option<CauseOf<E>>) -> Self {
        let shared = Shared {
            running: WaitGroup::new(),
            failures: Mutex::new(Failures { error: None, panic: None }),
            places: Mutex::new(None),
            cancel,
            cause_of,
        };
        Group { shared: Arc::new(shared) }
    }

    /// Lets at most `limit` goroutines of the group run at a time; `None` is without a limit. With 0 none
    /// can be added any more.
    ///
    /// # Panics
    /// While goroutines run under the limit there is: `errgroup: modify limit while 2 goroutines in the group are still active`.
    ///
    /// # Examples
    /// ```
    /// use gorge::group::Group;
    ///
    /// let group = Group::<()>::new();
    /// group.set_limit(2);
    /// for _ in 0..10 {
    ///     group.go(|| Ok(())); // waits while two are at work
    /// }
    /// assert_eq!(group.wait(), Ok(()));
    /// ```
    #[track_caller]
    pub fn set_limit(&self, limit: impl Into<Option<usize>>) {
        let mut places = self.shared.places.lock();
        let active = places.as_ref().map_or(0, |places| places.enter.len());
        if active != 0 {
            drop(places);
            panic!(
                "errgroup: modify limit while {active} goroutines in the group are still active"
            );
        }
        *places = limit.into().map(|limit| {
            // A limit of 0: a channel in which nobody ever takes.
            let (enter, leave) = channel(limit.min(MOST_AT_A_TIME));
            Places { enter, leave }
        });
    }

    /// Runs `f` in a goroutine of the group.
    ///
    /// # Blocking
    /// While as many goroutines run as the limit allows; a dump shows `[chan send]`.
    #[track_caller]
    pub fn go(&self, f: impl FnOnce() -> Result<(), E> + Send + 'static) {
        self.shared.go(f);
    }

    /// Runs `f` in a goroutine of the group if the limit allows.
    ///
    /// # Errors
    /// The function, if as many goroutines run as the limit allows.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, group::Group};
    ///
    /// let group: Group<String> = Group::new();
    /// group.set_limit(1);
    /// let (finish, wait) = channel::<()>(0);
    /// group.go(move || {
    ///     _ = wait.recv();
    ///     Ok(())
    /// });
    /// assert!(group.try_go(|| Ok(())).is_err()); // one is at work
    /// drop(finish);
    /// assert_eq!(group.wait(), Ok(()));
    /// ```
    #[track_caller]
    pub fn try_go<F>(&self, f: F) -> Result<(), F>
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        self.shared.try_go(f)
    }

    /// A handle through which goroutines can be added from elsewhere.
    #[must_use]
    pub fn handle(&self) -> GroupHandle<E> {
        GroupHandle { shared: self.shared.clone() }
    }

    /// Waits for all goroutines of the group, and cancels its context.
    ///
    /// # Blocking
    /// Until the last has ended; a dump shows `[sync.WaitGroup.Wait]`.
    ///
    /// # Panics
    /// With the first panic of a goroutine of the group.
    ///
    /// # Errors
    /// The first error of a goroutine of the group. It is given out once.
    #[track_caller]
    pub fn wait(&self) -> Result<(), E> {
        self.shared.wait();
        let panic = self.shared.failures.lock().panic.take();
        if let Some(payload) = panic {
            std::panic::resume_unwind(payload.into_inner());
        }
        let error = self.shared.failures.lock().error.take();
        error.map_or(Ok(()), Err)
    }
}

impl<E: Send + 'static> GroupHandle<E> {
    /// As [`Group::go`]. To be called while the group is not waited for in vain: from one of its
    /// goroutines, or before `wait`.
    ///
    /// # Blocking
    /// As [`Group::go`].
    #[track_caller]
    pub fn go(&self, f: impl FnOnce() -> Result<(), E> + Send + 'static) {
        self.shared.go(f);
    }

    /// As [`Group::try_go`].
    ///
    /// # Errors
    /// As [`Group::try_go`].
    #[track_caller]
    pub fn try_go<F>(&self, f: F) -> Result<(), F>
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        self.shared.try_go(f)
    }
}

impl<E> Shared<E> {
    #[track_caller]
    fn go(self: &Arc<Self>, f: impl FnOnce() -> Result<(), E> + Send + 'static)
    where
        E: Send + 'static,
    {
        let places = self.places.lock().clone();
        if let Some(places) = &places {
            let entered = places.enter.send(());
            debug_assert!(entered.is_ok(), "both ends are in `places`");
        }
        self.start(places, f);
    }

    #[track_caller]
    fn try_go<F>(self: &Arc<Self>, f: F) -> Result<(), F>
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
        E: Send + 'static,
    {
        let places = self.places.lock().clone();
        if places.as_ref().is_some_and(|places| places.enter.try_send(()).is_err()) {
            return Err(f);
        }
        self.start(places, f);
        Ok(())
    }

    #[track_caller]
    fn start(
        self: &Arc<Self>,
        places: Option<Places>,
        f: impl FnOnce() -> Result<(), E> + Send + 'static,
    ) where
        E: Send + 'static,
    {
        self.running.add(1);
        let member = Member { shared: self.clone(), places };
        let body = move || {
            let member = member;
            member.shared.note(caught(f));
        };
        gorge_sched::go(body).detach();
    }

    fn note(&self, outcome: Result<Result<(), E>, JoinError>) {
        let failure = match outcome {
            Ok(Ok(())) | Err(JoinError::Exited) => return,
            Ok(Err(error)) => Ok(error),
            Err(end) => Err(end),
        };
        // Outside the lock: it is the user's function that makes the cause.
        let cause = self.cause_of.as_ref().map(|cause_of| match &failure {
            Ok(error) => cause_of(error),
            Err(end) => Arc::from(Box::from(end.to_string())),
        });
        let mut failures = self.failures.lock();
        let first = failures.error.is_none() && failures.panic.is_none();
        match failure {
            Ok(error) => _ = failures.error.get_or_insert(error),
            Err(JoinError::Panicked(payload)) => _ = failures.panic.get_or_insert(payload),
            Err(JoinError::Exited) => {}
        }
        drop(failures);
        if first {
            self.cancel_for(cause);
        }
    }

    fn cancel_for(&self, cause: Option<Cause>) {
        if let Some(cancel) = &self.cancel {
            cancel.cancel_for(cause);
        }
    }

    fn cancel(&self) {
        self.cancel_for(None);
    }

    #[track_caller]
    fn wait(&self) {
        self.running.wait();
        self.cancel();
    }
}

impl<E> Drop for Group<E> {
    fn drop(&mut self) {
        self.shared.cancel();
        self.shared.wait();
        let panic = self.shared.failures.lock().panic.take();
        if let Some(payload) = panic {
            crate::outcome::raise(JoinError::Panicked(payload));
        }
    }
}

impl<E: Send + 'static> Default for Group<E> {
    fn default() -> Self {
        Group::new()
    }
}

impl<E> Clone for GroupHandle<E> {
    fn clone(&self) -> Self {
        GroupHandle { shared: self.shared.clone() }
    }
}

impl<E> fmt::Debug for Group<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("running", &self.shared.running).finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for GroupHandle<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupHandle").finish_non_exhaustive()
    }
}
