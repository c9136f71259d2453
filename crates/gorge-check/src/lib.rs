//! No bug hides: virtual time, exploration of schedules, races, deadlocks of a part.
//!
//! | module | idea |
//! |---|---|
//! | `bubble` | a test in virtual time |
//! | `test` | what `#[gorge::test]` needs |
//! | `explore` | the same test with every order of its operations that matters |

mod bubble;
mod explore;
mod test;

/// Tests of concurrent programs.
pub mod testing {
    pub use crate::bubble::{bubble, wait};
    pub use crate::explore::{Explore, Explored, Failure, explore, fail};
    #[doc(hidden)]
    pub use crate::test::{Verdict, run_test, test_name};
}
