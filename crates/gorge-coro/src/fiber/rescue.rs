//! The end of the process, with a message that needs no memory, lock or thread-local.

/// Writes `fatal error: ` and the parts to standard error and aborts.
pub(super) fn fatal(parts: &[&[u8]]) -> ! {
    for part in [&b"fatal error: "[..]].iter().chain(parts).chain([&&b"\n"[..]]) {
        // SAFETY: writes bytes that are there.
        unsafe { libc::write(2, part.as_ptr().cast(), part.len()) };
    }
    // SAFETY: ends the process.
    unsafe { libc::abort() }
}
