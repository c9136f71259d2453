//! The word between a goroutine and its handle: who takes the outcome, and who gives the record back.
//!
//! | value | means | outcome and record belong to |
//! |---|---|---|
//! | `RUNNING` | it has not ended, and nobody waits for that | the goroutine |
//! | an address | it has not ended; this one waits for it | the goroutine |
//! | `DONE` | it has ended | the handle |
//! | `DETACHED` | the handle is gone | the goroutine |
//!
//! ```text
//!            enlist            end
//!   RUNNING --------> address -----> DONE      (the one with the address is made ready)
//!      |  \_____________________________^
//!      | detach         end
//!      v
//!   DETACHED -----> the record is free         (its outcome has been dropped before)
//! ```
//!
//! One of `end` and `detach` comes first, and who comes second gives the record back: never both, never
//! neither. A handle is used once (`join` takes it, or it is dropped), so nobody enlists at a detached one.

use gorge_base::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};

const RUNNING: usize = 0;
const DONE: usize = 1;
const DETACHED: usize = 2;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Ending(AtomicUsize);

/// What the goroutine finds when it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "somebody may wait, or the record be ours"]
pub(crate) enum Ended {
    /// The handle sees to the rest.
    Kept,
    /// So too, and its owner, of this address, waits and is to be made ready.
    Joined(usize),
    /// Nobody will ask: outcome and record are the goroutine's.
    Detached,
}

impl Ending {
    pub(crate) fn new() -> Ending {
        Ending(AtomicUsize::new(RUNNING))
    }

    /// Begins anew, with a handle. Before the goroutine is published.
    #[inline(always)]
    pub(crate) fn begin(&self) {
        self.0.store(RUNNING, Relaxed);
    }

    /// Begins anew, without a handle. Before the goroutine is published.
    #[inline(always)]
    pub(crate) fn begin_detached(&self) {
        self.0.store(DETACHED, Relaxed);
    }

    /// The goroutine has ended.
    #[inline(always)]
    pub(crate) fn end(&self) -> Ended {
        // Release: the outcome, and all that the goroutine did, happens before the joiner goes on. Acquire:
        // the joiner's record, and what the handle did before it was dropped.
        match self.0.swap(DONE, AcqRel) {
            RUNNING => Ended::Kept,
            DETACHED => Ended::Detached,
            joiner => Ended::Joined(joiner),
        }
    }

    /// Whether it has ended; then all that the goroutine did is seen, and outcome and record are the handle's.
    #[inline(always)]
    pub(crate) fn is_done(&self) -> bool {
        // Acquire: pairs with the release in `end`.
        self.0.load(Acquire) == DONE
    }

    /// `me`, an address, waits for the end and is told by [`Ended::Joined`]. `false`: it has ended.
    #[inline(always)]
    #[must_use]
    pub(crate) fn enlist(&self, me: usize) -> bool {
        debug_assert!(me > DETACHED);
        // Release: our record's state before the goroutine wakes us. Acquire: its end, when it came first.
        self.0.compare_exchange(RUNNING, me, AcqRel, Acquire).is_ok()
    }

    /// The handle is gone. `false`: it has ended, and outcome and record are the caller's.
    #[inline(always)]
    #[must_use]
    pub(crate) fn detach(&self) -> bool {
        // Release and acquire: as in `end`.
        self.0.compare_exchange(RUNNING, DETACHED, AcqRel, Acquire).is_ok()
    }

    /// Whether the handle is gone; then the outcome is the goroutine's to drop.
    #[inline(always)]
    pub(crate) fn is_detached(&self) -> bool {
        // Acquire: pairs with the release in `detach`.
        self.0.load(Acquire) == DETACHED
    }
}

/// The life of a record, as `birth`, `body` and `spawn` have it.
#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::cell::UnsafeCell;
    use loom::sync::{Arc, Condvar, Mutex};
    use loom::thread;

    struct Record {
        ending: Ending,
        /// The outcome.
        payload: UnsafeCell<Option<u32>>,
        /// How often it was given back.
        freed: UnsafeCell<u32>,
        /// The joiner was made ready.
        ready: Mutex<bool>,
        changed: Condvar,
    }

    // SAFETY: who may use the cells is what is being tested: loom sees two at once.
    unsafe impl Sync for Record {}
    // SAFETY: as above.
    unsafe impl Send for Record {}

    const ME: usize = 64;

    impl Record {
        fn take(&self) -> Option<u32> {
            // SAFETY: loom checks it.
            self.payload.with_mut(|payload| unsafe { (*payload).take() })
        }

        /// Nothing of it may be used from here on.
        fn free(&self) {
            assert_eq!(self.take(), None, "an outcome that nobody has dropped");
            // SAFETY: loom checks it.
            self.freed.with_mut(|freed| unsafe { *freed += 1 });
        }

        /// `birth::run`, then `Body::finish`.
        fn run(&self) {
            // SAFETY: loom checks it.
            self.payload.with_mut(|payload| unsafe { *payload = Some(7) });
            if self.ending.is_detached() {
                assert_eq!(self.take(), Some(7));
            }
            match self.ending.end() {
                Ended::Kept => {}
                Ended::Joined(who) => {
                    assert_eq!(who, ME);
                    *self.ready.lock().unwrap() = true;
                    self.changed.notify_one();
                }
                Ended::Detached => {
                    let _ = self.take(); // it goes on once more, to drop that
                    self.free();
                }
            }
        }

        /// `Goroutine::join`.
        fn join(&self) {
            if !self.ending.is_done() && self.ending.enlist(ME) {
                let mut ready = self.ready.lock().unwrap();
                while !*ready {
                    ready = self.changed.wait(ready).unwrap();
                }
            }
            assert_eq!(self.take(), Some(7));
            self.free();
        }

        /// `Goroutine::drop`.
        fn let_go(&self) {
            if !self.ending.detach() {
                assert_eq!(self.take(), Some(7));
                self.free();
            }
        }
    }

    fn explore(handle: fn(&Record)) {
        loom::model(move || {
            let record = Arc::new(Record {
                ending: Ending::new(),
                payload: UnsafeCell::new(None),
                freed: UnsafeCell::new(0),
                ready: Mutex::new(false),
                changed: Condvar::new(),
            });
            record.ending.begin();
            let goroutine = {
                let record = record.clone();
                thread::spawn(move || record.run())
            };
            handle(&record);
            goroutine.join().unwrap();
            // SAFETY: all have ended.
            record.freed.with(|freed| assert_eq!(unsafe { *freed }, 1));
        });
    }

    #[test]
    fn who_joins_gets_the_outcome() {
        explore(Record::join);
    }

    #[test]
    fn who_lets_go_leaves_nothing_behind() {
        explore(Record::let_go);
    }

    /// `is_finished` first, as a select's arm asks.
    #[test]
    fn who_has_seen_the_end_need_not_wait() {
        explore(|record| {
            if record.ending.is_done() {
                assert_eq!(record.take(), Some(7));
                record.free();
            } else {
                record.join();
            }
        });
    }
}
