//! Writing to the standard error stream without its lock.
//!
//! A report comes out when the program is stuck, and what it is stuck on may be
//! a goroutine that waits in the middle of printing, holding that lock.

use std::io::Write;

/// Writes `text` as far as that is possible.
pub(crate) fn write(text: &str) {
    // There is nobody left to tell about an error.
    let _ = unlocked().write_all(text.as_bytes());
}

#[cfg(unix)]
fn unlocked() -> impl Write {
    use std::fs::File;
    use std::mem::ManuallyDrop;
    use std::os::fd::FromRawFd;

    /// A file that is not closed.
    struct Borrowed(ManuallyDrop<File>);

    impl Write for Borrowed {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            self.0.flush()
        }
    }

    // SAFETY: descriptor 2 is the standard error stream for as long as the
    // process lives; it is only borrowed.
    Borrowed(ManuallyDrop::new(unsafe { File::from_raw_fd(2) }))
}

#[cfg(not(unix))]
fn unlocked() -> impl Write {
    std::io::stderr()
}
