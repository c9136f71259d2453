//! Readers that can be seen: each worker says in a line of its own what it reads, so that many who read at the
//! same time write to no line that they share.
//!
//! ```text
//!   reader   R1 place = the lock's name        writer   W1 set WRITER, or QUEUED, in the word
//!            R2 is the word VISIBLE, and                W2 look at the places of all workers
//!               neither WRITER nor QUEUED?                 is the name in none of them?
//!            read                                       write
//!            R3 place = nothing
//!            R4 is QUEUED set? Serve the queues.
//! ```
//!
//! Invariant: nobody writes while a reader has passed R2 and not R3.
//!
//! Proof sketch. R1 to R4 and W2 are sequentially consistent, and a fence stands between W1 and W2. If W2 does not
//! see the name of a reader that has passed R1, R1 comes after W2, hence after the fence, and R2 sees the bit: the
//! reader leaves, and counts itself in the word instead. If W2 sees the name the writer waits: awake, looking again,
//! or in the queue with QUEUED set. Then R3 comes after W2, and R4 sees QUEUED. Who serves the queues looks at the
//! places after its own R3; so the last of several who leave sees nobody any more. What a writer has written is
//! released to the word and acquired by R2; what a reader has read is released by R3 and acquired by W2 (each change
//! of either is a read and a write at once, so that it passes on what those before it have released).
//!
//! Only the worker itself fills its places, so an empty one stays empty until it does. Anybody may empty one: a
//! guard is dropped where its owner likes. A name is never given twice; so a reader that was forgotten, and the
//! memory of its lock used for another, is in nobody's way.
//!
//! A lock is read so only while that pays: from when readers have met in the word [`MEETINGS`] times, until
//! [`WRITES`] writers have had to look at the places.
//!
//! Source: D. Dice and A. Kogan, "BRAVO: Biased Locking for Reader-Writer Locks" (USENIX ATC 2019): the table that
//! all locks share, and going back to the word where readers and writers take turns. Rejected: leaving by a plain
//! store, with an asymmetric fence on the writer's side. It saves a reader one instruction on a line of its own,
//! and costs each writer that must queue up ten microseconds.

use gorge_base::CachePadded;
use gorge_base::sync::atomic::{AtomicUsize, Ordering, fence};

use super::raw::{QUEUED, RawRwLock, Turn, VISIBLE, WRITER};
use super::share::Place;

/// So many workers have places; readers on others are counted in the word.
const WORKERS: usize = if cfg!(loom) { 2 } else { 64 };
/// A line of them for each.
const PLACES: usize = if cfg!(loom) { 1 } else { 8 };
const EMPTY: usize = 0;

/// After so many readers have met another one in the word of a lock, they are visible in places instead.
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

/// Between R1 and R2, and between R3 and R4: loom takes sequentially consistent operations for weaker ones.
#[inline(always)]
fn for_loom() {
    if cfg!(loom) {
        fence(Ordering::SeqCst);
    }
}

impl RawRwLock {
    /// Reads visibly, if the lock is `VISIBLE`, the caller's worker has room, and nobody writes or waits.
    #[inline]
    pub(super) fn read_visibly(&self) -> Option<&'static Place> {
        let worker = gorge_sched::worker_number()?;
        // Relaxed: `VISIBLE` was read with acquire, and the name was there before it.
        let name = self.name.load(Ordering::Relaxed);
        let place = &PLACES_OF.get(worker)?[name % PLACES];
        // Acquire: pairs with the release of who emptied it, so that its own reading is over.
        if place.load(Ordering::Acquire) != EMPTY {
            return None;
        }
        if worker >= USED.load(Ordering::Relaxed) {
            USED.fetch_max(worker + 1, Ordering::SeqCst);
        }
        place.swap(name, Ordering::SeqCst); // R1
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
        place.swap(EMPTY, Ordering::SeqCst); // R3; it releases to whoever sees it empty
        for_loom();
        if self.state.load(Ordering::SeqCst) & QUEUED != 0 {
            self.unlocked(Turn::Writer); // R4
        }
    }

    /// Whether a reader is seen in a place: the end of it is acquired by who finds none. To be asked with `WRITER`
    /// or `QUEUED` set in `state` (W1), which is what the word was then; or without, for a guess.
    #[inline]
    pub(super) fn is_visible(&self, state: u32) -> bool {
        state & VISIBLE != 0 && self.is_seen()
    }

    #[inline(never)]
    fn is_seen(&self) -> bool {
        fence(Ordering::SeqCst); // between W1 and W2
        let name = self.name.load(Ordering::Acquire);
        let used = USED.load(Ordering::SeqCst).min(WORKERS);
        PLACES_OF[..used].iter().any(|places| places[name % PLACES].load(Ordering::SeqCst) == name) // W2
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
    }

    /// The caller has the lock for writing, and had to look at the places for that.
    pub(super) fn wrote(&self) {
        let writes = self.writes.load(Ordering::Relaxed).wrapping_add(1);
        let too_many = writes >= WRITES;
        self.writes.store(if too_many { 0 } else { writes }, Ordering::Relaxed);
        if too_many {
            // Relaxed: nobody is in a place, and who tries finds `WRITER`, or the bit gone.
            self.state.fetch_and(!VISIBLE, Ordering::Relaxed);
        }
    }

    /// Empties what readers have left behind that were forgotten.
    #[cold]
    pub(super) fn forget_visible(&self) {
        let name = self.name.load(Ordering::Relaxed);
        for places in PLACES_OF.iter() {
            let place = &places[name % PLACES];
            if place.load(Ordering::Relaxed) == name {
                place.store(EMPTY, Ordering::Relaxed);
            }
        }
    }
}
