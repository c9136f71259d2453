//! Files, processes, signals and the standard streams, for goroutines.
//!
//! | module | holds |
//! |---|---|
//! | [`fs`] | files, with `std`'s names |
//! | [`io`] | the standard streams |
//! | [`process`] | other processes |
//! | [`signal`] | signals, on channels |

#![cfg(unix)]

pub mod fs;
pub mod io;
mod kind;
pub mod process;
pub mod signal;
