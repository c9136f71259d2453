//! A pool of resources: made when needed, lent out, taken back, at most so many.
//!
//! Invariants:
//! - Each resource that is lent out or being made has a place in `places`; there are never more than the maximum.
//! - Once closed the pool holds no resource, and those that come back are dropped.
//! - `idle` is in the order in which they came back, the latest last. While there is an idle time and
//!   something in `idle`, a timer runs that sees to the first of them.
//! - The factory, and the destructor of a resource, run without a lock held; if they panic the place is free again.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use gorge_sync::chan::{Receiver, Sender, channel};
use gorge_sync::sync::Mutex;
use gorge_sync::time::{AfterFunc, Instant, after_func};

use super::gate::{Gate, Pass};
use super::size::{SizeError, checked};
use crate::context::{Context, ContextError};

type Factory<T, E> = Box<dyn Fn() -> Result<T, E> + Send + Sync>;

/// Lends out resources that are costly to make, such as connections. A handle: clones are the same pool.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::Pool};
///
/// let ctx = context::background();
/// let pool = Pool::new(2, || Ok::<_, std::io::Error>(String::new())).unwrap();
/// {
///     let mut connection = pool.acquire(&ctx).unwrap();
///     connection.push_str("used");
/// } // goes back
/// assert_eq!(*pool.acquire(&ctx).unwrap(), "used");
/// pool.close();
/// assert_eq!(pool.acquire(&ctx).unwrap_err().to_string(), "pool has been closed");
/// ```
pub struct Pool<T, E> {
    shared: Arc<Shared<T, E>>,
}

struct Shared<T, E> {
    factory: Factory<T, E>,
    places: Gate,
    max_idle: usize,
    /// How long one is kept that nobody borrows, and how a timer for that is set.
    idle_time: Option<(Duration, SetAlarm<T, E>)>,
    /// `None`: closed.
    idle: Mutex<Option<Idle<T>>>,
    /// Closed with the pool, for those who wait for a place.
    closed: (Sender<()>, Receiver<()>),
}

/// Sets a timer to the pool's [`Shared::expire`].
type SetAlarm<T, E> = fn(&Arc<Shared<T, E>>, Duration) -> AfterFunc;

/// What is kept, each with the time since when.
struct Idle<T> {
    kept: VecDeque<(T, Instant)>,
    alarm: Option<AfterFunc>,
}

impl<T> Drop for Idle<T> {
    fn drop(&mut self) {
        if let Some(alarm) = &self.alarm {
            alarm.stop();
        }
    }
}

/// A resource that was lent out. It goes back when it is dropped.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::Pool};
///
/// let ctx = context::background();
/// let pool = Pool::new(2, || Ok::<_, std::io::Error>(String::new())).unwrap();
/// let good = pool.acquire(&ctx).unwrap();
/// let bad = pool.acquire(&ctx).unwrap();
/// assert_eq!((pool.in_use(), pool.idle()), (2, 0));
/// drop(good); // goes back
/// bad.discard(); // does not: the connection is broken
/// assert_eq!((pool.in_use(), pool.idle()), (0, 1));
/// assert_eq!(pool.acquire(&ctx).unwrap().into_inner(), ""); // kept for good
/// ```
pub struct Pooled<T, E> {
    /// `None` only while it is dropped.
    resource: Option<T>,
    broken: bool,
    shared: Arc<Shared<T, E>>,
    // After the resource: when the place is free, the resource is back or gone.
    _place: Pass,
}

/// There is no resource to be had.
///
/// # Examples
/// ```
/// use gorge::{context, patterns::{Pool, PoolError}};
///
/// let pool = Pool::new(1, || Err::<(), _>("no server")).unwrap();
/// let error = pool.acquire(&context::background()).unwrap_err();
/// assert!(matches!(error, PoolError::Factory("no server")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PoolError<E> {
    /// The pool was closed.
    Closed,
    /// The context is done.
    Done(ContextError),
    /// The factory has failed.
    Factory(E),
}

