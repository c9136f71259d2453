//! HTTP by hyper, on Gorge's streams: HTTP/1.1 and HTTP/2, servers and clients.
//!
//! A connection is a goroutine that waits for hyper's future; what hyper starts beside it (the streams of
//! HTTP/2) are goroutines too. So a handler may block: receive from a channel, lock, read a file. Only its own
//! request waits (with HTTP/1.1: its connection, which has one request at a time).
//!
//! | hyper wants | here |
//! |---|---|
//! | `rt::Read`, `rt::Write` | [`Stream`], around a TCP or Unix stream |
//! | `rt::Executor` | [`Goroutines`] |
//! | `rt::Timer` | [`Clock`] |
//!
//! A server with an end in order is in `examples/hyper_server.rs`.
//!
//! # Examples
//! ```
//! use gorge::future::{FutureExt, hyper::Stream};
//! use gorge::net::{TcpListener, TcpStream};
//! use http_body_util::{BodyExt, Empty, Full};
//! use hyper::body::Bytes;
//! use hyper::service::service_fn;
//! use hyper::{Request, Response, client::conn::http1 as client, server::conn::http1 as server};
//!
//! gorge::run(|| {
//!     let listener = TcpListener::bind("127.0.0.1:0").unwrap();
//!     let address = listener.local_addr().unwrap();
//!     gorge::go(move || {
//!         let (connection, _) = listener.accept().unwrap();
//!         let hello = service_fn(|_: Request<hyper::body::Incoming>| async {
//!             Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from("hello"))))
//!         });
//!         server::Builder::new().serve_connection(Stream::new(connection), hello).wait().unwrap();
//!     })
//!     .detach();
//!
//!     let stream = Stream::new(TcpStream::connect(address).unwrap());
//!     let (mut requests, connection) = client::handshake(stream).wait().unwrap();
//!     gorge::go(move || connection.wait()).detach();
//!     let request = Request::get("/").header("host", "localhost").body(Empty::<Bytes>::new()).unwrap();
//!     let response = requests.send_request(request).wait().unwrap();
//!     let body = response.into_body().collect().wait().unwrap().to_bytes();
//!     assert_eq!(body, "hello");
//! });
//! ```

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant as StdInstant};

use gorge_net::SENDING;
use gorge_net::io::{Fd, Ready};
use gorge_net::net::{Shutdown, TcpStream, UnixStream};
use gorge_sched::go;
use gorge_sync::chan::{Receiver, Receiving};
use gorge_sync::select::when;
use gorge_sync::time::{Instant, after};
use hyper::rt::{Executor, Read, ReadBufCursor, Sleep, Timer, Write};
use rustix::io::{Errno, IoSlice};
use rustix::net::{self, RecvFlags, SendAncillaryBuffer};

use crate::wait::FutureExt;

/// Something whose descriptor is in non-blocking mode and can be waited for.
pub trait Pollable: AsFd + Send + Sync + 'static {
    /// That reading would not wait.
    fn readable(&self) -> Ready<'_>;
    /// That writing would not wait.
    fn writable(&self) -> Ready<'_>;
    /// Nothing more will be written.
    ///
    /// # Errors
    /// Those of the system.
    fn end_of_writing(&self) -> io::Result<()>;
    /// Whether a read that is shorter than there was room for has taken all there was.
    #[doc(hidden)]
    fn short_is_all(&self) -> bool {
        false
    }
    /// Whether it is a socket: only then can be said that nobody on the other side is no signal.
    #[doc(hidden)]
    fn is_socket(&self) -> bool {
        false
    }
}

macro_rules! pollable {
    ($($stream:ty, $short_is_all:literal;)*) => {$(
        impl Pollable for $stream {
            fn readable(&self) -> Ready<'_> {
                self.readable()
            }

            fn writable(&self) -> Ready<'_> {
                self.writable()
            }

            fn end_of_writing(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }

            fn short_is_all(&self) -> bool {
                $short_is_all
            }

            fn is_socket(&self) -> bool {
                true
            }
        }
    )*};
}

// A read of a Unix stream may stop at the border between two senders.
pollable!(TcpStream, true; UnixStream, false;);

