//! `go`, and the handle it gives.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use gorge_base::atomic::Ordering::Relaxed;
use gorge_base::probe::{self, Op};
use gorge_coro::StackError;

use crate::reason::WaitReason;
use crate::runtime::birth;
use crate::runtime::boot;
use crate::runtime::bubble::record::{Readied, born};
use crate::runtime::enter::{enter, exit};
use crate::runtime::error::{JoinError, SpawnError};
use crate::runtime::goroutine::{G, Outcome, mark};
use crate::runtime::park::Parking;
use crate::runtime::processor::block_of_ids;
use crate::runtime::records;
use crate::runtime::stall;
use crate::runtime::timers::count_birth;
use crate::runtime::wake;
use crate::runtime::worker::M;
use crate::runtime::world;

/// A goroutine that can be joined.
///
/// Dropping the handle detaches the goroutine: it goes on by itself. If a
/// detached goroutine panics, the program ends as in Go; a panic of one that
/// can be joined is given to who joins it.
///
/// # Examples
/// ```
/// use gorge::{Goroutine, go};
///
/// let answer: Goroutine<i32> = go(|| 6 * 7);
/// assert!(answer.id() > 0);
/// while !answer.is_finished() {
///     gorge::runtime::gosched();
/// }
/// assert_eq!(answer.join().unwrap(), 42);
///
/// go(|| println!("goes on by itself")).detach();
/// ```
pub struct Goroutine<T> {
    g: *mut G,
    _value: PhantomData<T>,
}

// SAFETY: the handle only moves a `T` from the goroutine to who joins.
unsafe impl<T: Send> Send for Goroutine<T> {}
// SAFETY: `&Goroutine` gives access to numbers only.
unsafe impl<T: Send> Sync for Goroutine<T> {}

/// What a goroutine shall be like, before it is started.
///
/// # Examples
/// ```
/// use gorge::Builder;
///
/// let deep = Builder::new().name("deep").stack_size(8 << 20).go(|| 6 * 7).expect("memory");
/// assert_eq!(deep.join().unwrap(), 42);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Builder {
    name: Option<String>,
    stack_size: usize,
}

impl Builder {
    /// An ordinary goroutine.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Its name, for dumps.
    pub fn name(mut self, name: impl Into<String>) -> Builder {
        self.name = Some(name.into());
        self
    }

    /// How many bytes of address space its stack has (memory is used only for
    /// pages that are touched). The default is 128 KiB (256 KiB in a debug build), or
    /// `GORGE_STACK`.
    pub fn stack_size(mut self, bytes: usize) -> Builder {
        self.stack_size = bytes;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When goroutines wait for memory or threads already; the error names the
    /// limit and what to raise. And when no stack can be so large.
    #[track_caller]
    pub fn go<F, T>(self, f: F) -> Result<Goroutine<T>, SpawnError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        if world::starved() {
            return Err(SpawnError(stall::why_starved()));
        }
        // It would wait for ever, and in its wake nobody could be started.
        if let Some(error) = StackError::of_impossible(self.stack_size) {
            return Err(SpawnError(error.to_string()));
        }
        let at = Location::caller();
        let prepare = |g: *mut G| {
            // SAFETY: the record is ours, and not published yet.
            unsafe {
                if let Some(name) = self.name {
                    (*g).set_name(name);
                }
                if self.stack_size != 0 {
                    (*g).extra_mut().stack_size = self.stack_size;
                    (*g).set_mark(mark::STACK, true);
                }
            }
            true
        };
        // SAFETY: the bounds above are those of a safe spawn.
        Ok(unsafe { start(f, at, prepare) })
    }
}

/// Starts a goroutine that runs `f`.
///
/// The goroutine is a thread to all code in it: thread-locals are its own,
/// guards may be held while it waits, values that are not `Send` stay with it
/// although it moves between OS threads.
///
/// # Panics
/// When the system has no more memory or threads for goroutines; the text names
/// the limit and what to raise. [`Builder::go`] gives an error instead.
///
/// # Examples
/// ```
/// let answer = gorge::go(|| 6 * 7);
/// assert_eq!(answer.join().unwrap(), 42);
/// ```
#[inline]
#[track_caller]
pub fn go<F, T>(f: F) -> Goroutine<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    if world::starved() {
        no_stack();
    }
    // SAFETY: `F` and `T` are `Send` and `'static`.
    unsafe { start(f, Location::caller(), |_| true) }
}

