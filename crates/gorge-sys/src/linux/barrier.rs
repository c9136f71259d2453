//! A fence in every running thread of this process at once: `membarrier`, private and expedited.

use std::io;

// linux/membarrier.h; the libc crate has them for some targets only.
const MEMBARRIER_CMD_PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

/// Announces that this process will call [`everywhere`]. Fails on kernels before 4.14 and under
/// filters that forbid it.
pub(crate) fn register() -> io::Result<()> {
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)?;
    everywhere() // a filter may let the one pass and not the other
}

/// When this returns, every thread of the process has passed a full fence since it was called.
pub(crate) fn everywhere() -> io::Result<()> {
    membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)
}

fn membarrier(command: libc::c_int) -> io::Result<()> {
    // SAFETY: membarrier touches no memory of ours.
    match unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
