//! Addresses within one machine: paths, and names that are in no file system.

use std::fmt;
use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use rustix::net::SocketAddrUnix;

/// As `std` understands a path: on Linux the empty one is none.
pub(super) fn at_path(path: &Path) -> io::Result<SocketAddrUnix> {
    #[cfg(target_os = "linux")]
    if path.as_os_str().is_empty() {
        return Ok(SocketAddrUnix::new_unnamed());
    }
    Ok(SocketAddrUnix::new(path)?)
}

/// As `rustix` has it.
pub(super) fn of_std(address: &SocketAddr) -> io::Result<SocketAddrUnix> {
    #[cfg(target_os = "linux")]
    if let Some(name) = std::os::linux::net::SocketAddrExt::as_abstract_name(address) {
        return Ok(SocketAddrUnix::new_abstract_name(name)?);
    }
    at_path(address.as_pathname().unwrap_or(Path::new("")))
}

/// An address as it stands in the texts of errors: the path, or the name behind an `@`.
pub(super) struct Shown<'a>(pub(super) &'a SocketAddr);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(target_os = "linux")]
        if let Some(name) = std::os::linux::net::SocketAddrExt::as_abstract_name(self.0) {
            return write!(f, "@{}", name.escape_ascii());
        }
        self.0.as_pathname().unwrap_or(Path::new("")).display().fmt(f)
    }
}
