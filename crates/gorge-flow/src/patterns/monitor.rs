//! A goroutine that owns a value; everybody else asks it.

use std::fmt;
use std::sync::Arc;

use gorge_sched::Goroutine;
use gorge_sync::chan::{Sender, channel};
use gorge_sync::sync::Mutex;

use crate::context::{Context, ContextError, RecvContextError, RecvCtx, SendContextError, SendCtx};
use crate::outcome::raise;

/// A value that only one goroutine touches: the others send it requests and wait for the answers. A handle:
/// clones ask the same goroutine, which ends when the last is dropped.
///
/// If the owner itself drops the last handle, while it answers, it ends after that; nobody waits for it then.
///
/// Use a mutex if all you want is to change a value; a monitor if its owner has a life of its own.
///
/// # Examples
/// ```
/// use gorge::patterns::Monitor;
///
/// enum Request { Set(i32), Get }
///
/// let account = Monitor::new(0, |balance, request| {
///     if let Request::Set(new) = request {
///         *balance = new;
///     }
///     *balance
/// });
/// account.ask(Request::Set(42));
/// assert_eq!(account.ask(Request::Get), 42);
/// ```
pub struct Monitor<Q, A> {
    requests: Sender<(Q, Sender<A>)>,
    // After the sender: without requests to come the goroutine ends, and can be joined.
    owner: Arc<Owner>,
}

struct Owner {
    goroutine: Mutex<Option<Goroutine<()>>>,
}

impl Owner {
    /// Joins the goroutine and passes its panic on, once.
    fn join(&self) {
        let goroutine = self.goroutine.lock().take();
        if let Some(Err(end)) = goroutine.map(Goroutine::join) {
            raise(end);
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let me = gorge_sched::goroutine_id();
        let itself = self.goroutine.get_mut().take_if(|goroutine| Some(goroutine.id()) == me);
        drop(itself); // and not waited for
        self.join();
    }
}

impl<Q: Send + 'static, A: Send + 'static> Monitor<Q, A> {
    /// Starts the goroutine that owns `value` and answers requests.
    #[track_caller]
    pub fn new<S: Send + 'static>(
        value: S,
        mut answer: impl FnMut(&mut S, Q) -> A + Send + 'static,
    ) -> Self {
        let (requests, asked) = channel::<(Q, Sender<A>)>(0);
        let goroutine = gorge_sched::go(move || {
            let mut value = value;
            for (request, reply) in asked {
                // Room for one; who does not wait for the answer has no use for it.
                let _ = reply.try_send(answer(&mut value, request));
            }
        });
        Monitor { requests, owner: Arc::new(Owner { goroutine: Mutex::new(Some(goroutine)) }) }
    }

    /// Asks, and waits for the answer. Requests are answered in the order in which they come.
    ///
    /// # Blocking
    /// Until the owner has answered; a dump shows `[chan send]` or `[chan receive]`.
    ///
    /// # Panics
    /// With the panic of the owner, for the first who notices; for the others because it is gone.
    #[track_caller]
    pub fn ask(&self, request: Q) -> A {
        let (reply, answer) = channel(1);
        if self.requests.send((request, reply)).is_ok()
            && let Ok(answer) = answer.recv()
        {
            return answer;
        }
        self.gone()
    }

    /// As [`ask`](Monitor::ask), unless the context is done before the answer has come. The owner may have the
    /// request then, and answers it for nobody.
    ///
    /// # Blocking
    /// As [`ask`](Monitor::ask), no longer than the context; a dump shows `[select]`.
    ///
    /// # Panics
    /// As [`ask`](Monitor::ask).
    ///
    /// # Errors
    /// When the context is done.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, patterns::Monitor};
    ///
    /// let counter = Monitor::new(0, |count, n: i32| {
    ///     *count += n;
    ///     *count
    /// });
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// assert_eq!(counter.ask_ctx(&ctx, 2), Ok(2));
    /// cancel.cancel();
    /// assert!(counter.ask_ctx(&ctx, 2).is_err());
    /// assert_eq!(counter.ask(0), 2);
    /// ```
    #[track_caller]
    pub fn ask_ctx(&self, ctx: &Context, request: Q) -> Result<A, ContextError> {
        let (reply, answer) = channel(1);
        match self.requests.send_ctx(ctx, (request, reply)) {
            Ok(()) => {}
            Err(SendContextError::Done(error, _)) => return Err(error),
            Err(SendContextError::Closed(_)) => self.gone(),
        }
        match answer.recv_ctx(ctx) {
            Ok(answer) => Ok(answer),
            Err(RecvContextError::Done(error)) => Err(error),
            Err(RecvContextError::Closed) => self.gone(),
        }
    }

    #[track_caller]
    fn gone(&self) -> ! {
        self.owner.join();
        panic!("the monitor's goroutine is gone")
    }
}

impl<Q, A> Clone for Monitor<Q, A> {
    fn clone(&self) -> Self {
        Monitor { requests: self.requests.clone(), owner: self.owner.clone() }
    }
}

impl<Q, A> fmt::Debug for Monitor<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").finish_non_exhaustive()
    }
}
