//! The smallest scheduler over gorge-coro: one shared queue, a few worker threads,
//! goroutines that migrate at every chance. What the tests stand on.
#![allow(dead_code)]
#![allow(clippy::undocumented_unsafe_blocks)] // A test's scheduler over an unsafe interface.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use gorge_coro::{
    Context, FRESH, Hooks, Mode, Next, RUNNING, Runtime, StackCache, adopt_thread, init, mode,
    set_worker, start, switch, worker,
};

type Body = Box<dyn FnOnce() + Send>;

/// A goroutine's record.
#[repr(C)]
pub(crate) struct G {
    pub(crate) ctx: Context,
    pub(crate) id: u64,
    bytes: usize,
    /// The OS thread that shall not take it, or 0.
    avoid: AtomicI64,
    body: UnsafeCell<Option<Body>>,
}

/// A worker. Touched only by the context it carries.
struct W {
    g0: Context,
    cur: *mut G,
    cache: StackCache,
}

/// A folder for a test's files, which goes when the test does.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Folder {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("gorge-{test}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn join(&self, file: impl AsRef<Path>) -> PathBuf {
        self.0.join(file)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Queue(Mutex<VecDeque<usize>>, Condvar);

static QUEUE: Queue = Queue(Mutex::new(VecDeque::new()), Condvar::new());
static LIVE: AtomicUsize = AtomicUsize::new(0);
static NEXT_ID: AtomicU64 = AtomicU64::new(1);
/// How often goroutines have been resumed by another thread than before.
pub(crate) static SWITCHES: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Mini;

/// # Safety
/// `w` is a worker of ours.
unsafe fn goroutine_id(w: *mut ()) -> u64 {
    let g = unsafe { (*w.cast::<W>()).cur };
    if g.is_null() { 0 } else { unsafe { (*g).id } }
}

/// Makes a test binary one for the given mode, before anything runs.
#[macro_export]
macro_rules! mode_of_this_binary {
    ($mode:literal) => {
        #[used]
        #[unsafe(link_section = ".init_array")]
        static CHOOSE: extern "C" fn() = {
            extern "C" fn choose() {
                // SAFETY: runs before main, in the only thread.
                unsafe {
                    let name = c"GORGE_MODE";
                    libc::setenv(name.as_ptr(), concat!($mode, "\0").as_ptr().cast(), 1);
                }
            }
            choose
        };
    };
}

/// Chooses the mode.
pub(crate) fn setup() -> Mode {
    init(Hooks { goroutine_id }).unwrap_or_else(|e| panic!("{e}"))
}

// SAFETY: `run` catches panics; `finish` returns only what it has taken from the queue.
unsafe impl Runtime for Mini {
    unsafe fn run(ctx: *mut Context) {
        let g = ctx.cast::<G>();
        let body = unsafe { (*(*g).body.get()).take().expect("a body") };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).is_err() {
            eprintln!("goroutine {} died of a panic", unsafe { (*g).id });
            std::process::abort();
        }
    }

    unsafe fn finish(ctx: *mut Context) -> Next {
        let w = worker().cast::<W>();
        let g = ctx.cast::<G>();
        let next = pop();
        unsafe {
            let fresh = next.is_some_and(|n| (*n).ctx.sp.load(Ordering::Acquire) == FRESH);
            if let Some(n) = next
                && fresh
                && (*n).bytes == (*g).bytes
                && mode() == Mode::Fiber
            {
                drop(Box::from_raw(g));
                ended();
                (*w).cur = n;
                return Next::Reuse(n.cast());
            }
            let stack = (*g).ctx.take_stack();
            (*w).cache.put(stack);
            drop(Box::from_raw(g));
            ended();
            match next {
                None => {
                    (*w).cur = std::ptr::null_mut();
                    Next::Resume(&raw mut (*w).g0)
                }
                Some(n) if fresh => {
                    (*w).cur = n;
                    Next::Start(n.cast(), (*w).cache.get((*n).bytes).expect("a stack"))
                }
                Some(n) if (*n).ctx.sp.load(Ordering::Acquire) == RUNNING => {
                    push(n);
                    (*w).cur = std::ptr::null_mut();
                    Next::Resume(&raw mut (*w).g0)
                }
                Some(n) => {
                    (*w).cur = n;
                    Next::Resume(n.cast())
                }
            }
        }
    }
}

