//! What runs when a signal comes, on whatever stack that is.
//!
//! Promise: a few atomic instructions, and at most one `write` of one byte, which never blocks.
//!
//! Sets of signals, a bit for each:
//!
//! | set | changed by |
//! |---|---|
//! | `WANTED` | the table, under its lock |
//! | `IGNORED` | the table, under its lock |
//! | `PENDING` | handlers add, the thread takes all |
//! | `IGNORED_BEFORE` | who puts a handler into place, once |
//!
//! Invariant: at most a few bytes are in the pipe. A byte is written for a signal that finds `PENDING` empty,
//! and the thread empties it after it has read. Without that a storm of signals would fill the pipe, and the
//! handler would block.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::number::Signal;

static WANTED: AtomicU64 = AtomicU64::new(0);
static IGNORED: AtomicU64 = AtomicU64::new(0);
static PENDING: AtomicU64 = AtomicU64::new(0);
/// Signals that were ignored before the handler came: that is what they do by themselves.
static IGNORED_BEFORE: AtomicU64 = AtomicU64::new(0);
/// Signals for which the handler is in place, from when on it stays.
static HANDLED: AtomicU64 = AtomicU64::new(0);

static PIPE: OnceLock<(PipeReader, PipeWriter)> = OnceLock::new();

/// What `signals` shall do from now on: under the lock of the table only.
pub(super) fn set(signals: u64, wanted: bool, ignored: bool) {
    // Release: who sees the bit sees the pipe and what is in the table.
    let change = |set: &AtomicU64, on| match on {
        true => set.fetch_or(signals, Release),
        false => set.fetch_and(!signals, Release),
    };
    // First what lets something happen, so that nothing happens by itself in between.
    if wanted || ignored {
        change(&IGNORED, ignored);
        change(&WANTED, wanted);
    } else {
        change(&WANTED, wanted);
        change(&IGNORED, ignored);
    }
}

pub(super) fn is_ignored(signal: Signal) -> bool {
    signal.can_be_caught() && IGNORED.load(Relaxed) & signal.bit() != 0
}

/// Puts the handler of `signal` into place: under the lock of the table only.
pub(super) fn install(signal: Signal) -> io::Result<()> {
    if HANDLED.load(Relaxed) & signal.bit() != 0 {
        return Ok(());
    }
    if PIPE.get().is_none() {
        let _ = PIPE.set(io::pipe()?);
    }
    // SAFETY: only asks; zeros are a value of the struct.
    let before = unsafe {
        let mut before: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal.as_raw(), std::ptr::null(), &mut before);
        before.sa_sigaction
    };
    if before == libc::SIG_IGN {
        IGNORED_BEFORE.fetch_or(signal.bit(), Relaxed); // before the handler can run
    }
    // SAFETY: what runs in the handler is `came`, which may run there (see there).
    unsafe { signal_hook::low_level::register(signal.as_raw(), move || came(signal))? };
    HANDLED.fetch_or(signal.bit(), Relaxed);
    Ok(())
}

/// The signal has come. Runs in a signal handler, where only what is made for it may be called: atomics, and
/// system calls by themselves.
fn came(signal: Signal) {
    let _errno = Errno::keep();
    if WANTED.load(Acquire) & signal.bit() != 0 {
        ring(signal.bit());
    } else if (IGNORED.load(Acquire) | IGNORED_BEFORE.load(Relaxed)) & signal.bit() == 0 {
        let _ = signal_hook::low_level::emulate_default_handler(signal.as_raw());
    }
}

/// Adds to `PENDING`, and wakes the thread if it was empty.
fn ring(bits: u64) {
    // Release: pairs with the thread's taking.
    if PENDING.fetch_or(bits, Release) == 0
        && let Some((_, writer)) = PIPE.get()
    {
        let _ = (&*writer).write(&[0]); // the system call and nothing else
    }
}

/// Wakes the thread for nothing, so that it looks at the table.
pub(super) fn nudge() {
    if let Some((_, writer)) = PIPE.get() {
        let _ = (&*writer).write(&[0]);
    }
}

/// Waits for signals. For the thread only.
pub(super) fn wait() -> u64 {
    let (reader, _) = PIPE.get().expect("the handler was put into place first");
    // An interrupted read is as good as another.
    let _ = (&*reader).read(&mut [0; 64]);
    // Acquire: pairs with `ring`; what was done before the signal was sent by us is seen.
    PENDING.swap(0, AcqRel)
}

/// The interrupted code's `errno`, put back at the end.
struct Errno(#[cfg(any(target_os = "linux", target_os = "macos"))] i32);

impl Errno {
    fn keep() -> Errno {
        // SAFETY: the place is the thread's own, at any time.
        Errno(
            #[cfg(any(target_os = "linux", target_os = "macos"))]
            unsafe {
                *errno_place()
            },
        )
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        // SAFETY: as above.
        unsafe {
            *errno_place() = self.0
        };
    }
}

#[cfg(target_os = "linux")]
use libc::__errno_location as errno_place;
#[cfg(target_os = "macos")]
use libc::__error as errno_place;
