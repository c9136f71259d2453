//! Waking workers: called by whoever made something runnable.

use gorge_base::atomic::{
    AtomicBool, AtomicPtr, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};

use gorge_sys::futex;

use crate::runtime::goroutine::G;
use crate::runtime::processor::{self, P, attention};
use crate::runtime::report;
use crate::runtime::worker::{M, wake};
use crate::runtime::world::{self, World};

/// What to do when the system gives no thread.
pub(crate) const THREAD_LIMITS: &str =
    "raise `ulimit -u`, the cgroup's pids.max or kernel.threads-max";

/// The most OS threads that run goroutines. The default is Go's.
static MAX_THREADS: AtomicUsize = AtomicUsize::new(10_000);

/// That the limit was reached has been said.
static SAID: AtomicBool = AtomicBool::new(false);

/// Sets how many OS threads may run goroutines at most, and gives the limit before. The default is 10,000; 0 only
/// reads it.
///
/// A goroutine that blocks its thread needs it for itself, and the others go on on another one. When as many block as
/// there may be threads, the others wait until one of them goes on; the program says so once, on its standard error.
///
/// # Examples
/// ```
/// let before = gorge::runtime::set_max_threads(100);
/// assert_eq!((before, gorge::runtime::set_max_threads(0)), (10_000, 100));
/// ```
///
/// # Compared with Go
/// `debug.SetMaxThreads`; there the program ends when the limit is reached.
pub fn set_max_threads(n: usize) -> usize {
    match n {
        0 => MAX_THREADS.load(Relaxed),
        n => MAX_THREADS.swap(n, Relaxed),
    }
}

/// What a new worker thread runs; set once when the runtime starts, so that
/// this file need not know the scheduler's loop above it.
static WORKER_MAIN: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Worker threads alive (each counts itself).
pub(crate) static ALIVE: AtomicUsize = AtomicUsize::new(0);
pub(crate) static WAKEUPS: AtomicU64 = AtomicU64::new(0);

pub(crate) fn set_worker_main(main: fn(&'static M)) {
    WORKER_MAIN.store(main as *mut (), Release);
}

/// Something was just pushed onto `p`'s ring: wake an idle worker if that may pay.
///
/// # Safety
/// The caller uses `p`.
#[inline(always)]
pub(crate) unsafe fn after_push(p: &P) {
    if !world::idle().read().all_busy() {
        // SAFETY: the caller's promise.
        unsafe { after_push_slow(p) }
    }
}

#[cold]
#[inline(never)]
unsafe fn after_push_slow(p: &P) {
    let n = p.runnable();
    if p.attention.load(Relaxed) & attention::STEAL != 0 && n >= 2 {
        // SAFETY: the caller uses `p`.
        unsafe { donate(p) }
    } else if !world::idle().read().someone_spins() {
        // A single goroutine is most often one that we shall run ourselves in
        // a moment: after useless wakes some are left out. The monitor mends
        // it when this was wrong.
        if n < 2 && p.skipped.get() < p.may_skip.load(Relaxed) {
            p.skipped.set(p.skipped.get() + 1);
            return;
        }
        p.skipped.set(0);
        wake_one();
    }
}

/// A thief asked: half of the ring goes to the global queue. The owner does
/// it, so stealing needs no locked instruction here and no barrier there.
///
/// # Safety
/// The caller uses `p`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn donate(p: &P) {
    p.attention.fetch_and(!attention::STEAL, Relaxed);
    // SAFETY: the caller's promise.
    unsafe { give(p, p.queued() / 2) };
}

/// So many of the ring go to the global queue, and somebody is woken for them.
///
/// # Safety
/// The caller uses `p`.
pub(crate) unsafe fn give(p: &P, n: usize) {
    if n == 0 {
        return;
    }
    let mut world = world::lock();
    for _ in 0..n {
        // SAFETY: the caller uses `p`.
        world.enqueue(unsafe { p.give_one() });
    }
    p.steals.fetch_add(n as u64, Relaxed);
    // The thief may have given up meanwhile.
    wake_one_of(world);
}

/// Whether there is something that a worker without work might take.
///
/// To be asked after the caller has changed the idle word.
pub(crate) fn any_work() -> bool {
    // Pairs with the fence in `enqueue`'s reading of the idle word: either
    // that sees our change, or we see what was enqueued.
    fence(SeqCst);
    world::queued() != 0 || processor::all().any(|p| p.queued() > 1)
}

/// Wakes one worker for an idle processor, to look for work.
#[cold]
#[inline(never)]
pub(crate) fn wake_one() {
    wake_one_of(world::lock());
}

