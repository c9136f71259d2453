//! The futex system call, private to the process.

use core::ptr;

use gorge_base::atomic::AtomicU32;

/// See [`crate::futex::wait`].
pub(crate) fn wait(word: &AtomicU32, expected: u32, deadline: Option<u64>) -> bool {
    let time = deadline.map(|ns| libc::timespec {
        tv_sec: (ns / 1_000_000_000) as _,
        tv_nsec: (ns % 1_000_000_000) as _,
    });
    let time: *const libc::timespec = time.as_ref().map_or(ptr::null(), |time| time);
    // The BITSET form takes an absolute time of CLOCK_MONOTONIC; the plain form a duration, which
    // would start again after every interruption.
    // SAFETY: the word lives as long as the borrow; `time` is null or a timespec on this stack.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
            expected,
            time,
            ptr::null::<u32>(),
            libc::FUTEX_BITSET_MATCH_ANY,
        )
    };
    // EAGAIN (another value) and EINTR (a signal) are ordinary, spurious ends.
    result == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ETIMEDOUT)
}

/// See [`crate::futex::wake_one`] and [`crate::futex::wake_all`].
pub(crate) fn wake(word: *const AtomicU32, count: usize) -> usize {
    // SAFETY: only the address is used; the kernel does not touch the word.
    let woken = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word,
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            count.min(i32::MAX as usize) as i32,
        )
    };
    usize::try_from(woken).unwrap_or(0)
}
