//! What a dump knows about one goroutine: plain data, gathered before
//! anything is printed.
//!
//! Invariant: nothing here refers to the runtime. A dump can be put together
//! by hand, which is how its form is tested.

use std::panic::Location;
use std::time::Duration;

/// One goroutine, or one plain thread that waits in Gorge.
#[derive(Clone, Debug)]
pub struct GoroutineInfo {
    /// Which one.
    pub who: Who,
    /// The name given to it by its builder.
    pub name: Option<String>,
    /// What it does.
    pub status: Status,
    /// Whether it is bound to its OS thread.
    pub locked: bool,
    /// Where it waits, as the blocking call saw its caller; or where it panicked.
    pub at: Option<Site>,
    /// Its return addresses, innermost first. Empty when the stack cannot be walked.
    pub stack: Vec<usize>,
    /// Who started it; `None` for the main goroutine and for threads.
    pub created: Option<Created>,
}

/// Whose stack it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The goroutine with this number.
    Goroutine(u64),
    /// A plain OS thread, by name.
    Thread(String),
}

/// What a goroutine does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It runs on a processor, or stays in a call on its own OS thread.
    Running,
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
pub struct Site {
    /// The file, as the compiler was given it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl From<&Location<'_>> for Site {
    fn from(location: &Location<'_>) -> Site {
        Site { file: location.file().to_owned(), line: location.line() }
    }
}

/// How a goroutine came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The number of the goroutine that started it; 0 for a plain thread.
    pub by: u64,
    /// The function that did, as far as it is known.
    pub function: Option<String>,
    /// The call that did.
    pub site: Option<Site>,
}
