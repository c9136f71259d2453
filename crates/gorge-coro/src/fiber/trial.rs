//! The self-test at the start: one fiber that does what goroutines do, begun on one
//! thread and finished on another. Whatever is not as it must be rules fibers out.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, ThreadId};

use super::cache::Cache;
use super::constants::CONSTANTS;
use super::{carve, entry, switch};
use crate::record::Context;
use crate::runtime::{Next, Runtime};
use crate::word::{set_worker, thread_pointer, worker};

/// What else the trial has found out.
#[derive(Debug)]
pub(super) struct Found {
    /// Allocating changes thread-locals beyond those of glibc's malloc.
    pub(super) allocator_keeps_threads: bool,
}

/// A context that reports by its fields.
#[repr(C)]
struct Subject {
    ctx: Context,
    /// A copy of the static thread-locals, made by the subject. Allocated beforehand.
    copy: Vec<usize>,
    keeps_threads: bool,
    seen: Option<ThreadId>,
    fresh: bool,
    failure: Option<&'static str>,
    ended: bool,
}

/// The worker word: who to go back to.
struct Carrier {
    home: Context,
    cache: Cache,
}

struct Trial;

thread_local! {
    static DROPPED: Cell<u32> = const { Cell::new(0) };
    static PLAIN: Cell<u32> = const { Cell::new(7) };
    static WITH_DROP: RefCell<Counted> = const { RefCell::new(Counted(0)) };
}

static DROPS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

struct Counted(u32);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Relaxed);
    }
}

// SAFETY: nothing unwinds out of `run`; `finish` goes home, which waits.
unsafe impl Runtime for Trial {
    unsafe fn run(ctx: *mut Context) {
        let s = ctx.cast::<Subject>();
        // SAFETY: the record waits for us.
        let body = catch_unwind(AssertUnwindSafe(|| unsafe { live(s) }));
        // SAFETY: as above.
        unsafe { (*s).failure = body.unwrap_or(Err("a panic")).err() };
    }

    unsafe fn finish(ctx: *mut Context) -> Next {
        // SAFETY: our own record and our carrier's.
        unsafe {
            (*ctx.cast::<Subject>()).ended = true;
            let c = worker().cast::<Carrier>();
            let stack = (*ctx).fs;
            (*c).cache.put(stack);
            Next::Resume(&raw mut (*c).home)
        }
    }
}

unsafe fn switch_any(cur: *mut Context, next: *mut Context, worker: *mut ()) {
    // SAFETY: the caller's promise: that of `crate::switch`.
    unsafe {
        if switch::is_fast() {
            switch::switch(cur, next, worker)
        } else {
            switch::switch_slow(cur, next, worker)
        }
    }
}

/// Goes home; the next carrier resumes us.
unsafe fn hop(s: *mut Subject) {
    // SAFETY: our own record and our carrier's.
    unsafe {
        let c = worker();
        switch_any(s.cast(), &raw mut (*c.cast::<Carrier>()).home, c);
    }
}

/// Migrates while a panic unwinds.
struct HopOnDrop(*mut Subject);

impl Drop for HopOnDrop {
    fn drop(&mut self) {
        // SAFETY: our own record.
        unsafe {
            let before = worker();
            if !thread::panicking() {
                (*self.0).failure = Some("not panicking in a panic");
            }
            hop(self.0);
            if !thread::panicking() || worker() == before {
                (*self.0).failure = Some("the panic did not migrate");
            }
        }
    }
}

