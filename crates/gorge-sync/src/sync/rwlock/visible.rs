//! Readers that can be seen: each worker says in a line of its own what it reads, so that many who read at the
//! same time write to no line that they share.
//!
//! ```text
//!   reader   R1 place = the lock's name        writer   W1 set WRITER, or QUEUED, in the word
//!            R2 is the word VISIBLE, and                W2 look at the places of all workers
//!               neither WRITER nor QUEUED?                 is the name in none of them?
//!            read                                       write
//!            R3 place = nothing               queues   Q1 set QUEUED in the word
//!               light fence                               heavy fence, once
//!            R4 is QUEUED set? Serve the queues.       Q2 is the name in none of the places?
//! ```
//!
//! Invariant: nobody writes while a reader has passed R2 and not R3.
//!
//! Proof sketch. R1, R2, W1 and W2 are sequentially consistent. If W2 does not see the name of a reader that has
//! passed R1, R1 comes after W2, hence after W1, and R2 sees the bit: the reader leaves, and waits. If W2 sees the
//! name the writer waits: awake, looking again, or in the queue with QUEUED set. Who is to rely on being told looks
//! once more behind a heavy fence (Q2). If the reader is seen still, R3 comes after that fence, hence R4 sees QUEUED.
//! Who serves the queues looks at the places under their lock, which it has taken after its own R3; so the last of
//! several who leave sees nobody any more. What a writer has written is released to the word and acquired by R2;
//! what a reader has read is released by R3 and acquired by W2 (and by R1 of who uses the place next, so that its own
//! R3 passes it on).
//!
//! Only the worker itself fills its places, so an empty one stays empty until it does. Anybody may empty one: a
//! guard is dropped where its owner likes. A name is never given twice; so a reader that was forgotten, and the
//! memory of its lock used for another, is in nobody's way.
//!
//! A lock is read so only while that pays: from when it was read [`READS`] times without a write, or readers have met in
//! the word [`MEETINGS`] times, until [`WRITES`] writers have had to look at the places. (One exchange in a line that
//! nobody else writes to, instead of two in the word: that pays also where readers never meet.)
//!
//! Source: D. Dice and A. Kogan, "BRAVO: Biased Locking for Reader-Writer Locks" (USENIX ATC 2019): the table that
//! all locks share, and going back to the word where readers and writers take turns. Leaving by a plain store is
//! paid for by a writer that has waited awake in vain: it does the heavy fence, microseconds, before it parks.
//! Rejected: coming by a plain store too, with a heavy fence in each write.

use gorge_base::CachePadded;
use gorge_base::sync::atomic::{self, AtomicUsize, Ordering};

use gorge_sched::fence;

use super::raw::{QUEUED, RawRwLock, VISIBLE, WRITER};
use super::share::Place;

/// So many workers have places; readers on others are counted in the word.
const WORKERS: usize = if cfg!(loom) { 2 } else { 64 };
/// A line of them for each.
const PLACES: usize = if cfg!(loom) { 1 } else { 8 };
const EMPTY: usize = 0;

/// After so many reads without a write between them readers are visible in places.
pub(super) const READS: u8 = 32;
/// After so many readers have met another one in the word of a lock, they are, too.
pub(super) const MEETINGS: u8 = 16;
/// After so many writers have looked at the places, readers are counted again.
pub(super) const WRITES: u8 = 64;

#[cfg(not(loom))]
static PLACES_OF: [CachePadded<[Place; PLACES]>; WORKERS] =
    [const { CachePadded::new([const { Place::new(EMPTY) }; PLACES]) }; WORKERS];
/// Workers from this one on have never used a place.
#[cfg(not(loom))]
static USED: AtomicUsize = AtomicUsize::new(0);
/// The last name that was given.
#[cfg(not(loom))]
static NAMES: AtomicUsize = AtomicUsize::new(0);

#[cfg(loom)]
gorge_base::sync::lazy_static! {
    static ref PLACES_OF: [CachePadded<[Place; PLACES]>; WORKERS] = Default::default();
    static ref USED: AtomicUsize = AtomicUsize::new(0);
    static ref NAMES: AtomicUsize = AtomicUsize::new(0);
}

/// Between R1 and R2, and between W1 and W2: loom takes sequentially consistent operations for weaker ones.
#[inline(always)]
fn for_loom() {
    if cfg!(loom) {
        atomic::fence(Ordering::SeqCst);
    }
}

