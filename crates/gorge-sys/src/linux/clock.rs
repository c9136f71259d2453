//! `CLOCK_MONOTONIC`, through the vDSO: no system call.

/// Nanoseconds of `CLOCK_MONOTONIC`: the clock that futex deadlines are measured by.
#[inline]
pub(crate) fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a timespec to write to. The call cannot fail: every Linux has the clock.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
