//! Channels as iterators.
//!
//! Promise: iterating ends when the channel is empty and closed, and has ended
//! for good then.

use std::iter::FusedIterator;

use super::receiver::Receiver;
use super::two_way::Chan;

/// The values to come; see [`Receiver::iter`].
///
/// # Examples
/// ```
/// let (tx, rx) = gorge::channel(3);
/// (1..=3).for_each(|n| tx.send(n).unwrap());
/// drop(tx);
/// assert_eq!(rx.iter().sum::<i32>(), 6); // ends with the close
/// ```
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is used"]
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
}

/// The values that are there; see [`Receiver::try_iter`].
///
/// # Examples
/// ```
/// let (tx, rx) = gorge::channel(3);
/// (1..=2).for_each(|n| tx.send(n).unwrap());
/// assert_eq!(rx.try_iter().count(), 2); // ends when it would have to wait
/// ```
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is used"]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
}

/// The values to come, of a receiver that the iterator owns.
///
/// # Examples
/// ```
/// let (tx, rx) = gorge::channel(3);
/// (1..=3).for_each(|n| tx.send(n).unwrap());
/// drop(tx);
/// let all: Vec<i32> = rx.into_iter().collect();
/// assert_eq!(all, [1, 2, 3]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is used"]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

/// The values to come of a two-way channel; see [`Chan::iter`].
///
/// # Examples
/// ```
/// let c = gorge::Chan::new(3);
/// (1..=3).for_each(|n| c.send(n));
/// c.close();
/// let mut sum = 0;
/// for n in &c {
///     sum += n;
/// }
/// assert_eq!(sum, 6);
/// ```
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is used"]
pub struct ChanIter<'a, T> {
    channel: &'a Chan<T>,
}

impl<T> Receiver<T> {
    /// The values to come, until the channel is empty and closed. The iterator
    /// waits for each as [`recv`](Receiver::recv) does.
    ///
    /// # Examples
    /// ```
    /// let (tx, rx) = gorge::channel(3);
    /// for n in 1..=3 {
    ///     tx.send(n).unwrap();
    /// }
    /// drop(tx);
    /// assert_eq!(rx.iter().sum::<i32>(), 6);
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// The values that are there now, without waiting.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }
}

impl<T> Chan<T> {
    /// The values to come, until the channel is closed and empty: Go's `range c`.
    pub fn iter(&self) -> ChanIter<'_, T> {
        ChanIter { channel: self }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[inline]
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[inline]
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Iterator for ChanIter<'_, T> {
    type Item = T;

    #[inline]
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.channel.receive()
    }
}

// A closed and empty channel stays closed and empty.
impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for IntoIter<T> {}
impl<T> FusedIterator for ChanIter<'_, T> {}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

impl<'a, T> IntoIterator for &'a Chan<T> {
    type Item = T;
    type IntoIter = ChanIter<'a, T>;

    fn into_iter(self) -> ChanIter<'a, T> {
        self.iter()
    }
}
