//! Limits of the system, for messages that name what to raise.
//!
//! Promise: `None` where there is no limit or the system does not tell. Every function reads
//! afresh; none is meant for a path that is not already a failure.

use crate::cgroup;

/// `vm.max_map_count`: how many separate mappings one process may have.
pub fn max_map_count() -> Option<u64> {
    number("/proc/sys/vm/max_map_count")
}

/// `kernel.threads-max`: how many threads the whole system may have.
pub fn threads_max() -> Option<u64> {
    number("/proc/sys/kernel/threads-max")
}

/// `kernel.pid_max`: one more than the highest number of a thread or process.
pub fn pid_max() -> Option<u64> {
    number("/proc/sys/kernel/pid_max")
}

/// `vm.overcommit_memory`: 0 (guess), 1 (always) or 2 (never promise more memory than there is).
pub fn overcommit_memory() -> Option<u64> {
    number("/proc/sys/vm/overcommit_memory")
}

/// `pids.max` of this process's control groups, the least of them: how many threads and processes
/// they may have together.
pub fn control_group_tasks() -> Option<u64> {
    cgroup::task_limit()
}

/// `RLIMIT_NPROC` (`ulimit -u`): how many threads and processes the user may have.
pub fn user_tasks() -> Option<u64> {
    soft("Max processes")
}

/// `RLIMIT_AS` (`ulimit -v`): bytes of address space.
pub fn address_space() -> Option<u64> {
    soft("Max address space")
}

/// `RLIMIT_STACK` (`ulimit -s`): bytes of the first thread's stack.
pub fn main_stack() -> Option<u64> {
    soft("Max stack size")
}

fn number(path: &str) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn soft(name: &str) -> Option<u64> {
    from_limits(&std::fs::read_to_string("/proc/self/limits").ok()?, name)
}

/// The soft limit in `/proc/self/limits`: `Max processes    63448    63448    processes`.
fn from_limits(limits: &str, name: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limits_are_found_by_name() {
        let limits = "\
Limit                     Soft Limit           Hard Limit           Units
Max stack size            8388608              unlimited            bytes
Max processes             63448                63449                processes
Max address space         unlimited            unlimited            bytes
";
        assert_eq!(from_limits(limits, "Max stack size"), Some(8 << 20));
        assert_eq!(from_limits(limits, "Max processes"), Some(63448));
        assert_eq!(from_limits(limits, "Max address space"), None);
        assert_eq!(from_limits("", "Max processes"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells() {
        assert!(max_map_count().unwrap() > 0);
        assert!(threads_max().unwrap() > 0);
        assert!(pid_max().unwrap() > 0);
        assert!(overcommit_memory().unwrap() <= 2);
    }
}
