//! The standard streams.
//!
//! Promise: reading standard input parks the goroutine when that is a pipe, a terminal or a socket, and
//! writing parks while the other side does not read. Nothing is changed about the streams: they are shared
//! with other processes (the shell, say), for whom non-blocking mode would be a surprise. So readiness is
//! waited for before each operation.
//!
//! What lies behind a number may change (`dup2`), so before each operation it is looked at. A file that was opened twice
//! looks the same twice: who puts a second opening of the same terminal there is not noticed.
//!
//! `std`'s own streams work too: they block the thread, and others go on after a few milliseconds. Do not
//! read standard input by both: each has a buffer.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::LazyLock;

use gorge_net::io::Fd;
use gorge_sync::sync::{Mutex, MutexGuard};

use rustix::fs::{Stat, fstat};

use crate::kind::waits;

/// What the system makes sure of: a pipe that has room has room for so much (a page; elsewhere what POSIX demands).
const ROOM: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// A standard stream of the process, which stays as it is.
struct Raw {
    fd: BorrowedFd<'static>,
    /// What was behind the number when `waits` was made: somebody may put another file there (`dup2`).
    behind: Option<Stat>,
    /// If it can be waited for.
    waits: Option<Fd<BorrowedFd<'static>>>,
}

impl Raw {
    fn new(fd: BorrowedFd<'static>) -> Raw {
        // It is not in non-blocking mode; nothing is asked of it that would wait.
        let waits = waits(fd).then(|| Fd::from_nonblocking(fd));
        Raw { fd, behind: fstat(fd).ok(), waits }
    }

    /// What can be waited for, if there is another file behind the number now.
    fn look(&mut self) {
        let same = |a: &Stat, b: &Stat| a.st_dev == b.st_dev && a.st_ino == b.st_ino;
        let now = fstat(self.fd).ok();
        if !matches!((&self.behind, &now), (Some(a), Some(b)) if same(a, b)) {
            *self = Raw::new(self.fd);
        }
    }

    #[track_caller]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.look();
        loop {
            let mut part = buf;
            if let Some(fd) = &self.waits {
                fd.wait_writable()?;
                part = &buf[..buf.len().min(ROOM)];
            }
            match rustix::io::write(self.fd, part) {
                Err(rustix::io::Errno::WOULDBLOCK) if self.waits.is_some() => {}
                Err(rustix::io::Errno::INTR) => {}
                written => return Ok(written?),
            }
        }
    }
}

impl Read for Raw {
    #[track_caller]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.look();
        loop {
            if let Some(fd) = &self.waits {
                fd.wait_readable()?;
            }
            match rustix::io::read(self.fd, &mut *buf) {
                // In non-blocking mode after all, and somebody else was quicker.
                Err(rustix::io::Errno::WOULDBLOCK) if self.waits.is_some() => {}
                Err(rustix::io::Errno::INTR) => {}
                read => return Ok(read?),
            }
        }
    }
}

static STDIN: LazyLock<Mutex<BufReader<Raw>>> =
    LazyLock::new(|| Mutex::new(BufReader::new(Raw::new(rustix::stdio::stdin()))));
static STDOUT: LazyLock<Mutex<Raw>> =
    LazyLock::new(|| Mutex::new(Raw::new(rustix::stdio::stdout())));
static STDERR: LazyLock<Mutex<Raw>> =
    LazyLock::new(|| Mutex::new(Raw::new(rustix::stdio::stderr())));

/// The standard input: see [`Stdin`].
pub fn stdin() -> Stdin {
    Stdin(&STDIN)
}

/// The standard output: see [`Stdout`].
pub fn stdout() -> Stdout {
    Stdout(&STDOUT)
}

/// The standard error: as [`stdout`], for messages.
///
/// # Examples
/// ```
/// use std::io::Write;
///
/// writeln!(gorge::io::stderr(), "something went wrong").unwrap();
/// ```
pub fn stderr() -> Stdout {
    Stdout(&STDERR)
}

