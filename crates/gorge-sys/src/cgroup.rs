//! Control groups: limits that an administrator or a container sets on this process.
//!
//! Promise: of a limit that can be set at every level, the smallest from this process's group up to
//! the top of what is mounted here; nothing (not a guess) when a file is missing or odd. Reads
//! `/proc` and the mounted trees afresh at every call, because limits change while we run.
//!
//! How the directory is found, for version 1 (one tree for each controller) and version 2 (one for
//! all) alike; on a hybrid system both are asked:
//!
//! ```text
//!   /proc/self/cgroup       3:cpu,cpuacct:/box/inner      0::/box/inner
//!   /proc/self/mountinfo    ... /box /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
//!                               '--- this much of the group's path is above the mount point
//!   read, and take the least of:
//!       /sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us
//!       /sys/fs/cgroup/cpu/cpu.cfs_quota_us
//! ```

use std::path::{Path, PathBuf};

mod text;

/// Processors' worth of time per time, rounded up: 150 % is 2. At least 1; `None` is unlimited.
pub(crate) fn cpu_quota() -> Option<usize> {
    Tree::of_this_process().cpu_quota()
}

/// Most tasks (threads and processes) allowed in this process's groups; `None` is unlimited.
pub(crate) fn task_limit() -> Option<u64> {
    Tree::of_this_process().task_limit()
}

/// What the two files of `/proc` say, and how a file is read (from memory, in tests).
struct Tree<R> {
    groups: String,
    mounts: String,
    read: R,
}

impl Tree<fn(&Path) -> Option<String>> {
    fn of_this_process() -> Self {
        fn read(path: &Path) -> Option<String> {
            std::fs::read_to_string(path).ok()
        }
        let proc = |name: &str| read(&Path::new("/proc/self").join(name)).unwrap_or_default();
        Tree { groups: proc("cgroup"), mounts: proc("mountinfo"), read }
    }
}

impl<R: Fn(&Path) -> Option<String>> Tree<R> {
    fn cpu_quota(&self) -> Option<usize> {
        let unified =
            self.levels(None).filter_map(|dir| text::cpu_max(&self.file(&dir, "cpu.max")?));
        let classic = self.levels(Some("cpu")).filter_map(|dir| {
            let quota = self.file(&dir, "cpu.cfs_quota_us")?;
            let period = self.file(&dir, "cpu.cfs_period_us")?;
            text::cfs(&quota, &period)
        });
        unified.chain(classic).min()
    }

    fn task_limit(&self) -> Option<u64> {
        let dirs = self.levels(None).chain(self.levels(Some("pids")));
        dirs.filter_map(|dir| text::limit(&self.file(&dir, "pids.max")?)).min()
    }

    fn file(&self, dir: &Path, name: &str) -> Option<String> {
        (self.read)(&dir.join(name))
    }

    /// The directories from this process's group up to the mount point, in the tree of version 2
    /// (`None`) or in that of a controller of version 1.
    fn levels(&self, controller: Option<&str>) -> impl Iterator<Item = PathBuf> + use<R> {
        let mut found = Vec::new();
        if let Some(group) = text::group(&self.groups, controller)
            && let Some(mount) = text::mount(&self.mounts, controller)
        {
            let inner = text::below(group, &mount.root);
            let bottom = mount.point.join(inner);
            found = bottom
                .ancestors()
                .take(inner.components().count() + 1)
                .map(Path::to_owned)
                .collect();
        }
        found.into_iter()
    }
}

#[cfg(test)]
mod tests;
