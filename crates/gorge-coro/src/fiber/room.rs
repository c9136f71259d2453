//! How much stacks may take, and why the system gives no more.

use super::template::PAGE;
use crate::limit::{Limit, StackError};

/// What is left of the address space for everything else: no stack is taken from the
/// last of it, since those that run already go on allocating, and may need a thread.
pub(super) const LEFT_FOR_OTHERS: usize = 16 << 20;

/// Names the limit that a failed system call has run into.
pub(super) fn out_of_room(bytes: usize, e: std::io::Error) -> StackError {
    let limit = if mappings_exhausted() {
        Limit::Mappings
    } else if address_space_exhausted(bytes) {
        Limit::AddressSpace
    } else {
        Limit::Memory
    };
    StackError::new(limit, bytes, e.to_string())
}

fn mappings_exhausted() -> bool {
    let most = std::fs::read_to_string("/proc/sys/vm/max_map_count")
        .ok()
        .and_then(|s| s.trim().parse::<usize>().ok());
    let now = std::fs::read("/proc/self/maps").map(|s| s.iter().filter(|b| **b == b'\n').count());
    matches!((most, now), (Some(most), Ok(now)) if now + 16 >= most)
}

fn address_space_exhausted(bytes: usize) -> bool {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|s| s.split(' ').next()?.parse::<u64>().ok());
    // SAFETY: getrlimit writes the structure it is given.
    let limit = unsafe {
        let mut l: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_AS, &mut l);
        l.rlim_cur
    };
    let now = pages.unwrap_or(0) * PAGE as u64;
    // The size of user address space with four levels of page tables.
    now + (2 * bytes + LEFT_FOR_OTHERS) as u64 >= limit.min(1 << 47)
}
