//! What Gorge needs of the operating system, and nothing about goroutines.
//!
//! Promise: each module states its contract once; the directory `linux` keeps it with the system
//! calls made for it, the directory `portable` with what `std` has everywhere. Which one is built
//! is decided below, in one place: `linux` on Linux, `portable` elsewhere and under
//! `cfg(gorge_portable)`. Facts that Linux tells in text files (`/proc`, control groups) are read
//! as text in both; where the files are missing the answer is "unknown", never a guess.
//!
//! | module | for |
//! |---|---|
//! | [`futex`] | sleeping on a word |
//! | [`parker`] | one thread waiting for one token |
//! | [`poller`] | waiting for descriptors |
//! | [`clock`] | monotonic nanoseconds |
//! | [`cpu`] | how many processors this process may use |
//! | [`fence`] | a fence that is free on one side and dear on the other |
//! | [`threads`], [`memory`], [`limits`] | what this process uses and may use |

pub mod clock;
pub mod cpu;
pub mod fence;
pub mod futex;
pub mod limits;
pub mod memory;
pub mod parker;
pub mod poller;
pub mod threads;

mod cgroup;

#[cfg(all(target_os = "linux", not(gorge_portable)))]
#[path = "linux/mod.rs"]
#[cfg_attr(loom, allow(dead_code))] // loom has a model of the fence instead
mod os;

#[cfg(not(all(target_os = "linux", not(gorge_portable))))]
#[path = "portable/mod.rs"]
#[cfg_attr(loom, allow(dead_code))]
mod os;

pub use parker::Parker;
