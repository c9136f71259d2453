//! What a dump knows about one goroutine: plain data, gathered before
//! anything is printed.
//!
//! Invariant: nothing here refers to the runtime. A dump can be put together
//! by hand, which is how its form is tested.

use std::panic::Location;
use std::time::Duration;

/// One goroutine, or one plain thread that waits in Gorge.
#[derive(Clone, Debug)]
pub(crate) struct GoroutineInfo {
    /// Which one.
    pub(crate) who: Who,
    /// The name given to it by its builder.
    pub(crate) name: Option<String>,
    /// What it does.
    pub(crate) status: Status,
    /// Whether it is bound to its OS thread.
    pub(crate) locked: bool,
    /// Where it waits, as the blocking call saw its caller; or where it panicked.
    pub(crate) at: Option<Site>,
    /// Its return addresses, innermost first. Empty when the stack cannot be walked.
    pub(crate) stack: Vec<usize>,
    /// Who started it; `None` for the main goroutine and for threads.
    pub(crate) created: Option<Created>,
}

/// Whose stack it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// The goroutine with this number.
    Goroutine(u64),
    /// A plain OS thread, by name.
    Thread(String),
}

/// What a goroutine does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It runs on a processor, or stays in a call on its own OS thread.
    Running,
    /// It ran, and ended by a panic.
    Panicked,
    /// It waits for a processor.
    Runnable,
    /// It waits for something.
    Waiting {
        /// For what, in Go's words: `chan receive`.
        reason: String,
        /// Since how long.
        since: Duration,
    },
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Site {
    /// The file, as the compiler was given it.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: u32,
}

impl From<&Location<'_>> for Site {
    fn from(location: &Location<'_>) -> Site {
        Site { file: location.file().to_owned(), line: location.line() }
    }
}

/// How a goroutine came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Created {
    /// The number of the goroutine that started it; `None` for a plain thread or a timer.
    pub(crate) by: Option<u64>,
    /// The function that did, as far as it is known.
    pub(crate) function: Option<String>,
    /// The call that did.
    pub(crate) site: Option<Site>,
}
