//! Channels as arms of a select: one receive, one send.
//!
//! Promise: an arm that does not happen leaves the channel as it was, and a
//! send that does not happen still has its value (and drops it, once).
//!
//! Invariant: an arm's slot is touched by others only between `enlist` and the
//! end of the wait, by whoever won the claim, under the channel's lock.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe::{self, Op};
use gorge_sched::{Place, WaitReason};

use super::core::Core;
use super::error::{RecvError, SendError, panic_send_on_closed};
use super::locked::{Put, Take};
use crate::select::Selectable;
use crate::wait::{Outcome, Waiter};

/// A receive that may happen. `None` never does: nil, or switched off.
///
/// # Examples
/// ```
/// use gorge::{channel, select};
///
/// let (tx, rx) = channel(1);
/// tx.send(1).unwrap();
/// select! {
///     recv(rx) -> _, if 1 > 2 => panic!("switched off"),
///     recv(rx) -> n => assert_eq!(n, Ok(1)),
/// }
/// ```
pub struct RecvArm<'a, T> {
    channel: Option<&'a Core<T>>,
    slot: UnsafeCell<MaybeUninit<T>>,
}

/// A send that may happen.
///
/// # Examples
/// ```
/// use gorge::{channel, select};
///
/// let (tx, rx) = channel(1);
/// select! {
///     send(tx, 1) -> _, if 1 > 2 => panic!("switched off"),
///     send(tx, 2) -> sent => assert!(sent.is_ok()),
/// }
/// assert_eq!(rx.recv(), Ok(2));
/// ```
pub struct SendArm<'a, T> {
    channel: Option<&'a Core<T>>,
    /// Holds the value while `has_value`.
    slot: UnsafeCell<MaybeUninit<T>>,
    has_value: bool,
    /// Sending on a closed channel panics, as in Go: the channel is a two-way
    /// handle.
    panics: bool,
}

impl<'a, T> RecvArm<'a, T> {
    #[inline(always)]
    pub(crate) fn new(channel: Option<&'a Core<T>>) -> Self {
        RecvArm { channel, slot: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// This arm if `enabled`, otherwise one that never happens.
    #[inline(always)]
    #[must_use]
    pub fn only_if(self, enabled: bool) -> Self {
        RecvArm { channel: if enabled { self.channel } else { None }, ..self }
    }
}

impl<'a, T> SendArm<'a, T> {
    #[inline(always)]
    pub(crate) fn new(channel: Option<&'a Core<T>>, value: T, panics: bool) -> Self {
        let slot = UnsafeCell::new(MaybeUninit::new(value));
        SendArm { channel, slot, has_value: true, panics }
    }

    /// This arm if `enabled`, otherwise one that never happens.
    #[inline(always)]
    #[must_use]
    pub fn only_if(mut self, enabled: bool) -> Self {
        if !enabled {
            self.channel = None;
        }
        self
    }

    /// The value, if it was not sent.
    #[inline(always)]
    pub fn into_value(mut self) -> Option<T> {
        self.take_value()
    }

    #[inline(always)]
    fn take_value(&mut self) -> Option<T> {
        if !self.has_value {
            return None;
        }
        self.has_value = false;
        // SAFETY: it was there, and is not any more.
        Some(unsafe { self.slot.get_mut().assume_init_read() })
    }

    #[inline(always)]
    #[track_caller]
    fn finish(&mut self, sent: bool) -> Result<(), SendError<T>> {
        if sent {
            self.spend();
            return Ok(());
        }
        self.closed()
    }

    /// The value is gone: this arm never happens again.
    #[inline(always)]
    fn spend(&mut self) {
        self.has_value = false;
        self.channel = None;
    }

    #[cold]
    #[track_caller]
    fn closed(&mut self) -> Result<(), SendError<T>> {
        if let Some(channel) = self.channel.take() {
            channel.line.seen_closed();
        }
        if self.panics {
            panic_send_on_closed();
        }
        Err(SendError(self.take_value().expect("an arm happens once")))
    }
}

impl<T> Drop for SendArm<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        drop(self.take_value());
    }
}

