//! Goroutines that borrow: none outlives the scope it was started in.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use gorge_base::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Relaxed},
};
use gorge_base::probe::{self, Hold, Op};

use crate::reason::WaitReason;
use crate::runtime::birth::Exit;
use crate::runtime::bubble;
use crate::runtime::error::JoinError;
use crate::runtime::park::{Parking, ready};
use crate::runtime::ready::Place;
use crate::runtime::spawn::{Goroutine, start};
use crate::runtime::task::Task;
use crate::runtime::threads;
use crate::runtime::worker::M;

/// A place to start goroutines that borrow from outside of it. See [`scope`].
///
/// # Examples
/// ```
/// let mut list = vec![1, 2, 3];
/// gorge::scope(|s: &gorge::Scope<'_, '_>| {
///     let sum = s.go(|| list.iter().sum::<i32>()); // borrows
///     let longest = s.go(|| list.iter().max());
///     assert_eq!((sum.join().unwrap(), longest.join().unwrap()), (6, Some(&3)));
/// }); // all have ended here
/// list.push(4);
/// ```
pub struct Scope<'scope, 'env: 'scope> {
    state: Arc<State>,
    _scope: PhantomData<&'scope mut &'scope ()>,
    _env: PhantomData<&'env mut &'env ()>,
}

/// What a scope shares with its goroutines.
struct State {
    /// Goroutines that have not ended, plus one while the scope itself has not
    /// begun to wait.
    running: AtomicUsize,
    waiter: Mutex<Option<Task>>,
    /// The first panic nobody joined.
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl State {
    fn keep_panic(&self, payload: Box<dyn Any + Send>) {
        let mut kept = self.payload.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            *kept = Some(payload);
            return;
        }
        drop(kept);
        drop(payload); // foreign code, so not under the lock
    }

    /// A goroutine has ended, with everything that it borrowed dropped.
    fn leave(&self) {
        if probe::any() {
            probe::lets_go(self.address(), Hold::Shared);
            probe::release(self.address());
        }
        // Acquire and release: all that the goroutines did happens before the
        // scope returns.
        if self.running.fetch_sub(1, AcqRel) == 1 {
            let task = self.waiter.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(task) = task {
                // SAFETY: the scope published its task and parks; only the
                // last to leave gets here.
                unsafe { ready(task, Place::Next) };
            }
        }
    }

    /// By what tools know the scope. Its goroutines hold it.
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    fn wait(&self, at: &'static Location<'static>) {
        // Unwinding before all have left would take away what they borrow, so not even a run that is over leaves here.
        bubble::whole(|| probe::point(Op::Join, self.address(), at));
        probe::waits(Op::Wait, self.address(), at);
        let parking = Parking::begin();
        *self.waiter.lock().unwrap_or_else(PoisonError::into_inner) = Some(parking.task());
        // As in `leave`.
        if self.running.fetch_sub(1, AcqRel) == 1 {
            parking.cancel();
        } else {
            // SAFETY: published above; the last goroutine makes us ready.
            unsafe { parking.park(WaitReason::Scope, at) };
        }
        if probe::any() {
            probe::goes_on(self.address());
            probe::acquire(self.address());
            probe::gone(self.address(), size_of::<State>());
        }
    }
}

/// A goroutine of the scope, which is counted until this is dropped: also when it is never started, or a panic
/// leaves the destructor of what it leaves behind.
struct Member(Arc<State>);

