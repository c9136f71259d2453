//! Signals of the operating system, on channels.
//!
//! Promise: nothing of a program runs inside a signal handler. Who wants a signal gets it from a channel;
//! a signal that nobody wants does what the system does by itself (an interrupt ends the program).
//! However fast signals come, handling them costs a bounded amount of memory and never blocks anybody.
//!
//! | file | holds |
//! |---|---|
//! | `number` | [`Signal`]: names and numbers; [`Received`] |
//! | `handler` | what runs when the signal comes: sets a bit, writes a byte |
//! | `table` | who wants what, and the thread that tells them |
//!
//! ```text
//!   handler: is it wanted?  no: as the system would     thread "gorge-signals", while anybody wants any
//!            yes: its bit   --- first bit: a byte --->  takes all bits; each signal to each channel that
//!                           (into a pipe)               wants it and has room
//! ```
//!
//! While anybody wants a signal one may come, so the program is never reported as deadlocked.
//!
//! # Examples
//! A server that ends in order when it is interrupted or told to terminate:
//!
//! ```
//! use gorge::{channel, select, signal::{self, Signal}};
//!
//! let stop = signal::on([Signal::INTERRUPT, Signal::TERMINATE]);
//! let (tx, work) = channel(1);
//! tx.send("a request").unwrap();
//! loop {
//!     select! {
//!         recv(stop) -> _ => break,
//!         recv(work) -> _request => {
//!             // Somebody presses Ctrl-C:
//!             Signal::INTERRUPT.raise().unwrap();
//!         }
//!     }
//! }
//! ```

mod handler;
mod number;
mod table;

use gorge_flow::context::{self, Context};
use gorge_sync::chan::{Held, Sender, channel};

pub use number::{Received, Signal};

use table::{Id, Wants};

/// Sends to `to` whenever one of `signals` comes; with no signals given, whenever any comes that can be caught.
///
/// Nobody waits for the channel: a signal that finds no room in it (and nobody receiving) is lost to
/// it. Room for one is right for a single kind of signal. Called again for the same channel, it adds
/// to what that channel wants.
///
/// # Panics
/// When the signal cannot be caught (`SIGKILL`, `SIGSTOP`), or must not be ([`Signal::can_be_caught`]); when
/// the system has no descriptors or threads left.
///
/// # Examples
/// ```
/// use gorge::{channel, signal::{self, Signal}};
///
/// let (tx, rx) = channel(1);
/// signal::notify(&tx, [Signal::USER1]);
/// Signal::USER1.raise().unwrap();
/// assert_eq!(rx.recv(), Ok(Signal::USER1));
/// signal::stop(&tx);
/// ```
///
/// # Compared with Go
/// `signal.Notify`.
#[track_caller]
pub fn notify(to: &Sender<Signal>, signals: impl AsRef<[Signal]>) {
    table::want(Wants::Channel(to.clone()), signals.as_ref());
}

/// Sends no more signals to `to`. If nobody else wants them, they do again what they did by themselves.
///
/// When this has returned nothing more is sent; what is in the channel's buffer stays there.
pub fn stop(to: &Sender<Signal>) {
    table::want_no_more(|wants| matches!(wants, Wants::Channel(tx) if tx.same_channel(to)));
}

/// Lets nothing happen when one of `signals` comes, not even what the system does by itself. Nobody is
/// told any more. With no signals given: all that can be caught.
///
/// It holds for this process; programs that it starts find the signals as they are by themselves. (In Go
/// they stay ignored there.)
///
/// # Panics
/// As [`notify`].
///
/// # Examples
/// ```
/// use gorge::signal::{self, Signal};
///
/// signal::ignore([Signal::HANGUP]);
/// Signal::HANGUP.raise().unwrap(); // nothing happens
/// assert!(signal::ignored(Signal::HANGUP));
/// signal::reset([Signal::HANGUP]);
/// assert!(!signal::ignored(Signal::HANGUP));
/// ```
#[track_caller]
pub fn ignore(signals: impl AsRef<[Signal]>) {
    table::ignore(signals.as_ref());
}

/// Whether `signal` is ignored, by [`ignore`].
pub fn ignored(signal: Signal) -> bool {
    handler::is_ignored(signal)
}

/// Lets `signals` do again what they do by themselves; nobody is told any more. With no signals given: all
/// that can be caught.
pub fn reset(signals: impl AsRef<[Signal]>) {
    table::reset(signals.as_ref());
}

