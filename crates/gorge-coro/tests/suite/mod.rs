//! What a program may do in a goroutine, in whichever mode this binary is for.
#![allow(clippy::undocumented_unsafe_blocks)] // Tests of an unsafe interface.

mod ends;
#[cfg(gorge_fibers)]
mod fallbacks;
mod guards;
// glibc itself crashes here when it is linked statically.
#[cfg(not(target_feature = "crt-static"))]
mod libraries;
mod locals;
mod memory;
mod panics;
mod parked;
mod stress;
mod system;
