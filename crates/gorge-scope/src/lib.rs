//! Dumps, deadlock reports and panic reports of Gorge.
//!
//! Promise: a report reads as Go's does, begins at the program's own frame, is
//! complete (every goroutine with its number, why and since when it waits,
//! where, and who started it), and comes out even when the program is stuck
//! with the standard error stream locked.
//!
//! | file | holds |
//! |---|---|
//! | `reports` | what is said at the end, and on request |
//! | `panics` | the panic hook; the report of a panic |
//! | `collect`, `walk` | from the scheduler's registry to data; walking stacks |
//! | `dump` | the text of a dump |
//! | `frame`, `name`, `trim` | from addresses to names and lines; readable names; which frames count |
//! | `info` | what a dump knows about one goroutine, as plain data |
//! | `stacks` | stacks as data, for tools above |
//! | `stderr` | the standard error stream, without its lock |
//!
//! The scheduler knows nothing of this crate; [`install`] introduces the two.

mod collect;
mod dump;
mod frame;
mod info;
mod name;
mod panics;
mod reports;
#[doc(hidden)]
pub mod stacks;
mod stderr;
mod trim;
mod walk;

pub use panics::panic_report;
#[doc(hidden)]
pub use reports::explain_stalls;
pub use reports::{stack, stacks_of};

use std::sync::Once;

use gorge_sched::report::{self, Reporter};

/// Lets this crate write the scheduler's reports, and puts its panic hook in
/// place. Once per process; later calls do nothing.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        report::set(Reporter {
            stall: reports::stall,
            unjoined_panic: reports::unjoined_panic,
            fatal: reports::fatal,
        });
        panics::install_hook();
    });
}
