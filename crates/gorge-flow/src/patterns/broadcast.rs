//! Telling many: every value to everyone ([`Broadcast`]), or the latest value to whoever looks ([`Watch`]).

use std::fmt;
use std::sync::Arc;

use gorge_sync::chan::{Receiver, Sender, channel};
use gorge_sync::sync::Mutex;

use crate::context::{Context, ContextError, RecvCtx, SendContextError, SendCtx};

/// Sends each value to everybody who has subscribed. A handle: clones send to the same. When the last is
/// dropped the subscriptions end.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::Broadcast};
///
/// let news = Broadcast::new(2);
/// let (first, second) = (news.subscribe(), news.subscribe());
/// assert_eq!(news.send("rain"), 2);
/// assert_eq!((first.recv(), second.recv()), (Ok("rain"), Ok("rain")));
/// drop(news);
/// assert!(first.recv().is_err());
/// ```
pub struct Broadcast<T> {
    shared: Arc<Subscribers<T>>,
}

struct Subscribers<T> {
    capacity: usize,
    list: Mutex<Vec<Sender<T>>>,
}

impl<T: Clone> Broadcast<T> {
    /// Nobody has subscribed yet. Each subscription will have room for `capacity` values.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Broadcast { shared: Arc::new(Subscribers { capacity, list: Mutex::default() }) }
    }

    /// A channel with all values that are sent from now on. Dropping it ends the subscription.
    #[must_use]
    pub fn subscribe(&self) -> Receiver<T> {
        let (tx, rx) = channel(self.shared.capacity);
        let mut list = self.shared.list.lock();
        if list.len() == list.capacity() {
            list.retain(|tx| !tx.is_closed()); // before it grows: nobody may ever send
        }
        list.push(tx);
        drop(list);
        rx
    }

    /// Sends `value` to all, one after the other; gives the number of those who got it.
    ///
    /// # Blocking
    /// Until the slowest has room; a dump shows `[chan send]`.
    #[track_caller]
    pub fn send(&self, value: T) -> usize {
        self.each(|tx| tx.send(value.clone()).is_ok())
    }

    /// As [`send`](Broadcast::send), unless the context is done.
    ///
    /// # Blocking
    /// As [`send`](Self::send), or until the context is done; a dump shows `[select]`.
    ///
    /// # Errors
    /// When the context is done; some may have got the value.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, patterns::Broadcast};
    ///
    /// let news = Broadcast::new(1);
    /// let reader = news.subscribe();
    /// assert_eq!(news.send_ctx(&context::background(), "rain"), Ok(1));
    /// assert_eq!(news.try_send("sun"), 0); // no room
    /// assert_eq!(news.subscribers(), 1);
    /// drop(reader);
    /// ```
    #[track_caller]
    pub fn send_ctx(&self, ctx: &Context, value: T) -> Result<usize, ContextError> {
        let mut end = None;
        let sent = self.each(|tx| match tx.send_ctx(ctx, value.clone()) {
            Ok(()) => true,
            Err(SendContextError::Closed(_)) => false,
            Err(SendContextError::Done(error, _)) => {
                end = Some(error);
                true // still subscribed
            }
        });
        end.map_or(Ok(sent), Err)
    }

    /// Sends `value` to those who have room, and passes over the others; gives the number of those who got it.
    pub fn try_send(&self, value: T) -> usize {
        self.each(|tx| tx.try_send(value.clone()).is_ok())
    }

    /// Calls `send` for each subscription; those for which it says no have ended.
    fn each(&self, mut send: impl FnMut(&Sender<T>) -> bool) -> usize {
        // Not under the lock: others may subscribe while a slow one is waited for.
        let list = self.shared.list.lock().clone();
        let sent = list.iter().filter(|tx| send(tx)).count();
        if sent < list.len() {
            self.shared.list.lock().retain(|tx| !tx.is_closed());
        }
        sent
    }

    /// How many have subscribed.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.shared.list.lock().iter().filter(|tx| !tx.is_closed()).count()
    }
}

impl<T> Clone for Broadcast<T> {
    fn clone(&self) -> Self {
        Broadcast { shared: self.shared.clone() }
    }
}

impl<T> fmt::Debug for Broadcast<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcast").field("capacity", &self.shared.capacity).finish_non_exhaustive()
    }
}

/// A value that changes, for many to look at; whoever wants can wait for the next change. A handle: clones are the
/// same value.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::Watch};
///
/// let level = Watch::new(1);
/// let mut seen = level.seen();
/// let other = level.clone();
/// gorge::go(move || other.set(2)).detach();
/// assert_eq!(level.changed(&context::background(), &mut seen), Ok(2));
/// assert_eq!(level.get(), 2);
/// ```
pub struct Watch<T> {
    shared: Arc<Mutex<Latest<T>>>,
}

struct Latest<T> {
    value: T,
    version: u64,
    /// Closed at the next change, and replaced by a new one.
    change: (Sender<()>, Receiver<()>),
}

/// Which change somebody has seen last. See [`Watch::changed`].
///
/// # Examples
/// ```
/// use gorge::{context, patterns::Watch};
///
/// let level = Watch::new(1);
/// let mut seen = level.seen();
/// level.set(2);
/// level.set(3);
/// assert_eq!(level.changed(&context::background(), &mut seen), Ok(3)); // the latest
/// assert_eq!(seen, level.seen());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen(u64);

impl<T: Clone> Watch<T> {
    /// A value to watch.
    #[must_use]
    pub fn new(value: T) -> Self {
        let latest = Latest { value, version: 0, change: channel(0) };
        Watch { shared: Arc::new(Mutex::new(latest)) }
    }

    /// The latest value. (It is cloned where nobody else can change it, so `T::clone` must not use this watch.)
    #[must_use]
    pub fn get(&self) -> T {
        self.shared.lock().value.clone()
    }

    /// Replaces the value and tells everybody who waits; gives the one before.
    pub fn set(&self, value: T) -> T {
        let next = channel(0);
        let mut latest = self.shared.lock();
        latest.version += 1;
        let before = std::mem::replace(&mut latest.value, value);
        let (told, _) = &std::mem::replace(&mut latest.change, next);
        drop(latest);
        told.close();
        before
    }

    /// The present change, to wait for those after it.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen(self.shared.lock().version)
    }

    /// Waits until the value has changed since `seen`, and gives the latest. Changes in between are skipped.
    ///
    /// # Blocking
    /// Until there is a change `seen` does not know; a dump shows `[select]`.
    ///
    /// # Errors
    /// When the context is done.
    #[track_caller]
    pub fn changed(&self, ctx: &Context, seen: &mut Seen) -> Result<T, ContextError> {
        loop {
            ctx.check()?;
            let change = {
                let latest = self.shared.lock();
                if latest.version != seen.0 {
                    seen.0 = latest.version;
                    return Ok(latest.value.clone());
                }
                latest.change.1.clone()
            };
            // Closed, or the context is done: either is looked at above.
            let _ = change.recv_ctx(ctx);
        }
    }
}

impl<T> Clone for Watch<T> {
    fn clone(&self) -> Self {
        Watch { shared: self.shared.clone() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let latest = self.shared.lock();
        f.debug_struct("Watch")
            .field("value", &latest.value)
            .field("version", &latest.version)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Broadcast;

    #[test]
    fn who_has_left_is_forgotten() {
        let news = Broadcast::<u32>::new(1);
        for _ in 0..1000 {
            drop(news.subscribe()); // nobody ever sends
        }
        assert!(news.shared.list.lock().len() < 10);
        assert_eq!(news.try_send(1), 0);
        assert!(news.shared.list.lock().is_empty());
    }
}
