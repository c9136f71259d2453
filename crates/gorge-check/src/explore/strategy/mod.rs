//! How schedules are chosen: the question, and one file for each answer.

mod exhaustive;
mod pct;
pub(crate) mod question;
mod random;
mod replay;

pub(crate) use exhaustive::Exhaustive;
pub(crate) use pct::Pct;
pub(crate) use random::Random;
pub(crate) use replay::Replay;
