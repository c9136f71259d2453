//! Loops over many items, on all processors, in work units sized by time.
//!
//! A unit that is too small is eaten up by handing it out; one that is too large leaves processors idle at the
//! end. So each worker measures what an item costs it, and takes as many at a time as fill about 300 us;
//! near the end fewer, so that all finish together.
//!
//! Invariant: each item is given to exactly one worker: it is split off the rest under a lock, or its index by
//! adding to one counter.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use gorge_base::atomic::{AtomicUsize, Ordering};
use gorge_sched::{gomaxprocs, hand_out, scope};
use gorge_sync::sync::Mutex;

/// What a work unit should take.
const UNIT: Duration = Duration::from_micros(300);

/// How many work units each worker should still get out of what is left.
const SHARE: usize = 4;

/// What has not been handed out.
trait Rest: Sync {
    type Unit;

    /// Takes a unit of about `wanted` items, with their number; `None` at the end.
    fn take(&self, wanted: usize) -> Option<(usize, Self::Unit)>;

    /// Nothing more is handed out.
    fn stop(&self);
}

/// Runs `unit` over all units of `rest`, on `workers` goroutines of which the caller is one.
fn drive<R: Rest>(workers: usize, rest: &R, unit: impl Fn(R::Unit) + Sync) {
    let work = || {
        let mut wanted = 1;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            while let Some((size, items)) = rest.take(wanted) {
                // The real clock, also when the runtime has a virtual one: this is about processors.
                let start = Instant::now();
                unit(items);
                let taken = start.elapsed().max(Duration::from_nanos(1));
                // Grow at most eightfold at a time, in case this was not a typical one.
                let fitting = (size as u128 * UNIT.as_nanos() / taken.as_nanos()) as usize;
                wanted = fitting.clamp(1, size.saturating_mul(8));
            }
        }));
        if let Err(payload) = outcome {
            rest.stop();
            resume_unwind(payload);
        }
    };
    if workers <= 1 {
        return work();
    }
    scope(|s| {
        for _ in 1..workers {
            s.go(work);
        }
        hand_out();
        work();
    });
}

/// How many of `left` items to take.
fn fair_share(wanted: usize, left: usize, workers: usize) -> usize {
    wanted.min(left / (workers * SHARE)).max(1)
}

fn workers(count: usize) -> usize {
    gomaxprocs(0).min(count).max(1)
}

/// Calls `f` for each item of a slice, on all processors.
///
/// # Blocking
/// Until all are done. The caller works too; when it has nothing left a dump shows `[scope]`.
///
/// # Panics
/// With the first panic of `f`; no further work units are begun then.
///
/// # Examples
/// ```
/// use gorge::patterns::parallel;
/// use gorge_base::atomic::{AtomicU64, Ordering};
///
/// let numbers: Vec<u64> = (1..=1000).collect();
/// let sum = AtomicU64::new(0);
/// parallel::for_each(&numbers, |n| {
///     sum.fetch_add(*n, Ordering::Relaxed);
/// });
/// assert_eq!(sum.into_inner(), 500_500);
/// ```
pub fn for_each<T: Sync>(items: &[T], f: impl Fn(&T) + Sync) {
    let workers = workers(items.len());
    let rest = Shared { items, next: AtomicUsize::new(0), workers };
    drive(workers, &rest, |unit| unit.iter().for_each(&f));
}

/// A slice to look at.
struct Shared<'a, T> {
    items: &'a [T],
    next: AtomicUsize,
    workers: usize,
}

impl<'a, T: Sync> Rest for Shared<'a, T> {
    type Unit = &'a [T];

    fn take(&self, wanted: usize) -> Option<(usize, &'a [T])> {
        // Relaxed, here and below: the counter hands out indices and publishes nothing.
        let left = self.items.len().saturating_sub(self.next.load(Ordering::Relaxed));
        let size = fair_share(wanted, left, self.workers);
        let start = self.next.fetch_add(size, Ordering::Relaxed);
        let end = self.items.len().min(start + size);
        (start < end).then(|| (end - start, &self.items[start..end]))
    }

    fn stop(&self) {
        self.next.store(self.items.len(), Ordering::Relaxed);
    }
}

/// Calls `f` for each item of a slice, which it may change, with its index, on all processors.
///
/// # Blocking
/// As [`for_each`].
///
/// # Panics
/// As [`for_each`].
///
/// # Examples
/// ```
/// use gorge::patterns::parallel;
/// let mut numbers = [10; 4];
/// parallel::for_each_mut(&mut numbers, |index, n| *n += index);
/// assert_eq!(numbers, [10, 11, 12, 13]);
/// ```
pub fn for_each_mut<T: Send>(items: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
    let workers = workers(items.len());
    let rest = Exclusive { rest: Mutex::new((0, items)), workers };
    drive(workers, &rest, |(first, unit)| {
        unit.iter_mut().zip(first..).for_each(|(item, index)| f(index, item));
    });
}

