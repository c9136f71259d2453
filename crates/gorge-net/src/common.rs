//! What all sockets have, written once: conversions, deadlines, time limits, closing.

/// For a type `struct Ours { fd: Fd<Std>, .. }` with `Ours::of(Fd<Std>) -> Ours`.
macro_rules! socket {
    ($ours:ident, $std:ty) => {
        impl $ours {
            /// From `deadline` on reading (accepting, receiving) fails with
            /// [`TimedOut`](std::io::ErrorKind::TimedOut), also where somebody waits now; `None` for
            /// no deadline.
            pub fn set_read_deadline(&self, deadline: Option<Instant>) {
                self.fd.set_read_deadline(deadline);
            }

            /// As [`set_read_deadline`](Self::set_read_deadline), for writing (sending).
            pub fn set_write_deadline(&self, deadline: Option<Instant>) {
                self.fd.set_write_deadline(deadline);
            }

            /// [`set_read_deadline`](Self::set_read_deadline) and
            /// [`set_write_deadline`](Self::set_write_deadline) in one.
            pub fn set_deadline(&self, deadline: Option<Instant>) {
                self.fd.set_deadline(deadline);
            }

            /// How long one operation that reads may wait; then it fails with
            /// [`TimedOut`](std::io::ErrorKind::TimedOut). (`std`'s fails with `WouldBlock`.)
            ///
            /// # Errors
            /// [`InvalidInput`](std::io::ErrorKind::InvalidInput) for a time of zero.
            pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.fd.set_read_timeout(timeout)
            }

            /// As [`set_read_timeout`](Self::set_read_timeout), for writing.
            ///
            /// # Errors
            /// As there.
            pub fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.fd.set_write_timeout(timeout)
            }

            /// As set with [`set_read_timeout`](Self::set_read_timeout).
            ///
            /// # Errors
            /// None; `std` has them.
            pub fn read_timeout(&self) -> io::Result<Option<Duration>> {
                Ok(self.fd.read_timeout())
            }

            /// As set with [`set_write_timeout`](Self::set_write_timeout).
            ///
            /// # Errors
            /// None; `std` has them.
            pub fn write_timeout(&self) -> io::Result<Option<Duration>> {
                Ok(self.fd.write_timeout())
            }

            /// Closes the socket, under whoever waits for it: they, and every later operation,
            /// get [`Closed`](crate::net::Closed). Dropping it closes it too, if nobody uses it.
            ///
            /// "Whoever" is who uses this handle, by a reference or an `Arc`: to close it under somebody else, share it so.
            /// A handle from [`try_clone`](Self::try_clone) is one of its own: who waits through it waits on.
            ///
            /// # Errors
            /// [`Closed`](crate::net::Closed) if it is closed already.
            pub fn close(&self) -> io::Result<()> {
                self.fd.close()
            }

            /// Waits until reading (accepting, receiving) would not. Who waits so needs no buffer meanwhile.
            ///
            /// # Blocking
            /// Until there is something, or the end; a dump shows `[IO wait]`.
            ///
            /// # Errors
            /// As reading.
            #[track_caller]
            pub fn wait_readable(&self) -> io::Result<()> {
                self.fd.wait_readable()
            }

            /// Waits until writing (sending) would not.
            ///
            /// # Blocking
            /// Until there is room, or an error to be told; a dump shows `[IO wait]`.
            ///
            /// # Errors
            /// As writing.
            #[track_caller]
            pub fn wait_writable(&self) -> io::Result<()> {
                self.fd.wait_writable()
            }

            /// That reading (accepting, receiving) would not wait, as an arm of a select:
            /// `on(socket.readable())`.
            pub fn readable(&self) -> Ready<'_> {
                self.fd.readable()
            }

            /// That writing would not wait, as an arm of a select: `on(socket.writable())`.
            pub fn writable(&self) -> Ready<'_> {
                self.fd.writable()
            }

            /// The error that the socket keeps, which is then forgotten.
            ///
            /// # Errors
            /// Those of the system.
            pub fn take_error(&self) -> io::Result<Option<io::Error>> {
                self.fd.get_ref().take_error()
            }

            /// Another handle of the same socket, with deadlines and time limits of its own; closing one leaves the
            /// other open.
            ///
            /// # Errors
            /// Those of the system: too many descriptors.
            pub fn try_clone(&self) -> io::Result<$ours> {
                Ok($ours::of(Fd::from_nonblocking(self.fd.get_ref().try_clone()?)))
            }
        }

        /// From a socket of `std`, which is put into non-blocking mode.
        impl From<$std> for $ours {
            fn from(socket: $std) -> $ours {
                // Should that fail operations block the thread, and others go on elsewhere.
                let _ = socket.set_nonblocking(true);
                $ours::of(Fd::from_nonblocking(socket))
            }
        }

        /// To a socket of `std`, which is put back into blocking mode. That is the mode of its clones too, so listeners
        /// and datagrams that go on here block their threads from then on (others go on elsewhere); streams do not mind.
        impl From<$ours> for $std {
            fn from(socket: $ours) -> $std {
                let socket = socket.fd.into_inner();
                let _ = socket.set_nonblocking(false);
                socket
            }
        }

        impl From<OwnedFd> for $ours {
            fn from(fd: OwnedFd) -> $ours {
                <$std>::from(fd).into()
            }
        }

        /// The descriptor, put back into blocking mode.
        impl From<$ours> for OwnedFd {
            fn from(socket: $ours) -> OwnedFd {
                <$std>::from(socket).into()
            }
        }

        impl AsFd for $ours {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.fd.as_fd()
            }
        }

        impl AsRawFd for $ours {
            fn as_raw_fd(&self) -> RawFd {
                self.fd.as_raw_fd()
            }
        }

        impl fmt::Debug for $ours {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.fd.get_ref(), f)
            }
        }
    };
}

