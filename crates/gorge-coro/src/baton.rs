//! Thread mode's hand-over: one cell for each thread, in which it finds its orders.
//!
//! Invariants:
//! * a cell holds at most one order: only who has claimed the thread's context, or
//!   holds the thread as an unused stack, may give one;
//! * an order stays until it is taken, so it may come before the thread waits;
//! * nothing here touches a thread-local that has a destructor: cells are used while
//!   threads die.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::errno::Errno;
use crate::fiber::thread_end::thread_end;
use crate::limit::{Limit, StackError};
#[cfg(unix)]
use crate::overflow;
use crate::word::set_worker;

/// What a thread may be told.
pub(crate) enum Order {
    /// Begin your context, carried by this worker.
    Begin(Begin),
    /// Go on, carried by this worker.
    Baton(*mut ()),
    /// Run this on your stack and go on waiting.
    Visit(*const Visit),
    /// You will not be needed.
    Dismiss,
}

/// The first order of a context's thread. The context is opaque here.
#[derive(Clone, Copy)]
pub(crate) struct Begin {
    pub(crate) context: *mut (),
    pub(crate) worker: *mut (),
    pub(crate) run: unsafe fn(*mut ()),
    pub(crate) finish: unsafe fn(*mut ()),
}

/// A visitor: it waits in its own frame until `done`.
pub(crate) struct Visit {
    f: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
    done: Mutex<bool>,
    over: Condvar,
}

// SAFETY: an order is a message: who gives it also gives up what it points to.
unsafe impl Send for Order {}

/// Where one thread finds its orders.
pub(crate) struct Cell {
    order: Mutex<Option<Order>>,
    arrived: Condvar,
    /// The stack size that was asked for; 0 if the thread was there before.
    #[cfg_attr(not(unix), allow(dead_code, reason = "for who tells of an overflow"))]
    bytes: usize,
}

impl Cell {
    fn new(bytes: usize) -> Cell {
        Cell { order: Mutex::new(None), arrived: Condvar::new(), bytes }
    }

    /// Gives the thread its order.
    pub(crate) fn give(&self, order: Order) {
        let mut slot = lock(&self.order);
        debug_assert!(slot.is_none(), "two orders for one thread");
        *slot = Some(order);
        // Under the lock, so that the thread cannot end and free the cell meanwhile.
        self.arrived.notify_one();
    }