fn ended() {
    if LIVE.fetch_sub(1, Ordering::SeqCst) == 1 {
        let _q = QUEUE.0.lock().unwrap();
        QUEUE.1.notify_all();
    }
}

fn push(g: *mut G) {
    QUEUE.0.lock().unwrap().push_back(g as usize);
    QUEUE.1.notify_one();
}

fn pop() -> Option<*mut G> {
    QUEUE.0.lock().unwrap().pop_front().map(|g| g as *mut G)
}

/// Starts a goroutine; it runs once [`run`] has workers.
pub(crate) fn go(f: impl FnOnce() + Send + 'static) -> u64 {
    go_sized(0, f)
}

/// As [`go`], with a stack size.
pub(crate) fn go_sized(bytes: usize, f: impl FnOnce() + Send + 'static) -> u64 {
    setup();
    LIVE.fetch_add(1, Ordering::SeqCst);
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    push(Box::into_raw(Box::new(G {
        ctx: Context::new(),
        id,
        bytes,
        avoid: AtomicI64::new(0),
        body: UnsafeCell::new(Some(Box::new(f))),
    })));
    id
}

/// The calling goroutine's record; null elsewhere.
pub(crate) fn current() -> *mut G {
    let w = worker().cast::<W>();
    if w.is_null() { std::ptr::null_mut() } else { unsafe { (*w).cur } }
}

/// Lets others run; most likely continues on another thread.
pub(crate) fn yield_now() {
    let g = current();
    if g.is_null() {
        return std::thread::yield_now();
    }
    // The queue's lock may set errno, as any call into a library may.
    let errno = unsafe { libc::__errno_location() };
    let before = unsafe { *errno };
    push(g);
    unsafe {
        leave(g);
        assert_eq!(libc::__errno_location(), errno);
        *errno = before;
    }
}

/// Goes on on another OS thread, in fiber mode; needs two workers. In thread mode a
/// goroutine stays on its own: lets others run.
pub(crate) fn hop() {
    let thread = os_thread();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        let g = current();
        assert!(!g.is_null(), "not a goroutine");
        if mode() == Mode::Fiber {
            unsafe { (*g).avoid.store(thread, Ordering::Relaxed) };
        }
        push(g);
        unsafe {
            let w = worker().cast::<W>();
            (*w).cur = std::ptr::null_mut();
            switch(g.cast(), &raw mut (*w).g0, w.cast());
        }
        if mode() == Mode::Thread || os_thread() != thread {
            unsafe { (*g).avoid.store(0, Ordering::Relaxed) };
            return;
        }
    }
    panic!("never migrated");
}

/// The kernel's name for what carries us.
pub(crate) fn os_thread() -> i64 {
    unsafe { libc::syscall(libc::SYS_gettid) }
}

/// Parks the calling goroutine in a list that has room for it; with as few and as small
/// frames as a channel would. [`release`] takes it from there.
#[inline(always)]
pub(crate) fn park_in(list: &Mutex<Vec<usize>>) {
    unsafe {
        let w = worker().cast::<W>();
        let g = (*w).cur;
        list.lock().unwrap().push(g as usize);
        (*w).cur = std::ptr::null_mut();
        switch(g.cast(), &raw mut (*w).g0, w.cast());
    }
}

/// Makes all goroutines of the list run again.
pub(crate) fn release(list: &Mutex<Vec<usize>>) {
    for g in list.lock().unwrap().drain(..) {
        push(g as *mut G);
    }
}