impl Drop for Member {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The result of a scoped goroutine. It may borrow, so it does not stay in
/// the goroutine's record: either the handle has it, or it is dropped before
/// the goroutine leaves the scope.
struct Packet<T> {
    result: Mutex<Option<Result<T, JoinError>>>,
    state: Arc<State>,
}

impl<T> Packet<T> {
    fn take(&self) -> Option<Result<T, JoinError>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Drop for Packet<T> {
    fn drop(&mut self) {
        match self.take() {
            Some(Err(JoinError::Panicked(payload))) => self.state.keep_panic(payload.into_inner()),
            Some(Ok(value)) => {
                let dropped = catch_unwind(AssertUnwindSafe(|| drop(value)));
                // (Who exits there has ended, no more and no less.)
                if let Err(JoinError::Panicked(payload)) = dropped.map_err(JoinError::from_payload)
                {
                    self.state.keep_panic(payload.into_inner());
                }
            }
            Some(Err(JoinError::Exited)) | None => {}
        }
    }
}

impl JoinError {
    /// What a payload means that was caught around the body of a goroutine: its panic, or its
    /// [`goexit`](crate::goexit).
    #[must_use]
    pub fn from_payload(payload: Box<dyn Any + Send + 'static>) -> JoinError {
        if payload.is::<Exit>() { JoinError::Exited } else { JoinError::Panicked(payload.into()) }
    }
}

/// A goroutine of a [`scope`]. The handle may be dropped: the scope waits.
///
/// # Examples
/// ```
/// let words = ["one", "three"];
/// gorge::scope(|s| {
///     let count: gorge::ScopedGoroutine<'_, usize> = s.go(|| words.len());
///     assert!(count.id() > 0);
///     while !count.is_finished() {
///         gorge::runtime::gosched();
///     }
///     assert_eq!(count.join().unwrap(), 2);
/// });
/// ```
pub struct ScopedGoroutine<'scope, T> {
    goroutine: Goroutine<()>,
    packet: Arc<Packet<T>>,
    _scope: PhantomData<&'scope mut &'scope ()>,
}

impl<T> ScopedGoroutine<'_, T> {
    /// Waits for its end and gives its value. See [`Goroutine::join`].
    ///
    /// # Blocking
    /// As there; a dump shows `[join]`.
    ///
    /// # Errors
    /// As for [`Goroutine::join`].
    #[track_caller]
    pub fn join(self) -> Result<T, JoinError> {
        self.goroutine.join()?;
        self.packet.take().unwrap_or(Err(JoinError::Exited))
    }

    /// The goroutine's number.
    pub fn id(&self) -> u64 {
        self.goroutine.id()
    }

    /// Whether it has ended.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.goroutine.is_finished()
    }
}

impl<T> fmt::Debug for ScopedGoroutine<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.goroutine.fmt(f)
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a goroutine that may borrow whatever outlives the scope.
    #[track_caller]
    pub fn go<F, T>(&'scope self, f: F) -> ScopedGoroutine<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let state = self.state.clone();
        // Relaxed: the scope itself is counted, so it cannot end meanwhile.
        state.running.fetch_add(1, Relaxed);
        let member = Member(state.clone());
        let packet = Arc::new(Packet { result: Mutex::new(None), state });
        let theirs = packet.clone();
        let at = Location::caller();
        let body = move || {
            probe::holds(member.0.address(), Hold::Shared, at);
            let result = catch_unwind(AssertUnwindSafe(f)).map_err(JoinError::from_payload);
            *theirs.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            drop(theirs);
            drop(member);
        };
        // SAFETY: the bounds are those of a safe scoped spawn; the closure has
        // dropped all it borrows before it leaves, and `scope` waits for that.
        let goroutine = unsafe { start(body, at, |_| true) };
        ScopedGoroutine { goroutine, packet, _scope: PhantomData }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("running", &self.state.running.load(Relaxed))
            .finish_non_exhaustive()
    }
}

/// Runs `f`, which may start goroutines that borrow from the caller's stack,
/// and waits for all of them, also when `f` panics or exits.
///
/// # Blocking
/// Until every goroutine of the scope has ended. A dump says `[scope]`.
///
/// # Panics
/// With the first panic of a goroutine that was not joined.
///
/// # Examples
/// ```
/// let words = ["a", "bc", "def"];
/// let mut lengths = [0; 3];
/// gorge::scope(|s| {
///     for (word, length) in words.iter().zip(&mut lengths) {
///         s.go(move || *length = word.len());
///     }
/// });
/// assert_eq!(lengths, [1, 2, 3]);
/// ```
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    // In the destructors of thread-locals it may be too late to wait: then it panics here, and not while they borrow.
    if M::here().is_null() {
        threads::record();
    }
    let state = Arc::new(State {
        running: AtomicUsize::new(1),
        waiter: Mutex::new(None),
        payload: Mutex::new(None),
    });
    let scope = Scope { state: state.clone(), _scope: PhantomData, _env: PhantomData };
    let at = Location::caller();
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    state.wait(at);
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(value) => {
            let payload = state.payload.lock().unwrap_or_else(PoisonError::into_inner).take();
            match payload {
                Some(payload) => resume_unwind(payload),
                None => value,
            }
        }
    }
}
