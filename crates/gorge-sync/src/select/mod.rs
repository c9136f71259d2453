//! Waiting for the first of several things.
//!
//! Promise: exactly one of the arms happens; which one is chosen evenly among
//! those that can happen at once, and otherwise is the first that comes; an
//! arm that does not happen has done nothing, so a lost race loses no value.
//!
//! | file | holds |
//! |---|---|
//! | `selectable` | the verbs by which select knows an arm |
//! | `arms` | several arms as one list, known at compile time |
//! | `engine` | trying, enlisting, parking, withdrawing |
//! | `when` | [`when`]: an arm as a future |
//! | `list` | [`Select`]: a list of arms made at run time |
//!
//! ```text
//!   look at all arms, no lock -> some may be ready -> try one of them, chosen
//!        ^                             | none          at random -> done
//!        |                             v
//!        |      enlist in each arm, one lock at a time;
//!        |      one is ready after all? back out of the claim:
//!        '---- backed out: withdraw           too late: somebody won it
//!                                      |            |
//!                                      v            v
//!                                    park ---> withdraw from the others
//!                                              complete the winner
//! ```
//!
//! Why one lock at a time, where Go locks all channels of a select in the order
//! of their addresses: a select of N holds N locks for nothing most of the time,
//! and foreign things that can be selected over would all have to take part in
//! one lock order. The price is the claim and the possibility to back out.

mod arms;
pub(crate) mod engine;
mod list;
mod selectable;
mod when;

#[doc(hidden)]
pub use arms::{Arms, Cons, End, Never, Order, Tried, Won};
pub(crate) use engine::{block_for_ever, one, one_of_two, one_until};
pub use list::Select;
pub use selectable::Selectable;
pub use when::{When, when};

#[cfg(all(test, loom))]
mod loom_tests;