/// As [`wake_one`], with the lock already held; gives it back.
fn wake_one_of(mut world: Locked) {
    // Pairs with the fence in `any_work`.
    fence(SeqCst);
    if world::idle().read().someone_spins() {
        return;
    }
    let Some(p) = world.take_processor(true) else { return };
    if let Err((mut world, error)) = run_processor(world, p, true) {
        // No thread to be had: the processor stays idle. Whoever runs goes on; and for a worker that
        // is just on its way to rest, or was displaced, the monitor tries again.
        world.idle_processor(p, true);
        let nobody_can = world.workers.is_empty();
        drop(world);
        match error {
            NoThread::System(error) if nobody_can => {
                report::fatal(&format!("no thread to run goroutines on ({THREAD_LIMITS}): {error}"))
            }
            NoThread::System(_) => {}
            NoThread::Limit(limit) => say_limit(limit),
        }
    }
}

/// Why there is no thread for a processor.
pub(crate) enum NoThread {
    /// There are as many as there may be.
    Limit(usize),
    System(std::io::Error),
}

/// Not under the world's lock: who reads what is said may be slow.
#[cold]
fn say_limit(limit: usize) {
    if !SAID.swap(true, Relaxed) {
        report::warn(&format!(
            "as many goroutines block their threads as there may be threads ({limit}, see \
             runtime::set_max_threads): others wait until one of them goes on"
        ));
    }
}

type Locked = std::sync::MutexGuard<'static, World>;

/// Finds a worker for `p`: one that sleeps, or a new thread.
pub(crate) fn run_processor(
    mut world: Locked,
    p: &'static P,
    spinning: bool,
) -> Result<(), (Locked, NoThread)> {
    if let Some(m) = world.take_worker() {
        drop(world);
        hand(m, p, spinning);
        return Ok(());
    }
    let (number, limit) = (world.workers.len(), MAX_THREADS.load(Relaxed));
    if number >= limit {
        return Err((world, NoThread::Limit(limit)));
    }
    let m = world.unborn.pop().unwrap_or_else(|| Box::leak(Box::new(M::new(number))));
    m.give(p, spinning);
    world.workers.push(m);
    drop(world);
    start_thread(m).map_err(|error| {
        m.lease.resign();
        let mut world = world::lock();
        world.workers.retain(|w| !std::ptr::eq(*w, m));
        world.unborn.push(m);
        (world, NoThread::System(error))
    })
}

/// Finds a worker for `p`, which may hold work. If no thread is to be had the
/// work goes where everybody looks, and `p` becomes idle.
///
/// # Safety
/// `p` is in nobody's hands but the caller's.
pub(crate) unsafe fn find_worker(world: Locked, p: &'static P) {
    if let Err((mut world, no_thread)) = run_processor(world, p, false) {
        // SAFETY: the caller's promise.
        unsafe { world.unload(p) };
        world.idle_processor(p, false);
        drop(world);
        // The monitor sees the work and tries again.
        if let NoThread::Limit(limit) = no_thread {
            say_limit(limit);
        }
    }
}

/// Gives `p` to a sleeping worker that is in no list.
pub(crate) fn hand(m: &'static M, p: &'static P, spinning: bool) {
    m.give(p, spinning);
    m.tell(wake::RUN);
    WAKEUPS.fetch_add(1, Relaxed);
}

fn start_thread(m: &'static M) -> std::io::Result<()> {
    let main = WORKER_MAIN.load(Acquire);
    assert!(!main.is_null(), "the runtime has not been started");
    // SAFETY: only `set_worker_main` stores here.
    let main: fn(&'static M) = unsafe { std::mem::transmute(main) };
    std::thread::Builder::new().name(format!("gorge-{}", m.number)).spawn(move || main(m))?;
    Ok(())
}

/// Puts a goroutine at the end of the global queue and wakes somebody for it.
pub(crate) fn enqueue(g: *mut G) {
    let mut world = world::lock();
    world.enqueue(g);
    wake_one_of(world);
}

/// Puts these at the end of the global queue and wakes somebody for them.
pub(crate) fn enqueue_all(all: &[*mut G]) {
    if all.is_empty() {
        return;
    }
    let mut world = world::lock();
    for g in all {
        world.enqueue(*g);
    }
    wake_one_of(world);
}

/// Wakes the worker that watches the clock and the descriptors: there is
/// something new to watch.
/// If no worker sleeps (none may have been started yet), starts one that will.
pub(crate) fn wake_watcher() {
    let world = world::lock();
    let Some(m) = world.idle_workers.front() else {
        drop(world);
        return wake_one();
    };
    // Under the lock: no processor has been handed to it yet, which this must not hide.
    let word = m.leave_word(wake::RECHECK);
    drop(world);
    if let Some(word) = word {
        futex::wake_one(word);
    }
}
