//! The error of everything that is given a number of workers or places.

use std::error::Error;
use std::fmt;

/// A pool, a limit or a number of workers of zero: it could never do anything.
///
/// # Examples
/// ```
/// use gorge::patterns::{Gate, SizeError};
///
/// assert!(matches!(Gate::new(0), Err(SizeError)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizeError;

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("size value too small")
    }
}

impl Error for SizeError {}

/// An error if `size` is zero.
pub(super) fn checked(size: usize) -> Result<usize, SizeError> {
    if size == 0 { Err(SizeError) } else { Ok(size) }
}
