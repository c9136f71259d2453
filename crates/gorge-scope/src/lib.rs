//! Dumps, deadlock reports and panic reports of Gorge.
//!
//! Promise: a report reads as Go's does, begins at the program's own frame, is
//! complete (every goroutine with its number, why and since when it waits,
//! where, and who started it), and comes out even when the program is stuck
//! with the standard error stream locked.
//!
//! | file | holds |
//! |---|---|
//! | `info` | what a dump knows about one goroutine, as plain data |
//! | `dump` | the text of a dump |
//! | `frame`, `name`, `trim` | from addresses to names and lines; readable names; which frames count |

mod dump;
mod frame;
mod info;
mod name;
mod trim;

pub use info::{Created, GoroutineInfo, Site, Status, Who};
