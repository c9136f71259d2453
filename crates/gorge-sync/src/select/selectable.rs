//! The verbs by which select knows an arm.
//!
//! Promise: whatever can do these few things can be an arm of a select:
//! channels here, timers, joins, locks and sockets in the layers above. Select
//! itself names none of them.

use std::ptr::NonNull;

use gorge_sched::WaitReason;

use crate::wait::Waiter;

/// Something that a select can wait for: one operation, to happen at most once.
///
/// # Life of an arm
/// ```text
///   is_ready? --> try_now -> Some(output): done
///                    | None
///                    v
///   enlist(waiter) -> false: ready after all, nothing was enlisted
///        | true
///        +--> the queue serves the waiter --> complete(waiter) -> output
///        |        '--> a false alarm (see `is_false_alarm`): withdraw the others, again from the start
///        '--> something else won          --> withdraw(waiter), and maybe again from the start
/// ```
///
/// # Safety
/// An implementation promises that
/// - after `enlist` returned true, the waiter is served at most once (won
///   through its claim, given its outcome, made ready), and from the moment
///   `withdraw` has returned is not referred to any more;
/// - an event that makes the arm ready after `enlist` returned true serves the
///   waiter, or another one that came before it: nothing is missed between
///   looking and enlisting, which both happen under the same lock;
/// - `is_ready`, `enlist` and `withdraw` neither park nor run code of the user
///   nor unwind: they are called while other arms are enlisted. `enlist` makes
///   nobody ready either: it is called between
///   [`Parking::begin`](gorge_sched::Parking::begin) and `park`. (`withdraw` is
///   called outside: who leaves a queue may have to let those behind it go.)
///
/// # Examples
/// ```
/// use gorge::select::{Select, Selectable};
/// use std::time::Duration;
///
/// /// Works with whatever can be an arm: a lock, an event, a join, a channel.
/// fn within<'a, S: Selectable + 'a>(arm: S, time: Duration) -> Option<S::Output>
/// where
///     S::Output: 'a,
/// {
///     let mut one = Select::new();
///     one.on(arm, |output| output);
///     one.wait_timeout(time).map(|(_, output)| output)
/// }
///
/// let lock = gorge::sync::Mutex::new(5);
/// let guard = within(lock.locking(), Duration::from_secs(1)).expect("the lock is free");
/// assert!(within(lock.locking(), Duration::from_millis(1)).is_none());
/// assert_eq!(*guard, 5);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected over",
    label = "not a `Selectable`",
    note = "channels are given as `recv(..)` or `send(.., value)`, times as `timeout(..)`",
    note = "`on(..)` takes the waiting, not the thing: `on(mutex.locking())`, `on(rwlock.reading())`, \
            `on(semaphore.acquiring(n))`, `on(group.waiting())`, `on(event.waiting())`, `on(future.arm())`"
)]
pub unsafe trait Selectable {
    /// What the operation gives when it happens.
    type Output;

    /// Whether the operation could probably happen at once. Cheap, no lock:
    /// only a hint, but true again and again if it stays possible.
    fn is_ready(&self) -> bool;

    /// A number which is another when the operation has become possible or
    /// impossible meanwhile, and odd while that is being decided. By it a
    /// select with a default makes sure that its arms were all impossible at one
    /// and the same moment. What stays possible once it is needs no stamp.
    fn stamp(&self) -> u32 {
        0
    }

    /// Does it if it is possible at once.
    #[track_caller]
    fn try_now(&mut self) -> Option<Self::Output>;

    /// Enlists `waiter`, unless the operation is possible at once: then
    /// returns false. An arm that can never happen returns true.
    ///
    /// # Safety
    /// The waiter is new. Arm and waiter stay in place until `withdraw` has
    /// returned, or `complete` was called after the waiter was made ready.
    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool;

