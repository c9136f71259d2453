//! No bug hides: virtual time, exploration of schedules, races, deadlocks of a part.
//!
//! | module | idea |
//! |---|---|
//! | `bubble` | a test in virtual time |
//! | `test` | what `#[gorge::test]` needs |
//! | `explore` | the same test with every order of its operations that matters |
//! | [`holds`] | deadlocks of a part, and locks taken in different orders |
//! | [`race`] | accesses to shared variables that nothing orders |

mod bubble;
mod explore;
pub mod holds;
pub mod race;
mod test;

use std::sync::Once;

/// Tests of concurrent programs.
pub mod testing {
    pub use crate::bubble::{bubble, wait};
    pub use crate::explore::{Explore, Explored, Failure, explore, fail};
    #[doc(hidden)]
    pub use crate::test::{Verdict, run_test, test_name};
}

/// Makes sure that somebody prints reports, and switches on what the environment
/// asks for: `GORGE_RACE`, `GORGE_DEADLOCK`, `GORGE_LOCK_ORDER`.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gorge_scope::install();
        race::enable_as_wanted();
        holds::enable_as_wanted();
    });
}
