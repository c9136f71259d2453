//! Biased locks: a worker that is the only one to use a lock takes it with plain
//! stores, until somebody else wants it.
//!
//! ```text
//!            exchange, store back raised           a long run by one worker
//!   free  <------------------------------>  held  --------------------------> biased:
//!     ^                                      ^                                names its owner
//!     |                                      |  exchange, heavy fence,             |
//!     '-------------- store -----------------'--- wait until the owner is out -----'
//!
//!   owner     O1 inside = the lock       stranger  S1 exchange the word for "held"
//!             light fence                          heavy fence
//!             O2 is the word still mine?           S2 wait until the owner is not inside
//!             work                                 work
//!             O3 inside = nothing                  store "free"
//! ```
//!
//! Invariant: at most one is at work: the owner, which saw its name after O1, or
//! a stranger, who has seen the owner outside after S1.
//!
//! Proof sketch. The fences make (O1, O2) and (S1, S2) a store buffering test with full
//! barriers: it is impossible that O2 reads the word from before S1 *and* S2 reads `inside`
//! from before O1. If O2 reads another word, the owner has touched nothing, and goes on as
//! any stranger. If S2 reads the lock, the stranger waits for O3, whose release it
//! acquires: it sees all that the owner did. The owner needs no acquire: since it wrote
//! its name, nobody else was at work. (A worker is one OS thread, or, where goroutines are
//! threads, one after the other: who runs on it comes after who ran there before.)
//!
//! The free word is a stamp, raised each time: who only looks sees by it that something
//! happened meanwhile. What the owner does raises nothing; so a stranger who looks
//! ends the bias, and the owner's own looks need no stamp. Words from before and after a
//! bias differ in the count of biases lost.
//!
//! A heavy fence costs as much as some hundred to a thousand locks. So a lock is biased only
//! after a long run of uses by one worker, a longer one each time it has lost a bias,
//! and the third time never again. (Whose they were is asked at the ends of laps only, so two workers that take
//! turns may get a bias by chance. They lose it at once, and have used up their chances soon.)
//!
//! Source: D. Dice, M. Moir, W. Scherer, "Quickly Reacquirable Locks" (Sun, 2003), for a fence
//! on the stranger's side alone; K. Russell and D. Detlefs (OOPSLA 2006) for giving up
//! on locks that lose their bias.

use std::marker::PhantomData;
use std::sync::OnceLock;

use gorge_base::Backoff;
#[cfg(not(loom))]
use gorge_base::atomic::AtomicU64;
use gorge_base::sync::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
#[cfg(loom)]
use gorge_base::sync::{Mutex, MutexGuard};
use gorge_sys::fence;

/// The lowest bit of a word: it is no stamp.
const HELD: u32 = 1;
/// The word of a lock that is held by who exchanged it: as if biased towards seat 0.
const LOCKED: u32 = HELD;
/// Then two bits: how often it has lost a bias.
const LOST: u32 = 1 << 1;
const MOST_LOST: u32 = 3;
/// Then the stamp of a free lock, or the seat of its owner.
const STAMP: u32 = 1 << 3;

/// After so many uses it is asked whether they were all by one worker.
const LAP: u32 = if cfg!(loom) { 2 } else { 1024 };
/// After so many laps by one worker, and sixteen times more for each loss, the lock is its own.
const LAPS: u32 = if cfg!(loom) { 1 } else { 2 };
/// How many locks a worker follows at a time.
const FOLLOWED: usize = if cfg!(loom) { 1 } else { 8 };
/// So many workers can be owners, one fewer to be exact.
const SEATS: usize = if cfg!(loom) { 4 } else { 256 };
/// The seat of who has none: no word names it.
const NO_SEAT: u32 = u32::MAX;

/// How long a contender pauses at most between two looks at the lock. Longer
/// pauses let the holder keep the line for more operations in a row; measured
/// with four senders and four receivers on two processors, 256 is best.
const PAUSES: u32 = 256;

/// Who runs the caller.
pub trait Here {
    /// The worker that the caller runs on; none on a plain thread.
    fn here() -> Option<&'static Owner>;
}

/// What a worker says about the biased locks it uses.
#[derive(Debug)]
pub struct Owner {
    /// Its number in the words of its locks.
    seat: AtomicU32,
    /// The address of the lock it is in by its bias.
    inside: AtomicUsize,
    /// Locks whose last lap ended with it, each in its place. Its alone.
    followed: [Followed; FOLLOWED],
}

