//! What is done, to what kind of thing, where.

use std::panic::Location;

/// Where in the program something is done.
pub type Place = &'static Location<'static>;

/// What is about to be done to an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Op {
    /// Send to a channel.
    Send,
    /// Receive from a channel.
    Receive,
    /// Close a channel.
    Close,
    /// Choose among several operations.
    Select,
    /// Lock what only one can have.
    Lock,
    /// Lock for writing what several can read.
    WriteLock,
    /// Lock for reading.
    ReadLock,
    /// Let go of a lock.
    Unlock,
    /// Let go of a lock held for reading.
    ReadUnlock,
    /// Wait for an event, a count.
    Wait,
    /// Wait for a condition to be signalled.
    Condition,
    /// Wake one or all of those who wait; count down.
    Signal,
    /// Change a count that is waited for.
    Count,
    /// End a context.
    Cancel,
    /// Put something below a context.
    Enlist,
    /// Leave the queue of a channel.
    Withdraw,
    /// Run something once.
    Once,
    /// Take permits.
    Acquire,
    /// Give permits back.
    Release,
    /// Read an atomic variable.
    Load,
    /// Write an atomic variable.
    Store,
    /// Read and write an atomic variable at once.
    Update,
    /// Read a shared variable.
    Read,
    /// Write a shared variable.
    Write,
    /// Start a goroutine.
    Go,
    /// Wait for a goroutine's end.
    Join,
    /// Wait for a time, or set one.
    Sleep,
    /// Let others run.
    Yield,
}

/// How something is held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hold {
    /// By one alone.
    Alone,
    /// Together with others (readers).
    Shared,
    /// So many permits of a semaphore.
    Permits(usize),
}
