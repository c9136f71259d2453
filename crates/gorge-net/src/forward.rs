//! Bytes from one TCP connection to another, for proxies: through the kernel alone where it can.
//!
//! A pipe lies between the two: `splice` moves pages from the one socket into it and
//! from it into the other, and this program never sees them.
//!
//! Invariant: the pipe is empty whenever something is moved into it; so "would block" there
//! says that the reader has nothing, and not that the pipe is full.

use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;

use crate::tcp::TcpStream;

/// Sends on to `to` what `from` receives, until its end; says how many bytes.
///
/// On Linux without copying bytes through this program, unless no descriptors are left.
///
/// # Blocking
/// As reading and writing do.
///
/// # Errors
/// Those of reading and writing.
///
/// # Examples
/// A proxy in two lines: `s.go(|| io::forward(&client, &server)); io::forward(&server, &client)`.
///
/// ```
/// use gorge::{go, io, net::{Shutdown, TcpListener, TcpStream}};
/// use std::io::{Read, Write};
///
/// let listener = TcpListener::bind("127.0.0.1:0").unwrap();
/// let connect = || {
///     let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
///     (here, listener.accept().unwrap().0)
/// };
/// let ((mut client, from), (to, mut server)) = (connect(), connect());
/// let bytes = go(move || {
///     let bytes = io::forward(&from, &to)?;
///     to.shutdown(Shutdown::Write).map(|()| bytes)
/// });
/// client.write_all(b"good day").unwrap();
/// drop(client);
/// let mut text = String::new();
/// server.read_to_string(&mut text).unwrap();
/// assert_eq!((text.as_str(), bytes.join().unwrap().unwrap()), ("good day", 8));
/// ```
///
/// # Compared with Go
/// `io.Copy` of two `TCPConn`s, which does the same. [`io::copy`](crate::io::copy) of two calls this.
#[track_caller]
pub fn forward(from: &TcpStream, to: &TcpStream) -> io::Result<u64> {
    #[cfg(target_os = "linux")]
    if let Some(pipe) = Pipe::new() {
        return spliced(from, to, &pipe);
    }
    crate::by_hand::by_hand(&mut { from }, &mut { to })
}

/// What lies between the two; none when the process is out of descriptors.
#[cfg(target_os = "linux")]
struct Pipe {
    outlet: OwnedFd,
    inlet: OwnedFd,
}

#[cfg(target_os = "linux")]
impl Pipe {
    fn new() -> Option<Pipe> {
        use rustix::pipe::{PipeFlags, pipe_with};
        let (outlet, inlet) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).ok()?;
        Some(Pipe { outlet, inlet })
    }
}

#[cfg(target_os = "linux")]
#[track_caller]
fn spliced(from: &TcpStream, to: &TcpStream, Pipe { outlet, inlet }: &Pipe) -> io::Result<u64> {
    use rustix::pipe::{SpliceFlags, splice};
    /// What a pipe holds unless told otherwise.
    const ROOM: usize = 64 * 1024;
    let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
    let mut moved = 0;
    loop {
        let mut held = from
            .fd()
            .read_with(|socket| Ok(splice(socket, None, inlet, None, ROOM, flags)?))
            .map_err(|error| from.name("reading from", error))?;
        if held == 0 {
            return Ok(moved);
        }
        while held > 0 {
            let sent = to
                .fd()
                .write_with(|socket| Ok(splice(outlet, None, socket, None, held, flags)?))
                .map_err(|error| to.name("writing to", error))?;
            held -= sent;
            moved += sent as u64;
        }
    }
}