impl<T: AsFd + Send + Sync + 'static> Pollable for Fd<T> {
    fn readable(&self) -> Ready<'_> {
        self.readable()
    }

    fn writable(&self) -> Ready<'_> {
        self.writable()
    }

    fn end_of_writing(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A wait for readiness that goes on from poll to poll.
type Waiting = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// A stream as hyper wants it. Deadlines of the stream do not hold here: hyper has its own, see [`Clock`].
pub struct Stream<S> {
    stream: Arc<S>,
    reading: Option<Waiting>,
    writing: Option<Waiting>,
}

impl<S: Pollable> Stream<S> {
    /// `stream` for hyper.
    pub fn new(stream: S) -> Stream<S> {
        Stream::shared(Arc::new(stream))
    }

    /// A stream that others have too, to close it, say.
    pub fn shared(stream: Arc<S>) -> Stream<S> {
        Stream { stream, reading: None, writing: None }
    }

    /// The stream within.
    pub fn get_ref(&self) -> &Arc<S> {
        &self.stream
    }
}

/// Does `operation` until it does not say "would block"; `waiting` is the wait in between, for `arm` to hear of an
/// event since the one that was the last before the operation. The kernel is asked nothing besides.
fn retry<S: Pollable, R>(
    stream: &Arc<S>,
    waiting: &mut Option<Waiting>,
    cx: &mut Context<'_>,
    arm: fn(&S) -> Ready<'_>,
    mut operation: impl FnMut(&Ready<'_>) -> Result<R, Errno>,
) -> Poll<io::Result<R>> {
    loop {
        if let Some(ready) = waiting {
            let ready = ready!(ready.as_mut().poll(cx));
            *waiting = None;
            ready?;
        }
        let before = arm(stream);
        let done = if before.is_drained() { Err(Errno::WOULDBLOCK) } else { operation(&before) };
        match done {
            Err(Errno::WOULDBLOCK) => {
                let (stream, seen) = (stream.clone(), before.seen());
                let wait = async move { when(arm(&stream).by_event_since(seen)).await };
                *waiting = Some(Box::pin(wait));
            }
            Err(Errno::INTR) => {}
            done => return Poll::Ready(done.map_err(|error| before.explain(error.into()))),
        }
    }
}

impl<S: Pollable> Read for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let Stream { stream, reading, .. } = &mut *self;
        // SAFETY: nothing is de-initialised: the system only writes there.
        let room: &mut [MaybeUninit<u8>] = unsafe { buf.as_mut() };
        let read = ready!(retry(stream, reading, cx, S::readable, |arm| {
            let (read, rest) = match stream.is_socket() {
                true => net::recv(&**stream, &mut *room, RecvFlags::DONTWAIT)?.0,
                false => rustix::io::read(&**stream, &mut *room)?,
            };
            if !read.is_empty() && !rest.is_empty() && stream.short_is_all() {
                arm.drained();
            }
            Ok(read.len())
        }))?;
        // SAFETY: so many bytes were written.
        unsafe { buf.advance(read) };
        Poll::Ready(Ok(()))
    }
}

impl<S: Pollable> Write for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Stream { stream, writing, .. } = &mut *self;
        retry(stream, writing, cx, S::writable, |_| match stream.is_socket() {
            true => net::send(&**stream, buf, SENDING),
            false => rustix::io::write(&**stream, buf),
        })
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Stream { stream, writing, .. } = &mut *self;
        // More than the system takes at once it does not take at all.
        let bufs: &[IoSlice<'_>] = &bufs[..bufs.len().min(64)];
        retry(stream, writing, cx, S::writable, |_| match stream.is_socket() {
            true => net::sendmsg(&**stream, bufs, &mut SendAncillaryBuffer::default(), SENDING),
            false => rustix::io::writev(&**stream, bufs),
        })
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.end_of_writing())
    }
}

impl<S> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("reading", &self.reading.is_some())
            .field("writing", &self.writing.is_some())
            .finish_non_exhaustive()
    }
}

/// Runs each future in a goroutine of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Goroutines;

impl<F> Executor<F> for Goroutines
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        go(move || drop(future.wait())).detach();
    }
}

/// The runtime's clock, also a virtual one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock;

impl Timer for Clock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(Until { bell: after(duration), receiving: Receiving::new() })
    }

    fn sleep_until(&self, deadline: StdInstant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(StdInstant::now()))
    }
}

/// A time that is waited for.
struct Until {
    bell: Receiver<Instant>,
    receiving: Receiving<Instant>,
}

impl Sleep for Until {}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Until { bell, receiving } = &mut *self;
        receiving.poll(bell, cx).map(drop)
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        self.receiving.end(&self.bell);
    }
}
