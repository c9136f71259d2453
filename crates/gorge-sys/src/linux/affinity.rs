//! The processors this thread may run on, from `sched_getaffinity`.

use std::io;

/// Number of processors in the calling thread's affinity mask.
pub(crate) fn count() -> Option<usize> {
    // A mask of 1024 bits suits nearly every kernel; one built for more says EINVAL.
    let mut words = 1024 / 64;
    while words <= 1 << 16 {
        let mut mask = vec![0u64; words];
        // SAFETY: the kernel writes at most `words * 8` bytes to the mask.
        let written =
            unsafe { libc::syscall(libc::SYS_sched_getaffinity, 0, words * 8, mask.as_mut_ptr()) };
        if written > 0 {
            let count: u32 = mask.iter().map(|word| word.count_ones()).sum();
            return (count > 0).then_some(count as usize);
        }
        if io::Error::last_os_error().raw_os_error() != Some(libc::EINVAL) {
            return None;
        }
        words *= 2;
    }
    None
}
