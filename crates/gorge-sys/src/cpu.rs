//! How many processors this process may use.
//!
//! Promise: the smaller of the processors it may run *on* (affinity) and the processors' worth of
//! time it may *have* (quota of its control groups, rounded up); at least one. Both change while a
//! program runs, so every call looks again (some tens of microseconds).

use crate::{cgroup, os};

/// How many processors this process may use now.
///
/// # Examples
/// ```
/// assert!(gorge_sys::cpu::available() >= 1);
/// ```
///
/// # Compared with Go
/// Go 1.25 counts a quota below two processors as two. Here a quota of one processor is one: with
/// two, each would stand still for half of the time, in the middle of whatever it does.
pub fn available() -> usize {
    let allowed = os::affinity::count().unwrap_or(1);
    cgroup::cpu_quota().map_or(allowed, |quota| quota.min(allowed)).max(1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn never_more_than_the_system_has() {
        let count = super::available();
        let system = std::thread::available_parallelism().unwrap().get();
        assert!((1..=system).contains(&count), "{count} of {system}");
    }

    /// On a thread of its own: affinity belongs to the thread.
    #[cfg(all(target_os = "linux", not(gorge_portable)))]
    #[test]
    fn affinity_counts() {
        // SAFETY: an all-zero mask is a valid one.
        let mut mask: libc::cpu_set_t = unsafe { core::mem::zeroed() };
        let all = size_of_val(&mask);
        // SAFETY: reads and writes a mask of the size given, for the calling thread alone.
        let count = std::thread::spawn(move || unsafe {
            assert_eq!(libc::sched_getaffinity(0, all, &mut mask), 0);
            let first = (0..1024).find(|&cpu| libc::CPU_ISSET(cpu, &mask)).unwrap();
            libc::CPU_ZERO(&mut mask);
            libc::CPU_SET(first, &mut mask);
            assert_eq!(libc::sched_setaffinity(0, all, &mask), 0);
            super::available()
        });
        assert_eq!(count.join().unwrap(), 1);
    }
}
