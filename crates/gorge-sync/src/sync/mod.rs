//! What Go's package `sync` has, and its kin: locks, and waiting for others.
//!
//! Everything here works from goroutines and from plain OS threads, at the same
//! time, and (but for what is made of handles) can be a `static`.
//!
//! | to | use |
//! |---|---|
//! | let one at a time use a value | [`Mutex`]; [`PoisonMutex`], if a panic may spoil it |
//! | let many read it, or one write it | [`RwLock`] |
//! | wait for a change of what a mutex guards | [`Condvar`] |
//! | do something once | [`Once`], [`once_func`] |
//! | make a value once | [`OnceLock`], [`LazyLock`], [`once_value`] |
//! | let a number of them work at a time | [`Semaphore`] |
//! | wait for the end of a group | [`WaitGroup`] |
//! | wait for a count, once | [`Latch`] |
//! | wait for each other, again and again | [`Barrier`] |
//! | wait for a flag | [`Event`] |
//! | try again after something has happened | [`EventCount`] |
//! | use values again instead of making new ones | [`Pool`] |
//! | use a number or a flag without a lock | [`atomic`] |
//! | share a map | [`Map`] |
//!
//! None of them is poisoned by a panic, but for the one that says so in its name.
//!
//! Locking, acquiring and waiting can be arms of a select: `on(mutex.locking())`,
//! `on(lock.reading())`, `on(semaphore.acquiring(2))`, `on(event.waiting())`, `on(group.waiting())`.

#[cfg(not(loom))]
pub mod atomic;
mod barrier;
mod condvar;
mod crowd;
mod event;
mod event_count;
mod latch;
#[cfg(not(loom))]
mod map;
mod mutex;
mod once;
mod parts;
mod poison;
mod pool;
mod rwlock;
mod semaphore;
mod unwind;
mod wait_group;

pub use barrier::{Arrival, Barrier, BarrierWaitResult, RoundOver};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use event::{Event, EventSet};
pub use event_count::{Advanced, EventCount, Seen};
pub use latch::{Latch, LatchOpen};
#[cfg(not(loom))]
pub use map::Map;
pub(crate) use mutex::raw::RawMutex;
pub use mutex::{Locking, MappedMutexGuard, Mutex, MutexGuard};
pub use once::{LazyLock, Once, OnceLock, once_func, once_value, once_values};
pub use poison::{PoisonMutex, PoisonMutexGuard};
#[cfg(not(loom))]
pub use pool::{Pool, Pooled};
pub use rwlock::{
    MappedRwLockWriteGuard, Reading, RwLock, RwLockReadGuard, RwLockWriteGuard, Writing,
};
pub use semaphore::{Acquiring, OwnedPermits, Permits, Semaphore};
pub use wait_group::{GroupDone, WaitGroup};

#[cfg(all(test, not(loom)))]
mod every_way;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod stress;
#[cfg(all(test, not(loom)))]
mod tests;