/// A channel on which `signals` come, with room for one of each, until the last clone of the receiver is dropped.
/// (Two of one kind that nobody has received yet take the room of another kind, which is lost then: what must not
/// be lost beside something frequent has a channel of its own.)
///
/// # Panics
/// As [`notify`].
///
/// # Examples
/// ```
/// use gorge::signal::{self, Signal};
///
/// let hangups = signal::on([Signal::HANGUP]);
/// Signal::HANGUP.raise().unwrap();
/// assert_eq!(hangups.recv(), Ok(Signal::HANGUP));
/// ```
#[track_caller]
pub fn on(signals: impl AsRef<[Signal]>) -> Signals {
    let signals = signals.as_ref();
    let (tx, rx) = channel(if signals.is_empty() { Signal::ALL.len() } else { signals.len() });
    let id = table::want(Wants::Channel(tx), signals);
    Held::new(rx, Registration(std::sync::Arc::new(Ends(id))))
}

/// The receiver of [`on`].
///
/// # Examples
/// ```
/// use gorge::signal::{self, Signal, Signals};
///
/// let hangups: Signals = signal::on([Signal::HANGUP]);
/// assert!(hangups.try_recv().is_err()); // none came
/// ```
pub type Signals = Held<Signal, Registration>;

/// Keeps signals coming on the channel of [`on`], until its last clone is dropped.
///
/// # Examples
/// ```
/// use gorge::signal::{self, Signal};
///
/// let hangups = signal::on([Signal::HANGUP]);
/// let same = hangups.clone();
/// drop(hangups); // the registration is kept by the other one
/// Signal::HANGUP.raise().unwrap();
/// assert_eq!(same.recv(), Ok(Signal::HANGUP));
/// ```
#[derive(Clone, Debug)]
pub struct Registration(
    #[allow(dead_code, reason = "it is its end that matters")] std::sync::Arc<Ends>,
);

/// Ends a registration.
#[derive(Debug)]
struct Ends(Id);

impl Drop for Ends {
    fn drop(&mut self) {
        table::end(self.0);
    }
}

/// A context that is cancelled when one of `signals` comes (its cause says which), when the `Stop` says
/// so, or when `parent` is done.
///
/// From then on further signals of these kinds still do nothing by themselves; [`Stop::stop`] gives them back to
/// the system, so that a second Ctrl-C ends a program whose end in order takes too long.
///
/// # Panics
/// As [`notify`].
///
/// # Examples
/// ```
/// use gorge::{context, signal::{self, Signal}};
///
/// let (ctx, stop) = signal::notify_context(&context::background(), [Signal::INTERRUPT]);
/// let _stop = stop.guard();
/// Signal::INTERRUPT.raise().unwrap();
/// ctx.done().recv().unwrap_err(); // closed
/// assert_eq!(ctx.cause().unwrap().to_string(), "interrupt signal received");
/// ```
///
/// # Compared with Go
/// `signal.NotifyContext`.
#[track_caller]
pub fn notify_context(parent: &Context, signals: impl AsRef<[Signal]>) -> (Context, Stop) {
    let (ctx, cancel) = context::with_cancel_cause(parent);
    let id = table::want(Wants::Context(cancel.clone()), signals.as_ref());
    (ctx, Stop { cancel, id })
}

/// Ends what [`notify_context`] has begun. Dropping it ends nothing; [`guard`](Stop::guard) does.
///
/// # Examples
/// ```
/// use gorge::{context, signal::{self, Signal, Stop}};
///
/// let (ctx, stop): (_, Stop) = signal::notify_context(&context::background(), [Signal::HANGUP]);
/// stop.stop();
/// assert!(ctx.err().is_some());
/// ```
#[derive(Clone, Debug)]
#[must_use = "signals do nothing by themselves until it is called"]
pub struct Stop {
    cancel: context::CancelCauseFunc,
    id: Id,
}

impl Stop {
    /// Cancels the context, and lets the signals do again what they do by themselves.
    pub fn stop(&self) {
        self.cancel.cancel_for(None);
        table::end(self.id);
    }

    /// Stops when dropped: Go's `defer stop()`.
    pub fn guard(self) -> StopGuard {
        StopGuard(self)
    }
}

/// Stops when dropped. See [`Stop::guard`].
///
/// # Examples
/// ```
/// use gorge::{context, signal::{self, Signal, StopGuard}};
///
/// let (ctx, stop) = signal::notify_context(&context::background(), [Signal::HANGUP]);
/// let guard: StopGuard = stop.guard();
/// assert!(ctx.err().is_none());
/// drop(guard);
/// assert!(ctx.err().is_some());
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it stops at once"]
pub struct StopGuard(Stop);

impl Drop for StopGuard {
    fn drop(&mut self) {
        self.0.stop();
    }
}
