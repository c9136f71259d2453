//! A process that was started.

use std::io::{self, Read};
use std::panic::Location;
use std::process::{ExitStatus, Output};
use std::sync::Arc;
use std::time::Duration;

use gorge_flow::context::{self, Context, ContextError};
use gorge_sched::scope;
use gorge_sync::macros::{Cons, End, Order, select, select_until};
use gorge_sync::time::Instant;

use super::exit::{Exit, Exited};
use super::pipes::{ChildStderr, ChildStdin, ChildStdout};
use crate::signal::Signal;

/// A process that was started by [`Command::spawn`](super::Command::spawn).
///
/// As in `std`, dropping it neither ends nor waits for the process.
///
/// # Examples
/// ```
/// use gorge::{context, process::{Child, Command, Stdio}, signal::Signal};
/// use gorge::time;
/// use std::time::Duration;
///
/// let mut child: Child = Command::new("sleep").arg("3600").spawn()?;
/// assert!(child.id() > 0);
/// assert!(child.wait_deadline(time::now() + Duration::from_millis(1))?.is_none());
/// child.signal(Signal::TERMINATE)?;
/// assert!(!child.wait_ctx(&context::background())?.success());
///
/// let echo = || Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn();
/// assert_eq!(echo()?.wait_with_output()?.stdout, b"hello\n");
/// assert!(echo()?.wait_with_output_ctx(&context::background())?.status.success());
///
/// let of_std = std::process::Command::new("true").spawn()?;
/// assert!(Child::from_std(of_std)?.wait()?.success());
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Child {
    /// Its standard input, if that was to be a pipe.
    pub stdin: Option<ChildStdin>,
    /// Its standard output, if that was to be a pipe.
    pub stdout: Option<ChildStdout>,
    /// Its standard error, if that was to be a pipe.
    pub stderr: Option<ChildStderr>,
    child: std::process::Child,
    exit: Exit,
}

impl Child {
    /// The same, of a process that `std` has started.
    ///
    /// # Errors
    /// When a pipe cannot be made one that does not block.
    pub fn from_std(mut child: std::process::Child) -> io::Result<Child> {
        Ok(Child {
            stdin: child.stdin.take().map(ChildStdin::from_std).transpose()?,
            stdout: child.stdout.take().map(ChildStdout::from_std).transpose()?,
            stderr: child.stderr.take().map(ChildStderr::from_std).transpose()?,
            exit: Exit::of(child.id())?,
            child,
        })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it by force (`SIGKILL`). It is still to be waited for.
    ///
    /// # Errors
    /// Those of the system; none if it has ended already.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// Those of the system; [`InvalidInput`](io::ErrorKind::InvalidInput) if it was waited for, or if there is no
    /// such signal.
    pub fn signal(&mut self, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(self.id()).ok().and_then(rustix::process::Pid::from_raw);
        let signal = rustix::process::Signal::from_named_raw(signal.as_raw());
        match (pid, signal, self.child.try_wait()?) {
            (Some(pid), Some(signal), None) => Ok(rustix::process::kill_process(pid, signal)?),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// How it has ended, if it has.
    ///
    /// # Errors
    /// Those of the system.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for its end. Its standard input is closed before, lest it wait for more.
    ///
    /// # Blocking
    /// Until the process has ended. A dump shows `[process]`.
    ///
    /// # Errors
    /// Those of the system.
    #[track_caller]
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            select(Cons::new(self.exit.arm(), End), Order::Biased);
        }
    }

    /// As [`wait`](Child::wait), at most for `timeout`: then `None`.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    ///
    /// # Errors
    /// Those of the system.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let mut child = gorge::process::Command::new("sleep").arg("10").spawn().unwrap();
    /// assert_eq!(child.wait_timeout(Duration::from_millis(1)).unwrap(), None);
    /// child.kill().unwrap();
    /// assert!(!child.wait().unwrap().success());
    /// ```
    #[track_caller]
    pub fn wait_timeout(&mut self, timeout: Duration) -> io::Result<Option<ExitStatus>> {
        self.wait_deadline(Instant::now() + timeout)
    }

    /// As [`wait`](Child::wait), until `deadline` at the latest: then `None`.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    ///
    /// # Errors
    /// Those of the system.
    #[track_caller]
    pub fn wait_deadline(&mut self, deadline: Instant) -> io::Result<Option<ExitStatus>> {
        drop(self.stdin.take());
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            let arms = Cons::new(self.exit.arm(), End);
            if select_until(arms, Order::Biased, Some(deadline.as_nanos())).is_none() {
                return Ok(None);
            }
        }
    }

