//! Data races: variables that have them, and the detector that finds them.

pub use gorge_check::race::{Race, Watch, count, enable, watch};
pub use gorge_sync::race::Shared;