/// What the fiber does.
unsafe fn live(s: *mut Subject) -> Result<(), &'static str> {
    let check = |ok: bool, what: &'static str| if ok { Ok(()) } else { Err(what) };
    // SAFETY: our own record and block; errno is a word of it.
    unsafe {
        let fs = thread_pointer();
        check(fs == (*s).ctx.fs, "the thread pointer")?;
        let errno = libc::__errno_location();
        check(PLAIN.replace(8) == 7 && *errno == 0, "old thread-locals")?;
        WITH_DROP.with_borrow_mut(|d| d.0 += 1);

        let image = CONSTANTS.image();
        let low = |i: usize| *((fs - image.len + i * 8) as *const usize);
        for i in 0..image.len / 8 {
            (&mut (*s).copy)[i] = low(i);
        }
        drop(std::hint::black_box(Box::new([1u8; 40])));
        drop(std::hint::black_box(vec![1u8; 3000]));
        (*s).keeps_threads = (0..image.len / 8).any(|i| (&(*s).copy)[i] != low(i));

        *errno = 77;
        let id = thread::current().id();
        let text = format!("{id:?}");
        let borrow = WITH_DROP.with(|d| {
            // A borrow that is held while the fiber is somewhere else.
            let b = d.borrow_mut();
            if cfg!(panic = "abort") {
                hop(s); // nothing ever unwinds
                return b.0 == 1;
            }
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let _hop = HopOnDrop(s);
                resume_unwind(Box::new(5u8));
            }));
            let caught = caught.err().and_then(|p| p.downcast::<u8>().ok());
            caught.is_some_and(|p| *p == 5) && b.0 == 1
        });
        check((*s).failure.is_none(), (*s).failure.unwrap_or(""))?;
        check(borrow && !thread::panicking(), "the panic's payload")?;
        check(libc::__errno_location() == errno && *errno == 77, "errno")?;
        check(PLAIN.get() == 8, "a thread-local")?;
        check(thread::current().id() == id && text == format!("{id:?}"), "the thread's id")?;
        check(thread_pointer() == fs, "the thread pointer after a hop")?;
        let (m0, m1) = CONSTANTS.malloc_words();
        let mine = |o: isize| *(fs.wrapping_add_signed(o) as *const usize);
        check(mine(m0) != 0 && mine(m1) != 0, "malloc's words")?;
        (*s).seen = Some(id);
    }
    Ok(())
}

/// What one thread does: carries the fiber until it hops, then has the next thread
/// carry it, and so on until it ends. All threads are there at the same time. The result is
/// the slot that the fiber has left.
fn carry(s: *mut Subject, start: Option<usize>) -> Option<usize> {
    struct Pass(*mut Subject);
    // SAFETY: one carrier after another uses the record.
    unsafe impl Send for Pass {}
    // SAFETY: a plain thread, adopted once; the fiber is ours until it comes back.
    let pass = unsafe {
        let mut c = Carrier { home: Context::new(), cache: Cache::new() };
        let c = &raw mut c;
        (*c).home.fs = switch::adopt();
        set_worker(c.cast());
        let home = &raw mut (*c).home;
        match start {
            Some(fs) => switch::start(home, s.cast(), fs, c.cast(), entry::body::<Trial>),
            None => switch_any(home, s.cast(), c.cast()),
        }
        set_worker(std::ptr::null_mut());
        switch::part();
        if (*s).ended {
            return (*c).cache.get().ok();
        }
        Pass(s)
    };
    thread::scope(|scope| {
        let next = scope.spawn(move || {
            let Pass(s) = { pass };
            carry(s, None)
        });
        next.join().ok().flatten()
    })
}

fn first_carrier(s: *mut Subject, fs: usize) -> Option<usize> {
    struct Pass(*mut Subject);
    // SAFETY: we wait for the other thread.
    unsafe impl Send for Pass {}
    let pass = Pass(s);
    let first = move || {
        let Pass(s) = { pass };
        carry(s, Some(fs))
    };
    thread::scope(|scope| scope.spawn(first).join().ok().flatten())
}

fn subject() -> Subject {
    Subject {
        ctx: Context::new(),
        copy: vec![0; CONSTANTS.image().len / 8],
        keeps_threads: false,
        seen: None,
        fresh: false,
        failure: None,
        ended: false,
    }
}

/// Runs the trial.
pub(super) fn run() -> Result<Found, String> {
    let failed = |what: &str| Err(format!("the self-test failed: {what}"));
    let mut fs = carve::carve_default().map_err(|e| e.to_string())?;
    let mut keeps_threads = false;
    let mut ids = vec![];
    for _ in 1..=2 {
        let mut s = subject();
        DROPS.store(0, Relaxed);
        let back = first_carrier(&raw mut s, fs);
        if let Some(what) = s.failure {
            return failed(what);
        }
        match back {
            Some(back) if s.ended && back == fs => fs = back,
            _ => return failed("it did not end"),
        }
        if DROPS.load(Relaxed) != 1 {
            return failed("destructors of thread-locals");
        }
        keeps_threads |= s.keeps_threads;
        ids.push(s.seen);
    }
    if ids[0] == ids[1] {
        return failed("two contexts are one thread");
    }
    let mut cache = Cache::new();
    // SAFETY: the slot is ours, and nobody runs on it.
    unsafe { cache.put(fs) };
    Ok(Found { allocator_keeps_threads: keeps_threads })
}