#[cold]
#[track_caller]
fn no_stack() -> ! {
    panic!("{}", SpawnError(stall::why_starved()))
}

/// Starts a goroutine. `prepare` sees its record before anybody else, and says
/// whether it is to run as others do: if not, whoever asked for it sees to it.
///
/// # Safety
/// Whatever `f` borrows outlives the goroutine's end, and `F` and `T` may be
/// sent to another thread.
#[inline(always)]
pub(crate) unsafe fn start<F, T>(
    f: F,
    at: &'static Location<'static>,
    prepare: impl FnOnce(*mut G) -> bool,
) -> Goroutine<T>
where
    F: FnOnce() -> T,
{
    // SAFETY: a goroutine outside scheduler code; the record is fresh, and is
    // published by the push.
    unsafe {
        if M::here().is_null() | probe::points() {
            if M::here().is_null() {
                return start_from_thread(f, at, prepare);
            }
            probe::point(Op::Go, 0, at);
        }
        let m = enter();
        let p = m.p();
        let g = records::take(p);
        let parent = m.current();
        birth::fill(g, f, p.take_id(), (*parent).id(), at);
        let runs = prepare(g);
        count_birth(p);
        if (*parent).is_special() | probe::started() | !runs
            && start_special(parent, g, runs, at) == Readied::Kept
        {
            exit();
            return Goroutine { g, _value: PhantomData };
        }
        p.ring.push(g);
        gorge_base::atomic::compiler_fence(gorge_base::atomic::Ordering::SeqCst);
        wake::after_push(p);
        exit();
        Goroutine { g, _value: PhantomData }
    }
}