/// The standard input of the process, shared by all who read it, with one buffer.
///
/// # Blocking
/// Reading parks until there is something to read, or the end; a dump shows `[IO wait]`. (What is in a
/// regular file is always there.)
///
/// # Examples
/// ```no_run
/// for line in gorge::io::stdin().lines() {
///     println!("you said {}", line?);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Stdin(&'static LazyLock<Mutex<BufReader<Raw>>>);

impl Stdin {
    /// Keeps others from reading meanwhile.
    ///
    /// # Blocking
    /// Until nobody else holds it; a dump shows `[sync.Mutex.Lock]`.
    #[track_caller]
    pub fn lock(&self) -> StdinLock {
        StdinLock(self.0.lock())
    }

    /// Appends the next line to `line`, with its end; gives the number of bytes, 0 at the end of input.
    ///
    /// # Errors
    /// Those of the system; [`InvalidData`](io::ErrorKind::InvalidData) if it is not UTF-8.
    ///
    /// # Examples
    /// ```no_run
    /// let mut line = String::new();
    /// let bytes = gorge::io::stdin().read_line(&mut line)?;
    /// assert_eq!(bytes, line.len());
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn read_line(&self, line: &mut String) -> io::Result<usize> {
        self.lock().read_line(line)
    }

    /// The lines, without their ends; nobody else reads meanwhile.
    #[track_caller]
    pub fn lines(self) -> io::Lines<StdinLock> {
        self.lock().lines()
    }
}

impl Read for Stdin {
    #[track_caller]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.lock().read(buf)
    }
}

impl AsFd for Stdin {
    fn as_fd(&self) -> BorrowedFd<'_> {
        rustix::stdio::stdin()
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stdin")
    }
}

/// The standard input, locked: see [`Stdin::lock`].
///
/// # Examples
/// ```no_run
/// use std::io::BufRead;
///
/// let input = gorge::io::stdin();
/// for line in input.lock().lines() {
///     println!("{}", line?);
/// }
/// # std::io::Result::Ok(())
/// ```
pub struct StdinLock(MutexGuard<'static, BufReader<Raw>>);

impl Read for StdinLock {
    #[track_caller]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl BufRead for StdinLock {
    #[track_caller]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl fmt::Debug for StdinLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StdinLock")
    }
}

/// The standard output (or error) of the process, without a buffer: who writes much in small pieces
/// puts a [`BufWriter`](io::BufWriter) around it. One `write_all` is not torn apart by others.
///
/// # Blocking
/// Writing parks while a pipe or a terminal has no room; a dump shows `[IO wait]`.
///
/// # Examples
/// ```
/// use std::io::Write;
///
/// writeln!(gorge::io::stdout(), "hello").unwrap();
/// ```
///
/// ```
/// use std::{io::IsTerminal, os::fd::AsFd};
///
/// let _to_somebody = gorge::io::stdout().as_fd().is_terminal();
/// ```
#[derive(Clone, Copy)]
pub struct Stdout(&'static LazyLock<Mutex<Raw>>);

impl Write for Stdout {
    #[track_caller]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.lock().write(buf)
    }

    #[track_caller]
    fn write_all(&mut self, mut buf: &[u8]) -> io::Result<()> {
        let mut raw = self.0.lock();
        while !buf.is_empty() {
            match raw.write(buf)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => buf = &buf[n..],
            }
        }
        Ok(())
    }

    fn write_fmt(&mut self, args: fmt::Arguments<'_>) -> io::Result<()> {
        // At once, so that it is not torn apart.
        self.write_all(args.to_string().as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Stdout {
    fn as_fd(&self) -> BorrowedFd<'_> {
        if std::ptr::eq(self.0, &STDOUT) {
            rustix::stdio::stdout()
        } else {
            rustix::stdio::stderr()
        }
    }
}

impl fmt::Debug for Stdout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stdout")
    }
}