/// A slice to change: its rest, and the index of the first item of that.
struct Exclusive<'a, T> {
    rest: Mutex<(usize, &'a mut [T])>,
    workers: usize,
}

impl<'a, T: Send> Rest for Exclusive<'a, T> {
    type Unit = (usize, &'a mut [T]);

    fn take(&self, wanted: usize) -> Option<(usize, Self::Unit)> {
        let mut rest = self.rest.lock();
        let (first, items) = std::mem::take(&mut *rest);
        let size = fair_share(wanted, items.len(), self.workers).min(items.len());
        let (unit, after) = items.split_at_mut(size);
        *rest = (first + size, after);
        (size > 0).then_some((size, (first, unit)))
    }

    fn stop(&self) {
        *self.rest.lock() = (0, &mut []);
    }
}

/// What `f` makes of each item of a slice, in order, on all processors.
///
/// # Blocking
/// As [`for_each`].
///
/// # Panics
/// As [`for_each`].
///
/// # Examples
/// ```
/// use gorge::patterns::parallel;
/// let squares = parallel::map(&[1, 2, 3], |n| n * n);
/// assert_eq!(squares, [1, 4, 9]);
/// ```
pub fn map<T: Sync, U: Send>(items: &[T], f: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let mut results: Vec<Option<U>> = Vec::new();
    results.resize_with(items.len(), || None);
    for_each_mut(&mut results, |index, place| *place = Some(f(&items[index])));
    results.into_iter().map(|result| result.expect("each was computed")).collect()
}

/// Calls `f` for each item of an iterator, on all processors. The iterator itself runs under a lock, a few items at
/// a time, so it should be quick compared with `f`.
///
/// # Blocking
/// As [`for_each`].
///
/// # Panics
/// As [`for_each`], or with the panic of the iterator.
///
/// # Examples
/// ```
/// use gorge::patterns::parallel;
/// use gorge_base::atomic::{AtomicUsize, Ordering};
///
/// let letters = AtomicUsize::new(0);
/// parallel::for_each_of("to be or not to be".split(' '), |word| {
///     letters.fetch_add(word.len(), Ordering::Relaxed);
/// });
/// assert_eq!(letters.into_inner(), 13);
/// ```
pub fn for_each_of<I>(items: I, f: impl Fn(I::Item) + Sync)
where
    I: IntoIterator,
    I::IntoIter: Send,
    I::Item: Send,
{
    drive(gomaxprocs(0), &Items::new(items), |(_, unit)| unit.into_iter().for_each(&f));
}

/// What `f` makes of each item of an iterator, in order, on all processors. See [`for_each_of`].
///
/// # Blocking
/// As [`for_each`].
///
/// # Panics
/// As [`for_each_of`].
///
/// # Examples
/// ```
/// use gorge::patterns::parallel;
/// let squares = parallel::map_of((1..=5).rev(), |n| n * n);
/// assert_eq!(squares, [25, 16, 9, 4, 1]);
/// ```
pub fn map_of<I, U: Send>(items: I, f: impl Fn(I::Item) -> U + Sync) -> Vec<U>
where
    I: IntoIterator,
    I::IntoIter: Send,
    I::Item: Send,
{
    let units = Mutex::new(Vec::new());
    drive(gomaxprocs(0), &Items::new(items), |(first, unit)| {
        let unit: Vec<U> = unit.into_iter().map(&f).collect();
        units.lock().push((first, unit));
    });
    let mut units = units.into_inner();
    units.sort_unstable_by_key(|(first, _)| *first);
    units.into_iter().flat_map(|(_, unit)| unit).collect()
}

/// An iterator, and how many items it has given; `None` after its end, for it is not asked again then.
struct Items<I> {
    rest: Mutex<(usize, Option<I>)>,
}

impl<I: Iterator> Items<I> {
    fn new(items: impl IntoIterator<IntoIter = I>) -> Self {
        Items { rest: Mutex::new((0, Some(items.into_iter()))) }
    }
}

impl<I: Iterator + Send> Rest for Items<I> {
    type Unit = (usize, Vec<I::Item>);

    fn take(&self, wanted: usize) -> Option<(usize, Self::Unit)> {
        let mut rest = self.rest.lock();
        let first = rest.0;
        let unit: Vec<_> = rest.1.as_mut()?.take(wanted).collect();
        rest.0 += unit.len();
        if unit.len() < wanted {
            rest.1 = None;
        }
        (!unit.is_empty()).then_some((unit.len(), (first, unit)))
    }

    fn stop(&self) {
        self.rest.lock().1 = None;
    }
}