    /// Waits for an order. The goroutine on the thread knows nothing of that, so `errno` stays: waiting may fail
    /// to sleep, when the order has just come, and say so there.
    fn take(&self) -> Order {
        let _errno = Errno::keep();
        let mut slot = lock(&self.order);
        loop {
            match slot.take() {
                Some(order) => return order,
                None => slot = self.arrived.wait(slot).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Waits for the baton, receiving visitors meanwhile; sets the worker word.
    pub(crate) fn await_baton(&self) {
        loop {
            match self.take() {
                Order::Baton(worker) => {
                    // SAFETY: handed over by who claimed this thread's context.
                    unsafe { set_worker(worker) };
                    return;
                }
                // SAFETY: the visitor waits in its frame until it is told that this is over.
                Order::Visit(visit) => unsafe {
                    ((*visit).f)((*visit).data);
                    let mut done = lock(&(*visit).done);
                    *done = true;
                    (*visit).over.notify_one();
                },
                Order::Begin(_) | Order::Dismiss => unreachable!("the context has begun already"),
            }
        }
    }

    /// Has the thread run `f(data)` while it waits for its baton, and waits for the end of it.
    ///
    /// # Safety
    ///
    /// The caller has claimed the thread's context; `f` may be called with `data` there.
    pub(crate) unsafe fn visit(&self, f: unsafe extern "C" fn(*mut c_void), data: *mut c_void) {
        let visit = Visit { f, data, done: Mutex::new(false), over: Condvar::new() };
        self.give(Order::Visit(&visit));
        let mut done = lock(&visit.done);
        while !*done {
            done = visit.over.wait(done).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// These locks guard a plain value that is valid at any time.
fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the destructors cannot be run by us: runs `finish` when the thread's own
/// thread-locals are gone. It is registered first, so it is destroyed last.
struct Farewell(std::cell::Cell<Option<Begin>>);

impl Drop for Farewell {
    fn drop(&mut self) {
        if let Some(begin) = self.0.take() {
            // SAFETY: `run` has returned and the thread-locals registered after this
            // one, that is all of them, are destroyed.
            unsafe { (begin.finish)(begin.context) }
            ALIVE.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

thread_local! {
    static FAREWELL: Farewell = const { Farewell(std::cell::Cell::new(None)) };
}

/// Spawns a thread that waits for its first order; the result is its cell, for
/// [`begin`](crate::start) or [`dismiss`].
///
/// Not by way of the standard library, whose threads allocate a signal stack after they
/// have come into being, and abort the program when there is no room for it.
#[cfg(unix)]
pub(crate) fn spawn(bytes: usize) -> Result<usize, StackError> {
    extern "C" fn main(cell: *mut c_void) -> *mut c_void {
        let mut signal_stack = std::mem::MaybeUninit::<[u8; SIGNAL_STACK]>::uninit();
        // SAFETY: the reference that `spawn` made for this thread.
        let cell = unsafe { Arc::from_raw(cell.cast::<Cell>()) };
        let memory = signal_stack.as_mut_ptr().cast();
        overflow::watch_goroutine_thread(memory, SIGNAL_STACK, cell.bytes);
        live(cell);
        std::ptr::null_mut()
    }
    if let Some(error) = StackError::of_impossible(bytes) {
        return Err(error);
    }
    let bytes = bytes.max(LEAST_BYTES).next_multiple_of(4096);
    let cell = Arc::new(Cell::new(bytes));
    let theirs = Arc::into_raw(Arc::clone(&cell));
    // glibc counts the guard and its own part, with the thread-locals, as stack.
    // SAFETY: a question.
    let least = unsafe { libc::sysconf(libc::_SC_THREAD_STACK_MIN) }.max(16 << 10) as usize;
    // SAFETY: a question.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.max(4096) as usize;
    let all = (bytes + SIGNAL_STACK + GUARD + least).next_multiple_of(page);
    // SAFETY: plain use of the pthread interface; the thread owns what it is given.
    let r = unsafe {
        let mut attr: libc::pthread_attr_t = std::mem::zeroed();
        libc::pthread_attr_init(&mut attr);
        libc::pthread_attr_setdetachstate(&mut attr, libc::PTHREAD_CREATE_DETACHED);
        pthread_attr_setguardsize(&mut attr, GUARD);
        let mut r = libc::pthread_attr_setstacksize(&mut attr, all);
        if r == 0 {
            let mut thread = std::mem::zeroed();
            r = libc::pthread_create(&mut thread, &attr, main, theirs as *mut c_void);
        }
        libc::pthread_attr_destroy(&mut attr);
        r
    };
    if r != 0 {
        // SAFETY: there is no thread to own it.
        drop(unsafe { Arc::from_raw(theirs) });
        let e = std::io::Error::from_raw_os_error(r);
        let limit = if r == libc::EINVAL { Limit::Size } else { Limit::Threads };
        return Err(StackError::new(limit, bytes, e.to_string()));
    }
    Ok(Arc::into_raw(cell) as usize)
}

// In POSIX; the libc crate has it for some systems only.
#[cfg(unix)]
unsafe extern "C" {
    fn pthread_attr_setguardsize(
        attr: *mut libc::pthread_attr_t,
        bytes: libc::size_t,
    ) -> libc::c_int;
}

#[cfg(unix)]
const LEAST_BYTES: usize = 16 << 10;
/// The part of a thread's stack on which it handles signals. It is at the top: an
/// overflow does not reach it.
#[cfg(unix)]
const SIGNAL_STACK: usize = 32 << 10;
/// Bytes below a stack that cannot be accessed.
#[cfg(unix)]
const GUARD: usize = 32 << 10;

/// As above, without pthreads.
#[cfg(not(unix))]
pub(crate) fn spawn(bytes: usize) -> Result<usize, StackError> {
    let cell = Arc::new(Cell::new(bytes));
    let theirs = Arc::clone(&cell);
    std::thread::Builder::new()
        .stack_size(bytes)
        .spawn(move || live(theirs))
        .map_err(|e| StackError::new(Limit::Threads, bytes, e.to_string()))?;
    Ok(Arc::into_raw(cell) as usize)
}

/// Threads of this crate that are alive.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// How many OS threads this crate has made that are alive (thread mode). A
/// thread counts itself after it has come into being and uncounts itself
/// before it ends, so whoever subtracts this from the number of all threads
/// never subtracts too much.
pub fn thread_count() -> usize {
    ALIVE.load(Ordering::SeqCst)
}

fn live(cell: Arc<Cell>) {
    ALIVE.fetch_add(1, Ordering::SeqCst);
    match thread_end() {
        Some(destructors) => {
            if let Some(begin) = first_order(cell) {
                // SAFETY: called once, on the context's own stack, as `Begin` demands; the
                // context has ended when its destructors run, and they when it is finished.
                unsafe {
                    (begin.run)(begin.context);
                    destructors.run();
                    (begin.finish)(begin.context);
                }
            }
            ALIVE.fetch_sub(1, Ordering::SeqCst);
        }
        None => FAREWELL.with(|farewell| {
            if let Some(begin) = first_order(cell) {
                farewell.0.set(Some(begin));
                // SAFETY: as above; `Farewell` does the rest.
                unsafe { (begin.run)(begin.context) }
            } else {
                ALIVE.fetch_sub(1, Ordering::SeqCst);
            }
        }),
    }
}

/// Waits to be needed, or not.
fn first_order(cell: Arc<Cell>) -> Option<Begin> {
    match cell.take() {
        Order::Begin(begin) => {
            // SAFETY: the worker that begins this context.
            unsafe { set_worker(begin.worker) };
            // The record keeps a reference of its own; `cell` goes.
            Some(begin)
        }
        Order::Dismiss => None,
        Order::Baton(_) | Order::Visit(_) => unreachable!("the context has not begun"),
    }
}

/// The cell behind the raw value in a context's record.
///
/// # Safety
///
/// `raw` is such a value and its reference is alive for `'a`.
pub(crate) unsafe fn cell<'a>(raw: usize) -> &'a Cell {
    // SAFETY: by the contract above.
    unsafe { &*(raw as *const Cell) }
}

/// A cell for a thread that is to become a context, as a raw value.
pub(crate) fn adopt() -> usize {
    Arc::into_raw(Arc::new(Cell::new(0))) as usize
}

/// Gives a record's reference back.
///
/// # Safety
///
/// `raw` holds a reference, which ends here.
pub(crate) unsafe fn release(raw: usize) {
    // SAFETY: by the contract above.
    drop(unsafe { Arc::from_raw(raw as *const Cell) });
}

/// Lets a thread go that has been spawned and never begun.
///
/// # Safety
///
/// `raw` comes from [`spawn`] and is not used again.
pub(crate) unsafe fn dismiss(raw: usize) {
    // SAFETY: by the contract above.
    let cell = unsafe { Arc::from_raw(raw as *const Cell) };
    cell.give(Order::Dismiss);
}
