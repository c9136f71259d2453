//! What Go's package `sync` has: wait groups.

mod wait_group;

pub use wait_group::WaitGroup;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
