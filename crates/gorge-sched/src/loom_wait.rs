//! The scheduler under loom: every waiter is a loom thread.
//!
//! Promise: [`Task`], [`Parking`], [`ready`] and timers mean what they mean
//! otherwise, with no goroutines behind them; so what the layers above publish,
//! lock and wake can be explored in every interleaving.
//!
//! ```text
//!   Parking::begin   a new record, one count for the task, one for the parker
//!   park             waits until the record says "ready"
//!   ready(task)      says so, gives the task's count back
//! ```
//!
//! Loom itself finds a `ready` that never comes (a deadlock) and one that comes
//! twice or for a task that was cancelled (a count too few).
//!
//! The time passes when the model says so: [`timer::pass`] fires everything that is
//! armed. [`lose_processor`] makes the next `try_begin` fail, as the monitor does.

use std::marker::PhantomData;
use std::panic::Location;
use std::ptr::NonNull;

use loom::sync::atomic::{AtomicBool, Ordering};
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::listener::{self, Listener};
use crate::reason::WaitReason;

/// Where somebody who is made ready is put; here it makes no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Next.
    Next,
    /// Behind all others.
    Tail,
}

#[derive(Debug)]
struct Record {
    ready: AtomicBool,
    // Not `thread::park`: loom's `unpark` also wakes a thread that waits for a lock.
    woken: Notify,
}

/// Whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Task(NonNull<Record>);

// SAFETY: a Task is only a name; it is spent by an unsafe call.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

/// Proof that the caller is about to wait.
#[derive(Debug)]
#[must_use = "park or cancel"]
pub struct Parking {
    record: Arc<Record>,
    task: Task,
    _here: PhantomData<*mut ()>,
}

loom::lazy_static! {
    static ref LOST: AtomicBool = AtomicBool::new(false);
}

/// Makes the next [`Parking::try_begin`], on whatever thread, fail once.
pub fn lose_processor() {
    LOST.store(true, Ordering::Relaxed);
}

impl Task {
    /// By what tools know who waits.
    pub fn address(self) -> usize {
        self.0.as_ptr() as usize
    }

    /// As outside of loom: the number of the goroutine, of which there are none here.
    pub fn goroutine(self) -> Option<u64> {
        None
    }

    /// Somebody who is told in a way of their own.
    ///
    /// # Safety
    /// As otherwise.
    pub unsafe fn listener(listener: NonNull<Listener>) -> Task {
        Task(listener::mark(listener))
    }
}

impl Parking {
    /// Fails once after [`lose_processor`].
    pub fn try_begin() -> Option<Parking> {
        // A load first: models that lose nothing have fewer interleavings so.
        if LOST.load(Ordering::Relaxed) && LOST.swap(false, Ordering::Relaxed) {
            return None;
        }
        let record = Arc::new(Record { ready: AtomicBool::new(false), woken: Notify::new() });
        let counted = Arc::into_raw(record.clone()).cast_mut();
        // SAFETY: an `Arc`'s pointer is not null.
        let task = Task(unsafe { NonNull::new_unchecked(counted) });
        Some(Parking { record, task, _here: PhantomData })
    }

    /// Nothing is to be done.
    pub fn recover() {}

    /// As `try_begin`, until it succeeds.
    pub fn begin() -> Parking {
        loop {
            if let Some(parking) = Parking::try_begin() {
                return parking;
            }
            Parking::recover();
        }
    }

    /// Who is about to wait.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Waits until [`ready`] is called for this task.
    ///
    /// # Safety
    /// The task was published where exactly one waker will find it.
    pub unsafe fn park(self, _: WaitReason, _: &'static Location<'static>) {
        // Acquire: pairs with the release in `ready`.
        while !self.record.ready.load(Ordering::Acquire) {
            self.record.woken.wait();
        }
    }

    /// As `park`, of somebody nobody knows: loom reports a deadlock.
    pub fn park_for_ever(self, reason: WaitReason, at: &'static Location<'static>) -> ! {
        // SAFETY: it is not published, and need not be: it never returns.
        unsafe { self.park(reason, at) };
        unreachable!("a task that nobody knows was made ready")
    }

