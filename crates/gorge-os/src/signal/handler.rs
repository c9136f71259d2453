//! What runs when a signal comes, on whatever stack that is.
//!
//! Promise: a few atomic instructions, and at most one `write` of one byte, which never blocks.
//!
//! | what | changed by |
//! |---|---|
//! | `FATES`: what a signal does | the table, under its lock |
//! | `PENDING`: a set, a bit for each | handlers add, the thread takes all |
//! | `IGNORED_BEFORE`: a set | who puts a handler into place, once |
//!
//! Invariant: what a signal does is one word, so that one that comes while that changes does the old or
//! the new, and never a third thing.
//!
//! Invariant: at most a few bytes are in the pipe. A byte is written for a signal that finds `PENDING` empty,
//! and the thread empties it after it has read. Without that a storm of signals would fill the pipe, and the
//! handler would block.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::OnceLock;

use gorge_base::atomic::{
    AtomicI32, AtomicU8, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use gorge_sched::Errno;

use super::number::Signal;

/// What a signal does: nothing that it would not do by itself, it is told, or nothing at all.
const BY_ITSELF: u8 = 0;
const WANTED: u8 = 1;
const IGNORED: u8 = 2;

/// Of each signal, by its number.
static FATES: [AtomicU8; 65] = [const { AtomicU8::new(BY_ITSELF) }; 65];
static PENDING: AtomicU64 = AtomicU64::new(0);
/// Signals that were ignored before the handler came: that is what they do by themselves.
static IGNORED_BEFORE: AtomicU64 = AtomicU64::new(0);
/// Signals for which the handler is in place, from when on it stays.
static HANDLED: AtomicU64 = AtomicU64::new(0);

static PIPE: OnceLock<(PipeReader, PipeWriter)> = OnceLock::new();
/// The process in which the thread reads from the pipe.
static HOME: AtomicI32 = AtomicI32::new(0);

/// What `signals` shall do from now on: under the lock of the table only.
pub(super) fn set(signals: u64, wanted: bool, ignored: bool) {
    let fate = match (wanted, ignored) {
        (true, _) => WANTED,
        (false, true) => IGNORED,
        (false, false) => BY_ITSELF,
    };
    for signal in Signal::of_bits(signals) {
        // Release: who sees it sees the pipe and what is in the table.
        fate_of(signal).store(fate, Release);
    }
}

fn fate_of(signal: Signal) -> &'static AtomicU8 {
    &FATES[signal.as_raw() as usize]
}

pub(super) fn is_ignored(signal: Signal) -> bool {
    signal.can_be_caught() && fate_of(signal).load(Relaxed) == IGNORED
}

/// Puts the handler of `signal` into place: under the lock of the table only.
pub(super) fn install(signal: Signal) -> io::Result<()> {
    if HANDLED.load(Relaxed) & signal.bit() != 0 {
        return Ok(());
    }
    if PIPE.get().is_none() {
        let _ = PIPE.set(io::pipe()?);
        // SAFETY: has no preconditions.
        HOME.store(unsafe { libc::getpid() }, Relaxed); // before the handler can run
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
    // SAFETY: has no preconditions, and is one of those that may be called here.
    if unsafe { libc::getpid() } != HOME.load(Relaxed) {
        // A child between fork and exec, to which handlers mean nothing, and with whom we share the pipe.
        return without_handler(signal);
    }
    match fate_of(signal).load(Acquire) {
        WANTED => ring(signal.bit()),
        BY_ITSELF if IGNORED_BEFORE.load(Relaxed) & signal.bit() == 0 => by_itself(signal),
        _ => {}
    }
}

/// What the system does by itself.
fn by_itself(signal: Signal) {
    // Linux ends a program by it, and the table of names thinks not.
    let known_better = cfg!(target_os = "linux") && signal.as_raw() == libc::SIGIO;
    if known_better || signal_hook::low_level::emulate_default_handler(signal.as_raw()).is_err() {
        without_handler(signal); // or one that has no name there (a real-time signal)
    }
}

/// It comes again when this handler is over, and finds none.
fn without_handler(signal: Signal) {
    // SAFETY: both may be called in a signal handler.
    unsafe {
        libc::signal(signal.as_raw(), libc::SIG_DFL);
        libc::raise(signal.as_raw());
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
