//! The processors this process may run on, as `std` knows them.

/// Number of processors that `std` counts.
pub(crate) fn count() -> Option<usize> {
    std::thread::available_parallelism().ok().map(|count| count.get())
}
