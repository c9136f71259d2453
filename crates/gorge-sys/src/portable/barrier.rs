//! There is no portable way to fence other threads.

use std::io;

/// Always fails.
pub(crate) fn register() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Never reached: [`register`] has failed.
pub(crate) fn everywhere() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
