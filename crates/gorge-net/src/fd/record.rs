//! What is known about one descriptor: by whoever waits for it, and by the
//! poller that hears of its events.
//!
//! Records are never given back to the system: an event that was on its way when
//! its descriptor was closed finds a record, maybe that of another one, and
//! does no more harm than an event without a reason.
//!
//! ```text
//!   poller --token--> Source | read side  | heard, closed, ...     <---- Handle (in an Fd)
//!                     write side | registering | time limits
//! ```
//!
//! Two lines: the first has all that reading looks at. With thousands of connections none of them is in the caches.
//!
//! Invariants
//! - A record belongs to one handle, or is in the list of free ones.
//! - The descriptor is registered when somebody waits for it for the first
//!   time, and given up before it is closed.

use std::io;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use gorge_base::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use gorge_sched::netpoll::{self, Arrival, Direction, Happened, Source};
use gorge_sync::sync::Seen;

use super::limit::Limit;
use super::side::Side;

/// So many records are made at once.
const SLAB: usize = 64;

static FREE: Mutex<Vec<&'static Record>> = Mutex::new(Vec::new());

/// See the module's head.
#[derive(Debug)]
#[repr(C, align(64))] // `source` first: its address is the record's
pub(super) struct Record {
    source: Source,
    pub(super) read: Side,
    /// What `read` had counted after the last event of the poller (others count too: who sets a deadline).
    heard: AtomicU32,
    registered: AtomicBool,
    /// That a read was short says nothing any more: the other side sends no more, there is an error, or urgent
    /// data was sent.
    always_try: AtomicBool,
    closed: AtomicBool,
    pub(super) write: Side,
    registering: Mutex<()>,
    read_limit: Limit,
    write_limit: Limit,
}

impl Record {
    fn new() -> Record {
        Record {
            source: Source::new(happened),
            read: Side::new(),
            heard: AtomicU32::new(0),
            registered: AtomicBool::new(false),
            always_try: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            write: Side::new(),
            registering: Mutex::new(()),
            read_limit: Limit::new(),
            write_limit: Limit::new(),
        }
    }

    fn source(&'static self) -> NonNull<Source> {
        // Derived from the whole record, because `happened` finds the rest through it.
        NonNull::from(self).cast()
    }

    pub(super) fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    pub(super) fn limit(&self, direction: Direction) -> &Limit {
        match direction {
            Direction::Read => &self.read_limit,
            Direction::Write => &self.write_limit,
        }
    }

    /// Whether the poller has said since then that reading is possible.
    pub(super) fn has_heard_since(&self, seen: Seen) -> bool {
        // Relaxed: who has waited was let go under the lock under which it is noted.
        seen.is_before(self.heard.load(Relaxed))
    }

    pub(super) fn must_try(&self) -> bool {
        self.always_try.load(Relaxed)
    }

    pub(super) fn is_closed(&self) -> bool {
        // Acquire: pairs with the release in `Handle::close`.
        self.closed.load(Acquire)
    }
}

/// Events have come.
///
/// # Safety
/// The source is that of a record.
unsafe fn happened(source: NonNull<Source>, what: Happened, arrival: &Arrival) {
    // SAFETY: the source is the first field of a record, which is never given back.
    let record = unsafe { source.cast::<Record>().as_ref() };
    if what.always_try {
        record.always_try.store(true, Relaxed); // before the count goes up
    }
    // SAFETY: the tasks come from a batch that was won, each once.
    let wake = |task| unsafe { arrival.ready(task) };
    if what.readable {
        record.read.events.advance_noting(|now| record.heard.store(now.to_bits(), Relaxed), wake);
    }
    if what.writable {
        record.write.events.advance_with(wake);
    }
}

/// The one owner of a record.
#[derive(Debug)]
pub(super) struct Handle {
    record: &'static Record,
    descriptor: i32,
}

impl Handle {
    pub(super) fn new(descriptor: i32) -> Handle {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let record = free.pop().unwrap_or_else(|| {
            let slab: Vec<Record> = (0..SLAB).map(|_| Record::new()).collect();
            free.extend(slab.leak().iter());
            free.pop().expect("there are new ones")
        });
        Handle { record, descriptor }
    }

    pub(super) fn record(&self) -> &'static Record {
        self.record
    }

    /// Sees to it that events are heard of, for who is about to wait.
    pub(super) fn expect(&self, direction: Direction) -> io::Result<()> {
        // Acquire: pairs with the release below.
        if !self.record.registered.load(Acquire) {
            self.register()?;
        }
        netpoll::expect(self.descriptor, direction);
        Ok(())
    }

    #[cold]
    fn register(&self) -> io::Result<()> {
        let _one_at_a_time = self.record.registering.lock().unwrap_or_else(PoisonError::into_inner);
        if self.record.registered.load(Relaxed) || self.record.is_closed() {
            return Ok(());
        }
        // SAFETY: records are aligned and never given back; the descriptor is open, and is
        // given up before it is closed.
        unsafe { netpoll::register(self.record.source(), self.descriptor)? };
        self.record.registered.store(true, Release);
        Ok(())
    }

    /// Nothing will be heard of the descriptor any more.
    fn give_up(&self) {
        let _one_at_a_time = self.record.registering.lock().unwrap_or_else(PoisonError::into_inner);
        if self.record.registered.swap(false, SeqCst) {
            // SAFETY: it was registered, and is still open.
            unsafe { netpoll::deregister(self.record.source(), self.descriptor) };
        }
    }

    /// From now on every operation fails. True for the first who says so.
    pub(super) fn close(&self) -> bool {
        // Release: pairs with the acquire in `is_closed`.
        if self.record.closed.swap(true, SeqCst) {
            return false;
        }
        self.give_up();
        true
    }

    /// Whoever waits looks again.
    pub(super) fn wake_all(&self) {
        self.record.read.events.advance();
        self.record.write.events.advance();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.give_up();
        self.record.read.reset();
        self.record.write.reset();
        self.record.read_limit.set(None);
        self.record.write_limit.set(None);
        self.record.always_try.store(false, Relaxed);
        self.record.closed.store(false, Relaxed);
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self.record);
    }
}

const _: () = assert!(std::mem::offset_of!(Record, source) == 0);
#[cfg(all(target_os = "linux", target_pointer_width = "64"))] // elsewhere locks may be larger
const _: () = assert!(std::mem::offset_of!(Record, write) == 64 && size_of::<Record>() == 128);