impl RawRwLock {
    /// Reads visibly, if the lock is `VISIBLE`, the caller's worker has room, and nobody writes or waits.
    #[inline]
    pub(super) fn read_visibly(&self) -> Option<&'static Place> {
        let worker = gorge_sched::worker_number()?;
        // Relaxed: `visibly` was read with acquire, and the name was there before it.
        let name = self.name.load(Ordering::Relaxed);
        let place = &PLACES_OF.get(worker)?[name % PLACES];
        // Acquire: pairs with the release of who emptied it, so that its own reading is over.
        if place.load(Ordering::Acquire) != EMPTY {
            return None;
        }
        // Acquire: what raised it comes before R1, as if it had been done here.
        if worker >= USED.load(Ordering::Acquire) {
            USED.fetch_max(worker + 1, Ordering::SeqCst);
        }
        // R1. It acquires from who has emptied the place since we looked.
        place.swap(name, Ordering::SeqCst);
        for_loom();
        // R2; it acquires what the last writer released.
        let state = self.state.load(Ordering::SeqCst);
        if state & (WRITER | QUEUED | VISIBLE) == VISIBLE {
            return Some(place);
        }
        self.leave(place);
        None
    }

    /// Stops being seen in `place`.
    #[inline]
    pub(super) fn leave(&self, place: &Place) {
        place.store(EMPTY, Ordering::Release); // R3; it releases to whoever sees it empty
        fence::light(); // pairs with the heavy fence in `is_visible_to_queues`
        // R4. Relaxed: serving takes the queues' lock.
        if self.state.load(Ordering::Relaxed) & QUEUED != 0 {
            self.unlocked();
        }
    }

    /// Whether a reader is seen in a place: the end of it is acquired by who finds none. To be asked with `WRITER`
    /// or `QUEUED` set in `state` (W1), which is what the word was then; or without, for a guess.
    #[inline]
    pub(super) fn is_visible(&self, state: u32) -> bool {
        state & VISIBLE != 0 && self.is_seen()
    }

    /// As [`is_visible`](RawRwLock::is_visible), for who is to be told when the readers have left: whoever is seen
    /// will come to serve the queues. Under the queues' lock, with `QUEUED` set.
    pub(super) fn is_visible_to_queues(&self, state: u32) -> bool {
        self.is_visible(state) && (self.is_told() || self.is_visible_still())
    }

    #[cold]
    #[inline(never)]
    fn is_visible_still(&self) -> bool {
        // Pairs with the light fence in `leave`. Once for all while `QUEUED` stays set: nobody comes meanwhile.
        fence::heavy();
        self.tell_visible();
        self.is_seen() // Q2
    }

    #[inline(never)]
    fn is_seen(&self) -> bool {
        for_loom();
        let name = self.name.load(Ordering::Acquire);
        let used = USED.load(Ordering::SeqCst).min(WORKERS);
        PLACES_OF[..used].iter().any(|places| places[name % PLACES].load(Ordering::SeqCst) == name) // W2
    }

    /// A reader was counted.
    #[inline(always)]
    pub(super) fn reads_again(&self) {
        let reads = self.reads.load(Ordering::Relaxed).wrapping_add(1);
        self.reads.store(reads, Ordering::Relaxed);
        if reads >= READS {
            self.reads_often();
        }
    }

    #[cold]
    #[inline(never)]
    fn reads_often(&self) {
        self.reads.store(0, Ordering::Relaxed);
        if gorge_sched::worker_number().is_some() {
            self.make_visible();
        }
    }

    /// A reader has met others in the word.
    #[cold]
    pub(super) fn meets(&self) {
        let meetings = self.meetings.load(Ordering::Relaxed).wrapping_add(1);
        self.meetings.store(meetings, Ordering::Relaxed);
        if meetings >= MEETINGS && gorge_sched::worker_number().is_some() {
            self.meetings.store(0, Ordering::Relaxed);
            self.make_visible();
        }
    }

    /// From now on readers are seen in places.
    pub(super) fn make_visible(&self) {
        if self.name.load(Ordering::Relaxed) == EMPTY {
            let name = NAMES.fetch_add(1, Ordering::Relaxed) + 1;
            // Relaxed: whoever sees `VISIBLE` sees a name, this one or that of who was quicker.
            _ = self.name.compare_exchange(EMPTY, name, Ordering::Relaxed, Ordering::Relaxed);
        }
        // Release: pairs with the acquire of who finds it set. Acquire: passes on the name of who was quicker.
        self.state.fetch_or(VISIBLE, Ordering::AcqRel);
        // Release: pairs with the acquire in `read`.
        self.visibly.store(true, Ordering::Release);
    }

    /// The caller has the lock for writing, and had to look at the places for that.
    pub(super) fn wrote(&self) {
        let writes = self.writes.load(Ordering::Relaxed).wrapping_add(1);
        let too_many = writes >= WRITES;
        self.writes.store(if too_many { 0 } else { writes }, Ordering::Relaxed);
        if too_many {
            // Relaxed: nobody is in a place, and who tries finds `WRITER`, or the bit gone.
            self.state.fetch_and(!VISIBLE, Ordering::Relaxed);
            self.visibly.store(false, Ordering::Relaxed);
        }
    }

    /// Empties what readers have left behind that were forgotten.
    #[cold]
    pub(super) fn forget_visible(&self) {
        let name = self.name.load(Ordering::Relaxed);
        // Relaxed: whoever has used a place for this lock has raised it before.
        let used = USED.load(Ordering::Relaxed).min(WORKERS);
        for places in &PLACES_OF[..used] {
            let place = &places[name % PLACES];
            if place.load(Ordering::Relaxed) == name {
                place.store(EMPTY, Ordering::Relaxed);
            }
        }
    }
}