    /// Takes `waiter` out again if it is still enlisted.
    ///
    /// # Safety
    /// `enlist` returned true for it, and this arm has not won.
    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>);

    /// Whether the event that served the waiter turns out not to be the one that is waited for. Then
    /// nothing has happened, and the select begins anew.
    ///
    /// For arms that learn only by trying whether they have what they want: a future that was woken, a
    /// descriptor that was ready. Called once after the waiter was made ready, when no arm is enlisted any
    /// more, so code of the user may run here.
    fn is_false_alarm(&mut self) -> bool {
        false
    }

    /// The result, after this arm has won, unless it was a false alarm.
    ///
    /// # Safety
    /// `waiter` was made ready by this arm's queue.
    #[track_caller]
    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) -> Self::Output;

    /// This arm has won, and it was no false alarm, but nobody is there any more to have the result: as if it had
    /// not happened, where that can be. Otherwise the result is dropped.
    ///
    /// # Safety
    /// As for [`complete`](Selectable::complete), in the place of which it is called.
    unsafe fn undo(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        drop(unsafe { self.complete(waiter) });
    }

    /// What a dump shows when this is the only arm.
    fn wait_reason(&self) -> WaitReason {
        WaitReason::Select
    }
}

/// An arm that may be missing; `None` is never ready.
// SAFETY: passes on to the arm within, or never enlists anything.
unsafe impl<S: Selectable> Selectable for Option<S> {
    type Output = S::Output;

    #[inline(always)]
    fn is_ready(&self) -> bool {
        self.as_ref().is_some_and(S::is_ready)
    }

    #[inline(always)]
    fn stamp(&self) -> u32 {
        self.as_ref().map_or(0, S::stamp)
    }

    #[inline(always)]
    fn try_now(&mut self) -> Option<S::Output> {
        self.as_mut()?.try_now()
    }

    #[inline(always)]
    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        match self {
            // SAFETY: as the caller says.
            Some(arm) => unsafe { arm.enlist(waiter) },
            None => true,
        }
    }

    #[inline(always)]
    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        if let Some(arm) = self {
            // SAFETY: as the caller says.
            unsafe { arm.withdraw(waiter) }
        }
    }

    #[inline(always)]
    fn is_false_alarm(&mut self) -> bool {
        self.as_mut().is_some_and(S::is_false_alarm)
    }

    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) -> S::Output {
        match self {
            // SAFETY: as the caller says.
            Some(arm) => unsafe { arm.complete(waiter) },
            None => unreachable!("a missing arm never wins"),
        }
    }

    unsafe fn undo(&mut self, waiter: NonNull<Waiter>) {
        if let Some(arm) = self {
            // SAFETY: as the caller says.
            unsafe { arm.undo(waiter) }
        }
    }

    fn wait_reason(&self) -> WaitReason {
        self.as_ref().map_or(WaitReason::Select, S::wait_reason)
    }
}

// SAFETY: passes on to the arm behind the reference.
unsafe impl<S: Selectable + ?Sized> Selectable for &mut S {
    type Output = S::Output;

    #[inline(always)]
    fn is_ready(&self) -> bool {
        (**self).is_ready()
    }

    #[inline(always)]
    fn stamp(&self) -> u32 {
        (**self).stamp()
    }

    #[inline(always)]
    fn try_now(&mut self) -> Option<S::Output> {
        (**self).try_now()
    }

    #[inline(always)]
    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        unsafe { (**self).enlist(waiter) }
    }

    #[inline(always)]
    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { (**self).withdraw(waiter) }
    }

    #[inline(always)]
    fn is_false_alarm(&mut self) -> bool {
        (**self).is_false_alarm()
    }

    #[inline(always)]
    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) -> S::Output {
        // SAFETY: as the caller says.
        unsafe { (**self).complete(waiter) }
    }

    unsafe fn undo(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { (**self).undo(waiter) }
    }

    fn wait_reason(&self) -> WaitReason {
        (**self).wait_reason()
    }
}