    /// How it has ended, if it has. If not, and the descriptor tells nothing (there is none left for a poller,
    /// say), a thread will.
    fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        if status.is_none() {
            self.exit.check(self.child.id());
        }
        Ok(status)
    }

    /// As [`wait`](Child::wait); kills the process when the context is done before.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until the context is done and the process has ended.
    ///
    /// # Errors
    /// Those of the system; when the context is done, an error whose source is the context's
    /// ([`TimedOut`](io::ErrorKind::TimedOut) after a deadline).
    ///
    /// # Compared with Go
    /// `Wait` of an `exec.CommandContext`.
    #[track_caller]
    pub fn wait_ctx(&mut self, ctx: &Context) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if let Err(end) = ctx.wait_for(self.exit.arm()) {
                self.kill()?;
                self.wait()?;
                return Err(ended(end));
            }
        }
    }

    /// The end of the process as an arm of a select; [`try_wait`](Child::try_wait) says then how it has ended.
    ///
    /// # Examples
    /// ```
    /// use gorge::{process::Command, select};
    /// use std::time::Duration;
    ///
    /// let mut child = Command::new("true").spawn().unwrap();
    /// select! {
    ///     on(child.exited()) => {}
    ///     timeout(Duration::from_secs(60)) => panic!("it does nothing"),
    /// }
    /// assert!(child.try_wait().unwrap().unwrap().success());
    /// ```
    pub fn exited(&self) -> Exited<'_> {
        self.exit.arm()
    }

    /// Waits for its end, reading meanwhile what it writes to those of its output and error that are
    /// pipes: both at once, so it never waits for a full pipe.
    ///
    /// # Blocking
    /// Until it has ended, and the far ends of its pipes are closed.
    ///
    /// # Errors
    /// Those of the system.
    #[track_caller]
    pub fn wait_with_output(self) -> io::Result<Output> {
        self.collect(None)
    }

    /// As [`wait_with_output`](Child::wait_with_output), with a context as in [`wait_ctx`](Child::wait_ctx). It
    /// does not wait for others who hold the far ends of its pipes.
    ///
    /// # Blocking
    /// As [`wait_with_output`](Self::wait_with_output), or until the context is done and the process has ended.
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn wait_with_output_ctx(self, ctx: &Context) -> io::Result<Output> {
        self.collect(Some(ctx))
    }

    #[track_caller]
    fn collect(mut self, ctx: Option<&Context>) -> io::Result<Output> {
        let _at = Location::caller();
        let (out, err) = (self.stdout.take().map(Arc::new), self.stderr.take().map(Arc::new));
        let closing = ctx.map(|ctx| {
            let (out, err) = (out.clone(), err.clone());
            context::after_func(ctx, move || {
                out.map(|out| out.close());
                err.map(|err| err.close());
            })
        });
        let (out, err) = (out.as_deref(), err.as_deref());
        let (waited, out, err) = scope(|s| {
            let out = s.go(|| read_all(out));
            let err = s.go(|| read_all(err));
            let waited = match ctx {
                Some(ctx) => self.wait_ctx(ctx),
                None => self.wait(),
            };
            (waited, out.join(), err.join())
        });
        // Else the context keeps the pipes.
        if let Some(closing) = closing {
            closing.stop();
        }
        let read = |joined| match joined {
            Ok(read) => read,
            Err(error) => gorge_sched::JoinError::resume(error),
        };
        let status = waited?;
        match (read(out), read(err), ctx.and_then(Context::err)) {
            (Ok(stdout), Ok(stderr), _) => Ok(Output { status, stdout, stderr }),
            (_, _, Some(end)) => Err(ended(end)),
            (Err(error), ..) | (_, Err(error), _) => Err(error),
        }
    }
}

fn read_all(pipe: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut all)?;
    }
    Ok(all)
}

fn ended(end: ContextError) -> io::Error {
    let kind = match end {
        ContextError::DeadlineExceeded => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As when there is no descriptor left for a poller.
    #[cfg(all(target_os = "linux", not(gorge_portable)))]
    #[test]
    fn where_the_descriptor_cannot_be_waited_for() {
        gorge_sched::run(|| {
            let mut child = super::super::Command::new("sleep").arg("3600").spawn().unwrap();
            let file = std::fs::File::open("/proc/self/exe").unwrap();
            child.exit = Exit::Descriptor(gorge_net::io::Fd::from_nonblocking(file.into()));
            assert_eq!(child.wait_timeout(Duration::from_millis(1)).unwrap(), None);
            child.kill().unwrap();
            assert!(!child.wait().unwrap().success());
        });
    }

    #[test]
    fn where_a_process_has_no_descriptor() {
        gorge_sched::run(|| {
            for _ in 0..20 {
                let mut child = super::super::Command::new("true").spawn().unwrap();
                let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
                child.exit = Exit::by_thread(pid);
                assert!(child.wait().unwrap().success());
            }
            let mut child = super::super::Command::new("sleep").arg("3600").spawn().unwrap();
            child.exit =
                Exit::by_thread(rustix::process::Pid::from_raw(child.id() as i32).unwrap());
            assert_eq!(child.wait_timeout(Duration::from_millis(1)).unwrap(), None);
            child.signal(Signal::TERMINATE).unwrap();
            assert!(!child.wait().unwrap().success());
            assert!(child.signal(Signal::TERMINATE).is_err());
        });
    }
}
