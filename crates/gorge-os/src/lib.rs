//! Files, processes, signals and the standard streams, for goroutines.

pub mod process;
pub mod signal;
