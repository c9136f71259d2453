//! No bug hides: virtual time, exploration of schedules, races, deadlocks of a part.
//!
//! | module | idea |
//! |---|---|
//! | `bubble` | a test in virtual time |
//! | `test` | what `#[gorge::test]` needs |
//! | `explore` | the same test with every order of its operations that matters |
//! | [`holds`] | deadlocks of a part, and locks taken in different orders |
//! | [`testing`] | the two, as users see them: a chapter |
//! | [`leaks`] | goroutines that wait for ever |
//! | [`race`] | accesses to shared variables that nothing orders |
//! | `ending` | what is left to do at the end |
//! | `switches` | what the environment asks for |

mod blocked;
mod bubble;
#[cfg(unix)]
mod ending;
mod explore;
pub mod holds;
pub mod leaks;
pub mod race;
mod switches;
mod test;
pub mod testing;

use std::sync::Once;

/// Makes sure that somebody prints reports, and switches on what the environment
/// asks for: `GORGE_RACE`, `GORGE_DEADLOCK`, `GORGE_LOCK_ORDER`, `GORGE_LEAKS`.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gorge_scope::install();
        gorge_base::probe::tell_failures(gorge_scope::stacks::write);
        let wanted = switches::Switches::wanted();
        if let Some(options) = wanted.race {
            race::enable_with(options);
        }
        if wanted.no_race {
            race::do_not_look_in_tests();
        }
        holds::enable_as_wanted(wanted.deadlock, wanted.lock_order);
        if wanted.leaks {
            leaks::enable();
            leaks::tell_at_exit();
        }
    });
}