/// Parks the calling goroutine in `place`, from where [`unpark`] takes it.
pub(crate) fn park(place: &AtomicPtr<G>) {
    let g = current();
    assert!(!g.is_null());
    place.store(g, Ordering::Release);
    unsafe { leave(g) }
}

/// Makes the goroutine parked in `place` run again; false if there is none.
pub(crate) fn unpark(place: &AtomicPtr<G>) -> bool {
    let g = place.swap(std::ptr::null_mut(), Ordering::AcqRel);
    if !g.is_null() {
        push(g);
    }
    !g.is_null()
}

/// The current goroutine has been published; go on with another.
unsafe fn leave(g: *mut G) {
    unsafe {
        let w = worker().cast::<W>();
        SWITCHES.fetch_add(1, Ordering::Relaxed);
        let n = pop().unwrap_or(std::ptr::null_mut());
        if n == g {
            return;
        }
        if n.is_null() {
            (*w).cur = n;
            return switch(g.cast(), &raw mut (*w).g0, w.cast());
        }
        match (*n).ctx.sp.load(Ordering::Acquire) {
            RUNNING => {
                push(n);
                (*w).cur = std::ptr::null_mut();
                switch(g.cast(), &raw mut (*w).g0, w.cast())
            }
            FRESH => {
                (*w).cur = n;
                let stack = (*w).cache.get((*n).bytes).expect("a stack");
                start::<Mini>(g.cast(), n.cast(), stack, w.cast())
            }
            _ => {
                (*w).cur = n;
                switch(g.cast(), n.cast(), w.cast())
            }
        }
    }
}

fn work() {
    unsafe {
        let w: *mut W = Box::into_raw(Box::new(W {
            g0: Context::new(),
            cur: std::ptr::null_mut(),
            cache: StackCache::new(),
        }));
        adopt_thread(&raw mut (*w).g0);
        set_worker(w.cast());
        loop {
            let g = {
                let mut q = QUEUE.0.lock().unwrap();
                loop {
                    if let Some(g) = q.pop_front() {
                        break g as *mut G;
                    }
                    if LIVE.load(Ordering::SeqCst) == 0 {
                        drop(q);
                        set_worker(std::ptr::null_mut());
                        drop(Box::from_raw(w));
                        return;
                    }
                    q = QUEUE.1.wait(q).unwrap();
                }
            };
            match (*g).ctx.sp.load(Ordering::Acquire) {
                _ if (*g).avoid.load(Ordering::Relaxed) == os_thread() => {
                    push(g);
                    std::thread::yield_now();
                }
                RUNNING => {
                    push(g);
                    std::thread::yield_now();
                }
                FRESH => {
                    (*w).cur = g;
                    let stack = (*w).cache.get((*g).bytes).expect("a stack");
                    start::<Mini>(&raw mut (*w).g0, g.cast(), stack, w.cast());
                }
                _ => {
                    (*w).cur = g;
                    switch(&raw mut (*w).g0, g.cast(), w.cast());
                }
            }
        }
    }
}

/// Runs all goroutines on `n` workers until none is left.
pub(crate) fn run(n: usize) {
    setup();
    let threads: Vec<_> = (0..n).map(|_| std::thread::spawn(work)).collect();
    for t in threads {
        t.join().unwrap();
    }
}

/// How long stress tests run.
pub(crate) fn stress_time() -> Duration {
    let long = std::env::var_os("GORGE_STRESS").is_some_and(|v| v == "1");
    Duration::from_millis(if long { 90_000 } else { 1_500 })
}

/// Runs this very test once more in a process of its own, where `scenario` is executed.
/// Returns what became of it; in the child, does not return.
pub(crate) fn in_child(test: &str, scenario: fn()) -> std::process::Output {
    const MARK: &str = "GORGE_TEST_CHILD";
    if std::env::var_os(MARK).is_some_and(|m| m == test) {
        scenario();
        std::process::exit(77);
    }
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(MARK, test)
        .output()
        .unwrap()
}

/// One test at a time: the queue is shared.
pub(crate) fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