/// `Read` and `Write` for a stream with `fd`, and `reading` and `writing`, which name an error.
/// `$short`: whether a read that does not fill the buffer has found all there was.
macro_rules! stream {
    ($ours:ident, $read:ident, $write:ident) => {
        impl Read for &$ours {
            #[inline]
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                let room = buf.len();
                let result = self.fd.$read(room, |socket| crate::sys::recv(socket, buf));
                result.map_err(|error| self.name("reading from", error))
            }

            #[track_caller]
            fn read_vectored(&mut self, bufs: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
                let room = crate::sys::at_once(bufs);
                let result = self.fd.$read(room, |socket| crate::sys::recv_vectored(socket, bufs));
                result.map_err(|error| self.name("reading from", error))
            }
        }

        impl Write for &$ours {
            #[inline]
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                let result = self.fd.$write(buf.len(), |socket| crate::sys::send(socket, buf));
                result.map_err(|error| self.name("writing to", error))
            }

            #[track_caller]
            fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
                let length = crate::sys::at_once(bufs);
                let result =
                    self.fd.$write(length, |socket| crate::sys::send_vectored(socket, bufs));
                result.map_err(|error| self.name("writing to", error))
            }

            #[inline]
            fn flush(&mut self) -> io::Result<()> {
                Ok(()) // nothing is held back
            }
        }

        impl Read for $ours {
            #[inline]
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                (&*self).read(buf)
            }

            #[track_caller]
            fn read_vectored(&mut self, bufs: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
                (&*self).read_vectored(bufs)
            }
        }

        impl Write for $ours {
            #[inline]
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                (&*self).write(buf)
            }

            #[track_caller]
            fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
                (&*self).write_vectored(bufs)
            }

            #[inline]
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
    };
}

/// The two ends of a stream, each owning its half.
macro_rules! halves {
    ($ours:ident, $read:ident, $write:ident) => {
        #[doc = concat!("The half that reads, of a stream that was [split](", stringify!($ours), "::into_split).")]
        #[derive(Debug)]
        pub struct $read(Arc<$ours>);

        #[doc = concat!("The half that writes, of a stream that was [split](", stringify!($ours), "::into_split).")]
        /// When it is dropped the other side sees the end.
        #[derive(Debug)]
        pub struct $write(Arc<$ours>);

        impl $ours {
            /// The same stream twice: once to read, once to write, for two goroutines of one scope.
            /// (`&stream` reads and writes by itself, too.)
            pub fn split(&self) -> (&$ours, &$ours) {
                (self, self)
            }

            /// Two halves to be given to different goroutines. The half that writes shuts writing
            /// down when it is dropped.
            pub fn into_split(self) -> ($read, $write) {
                let stream = Arc::new(self);
                ($read(stream.clone()), $write(stream))
            }
        }

        impl AsRef<$ours> for $read {
            fn as_ref(&self) -> &$ours {
                &self.0
            }
        }

        impl AsRef<$ours> for $write {
            fn as_ref(&self) -> &$ours {
                &self.0
            }
        }

        impl Read for $read {
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                (&*self.0).read(buf)
            }

            #[track_caller]
            fn read_vectored(&mut self, bufs: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
                (&*self.0).read_vectored(bufs)
            }
        }

        impl Write for $write {
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                (&*self.0).write(buf)
            }

            #[track_caller]
            fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
                (&*self.0).write_vectored(bufs)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        impl Drop for $write {
            fn drop(&mut self) {
                let _ = self.0.shutdown(Shutdown::Write);
            }
        }
    };
}

pub(crate) use {halves, socket, stream};
