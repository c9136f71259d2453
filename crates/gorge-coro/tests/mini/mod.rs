//! The smallest scheduler over gorge-coro: one shared queue, a few worker threads,
//! goroutines that migrate at every chance. What the tests stand on.
#![allow(dead_code)]

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

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
    body: UnsafeCell<Option<Body>>,
}

/// A worker. Touched only by the context it carries.
struct W {
    g0: Context,
    cur: *mut G,
    cache: StackCache,
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
        body: UnsafeCell::new(Some(Box::new(f))),
    })));
    id
}

/// The calling goroutine's record; null elsewhere.
pub(crate) fn current() -> *mut G {
    let w = worker().cast::<W>();
    if w.is_null() {
        std::ptr::null_mut()
    } else {
        unsafe { (*w).cur }
    }
}

/// Lets others run; most likely continues on another thread.
pub(crate) fn yield_now() {
    let g = current();
    if g.is_null() {
        return std::thread::yield_now();
    }
    push(g);
    unsafe { leave(g) }
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
                        (*w).cache.trim();
                        return;
                    }
                    q = QUEUE.1.wait(q).unwrap();
                }
            };
            match (*g).ctx.sp.load(Ordering::Acquire) {
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

/// One test at a time: the queue is shared.
pub(crate) fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
