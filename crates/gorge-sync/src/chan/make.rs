//! Both ends of a new channel.

use super::core::Core;
use super::receiver::Receiver;
use super::sender::Sender;

/// Makes a channel with room for `cap` values; with 0, sender and receiver meet.
///
/// # Panics
/// `makechan: size out of range` when no buffer can be so large.
///
/// # Examples
/// ```
/// let (tx, rx) = gorge::channel(0);
/// drop(gorge::go(move || tx.send("hello").unwrap()));
/// assert_eq!(rx.recv(), Ok("hello"));
/// ```
///
/// # Compared with Go
/// `make(chan T, cap)`; the two ends are separate here, so that dropping the
/// last of one tells the other. There is no channel without a bound: it would
/// turn too slow a receiver into a lack of memory.
#[must_use]
#[track_caller]
pub fn channel<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    let core = Some(Core::make(cap));
    (Sender::from_counted(core), Receiver::from_counted(core))
}
