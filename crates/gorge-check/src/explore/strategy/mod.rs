//! How schedules are chosen: the question, and one file for each answer.

mod concern;
mod exhaustive;
mod history;
mod pct;
pub(crate) mod question;
mod random;
mod reduced;
mod replay;

pub(crate) use exhaustive::Exhaustive;
pub(crate) use pct::Pct;
pub(crate) use random::Random;
pub(crate) use reduced::Reduced;
pub(crate) use replay::Replay;
