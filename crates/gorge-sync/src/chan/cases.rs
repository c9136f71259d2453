//! Channels as cases of a select that is made at run time.

use super::arm::{RecvArm, SendArm};
use super::ends::{RecvEnd, SendEnd};
use super::error::{RecvError, SendError};
use crate::select::Select;

impl<'a, R> Select<'a, R> {
    /// Adds a receive; returns the number of the case.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, select::Select};
    ///
    /// let (tx, rx) = channel(1);
    /// tx.send("hello").unwrap();
    /// let mut any = Select::new();
    /// let first = any.recv(&rx, |word| word.unwrap().len());
    /// assert_eq!(any.wait(), (first, 5));
    /// ```
    pub fn recv<E, F>(&mut self, end: &'a E, then: F) -> usize
    where
        E: RecvEnd + ?Sized,
        F: FnMut(Result<E::Value, RecvError>) -> R + 'a,
    {
        self.on_again(RecvArm::new(end.recv_core()), then)
    }

    /// Adds a send; returns the number of the case. The value is dropped with
    /// the list if it was not sent.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, select::Select};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut any = Select::new();
    /// let first = any.send(&tx, "hello", |sent| sent.is_ok());
    /// assert_eq!(any.wait(), (first, true));
    /// assert_eq!(rx.recv(), Ok("hello"));
    /// ```
    pub fn send<E, F>(&mut self, end: &'a E, value: E::Value, then: F) -> usize
    where
        E: SendEnd + ?Sized,
        F: FnOnce(Result<(), SendError<E::Value>>) -> R + 'a,
    {
        self.on(SendArm::new(end.send_core(), value, E::PANICS), then)
    }
}
