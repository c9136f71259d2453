//! Fetching memory into the caches before it is needed.

/// Asks the processor for the cache line at `address`, and goes on at once.
///
/// Never faults, whatever the address. Unlike a store that misses, it is not waited for by the next
/// locked instruction. Nothing where there is no such instruction.
#[inline(always)]
pub fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: prefetching has no effect on memory, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast())
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
