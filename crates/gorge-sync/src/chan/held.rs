//! A receiver that keeps something alive: whoever will close its channel.
//!
//! Invariant: what is held is dropped no earlier than the last clone of the handle. So a channel
//! that is closed when its owner goes away is not closed while somebody listens through one of these.

use std::ops::Deref;

use super::core::Core;
use super::ends::RecvEnd;
use super::receiver::Receiver;

/// A [`Receiver`] together with something that lives as long as it does. It can be used wherever a
/// receiver can, also as an arm of a select.
///
/// # Examples
/// ```
/// use gorge_sync::chan::{Held, channel};
///
/// let (tx, rx) = channel::<u32>(1);
/// tx.send(1).unwrap();
/// let held = Held::new(rx, tx); // the sender stays, so the channel is not closed
/// assert_eq!(held.recv(), Ok(1));
/// assert!(!held.is_closed());
/// ```
#[derive(Clone, Debug)]
pub struct Held<T, K> {
    receiver: Receiver<T>,
    kept: K,
}

impl<T, K> Held<T, K> {
    /// `receiver`, with `kept` beside it.
    #[must_use]
    pub fn new(receiver: Receiver<T>, kept: K) -> Self {
        Held { receiver, kept }
    }

    /// What is kept alive.
    pub fn kept(&self) -> &K {
        &self.kept
    }
}

impl<T, K> Deref for Held<T, K> {
    type Target = Receiver<T>;

    fn deref(&self) -> &Receiver<T> {
        &self.receiver
    }
}

#[allow(private_interfaces)] // as for the other ends
impl<T, K> RecvEnd for Held<T, K> {
    type Value = T;

    #[inline(always)]
    fn recv_core(&self) -> Option<&Core<T>> {
        self.receiver.core()
    }
}