#[derive(Debug)]
struct Followed {
    lock: AtomicUsize,
    /// The stamp at the end of the next lap.
    next: AtomicU32,
    laps: AtomicU32,
}

impl Owner {
    pub(crate) fn new() -> Owner {
        Owner {
            seat: AtomicU32::new(NO_SEAT),
            inside: AtomicUsize::new(0),
            followed: std::array::from_fn(|_| Followed {
                lock: AtomicUsize::new(0),
                next: AtomicU32::new(0),
                laps: AtomicU32::new(0),
            }),
        }
    }

    #[inline(always)]
    fn is_named_in(&self, word: u32) -> bool {
        word / STAMP == self.seat.load(Relaxed)
    }

    /// Takes `lock` if its word is still `word`, which names this worker.
    #[inline(always)]
    fn enter<H>(&self, lock: &BiasedLock<H>, word: u32) -> bool {
        debug_assert_eq!(self.inside.load(Relaxed), 0, "one biased lock at a time");
        self.inside.store(lock.address(), Relaxed);
        fence::light(); // pairs with the heavy fence in `end_bias`
        let mine = lock.word.load(Relaxed) == word;
        if !mine {
            self.leave();
        }
        mine
    }

    #[inline(always)]
    fn leave(&self) {
        self.inside.store(0, Release); // pairs with the acquire in `end_bias`
    }

    /// The worker holds `lock`, and ends a lap of its with `stamp`. Its seat, if the lock is to be
    /// its own.
    fn ends_lap<H>(&'static self, lock: &BiasedLock<H>, stamp: u32) -> Option<u32> {
        let lost = (stamp / LOST) & MOST_LOST;
        if lost == MOST_LOST {
            return None;
        }
        let address = lock.address();
        let followed = &self.followed[address / 64 % FOLLOWED];
        let again = followed.lock.load(Relaxed) == address && followed.next.load(Relaxed) == stamp;
        let laps = if again { followed.laps.load(Relaxed) + 1 } else { 1 };
        followed.lock.store(address, Relaxed);
        followed.next.store(stamp.wrapping_add(LAP * STAMP), Relaxed);
        followed.laps.store(laps, Relaxed);
        if laps < LAPS << (4 * lost) {
            return None;
        }
        if self.seat.load(Relaxed) == NO_SEAT {
            self.seat.store(take_seat(self)?, Relaxed);
        }
        Some(self.seat.load(Relaxed))
    }
}

/// A lock that knows when it serves one worker alone. See the module's head.
///
/// Nobody may hold two at a time, or park or run a user's code while holding one.
#[derive(Debug)]
pub struct BiasedLock<H> {
    word: AtomicU32,
    here: PhantomData<fn() -> H>,
    /// Where strangers wait for each other under loom, which would follow those who spin for ever.
    #[cfg(loom)]
    door: Mutex<()>,
}

/// The lock is held until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Held<'a, H: Here> {
    lock: &'a BiasedLock<H>,
    /// To be put back, raised.
    stamp: u32,
    /// Who holds it by its bias.
    owner: Option<&'static Owner>,
    #[cfg(loom)]
    _door: Option<MutexGuard<'a, ()>>,
}

impl<H> BiasedLock<H> {
    #[inline(always)]
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

impl<H: Here> Default for BiasedLock<H> {
    fn default() -> Self {
        BiasedLock::new()
    }
}

impl<H: Here> BiasedLock<H> {
    /// A lock that is free, and biased towards nobody.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        BiasedLock { word: AtomicU32::new(0), here: PhantomData }
    }

    /// A lock that is free, and biased towards nobody.
    #[cfg(loom)]
    pub fn new() -> Self {
        BiasedLock { word: AtomicU32::new(0), here: PhantomData, door: Mutex::new(()) }
    }

