//! Channels as cases of a select that is made at run time.

use super::arm::{RecvArm, SendArm};
use super::ends::{RecvEnd, SendEnd};
use super::error::{RecvError, SendError};
use crate::select::Select;

impl<'a, R> Select<'a, R> {
    /// Adds a receive; returns the number of the case.
    pub fn recv<E, F>(&mut self, end: &'a E, then: F) -> usize
    where
        E: RecvEnd + ?Sized,
        F: FnMut(Result<E::Value, RecvError>) -> R + 'a,
    {
        self.on_again(RecvArm::new(end.recv_core()), then)
    }

    /// Adds a send; returns the number of the case. The value is dropped with
    /// the list if it was not sent.
    pub fn send<E, F>(&mut self, end: &'a E, value: E::Value, then: F) -> usize
    where
        E: SendEnd + ?Sized,
        F: FnOnce(Result<(), SendError<E::Value>>) -> R + 'a,
    {
        self.on(SendArm::new(end.send_core(), value, E::PANICS), then)
    }
}
