//! Which descriptors can be waited for.

use std::os::fd::AsFd;

use rustix::fs::{FileType, fstat};

/// Whether the system can tell when `fd` becomes ready: pipes, sockets, terminals. (Regular files always are, for it;
/// of devices only the terminals are worth asking.)
pub(crate) fn waits(fd: impl AsFd) -> bool {
    match fstat(&fd).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
        Ok(FileType::Fifo | FileType::Socket) => true,
        Ok(FileType::CharacterDevice) => rustix::termios::isatty(&fd),
        _ => false,
    }
}