    /// Does not wait after all.
    pub fn cancel(self) {
        // SAFETY: the count made in `try_begin`, which nobody else will spend.
        drop(unsafe { Arc::from_raw(self.task.0.as_ptr()) });
    }
}

/// Makes `task` ready.
///
/// # Safety
/// Exactly once for each `park`.
pub unsafe fn ready(task: Task, _: Place) {
    if let Some(listener) = listener::marked(task.0) {
        // SAFETY: as the caller says.
        return unsafe { Listener::tell(listener) };
    }
    // SAFETY: the count made in `try_begin`, spent here only.
    let record = unsafe { Arc::from_raw(task.0.as_ptr()) };
    // Release: pairs with the acquire in `park`.
    record.ready.store(true, Ordering::Release);
    record.woken.notify();
}

/// A goroutine, that is, a loom thread.
#[derive(Debug)]
pub struct Goroutine<T>(thread::JoinHandle<T>);

impl<T> Goroutine<T> {
    /// Waits for its end.
    pub fn join(self) -> std::thread::Result<T> {
        self.0.join()
    }
}

/// Starts one.
pub fn go<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Goroutine<T> {
    Goroutine(thread::spawn(f))
}

/// Lets others run.
pub fn gosched() {
    thread::yield_now();
}

/// As [`gosched`]: nobody is on time here.
pub fn go_on_late() {
    gosched();
}

/// Nobody is ever to run next.
pub fn let_next_run() -> bool {
    false
}

/// No processor is ever lost but by [`lose_processor`].
pub fn rejoin() -> bool {
    false
}

/// All run at the same time.
pub fn others_run() -> bool {
    true
}

/// Always the same, so that a failing interleaving can be repeated.
pub fn random() -> u32 {
    0
}

/// As [`random`].
pub fn below(_: u32) -> u32 {
    0
}

/// There is one processor.
pub fn processor_hint() -> usize {
    0
}

loom::thread_local! {
    static WORKER: std::cell::Cell<Option<usize>> = std::cell::Cell::new(None);
}

/// The calling thread stands for the worker of this number from now on.
pub fn be_worker(number: usize) {
    WORKER.with(|worker| worker.set(Some(number)));
}

/// There are plain threads only, but for those that [are workers](be_worker).
pub fn worker_number() -> Option<usize> {
    WORKER.with(|worker| worker.get())
}

/// The time stands still.
pub fn now() -> u64 {
    0
}

/// There are no bubbles.
pub mod bubble {
    /// Nobody is in one.
    pub fn current() -> Option<u64> {
        None
    }
    /// None is ever over.
    pub fn leave_if_over() {}
    /// Nobody explores.
    pub fn is_explored() -> bool {
        false
    }
    /// Nobody is unwound.
    pub fn may_unwind() -> bool {
        false
    }
    /// Calls `f`.
    pub fn whole<R>(f: impl FnOnce() -> R) -> R {
        f()
    }
}

/// Timers, which fire when the model says so.
pub mod timer {
    use std::marker::PhantomData;
    use std::panic::Location;
    use std::ptr::NonNull;

    use loom::sync::Mutex;
    use loom::sync::atomic::{AtomicBool, Ordering};

    use super::{Place, Task, go};

    loom::lazy_static! {
        static ref ARMED: Mutex<Vec<Armed>> = Mutex::new(Vec::new());
    }

    #[derive(Clone, Copy)]
    struct Armed {
        node: NonNull<Node>,
        when: u64,
    }

    // SAFETY: an armed node may be fired by any thread.
    unsafe impl Send for Armed {}

    /// What a timer that fires is given.
    #[derive(Debug)]
    pub struct Firing(());

