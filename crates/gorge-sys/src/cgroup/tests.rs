//! Trees of both versions as real systems show them, read from memory.

use super::Tree;
use super::text::{self, Mount};
use std::path::Path;

const V2_GROUPS: &str = "0::/user.slice/run.scope\n";
const V2_MOUNTS: &str = "\
22 28 0:20 / /proc rw,nosuid shared:13 - proc proc rw
30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate
";
const V1_GROUPS: &str = "\
12:pids:/docker/4f
4:cpu,cpuacct:/docker/4f
3:cpuset:/
1:name=systemd:/docker/4f
";
const V1_MOUNTS: &str = "\
33 32 0:29 / /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset
34 32 0:30 /docker/4f /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:9 - cgroup cgroup rw,cpu,cpuacct
35 32 0:31 /docker/4f /sys/fs/cgroup/pids ro master:10 - cgroup cgroup rw,pids
";

/// A tree of the files given, which are all there are.
fn tree<'a>(
    groups: &str,
    mounts: &str,
    files: &'a [(&'a str, &'a str)],
) -> Tree<impl Fn(&Path) -> Option<String> + use<'a>> {
    let read = move |path: &Path| {
        files.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| text.to_string())
    };
    Tree { groups: groups.into(), mounts: mounts.into(), read }
}

#[test]
fn version_2_takes_the_least_up_the_tree() {
    let files = [
        ("/sys/fs/cgroup/user.slice/run.scope/cpu.max", "max 100000\n"),
        ("/sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n"),
        ("/sys/fs/cgroup/user.slice/run.scope/pids.max", "500\n"),
        ("/sys/fs/cgroup/user.slice/pids.max", "300\n"),
    ];
    let tree = tree(V2_GROUPS, V2_MOUNTS, &files);
    assert_eq!(tree.cpu_quota(), Some(2));
    assert_eq!(tree.task_limit(), Some(300));
}

#[test]
fn a_looser_parent_does_not_loosen() {
    let files = [
        ("/sys/fs/cgroup/user.slice/run.scope/cpu.max", "50000 100000"),
        ("/sys/fs/cgroup/user.slice/cpu.max", "800000 100000"),
    ];
    assert_eq!(tree(V2_GROUPS, V2_MOUNTS, &files).cpu_quota(), Some(1));
}

#[test]
fn version_1_looks_below_the_part_that_is_mounted() {
    let files = [
        ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "350000\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ("/sys/fs/cgroup/pids/pids.max", "max\n"),
    ];
    let tree = tree(V1_GROUPS, V1_MOUNTS, &files);
    assert_eq!(tree.cpu_quota(), Some(4));
    assert_eq!(tree.task_limit(), None);
}

#[test]
fn nested_groups_of_version_1() {
    let groups = V1_GROUPS.replace("cpuacct:/docker/4f", "cpuacct:/docker/4f/a/b");
    let files = [
        ("/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "250000\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "900000\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
    ];
    assert_eq!(tree(&groups, V1_MOUNTS, &files).cpu_quota(), Some(3));
}

#[test]
fn a_hybrid_system_is_asked_twice() {
    let groups = format!("{V1_GROUPS}0::/\n");
    let mounts =
        format!("{V1_MOUNTS}41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    let files = [
        ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000"),
        ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000"),
        ("/sys/fs/cgroup/unified/cpu.max", "200000 100000"),
    ];
    assert_eq!(tree(&groups, &mounts, &files).cpu_quota(), Some(2));
}

#[test]
fn nothing_there_is_no_limit() {
    assert_eq!(tree("", "", &[]).cpu_quota(), None);
    assert_eq!(tree(V2_GROUPS, V2_MOUNTS, &[]).cpu_quota(), None);
    assert_eq!(tree(V2_GROUPS, V1_MOUNTS, &[]).task_limit(), None);
    assert_eq!(tree("garbage\n::\n", "garbage - \n - - -\n", &[]).cpu_quota(), None);
}

#[test]
fn quotas_are_rounded_up_and_at_least_one() {
    for (text, processors) in [
        ("100000 100000", Some(1)),
        ("100001 100000", Some(2)),
        ("150000 100000\n", Some(2)),
        ("1000 100000", Some(1)),
        ("0 100000", Some(1)),
        ("50000", Some(1)),
        ("max 100000", None),
        ("100000 0", None),
        ("", None),
        ("many few", None),
    ] {
        assert_eq!(text::cpu_max(text), processors, "{text:?}");
    }
    assert_eq!(text::cfs("-1\n", "100000\n"), None);
    assert_eq!(text::cfs("125000\n", "50000\n"), Some(3));
}

#[test]
fn a_group_outside_of_the_mount_asks_the_mount_point() {
    let below = |group, root| text::below(Path::new(group), Path::new(root));
    assert_eq!(below("/docker/4f/inner", "/docker/4f"), Path::new("inner"));
    assert_eq!(below("/docker/4f", "/"), Path::new("docker/4f"));
    assert_eq!(below("/other", "/docker/4f"), Path::new(""));
    assert_eq!(below("/../sibling", "/"), Path::new(""));
}

#[test]
fn mount_points_with_blanks() {
    let line = r"1 2 0:3 /a\040b /sys/fs\134x\011y rw - cgroup2 cgroup2 rw";
    let mount = text::mount(line, None);
    assert_eq!(mount, Some(Mount { root: "/a b".into(), point: "/sys/fs\\x\ty".into() }));
}

#[test]
fn this_process_can_be_asked() {
    if let Some(quota) = super::cpu_quota() {
        assert!(quota >= 1);
    }
    if let Some(tasks) = super::task_limit() {
        assert!(tasks >= 1);
    }
}
