//! The end of a goroutine as a future, for the tasks of async runtimes.
//!
//! The waiting is done by a goroutine of its own, which parks in `join` and then wakes the task; so
//! nothing here takes part in the protocols of the scheduler.
//!
//! *Rejected:* a task's waker in the place where a goroutine's record names its joiner. Waking it would
//! run foreign code inside scheduler code, in the end of every goroutine.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use gorge_base::probe;

use crate::runtime::error::JoinError;
use crate::runtime::spawn::{Goroutine, go};

/// What the future and the goroutine that waits for it share.
struct Shared<T> {
    result: Option<Result<T, JoinError>>,
    /// Who is to be told.
    waker: Option<Waker>,
}

impl<T> Shared<T> {
    /// By what the race detector knows it.
    fn address(&self) -> usize {
        (&raw const *self).addr()
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        probe::gone(self.address(), 1);
    }
}

/// The end of a goroutine as a future: what `goroutine.await` waits for. Dropping it lets the goroutine
/// go on by itself; if it panics then, nobody hears of it.
///
/// # Examples
/// ```
/// use gorge::{Joined, future::FutureExt, go};
///
/// let end: Joined<i32> = go(|| 6 * 7).into_future(); // `go(..).await`, in async code
/// assert_eq!(end.wait().unwrap(), 42);
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct Joined<T> {
    shared: Arc<Mutex<Shared<T>>>,
}

fn lock<T>(shared: &Mutex<Shared<T>>) -> MutexGuard<'_, Shared<T>> {
    // No code of the user runs under the lock.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Send + 'static> IntoFuture for Goroutine<T> {
    type Output = Result<T, JoinError>;
    type IntoFuture = Joined<T>;

    /// The goroutine's end as a future, for async code: `go(..).await`.
    fn into_future(self) -> Joined<T> {
        let shared = Arc::new(Mutex::new(Shared { result: None, waker: None }));
        let told = shared.clone();
        go(move || {
            let result = self.join();
            let waker = {
                let mut shared = lock(&told);
                shared.result = Some(result);
                probe::release(shared.address());
                shared.waker.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        })
        .detach();
        Joined { shared }
    }
}

impl<T> Future for Joined<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Before the lock: a waker is foreign code.
        let waker = cx.waker().clone();
        let mut shared = lock(&self.shared);
        if let Some(result) = shared.result.take() {
            probe::acquire(shared.address());
            return Poll::Ready(result);
        }
        let before = shared.waker.replace(waker);
        drop(shared);
        drop(before);
        Poll::Pending
    }
}

impl<T> fmt::Debug for Joined<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joined").field("finished", &lock(&self.shared).result.is_some()).finish()
    }
}