impl<E: fmt::Display> fmt::Display for PoolError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PoolError::Closed => f.write_str("pool has been closed"),
            PoolError::Done(error) => error.fmt(f),
            PoolError::Factory(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for PoolError<E> {}

impl<T, E> Pool<T, E> {
    /// A pool that lends out at most `maximum` resources at a time, and keeps as many. Nothing is made yet.
    ///
    /// # Errors
    /// `size value too small` for a maximum of zero.
    pub fn new(
        maximum: usize,
        factory: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Self, SizeError> {
        Pool::with_idle(maximum, maximum, factory)
    }

    /// As [`new`](Pool::new), but keeps at most `max_idle` of those that come back, and drops the others.
    ///
    /// # Errors
    /// `size value too small` for a maximum of zero.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, patterns::Pool};
    ///
    /// let ctx = context::background();
    /// let pool = Pool::with_idle(2, 1, || Ok::<_, std::io::Error>(String::new())).unwrap();
    /// drop((pool.acquire(&ctx).unwrap(), pool.acquire(&ctx).unwrap()));
    /// assert_eq!(pool.idle(), 1); // the other one was dropped
    /// ```
    pub fn with_idle(
        maximum: usize,
        max_idle: usize,
        factory: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Self, SizeError> {
        Pool::made(maximum, max_idle, None, Box::new(factory))
    }

    /// As [`with_idle`](Pool::with_idle), and one that nobody has borrowed for `idle_time` is dropped then,
    /// by a timer. Of those that are kept the one that came back last is lent out first, so that the
    /// others grow old.
    ///
    /// # Errors
    /// `size value too small` for a maximum of zero.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, patterns::Pool, time};
    /// use std::time::Duration;
    ///
    /// gorge::runtime::use_virtual_clock();
    /// gorge::run(|| {
    ///     let minute = Duration::from_secs(60);
    ///     let pool = Pool::with_limits(4, 4, minute, || Ok::<_, std::io::Error>(String::new())).unwrap();
    ///     drop(pool.acquire(&context::background()));
    ///     assert_eq!(pool.idle(), 1);
    ///     time::sleep(2 * minute);
    ///     assert_eq!(pool.idle(), 0);
    /// });
    /// ```
    pub fn with_limits(
        maximum: usize,
        max_idle: usize,
        idle_time: Duration,
        factory: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Self, SizeError>
    where
        T: Send + 'static,
        E: 'static,
    {
        let set_alarm: SetAlarm<T, E> = |shared, time| {
            // Weak: the timer does not keep a pool that nobody holds.
            let shared = Arc::downgrade(shared);
            after_func(time, move || {
                if let Some(shared) = shared.upgrade() {
                    shared.expire();
                }
            })
        };
        Pool::made(maximum, max_idle, Some((idle_time, set_alarm)), Box::new(factory))
    }

    fn made(
        maximum: usize,
        max_idle: usize,
        idle_time: Option<(Duration, SetAlarm<T, E>)>,
        factory: Factory<T, E>,
    ) -> Result<Self, SizeError> {
        let shared = Shared {
            factory,
            places: Gate::new(checked(maximum)?)?,
            max_idle,
            idle_time,
            idle: Mutex::new(Some(Idle { kept: VecDeque::new(), alarm: None })),
            closed: channel(0),
        };
        Ok(Pool { shared: Arc::new(shared) })
    }

    /// Lends out a resource: one that came back, or a new one.
    ///
    /// # Blocking
    /// While the maximum is lent out, until one comes back, the pool is closed or the context is done; a dump
    /// shows `[select]`. Also while the factory works.
    ///
    /// # Panics
    /// When the factory does; the pool is as before then.
    ///
    /// # Errors
    /// See [`PoolError`].
    #[track_caller]
    pub fn acquire(&self, ctx: &Context) -> Result<Pooled<T, E>, PoolError<E>> {
        let place = self.shared.place(ctx)?;
        let idle = match &mut *self.shared.idle.lock() {
            None => return Err(PoolError::Closed),
            Some(idle) => idle.kept.pop_back(),
        };
        let resource = match idle {
            Some((resource, _)) => resource,
            None => (self.shared.factory)().map_err(PoolError::Factory)?,
        };
        let (resource, shared) = (Some(resource), self.shared.clone());
        Ok(Pooled { resource, broken: false, shared, _place: place })
    }

    /// Closes the pool: what it keeps is dropped now, what is lent out when it comes back, and whoever waits goes on
    /// with an error. False if it was closed before.
    pub fn close(&self) -> bool {
        let idle = self.shared.idle.lock().take();
        self.shared.closed.0.close();
        idle.is_some()
    }

    /// How many resources are kept, ready to be lent out.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.shared.idle.lock().as_ref().map_or(0, |idle| idle.kept.len())
    }

    /// How many are lent out or being made.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.shared.places.inside()
    }
}

impl<T, E> Shared<T, E> {
    /// Keeps a resource that comes back, or gives it to the caller, to drop.
    fn keep(self: &Arc<Self>, resource: T) -> Option<T> {
        let mut idle = self.idle.lock();
        let Some(idle) = idle.as_mut().filter(|idle| idle.kept.len() < self.max_idle) else {
            return Some(resource);
        };
        idle.kept.push_back((resource, Instant::now()));
        if let Some((time, set_alarm)) = self.idle_time
            && idle.alarm.is_none()
        {
            idle.alarm = Some(set_alarm(self, time));
        }
        None
    }

    /// The timer: drops what was kept for too long, and sees to the next.
    fn expire(self: &Arc<Self>) {
        let Some((time, set_alarm)) = self.idle_time else { return };
        let mut expired = Vec::new();
        {
            let mut idle = self.idle.lock();
            let Some(idle) = &mut *idle else { return };
            idle.alarm = None;
            let now = Instant::now();
            while let Some((_, since)) = idle.kept.front() {
                let age = now.duration_since(*since);
                if age < time {
                    idle.alarm = Some(set_alarm(self, time - age));
                    break;
                }
                expired.extend(idle.kept.pop_front());
            }
        }
        drop(expired); // outside the lock
    }

    #[track_caller]
    fn place(&self, ctx: &Context) -> Result<Pass, PoolError<E>> {
        if self.idle.lock().is_none() {
            return Err(PoolError::Closed);
        }
        ctx.check().map_err(PoolError::Done)?;
        self.places.enter_unless(&self.closed.1, ctx).ok_or_else(|| match ctx.err() {
            Some(error) if self.idle.lock().is_some() => PoolError::Done(error),
            _ => PoolError::Closed,
        })
    }
}

impl<T, E> Pooled<T, E> {
    /// Marks the resource as broken: it is dropped instead of going back.
    pub fn discard(mut self) {
        self.broken = true;
    }

    /// Takes the resource out of the pool for good; another may be made in its place.
    #[must_use]
    pub fn into_inner(mut self) -> T {
        self.resource.take().expect("there until it is dropped")
    }
}

impl<T, E> Deref for Pooled<T, E> {
    type Target = T;

    fn deref(&self) -> &T {
        self.resource.as_ref().expect("there until it is dropped")
    }
}

impl<T, E> DerefMut for Pooled<T, E> {
    fn deref_mut(&mut self) -> &mut T {
        self.resource.as_mut().expect("there until it is dropped")
    }
}

impl<T, E> Drop for Pooled<T, E> {
    fn drop(&mut self) {
        let Some(resource) = self.resource.take() else { return };
        if self.broken || std::thread::panicking() {
            return; // whoever panics may have left it half used
        }
        drop(self.shared.keep(resource));
    }
}

impl<T, E> Clone for Pool<T, E> {
    fn clone(&self) -> Self {
        Pool { shared: self.shared.clone() }
    }
}

impl<T, E> fmt::Debug for Pool<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("idle", &self.idle())
            .field("in_use", &self.in_use())
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug, E> fmt::Debug for Pooled<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pooled").field(&self.resource).finish()
    }
}
