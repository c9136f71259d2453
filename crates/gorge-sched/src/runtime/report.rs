//! Where the scheduler speaks when something has gone wrong for good.
//!
//! The words are written by a layer above, which knows how to print stacks;
//! until one has introduced itself a plain text appears.

use std::any::Any;
use std::io::Write;
use std::sync::OnceLock;

use gorge_base::atomic::{
    AtomicBool, AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};

/// What the layer above does in the three cases.
#[derive(Clone, Copy)]
pub struct Reporter {
    /// No goroutine can ever run again. Called on a thread of the runtime;
    /// nothing else runs.
    pub stall: fn() -> !,
    /// A goroutine that nobody can join has panicked; called on it, after the
    /// unwinding (`kept` is what the panic hook left with
    /// [`keep_panic`](crate::registry::keep_panic)).
    pub unjoined_panic:
        fn(id: u64, payload: &(dyn Any + Send), kept: Option<&(dyn Any + Send)>) -> !,
    /// The runtime cannot go on; the text says why.
    pub fatal: fn(text: &str) -> !,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reporter")
    }
}

static REPORTER: OnceLock<Reporter> = OnceLock::new();

/// Introduces the layer that prints reports. The first one stays.
pub fn set(reporter: Reporter) {
    let _ = REPORTER.set(reporter);
}

/// What is to be done before the runtime starts, whoever starts it (a function, or null).
static BEFORE: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// `f` is called before the runtime starts: there the layer above introduces itself. It must not
/// start the runtime, and may be called more than once.
pub fn before_start(f: fn()) {
    // Release: pairs with the acquire below.
    BEFORE.store(f as *mut (), Release);
}

/// The runtime is about to start.
pub(crate) fn starts() {
    let f = BEFORE.load(Acquire);
    // A thread that unwinds may not change the panic hook.
    if !f.is_null() && !std::thread::panicking() {
        // SAFETY: only `before_start` stores here.
        let f: fn() = unsafe { std::mem::transmute(f) };
        f()
    }
}

/// Whether a report is being written that ends the program.
static ENDS: AtomicBool = AtomicBool::new(false);

/// `main` has returned. Were a report under way, which takes its time, then the program would end without it, and with
/// the status of one that went well: so it is left to the report to end it. As in Go.
pub(crate) fn main_has_returned() {
    // Relaxed: nothing else is read because of it.
    while ENDS.load(Relaxed) {
        std::thread::park(); // it may wake for no reason
    }
}

/// Exit status of a program that ended with a fatal error or a panic, as Go's.
pub const EXIT_STATUS: i32 = 2;

pub(crate) fn stall() -> ! {
    ENDS.store(true, Relaxed);
    match REPORTER.get() {
        Some(r) => (r.stall)(),
        None => plain("all goroutines are asleep - deadlock!"),
    }
}

pub(crate) fn unjoined_panic(
    id: u64,
    payload: &(dyn Any + Send),
    kept: Option<&(dyn Any + Send)>,
) -> ! {
    ENDS.store(true, Relaxed);
    match REPORTER.get() {
        Some(r) => (r.unjoined_panic)(id, payload, kept),
        None => plain(&format!("goroutine {id} panicked and nobody can join it")),
    }
}

/// Ends the program with Go's `fatal error: `.
pub(crate) fn fatal(text: &str) -> ! {
    ENDS.store(true, Relaxed);
    match REPORTER.get() {
        Some(r) => (r.fatal)(text),
        None => plain(text),
    }
}

/// Says something on standard error, and the program goes on. From anywhere, also inside scheduler code: so
/// without the lock of `std`'s handle, which a goroutine may hold.
pub(crate) fn warn(text: &str) {
    let text = format!("gorge: {text}\n");
    #[cfg(unix)]
    {
        use std::os::fd::FromRawFd;
        // SAFETY: standard error is not ours to close, and is not closed here.
        let stderr = unsafe { std::fs::File::from_raw_fd(2) };
        let _ = std::mem::ManuallyDrop::new(stderr).write_all(text.as_bytes());
    }
    #[cfg(not(unix))]
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn plain(text: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "fatal error: {text}");
    std::process::exit(EXIT_STATUS)
}