    /// A timer that fires, to be settled.
    #[derive(Debug)]
    pub struct Fired<'a> {
        node: NonNull<Node>,
        when: u64,
        _firing: PhantomData<&'a Firing>,
    }

    /// Proof that it was settled; holds when it is to fire again.
    #[derive(Debug)]
    pub struct Settled(Option<u64>);

    /// What happens when the time has come.
    pub type Fire = unsafe fn(Fired<'_>, &Firing) -> Settled;

    /// A timer.
    #[derive(Debug)]
    pub struct Node {
        fire: Fire,
        armed: AtomicBool,
    }

    impl Node {
        /// A timer that is not armed.
        pub fn new(fire: Fire) -> Node {
            Node { fire, armed: AtomicBool::new(false) }
        }

        /// Whether it is armed.
        pub fn is_armed(&self) -> bool {
            self.armed.load(Ordering::Acquire)
        }
    }

    impl Firing {
        /// The time stands still.
        pub fn now(&self) -> u64 {
            0
        }

        /// Makes `task` ready.
        ///
        /// # Safety
        /// As for [`ready`](super::ready).
        pub unsafe fn ready(&self, task: Task) {
            // SAFETY: as the caller says.
            unsafe { super::ready(task, Place::Tail) }
        }

        /// Starts a goroutine.
        pub fn spawn(&self, f: Box<dyn FnOnce() + Send>, _: &'static Location<'static>) {
            drop(go(f));
        }
    }

    impl Fired<'_> {
        /// The node.
        pub fn node(&self) -> NonNull<Node> {
            self.node
        }

        /// The time it was armed for.
        pub fn due(&self) -> u64 {
            self.when
        }

        /// It is done, and its owner's again.
        pub fn done(self) -> Settled {
            // SAFETY: armed until this store.
            unsafe { self.node.as_ref() }.armed.store(false, Ordering::Release);
            Settled(None)
        }

        /// It stays armed, for `when`.
        pub fn again(self, when: u64) -> Settled {
            Settled(Some(when))
        }
    }

    /// Arms a timer, or changes its time; says whether it was armed.
    ///
    /// # Safety
    /// It stays in place until it was settled or disarmed.
    pub unsafe fn arm(node: NonNull<Node>, when: u64) -> bool {
        // SAFETY: as the caller says.
        unsafe { arm_with(node, when, || ()) }
    }

    /// As [`arm`], and `meanwhile` runs under the lock.
    ///
    /// # Safety
    /// As for [`arm`].
    pub unsafe fn arm_with(node: NonNull<Node>, when: u64, meanwhile: impl FnOnce()) -> bool {
        let mut armed = ARMED.lock().unwrap();
        meanwhile();
        let was_armed = remove(&mut armed, node);
        armed.push(Armed { node, when });
        // SAFETY: in place, as the caller says.
        unsafe { node.as_ref() }.armed.store(true, Ordering::Release);
        was_armed
    }

    /// Disarms a timer and says whether it was armed; it is not being fired
    /// when this returns.
    ///
    /// # Safety
    /// It is in place.
    pub unsafe fn disarm(node: NonNull<Node>) -> bool {
        // SAFETY: as the caller says.
        unsafe { disarm_with(node, || ()) }
    }

    /// As [`disarm`], and `meanwhile` runs under the lock.
    ///
    /// # Safety
    /// As for [`disarm`].
    pub unsafe fn disarm_with(node: NonNull<Node>, meanwhile: impl FnOnce()) -> bool {
        let mut armed = ARMED.lock().unwrap();
        meanwhile();
        // SAFETY: in place, as the caller says.
        unsafe { node.as_ref() }.armed.store(false, Ordering::Release);
        remove(&mut armed, node)
    }

    fn remove(armed: &mut Vec<Armed>, node: NonNull<Node>) -> bool {
        let before = armed.len();
        armed.retain(|other| other.node != node);
        armed.len() < before
    }

    /// Time passes: everything that is armed now fires, once.
    pub fn pass() {
        let mut armed = ARMED.lock().unwrap();
        let firing = Firing(());
        for Armed { node, when } in std::mem::take(&mut *armed) {
            let fired = Fired { node, when, _firing: PhantomData };
            // SAFETY: armed, hence in place; fired under the lock.
            let settled = unsafe { (node.as_ref().fire)(fired, &firing) };
            if let Settled(Some(when)) = settled {
                armed.push(Armed { node, when });
            }
        }
    }
}
