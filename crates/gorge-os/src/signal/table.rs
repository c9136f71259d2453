//! Who wants which signals, and the thread that tells them.
//!
//! Invariants:
//! - A signal is in the handler's `WANTED` exactly if an entry wants it.
//! - The thread runs exactly while there are entries (and a moment longer). It is a thread outside of the
//!   runtime, by which the runtime knows that somebody may still be woken.
//! - No lock is held while code of the user runs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use gorge_flow::context::CancelCauseFunc;
use gorge_sync::chan::{Sender, TrySendError};

use super::handler;
use super::number::{Received, Signal};

/// Who is to be told.
#[derive(Debug)]
pub(super) enum Wants {
    Channel(Sender<Signal>),
    Context(CancelCauseFunc),
}

/// Names an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Id(u64);

#[derive(Debug)]
struct Entry {
    id: Id,
    wants: Wants,
    signals: u64,
}

#[derive(Debug)]
struct Table {
    entries: Vec<Entry>,
    next: u64,
    /// Whether the thread is there to stay.
    watched: bool,
    /// Whether the thread was nudged, and has not looked since: one byte is enough.
    nudged: bool,
}

static TABLE: Mutex<Table> =
    Mutex::new(Table { entries: Vec::new(), next: 0, watched: false, nudged: false });

fn lock() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The signals given, or all of them; with their handlers in place.
#[track_caller]
fn caught(signals: &[Signal]) -> u64 {
    let all = if signals.is_empty() { Signal::ALL } else { signals };
    all.iter().fold(0, |bits, &signal| {
        assert!(signal.can_be_caught(), "{signal:?} cannot be caught");
        if let Err(error) = handler::install(signal) {
            panic!("cannot catch {signal:?}: {error}");
        }
        bits | signal.bit()
    })
}

/// As [`caught`], of those that are in place already.
fn bits_of(signals: &[Signal]) -> u64 {
    let all = if signals.is_empty() { Signal::ALL } else { signals };
    all.iter().filter(|signal| signal.can_be_caught()).fold(0, |bits, signal| bits | signal.bit())
}

/// From now on `signals` are told to `wants`.
#[track_caller]
pub(super) fn want(wants: Wants, signals: &[Signal]) -> Id {
    let mut table = lock();
    let bits = caught(signals);
    let same = |entry: &&mut Entry| match (&entry.wants, &wants) {
        (Wants::Channel(one), Wants::Channel(other)) => one.same_channel(other),
        _ => false,
    };
    let id = match table.entries.iter_mut().find(same) {
        Some(entry) => {
            entry.signals |= bits;
            entry.id
        }
        None => {
            table.next += 1;
            let id = Id(table.next);
            table.entries.push(Entry { id, wants, signals: bits });
            id
        }
    };
    if !table.watched {
        let thread = thread::Builder::new().name("gorge-signals".into()).spawn(watch);
        if let Err(error) = thread {
            table.entries.retain(|entry| entry.id != id);
            drop(table);
            panic!("cannot wait for signals: {error}");
        }
        table.watched = true;
    }
    handler::set(bits, true, false);
    id
}

/// Those for whom `which` holds want nothing any more.
pub(super) fn want_no_more(which: impl Fn(&Wants) -> bool) {
    remove(|entry| which(&entry.wants));
}

/// That entry wants nothing any more.
pub(super) fn end(id: Id) {
    remove(|entry| entry.id == id);
}

fn remove(which: impl Fn(&Entry) -> bool) {
    let mut table = lock();
    let gone: Vec<_> = table.entries.extract_if(.., |entry| which(entry)).collect();
    table.unwant(gone.iter().fold(0, |bits, entry| bits | entry.signals));
    table.let_go();
    drop(table);
    drop(gone);
}

/// Nothing happens when one of `signals` comes.
#[track_caller]
pub(super) fn ignore(signals: &[Signal]) {
    let mut table = lock();
    let bits = caught(signals);
    let gone = table.take_away(bits);
    handler::set(bits, false, true);
    drop(table);
    drop(gone);
}

/// `signals` do what they do by themselves.
pub(super) fn reset(signals: &[Signal]) {
    let mut table = lock();
    let bits = bits_of(signals);
    let gone = table.take_away(bits);
    handler::set(bits, false, false);
    drop(table);
    drop(gone);
}

impl Table {
    /// Nobody wants these any more. Gives the entries that want nothing now.
    #[must_use]
    fn take_away(&mut self, bits: u64) -> Vec<Entry> {
        let gone = self.entries.extract_if(.., |entry| {
            entry.signals &= !bits;
            entry.signals == 0
        });
        let gone = gone.collect();
        self.let_go();
        gone
    }

    /// Of these signals some may not be wanted any more: then they do what they do by themselves.
    fn unwant(&self, bits: u64) {
        let wanted = self.entries.iter().fold(0, |bits, entry| bits | entry.signals);
        let unwanted = bits & !wanted;
        if unwanted != 0 {
            handler::set(unwanted, false, false);
        }
    }

    /// Lets the thread end if it has nothing to wait for.
    fn let_go(&mut self) {
        if self.entries.is_empty() && self.watched && !self.nudged {
            self.nudged = true;
            handler::nudge();
        }
    }
}

/// The thread.
fn watch() {
    loop {
        let pending = handler::wait();
        let mut table = lock();
        table.nudged = false;
        let mut cancelled = Vec::new();
        let mut closed = Vec::new();
        for signal in Signal::of_bits(pending) {
            for entry in table.entries.iter().filter(|entry| entry.signals & signal.bit() != 0) {
                match &entry.wants {
                    // Nobody parks in it, and a full channel has lost the signal.
                    Wants::Channel(tx) => {
                        if let Err(TrySendError::Closed(_)) = tx.try_send(signal) {
                            closed.push(entry.id);
                        }
                    }
                    Wants::Context(cancel) => cancelled.push((cancel.clone(), signal)),
                }
            }
        }
        let gone: Vec<_> =
            table.entries.extract_if(.., |entry| closed.contains(&entry.id)).collect();
        table.unwant(gone.iter().fold(0, |bits, entry| bits | entry.signals));
        let over = table.entries.is_empty();
        table.watched = !over;
        drop(table);
        drop(gone);
        // Here code of the user may run: what is called after a context.
        for (cancel, signal) in cancelled {
            cancel.cancel(Received(signal));
        }
        if over {
            return;
        }
    }
}
