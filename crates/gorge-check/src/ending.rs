//! What detectors do when the program ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does what is left to do. A panic in it is told, and harms nobody.
pub(crate) fn at_the_end(look: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(look)) {
        let why = gorge_sched::message(&*panic).unwrap_or("a panic");
        gorge_scope::stacks::write(&format!("gorge: a detector has failed at the end: {why}\n"));
        std::mem::forget(panic); // its destructor may panic as well
    }
}
