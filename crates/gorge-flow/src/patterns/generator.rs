//! A function that gives out one value after the other, as an iterator: the function runs in a goroutine of its
//! own, but only while the next value is waited for.
//!
//! ```text
//!   next()  --- want --->  body goes on from its `give`
//!           <-- value ---  body calls `give(value)`, and waits for the next `want`
//! ```
//!
//! Invariant: consumer and body never run at the same time, except for what the body does after its last value.

use std::fmt;

use gorge_sched::Goroutine;
use gorge_sync::chan::{Receiver, Sender, channel};

use crate::outcome::raise;

/// Gives out the values of a [`Generator`].
///
/// # Examples
/// ```
/// use gorge::patterns::{Generator, Giver};
///
/// fn count_down(giver: &Giver<u32>) {
///     for n in (1..=3).rev() {
///         if !giver.give(n) {
///             return; // nobody wants more
///         }
///     }
/// }
///
/// assert_eq!(Generator::new(count_down).collect::<Vec<_>>(), [3, 2, 1]);
/// ```
#[derive(Debug)]
pub struct Giver<T> {
    values: Sender<T>,
    want: Receiver<()>,
}

impl<T> Giver<T> {
    /// Gives out a value and waits until the next one is wanted. False: no more are wanted, return.
    ///
    /// # Blocking
    /// Until the next value is wanted, or the generator is dropped; a dump shows `[chan receive]`.
    #[track_caller]
    pub fn give(&self, value: T) -> bool {
        self.values.send(value).is_ok() && self.want.recv().is_ok()
    }
}

/// The values that a function gives out, as an iterator.
///
/// Dropping it tells the function to stop, and waits until it has returned.
///
/// # Examples
/// ```
/// use gorge::patterns::Generator;
///
/// let mut fibonacci = Generator::new(|giver| {
///     let (mut a, mut b) = (0u32, 1);
///     while giver.give(a) {
///         (a, b) = (b, a + b);
///     }
/// });
/// assert_eq!(fibonacci.by_ref().take(5).collect::<Vec<_>>(), [0, 1, 1, 2, 3]);
/// assert_eq!(fibonacci.next(), Some(5));
/// ```
///
/// # Compared with Go
/// `iter.Pull` of a range function: `next` is `next`, dropping is `stop`.
pub struct Generator<T> {
    /// `None`: it has ended.
    running: Option<Running<T>>,
}

struct Running<T> {
    want: Sender<()>,
    values: Receiver<T>,
    goroutine: Goroutine<()>,
}

impl<T: Send + 'static> Generator<T> {
    /// A generator; `body` does not begin before the first value is wanted.
    #[track_caller]
    pub fn new(body: impl FnOnce(&Giver<T>) + Send + 'static) -> Self {
        let ((want, wanted), (tx, values)) = (channel(0), channel(0));
        let goroutine = gorge_sched::go(move || {
            let giver = Giver { values: tx, want: wanted };
            if giver.want.recv().is_ok() {
                body(&giver);
            }
        });
        Generator { running: Some(Running { want, values, goroutine }) }
    }
}

impl<T> Generator<T> {
    /// Tells the function to stop and waits until it has returned.
    fn stop(&mut self) {
        let Some(Running { want, values, goroutine }) = self.running.take() else { return };
        drop((want, values));
        if let Err(end) = goroutine.join() {
            raise(end);
        }
    }
}

impl<T> Iterator for Generator<T> {
    type Item = T;

    /// The next value, or `None` when the function has returned.
    ///
    /// Panics with the panic of the function.
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        let running = self.running.as_ref()?;
        let next = running.want.send(()).ok().and_then(|()| running.values.recv().ok());
        if next.is_none() {
            self.stop();
        }
        next
    }
}

impl<T> std::iter::FusedIterator for Generator<T> {}

impl<T> Drop for Generator<T> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<T> fmt::Debug for Generator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").field("running", &self.running.is_some()).finish()
    }
}

/// Any iterator, run in a goroutine of its own, one step at a time. See [`Generator`].
///
/// # Examples
/// ```
/// let mut squares = gorge::patterns::pull((1..).map(|n| n * n)); // computed in a goroutine
/// assert_eq!((squares.next(), squares.next()), (Some(1), Some(4)));
/// ```
#[must_use]
#[track_caller]
pub fn pull<I>(items: I) -> Generator<I::Item>
where
    I: IntoIterator + Send + 'static,
    I::Item: Send + 'static,
{
    Generator::new(move |giver| {
        for item in items {
            if !giver.give(item) {
                return;
            }
        }
    })
}