    /// Takes the lock.
    #[inline(always)]
    pub fn lock(&self) -> Held<'_, H> {
        let word = self.word.load(Relaxed);
        if word & HELD != 0
            && let Some(owner) = H::here()
            && owner.is_named_in(word)
            && owner.enter(self, word)
        {
            return Held {
                lock: self,
                stamp: word,
                owner: Some(owner),
                #[cfg(loom)]
                _door: None,
            };
        }
        #[cfg(loom)]
        let door = self.door.lock().unwrap();
        let mut stamp = self.exchange();
        if stamp & HELD != 0 {
            stamp = self.lock_slow(stamp);
        }
        Held {
            lock: self,
            stamp,
            owner: None,
            #[cfg(loom)]
            _door: Some(door),
        }
    }

    #[inline(always)]
    fn exchange(&self) -> u32 {
        // Acquire: pairs with the release store in `Held::drop`.
        self.word.swap(LOCKED, Acquire)
    }

    /// `found` was there before the exchange.
    #[cold]
    #[inline(never)]
    fn lock_slow(&self, mut found: u32) -> u32 {
        let mut backoff = Backoff::up_to(PAUSES);
        while found == LOCKED {
            backoff.wait();
            // Look without writing, so that waiters share the cache line.
            while self.word.load(Relaxed) == LOCKED {
                backoff.wait();
            }
            found = self.exchange();
        }
        if found & HELD == 0 { found } else { self.end_bias(found) }
    }

    /// The caller has exchanged `word`, a bias. The stamp to go on with.
    #[cold]
    fn end_bias(&self, word: u32) -> u32 {
        fence::heavy(); // pairs with the light fence in `enter`
        let owner =
            OWNERS[(word / STAMP) as usize].get().expect("a seat is taken before it is named");
        let mut backoff = Backoff::new();
        // Acquire: pairs with the release in `leave`.
        while owner.inside.load(Acquire) == self.address() {
            backoff.wait();
        }
        #[cfg(not(loom))]
        ENDED.fetch_add(1, Relaxed);
        // A stamp that no look from before can have seen.
        (word / LOST % (STAMP / LOST) + 1) * LOST
    }

    /// The stamp, or an odd number while the lock is held: what was the same stamp at two looks
    /// of the caller's was never locked by another in between. (After 2^29 locks stamps come
    /// again. That many do not fit between two looks that follow each other.)
    #[inline(always)]
    pub fn stamp(&self) -> u32 {
        // Acquire: what is looked at next is not older.
        let word = self.word.load(Acquire);
        if word & HELD == 0 || word == LOCKED { word } else { self.stamp_of_biased(word) }
    }

    fn stamp_of_biased(&self, word: u32) -> u32 {
        if H::here().is_some_and(|owner| owner.is_named_in(word)) {
            // Nobody else can have done anything while it says so. It is nobody's stamp: one with
            // that count of losses was higher before, and there will be none.
            return word - HELD;
        }
        drop(self.lock());
        self.word.load(Acquire)
    }

    /// What is to be put back after a lap.
    #[cold]
    #[inline(never)]
    fn after_lap(&self, stamp: u32) -> u32 {
        let seat = H::here().and_then(|owner| owner.ends_lap(self, stamp));
        seat.map_or(stamp, |seat| (seat * STAMP) | (stamp % STAMP) | HELD)
    }
}

impl<H: Here> Drop for Held<'_, H> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(owner) = self.owner {
            return owner.leave();
        }
        let mut word = self.stamp.wrapping_add(STAMP);
        if (word / STAMP).is_multiple_of(LAP) {
            word = self.lock.after_lap(word);
        }
        // Release: pairs with the acquire in `exchange`. A plain store is
        // enough, because only the holder gets here.
        self.lock.word.store(word, Release);
    }
}

/// Who is named in the words of biased locks. A worker keeps its seat for ever: its record is
/// never freed, and serves another thread after the end of the first. (Seat 0 stays empty: it
/// means a lock that is merely held.)
#[cfg(not(loom))]
static OWNERS: [OnceLock<&'static Owner>; SEATS] = [const { OnceLock::new() }; SEATS];
#[cfg(loom)]
loom::lazy_static! {
    static ref OWNERS: [OnceLock<&'static Owner>; SEATS] = Default::default();
}

/// A seat for `owner`. None when all are taken, or the light fence is no cheaper than the heavy
/// one: then there is nothing to be gained.
fn take_seat(owner: &'static Owner) -> Option<u32> {
    if !fence::init() {
        return None;
    }
    let seat = (1..SEATS).find(|&seat| OWNERS[seat].set(owner).is_ok());
    seat.map(|seat| seat as u32)
}

#[cfg(not(loom))]
static ENDED: AtomicU64 = AtomicU64::new(0);

/// How many locks have lost a bias so far. None where there is no bias.
#[cfg(not(loom))]
pub fn biases_ended() -> Option<u64> {
    fence::init().then(|| ENDED.load(Relaxed))
}

#[cfg(test)]
mod tests;
