//! How much memory this process uses.

/// Bytes of physical memory that this process occupies now, where the system tells.
pub fn resident() -> Option<usize> {
    from_status(&std::fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// Bytes of address space that this process has mapped now, where the system tells.
pub fn mapped() -> Option<usize> {
    from_status(&std::fs::read_to_string("/proc/self/status").ok()?, "VmSize:")
}

/// `VmRSS:      1234 kB`. (`statm` has the same in pages, but pages are not 4 KiB everywhere.)
fn from_status(status: &str, name: &str) -> Option<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::{from_status, mapped, resident};

    #[test]
    fn lines_are_found_by_name() {
        let status = "Name:\tx\nVmSize:\t    1000 kB\nVmRSS:\t      20 kB\n";
        assert_eq!(from_status(status, "VmRSS:"), Some(20 << 10));
        assert_eq!(from_status(status, "VmSize:"), Some(1000 << 10));
        assert_eq!(from_status("Name:\tx\n", "VmRSS:"), None);
        assert_eq!(from_status("VmRSS: some kB\n", "VmRSS:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn touched_pages_are_resident() {
        const SIZE: usize = 64 << 20;
        let before = resident().unwrap();
        let block = std::hint::black_box(vec![1u8; SIZE]);
        let after = resident().unwrap();
        assert!(after > before + SIZE / 2, "{before} -> {after}");
        assert!(mapped().unwrap() >= after);
        drop(block);
    }
}