// SAFETY: enlisting and looking happen under the channel's lock, a waiter is
// served only once it was won, and withdrawing takes the same lock. Nothing
// parks, and only `try_now` wakes.
unsafe impl<T> Selectable for RecvArm<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline(always)]
    fn is_ready(&self) -> bool {
        self.channel.is_some_and(|channel| channel.line.may_receive())
    }

    #[inline(always)]
    fn stamp(&self) -> u32 {
        self.channel.map_or(0, |channel| channel.line.lock.stamp())
    }

    #[inline(always)]
    fn try_now(&mut self) -> Option<Self::Output> {
        let mut slot = MaybeUninit::<T>::uninit();
        let mut channel = self.channel?.lock();
        // SAFETY: the slot has room, and holds a value when one was moved.
        match unsafe { channel.take(slot.as_mut_ptr()) } {
            Take::Moved(waker) => {
                drop(channel);
                waker.wake(Place::Next);
                // SAFETY: a value was moved there.
                Some(Ok(unsafe { slot.assume_init() }))
            }
            Take::Closed => Some(Err(RecvError)),
            Take::Empty => None,
        }
    }

    #[inline(always)]
    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        let Some(channel) = self.channel else {
            probe::waits(Op::Select, 0, Location::caller());
            return true;
        };
        // SAFETY: the waiter is new and in place.
        let entry = unsafe { waiter.as_ref() };
        entry.set_slot(self.slot.get().cast());
        let channel = channel.lock();
        // SAFETY: the lock is held, and the waiter stays in place.
        unsafe {
            let ready =
                channel.len() != 0 || channel.is_closed() || channel.senders.has_partner_for(entry);
            if !ready {
                channel.receivers.push(waiter);
                if probe::held() {
                    channel.line().tell_waits(Op::Receive, Location::caller());
                }
            }
            !ready
        }
    }

    #[inline(always)]
    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        if let Some(channel) = self.channel {
            probe::goes_on(channel.line.address());
            // SAFETY: the lock is held.
            unsafe { channel.lock().receivers.withdraw(waiter) };
        }
    }

    #[inline(always)]
    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) -> Self::Output {
        if let Some(channel) = self.channel {
            probe::goes_on(channel.line.address());
        }
        // SAFETY: made ready, so the outcome is there, and with `Done` a value.
        unsafe {
            match waiter.as_ref().outcome() {
                Outcome::Done => Ok(self.slot.get_mut().assume_init_read()),
                _ => {
                    self.channel.map(|channel| channel.line.seen_closed());
                    Err(RecvError)
                }
            }
        }
    }

    fn wait_reason(&self) -> WaitReason {
        match self.channel {
            Some(_) => WaitReason::ChanReceive,
            None => WaitReason::ChanReceiveNil,
        }
    }
}

// SAFETY: as for receiving.
unsafe impl<T> Selectable for SendArm<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline(always)]
    fn is_ready(&self) -> bool {
        self.channel.is_some_and(|channel| channel.line.may_send())
    }

    #[inline(always)]
    fn stamp(&self) -> u32 {
        self.channel.map_or(0, |channel| channel.line.lock.stamp())
    }

    #[inline(always)]
    fn try_now(&mut self) -> Option<Self::Output> {
        let mut channel = self.channel?.lock();
        // SAFETY: the slot holds the value until it was moved.
        match unsafe { channel.put(self.slot.get().cast()) } {
            Put::Moved(waker) => {
                drop(channel);
                self.spend();
                waker.wake(Place::Next);
                Some(Ok(()))
            }
            Put::Closed => {
                drop(channel);
                Some(self.closed())
            }
            Put::Full => None,
        }
    }

    #[inline(always)]
    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        let Some(channel) = self.channel else {
            probe::waits(Op::Select, 0, Location::caller());
            return true;
        };
        // SAFETY: the waiter is new and in place.
        let entry = unsafe { waiter.as_ref() };
        entry.set_slot(self.slot.get().cast());
        let channel = channel.lock();
        // SAFETY: the lock is held, and the waiter stays in place.
        unsafe {
            let ready = channel.has_room()
                || channel.is_closed()
                || channel.receivers.has_partner_for(entry);
            if !ready {
                channel.senders.push(waiter);
                if probe::held() {
                    channel.tell_gives();
                    channel.line().tell_waits(Op::Send, Location::caller());
                }
            }
            !ready
        }
    }

    #[inline(always)]
    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        if let Some(channel) = self.channel {
            probe::goes_on(channel.line.address());
            // SAFETY: the lock is held.
            unsafe { channel.lock().senders.withdraw(waiter) };
        }
    }

    #[inline(always)]
    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) -> Self::Output {
        if let Some(channel) = self.channel {
            probe::goes_on(channel.line.address());
        }
        // SAFETY: made ready, so the outcome is there.
        let outcome = unsafe { waiter.as_ref() }.outcome();
        self.finish(outcome == Outcome::Done)
    }

    fn wait_reason(&self) -> WaitReason {
        match self.channel {
            Some(_) => WaitReason::ChanSend,
            None => WaitReason::ChanSendNil,
        }
    }
}

impl<T> fmt::Debug for RecvArm<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvArm").field("channel", &self.channel.map(|c| &raw const *c)).finish()
    }
}

impl<T> fmt::Debug for SendArm<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendArm").field("channel", &self.channel.map(|c| &raw const *c)).finish()
    }
}