/// What is rare when `parent` starts `g`: somebody listens, it belongs to a bubble, or whoever
/// asked for it sees to it (`!runs`).
///
/// # Safety
/// As for [`born`].
#[cold]
#[inline(never)]
unsafe fn start_special(
    parent: *mut G,
    g: *mut G,
    runs: bool,
    at: &'static Location<'static>,
) -> Readied {
    probe::starts(g as usize, false, at);
    // SAFETY: the caller's promise.
    unsafe {
        match runs {
            false => Readied::Kept,
            true if (*parent).is_special() => born(parent, g),
            true => Readied::Queue,
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn start_from_thread<F, T>(
    f: F,
    at: &'static Location<'static>,
    prepare: impl FnOnce(*mut G) -> bool,
) -> Goroutine<T>
where
    F: FnOnce() -> T,
{
    boot::ensure();
    probe::point(Op::Go, 0, at);
    let g = records::take_anywhere();
    // SAFETY: as in `start`.
    unsafe { birth::fill(g, f, block_of_ids(1), 0, at) };
    let runs = prepare(g);
    debug_assert!(runs, "what a plain thread starts is in no bubble");
    probe::starts(g as usize, false, at);
    birth::BORN_OUTSIDE.fetch_add(1, Relaxed);
    wake::enqueue(g);
    Goroutine { g, _value: PhantomData }
}

/// How many goroutines there are: running, ready and waiting; none that has been joined.
///
/// # Examples
/// ```
/// let (stop, stopped) = gorge::channel::<()>(0);
/// gorge::run(|| {
///     let before = gorge::runtime::num_goroutine();
///     let other = gorge::go(move || drop(stopped.recv()));
///     assert_eq!(gorge::runtime::num_goroutine(), before + 1);
///     drop(stop);
///     other.join().unwrap();
/// });
/// ```
pub fn num_goroutine() -> usize {
    let (mut born, mut ended) = (0u64, 0u64);
    for p in crate::runtime::processor::all() {
        ended += p.ended.load(Relaxed);
    }
    born += birth::BORN_OUTSIDE.load(Relaxed);
    for p in crate::runtime::processor::all() {
        born += p.born.load(Relaxed);
    }
    born.saturating_sub(ended) as usize
}

impl<T> Goroutine<T> {
    /// Waits for the goroutine's end and gives its value.
    ///
    /// # Blocking
    /// Until the goroutine has ended and its thread-locals are destroyed. A
    /// dump says `[join]`.
    ///
    /// # Panics
    /// When a goroutine joins itself.
    ///
    /// # Errors
    /// [`JoinError::Panicked`] with the payload if it panicked,
    /// [`JoinError::Exited`] if it left through [`goexit`](crate::goexit).
    ///
    /// # Examples
    /// ```
    /// use gorge::go;
    /// assert_eq!(go(|| 1 + 1).join().unwrap(), 2);
    /// let error = go(|| -> i32 { panic!("no") }).join().unwrap_err();
    /// assert_eq!(error.message(), Some("no"));
    /// ```
    #[inline(always)]
    #[track_caller]
    pub fn join(self) -> Result<T, JoinError> {
        self.join_as(WaitReason::Join)
    }

    /// As [`join`](Self::join), with another word for it in dumps.
    // (Always: the call would cost as much as the rest, where the goroutine has ended already.)
    #[inline(always)]
    #[track_caller]
    pub(crate) fn join_as(self, reason: WaitReason) -> Result<T, JoinError> {
        // SAFETY: the record is the handle's until it is freed below.
        unsafe {
            let g = self.g;
            if !(*g).ending.is_done() || probe::any() {
                wait_for_end(g, reason, Location::caller());
            }
            std::mem::forget(self);
            let outcome = (*g).outcome.replace(Outcome::None);
            let result = match outcome {
                Outcome::Value => Ok((*g).take::<T>()),
                Outcome::Panicked => {
                    Err(JoinError::Panicked((*g).take::<Box<dyn Any + Send>>().into()))
                }
                Outcome::Exited | Outcome::None => Err(JoinError::Exited),
            };
            free(g);
            result
        }
    }

    /// Lets the goroutine go on by itself: as dropping the handle, said aloud.
    pub fn detach(self) {}

    /// The goroutine's number, as in dumps.
    pub fn id(&self) -> u64 {
        // SAFETY: the record is kept as long as the handle.
        unsafe { (*self.g).id() }
    }

    /// Whether it has ended, so that [`join`](Self::join) would not wait.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        // (No object: a goroutine's end is no operation.)
        probe::point(Op::Load, 0, Location::caller());
        // SAFETY: as above.
        let finished = unsafe { (*self.g).ending.is_done() };
        if finished {
            probe::acquire(self.g as usize);
        }
        finished
    }
}

/// Waits for the end, if it has not come, and says so to whoever listens.
///
/// # Safety
/// The record is kept by the handle.
#[inline(never)]
unsafe fn wait_for_end(g: *mut G, reason: WaitReason, at: &'static Location<'static>) {
    probe::point(Op::Join, g as usize, at);
    // SAFETY: the caller's promise.
    if !unsafe { (*g).ending.is_done() } {
        probe::waits(Op::Join, g as usize, at);
        // SAFETY: as above.
        unsafe { park_until_end(g, reason, at) }
        probe::goes_on(g as usize);
    }
    probe::acquire(g as usize);
}

/// # Safety
/// As for [`wait_for_end`].
unsafe fn park_until_end(g: *mut G, reason: WaitReason, at: &'static Location<'static>) {
    let parking = Parking::begin();
    let me = parking.task().as_ptr() as usize;
    if me == g as usize {
        parking.cancel();
        panic!("a goroutine joins itself: it would wait for ever");
    }
    // SAFETY: the record is kept by the handle; published by the exchange.
    unsafe { if (*g).ending.enlist(me) { parking.park(reason, at) } else { parking.cancel() } }
}

/// Gives the record of an ended goroutine back.
#[inline(always)]
unsafe fn free(g: *mut G) {
    // SAFETY: the caller is the last who knows the record.
    unsafe {
        if M::here().is_null() {
            return records::put_anywhere(g);
        }
        let m = enter();
        records::put(m.p(), g);
        exit();
    }
}

impl<T> Drop for Goroutine<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the record is the handle's until then; afterwards it belongs
        // to the goroutine if that has not ended, else still to us.
        unsafe {
            if !(*self.g).ending.detach() {
                birth::discard(self.g);
                free(self.g);
            }
        }
    }
}

impl<T> fmt::Debug for Goroutine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Goroutine")
            .field("id", &self.id())
            .field("finished", &self.is_finished())
            .finish()
    }
}
