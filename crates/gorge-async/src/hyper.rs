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
//! A server with an end in order is in `examples/http_server.rs`.
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

use gorge_net::io::{Fd, Ready};
use gorge_net::net::{Shutdown, TcpStream, UnixStream};
use gorge_sched::go;
use gorge_sync::chan::{Receiver, Receiving};
use gorge_sync::select::when;
use gorge_sync::time::{Instant, after};
use hyper::rt::{Executor, Read, ReadBufCursor, Sleep, Timer, Write};
use rustix::io::{Errno, IoSlice};

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
}

macro_rules! pollable {
    ($($stream:ty),*) => {$(
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
        }
    )*};
}

pollable!(TcpStream, UnixStream);

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

/// Does `operation` until it does not say "would block"; `waiting` is the wait in between.
fn retry<R>(
    waiting: &mut Option<Waiting>,
    cx: &mut Context<'_>,
    wait: impl Fn() -> Waiting,
    mut operation: impl FnMut() -> Result<R, Errno>,
) -> Poll<io::Result<R>> {
    loop {
        if let Some(ready) = waiting {
            let ready = ready!(ready.as_mut().poll(cx));
            *waiting = None;
            ready?;
        }
        match operation() {
            Err(Errno::WOULDBLOCK) => *waiting = Some(wait()),
            Err(Errno::INTR) => {}
            done => return Poll::Ready(done.map_err(io::Error::from)),
        }
    }
}

fn until_readable<S: Pollable>(stream: &Arc<S>) -> Waiting {
    let stream = stream.clone();
    Box::pin(async move { when(stream.readable().by_event()).await })
}

fn until_writable<S: Pollable>(stream: &Arc<S>) -> Waiting {
    let stream = stream.clone();
    Box::pin(async move { when(stream.writable().by_event()).await })
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
        let wait = || until_readable(stream);
        let read = ready!(retry(reading, cx, wait, || {
            rustix::io::read(&**stream, &mut *room).map(|(read, _)| read.len())
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
        retry(writing, cx, || until_writable(stream), || rustix::io::write(&**stream, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Stream { stream, writing, .. } = &mut *self;
        // More than the system takes at once it does not take at all.
        let bufs: &[IoSlice<'_>] = &bufs[..bufs.len().min(64)];
        retry(writing, cx, || until_writable(stream), || rustix::io::writev(&**stream, bufs))
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
