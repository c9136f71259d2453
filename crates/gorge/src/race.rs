//! Data races: variables that have them, and the detector that finds them.

pub use gorge_sync::race::Shared;
