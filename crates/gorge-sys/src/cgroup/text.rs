//! The formats of the files. Pure functions from text; odd text gives `None`.

use std::path::{Path, PathBuf};

/// One line of `mountinfo`: `point` shows what lies below `root` in the file system.
#[derive(Debug, PartialEq)]
pub(super) struct Mount {
    pub(super) root: PathBuf,
    pub(super) point: PathBuf,
}

/// The group's path in `/proc/self/cgroup` (`id:controllers:path`): that of version 2, which has
/// no controllers there, or that of one controller of version 1.
pub(super) fn group<'a>(groups: &'a str, controller: Option<&str>) -> Option<&'a Path> {
    groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let here = match controller {
            None => id == "0" && controllers.is_empty(),
            Some(name) => controllers.split(',').any(|other| other == name),
        };
        here.then(|| Path::new(path))
    })
}

/// Where the tree is mounted, from `/proc/self/mountinfo`:
///
/// ```text
/// 36 35 98:0 /root /point rw,noatime shared:1 ... - cgroup cgroup rw,cpu,cpuacct
///            3     4      5          6 ...        | type   source options
/// ```
pub(super) fn mount(mounts: &str, controller: Option<&str>) -> Option<Mount> {
    mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split(' ');
        let (kind, _source, options) = (after.next()?, after.next()?, after.next()?);
        let here = match controller {
            None => kind == "cgroup2",
            Some(name) => kind == "cgroup" && options.split(',').any(|option| option == name),
        };
        let mut before = before.split(' ').skip(3);
        let (root, point) = (before.next()?, before.next()?);
        here.then(|| Mount { root: unescape(root).into(), point: unescape(point).into() })
    })
}

/// The part of the group's path that lies below the mount point. Nothing when the group lies
/// outside of what is mounted (a container that sees its host's paths): the mount point is then
/// the best that can be asked.
pub(super) fn below<'a>(group: &'a Path, root: &Path) -> &'a Path {
    let inner = group.strip_prefix(root).unwrap_or(Path::new(""));
    let climbs = inner.components().any(|part| part.as_os_str() == "..");
    if climbs { Path::new("") } else { inner }
}

/// `cpu.max` of version 2: `"150000 100000"` or `"max 100000"`.
pub(super) fn cpu_max(text: &str) -> Option<usize> {
    let mut fields = text.split_whitespace();
    processors(fields.next()?.parse().ok()?, fields.next().unwrap_or("100000").parse().ok()?)
}

/// `cpu.cfs_quota_us` (-1: none) and `cpu.cfs_period_us` of version 1.
pub(super) fn cfs(quota: &str, period: &str) -> Option<usize> {
    processors(quota.trim().parse().ok()?, period.trim().parse().ok()?)
}

fn processors(quota: u64, period: u64) -> Option<usize> {
    if period == 0 {
        return None;
    }
    usize::try_from(quota.div_ceil(period).max(1)).ok()
}

/// A number, or `max`.
pub(super) fn limit(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// Blanks and the like are written as a backslash and three octal digits.
fn unescape(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = tail.get(..3).and_then(|digits| str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(escaped) if byte == b'\\' => {
                bytes.push(escaped);
                rest = &tail[3..];
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
