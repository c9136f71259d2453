//! The near ends of a child's standard streams.

use std::io::{self, IoSlice, IoSliceMut, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::process::Stdio;

use gorge_net::io::{Fd, Ready};
use gorge_sync::time::Instant;

macro_rules! pipe {
    ($(#[$doc:meta])* $name:ident, $end:ty, $arm:ident, $(#[$arm_doc:meta])* $set_deadline:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(Fd<$end>);

        impl $name {
            pub(super) fn from_std(pipe: std::process::$name) -> io::Result<$name> {
                Fd::new(<$end>::from(OwnedFd::from(pipe))).map($name)
            }

            $(#[$arm_doc])*
            pub fn $arm(&self) -> Ready<'_> {
                self.0.$arm()
            }

            /// From `deadline` on operations fail with [`TimedOut`](io::ErrorKind::TimedOut), also those that
            /// wait now; `None` for no deadline.
            pub fn set_deadline(&self, deadline: Option<Instant>) {
                self.0.$set_deadline(deadline);
            }

            /// Closes this end: who waits goes on with an error.
            ///
            /// # Errors
            /// When it is closed already.
            pub fn close(&self) -> io::Result<()> {
                self.0.close()
            }
        }

        impl AsFd for $name {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.0.as_fd()
            }
        }

        impl AsRawFd for $name {
            fn as_raw_fd(&self) -> RawFd {
                self.0.as_raw_fd()
            }
        }

        /// The descriptor, put back into blocking mode.
        impl From<$name> for OwnedFd {
            fn from(pipe: $name) -> OwnedFd {
                let end = pipe.0.into_inner();
                // Cannot fail for a descriptor that is open.
                let _ = rustix::io::ioctl_fionbio(&end, false);
                OwnedFd::from(end)
            }
        }

        /// As a standard stream of the next process, to which it must block.
        impl From<$name> for Stdio {
            fn from(pipe: $name) -> Stdio {
                Stdio::from(OwnedFd::from(pipe))
            }
        }
    };
}

pipe! {
    /// What is written here is the child's standard input, which ends when this is dropped.
    ///
    /// # Blocking
    /// Writing parks while the pipe is full.
    ChildStdin, PipeWriter, writable,
    /// That writing would not wait, as an arm of a select.
    set_write_deadline
}

pipe! {
    /// What the child writes to its standard output is read here.
    ///
    /// # Blocking
    /// Reading parks while the pipe is empty.
    ChildStdout, PipeReader, readable,
    /// That reading would not wait, as an arm of a select.
    set_read_deadline
}

pipe! {
    /// What the child writes to its standard error is read here.
    ///
    /// # Blocking
    /// Reading parks while the pipe is empty.
    ChildStderr, PipeReader, readable,
    /// That reading would not wait, as an arm of a select.
    set_read_deadline
}

macro_rules! writes {
    ($($to:ty),*) => {$(
        impl Write for $to {
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                (&self.0).write(buf)
            }

            #[track_caller]
            fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
                (&self.0).write_vectored(bufs)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
    )*};
}

macro_rules! reads {
    ($($from:ty),*) => {$(
        impl Read for $from {
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                (&self.0).read(buf)
            }

            #[track_caller]
            fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                (&self.0).read_vectored(bufs)
            }
        }
    )*};
}

writes!(ChildStdin, &ChildStdin);
reads!(ChildStdout, &ChildStdout, ChildStderr, &ChildStderr);
