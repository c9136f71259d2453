//! What is to be started.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};

use gorge_flow::context::Context;

use super::child::Child;

/// A program to be started, with its arguments, environment and standard streams: `std`'s
/// [`Command`](std::process::Command), whose methods are explained there, with parking where that blocks.
///
/// A stream that was set through [`as_std_mut`](Command::as_std_mut), or before the conversion from `std`'s, counts as
/// one that was not set: `output` collects it.
#[derive(Debug)]
pub struct Command {
    std: std::process::Command,
    /// Which of the standard streams were set.
    set: [bool; 3],
}

macro_rules! as_in_std {
    ($($name:ident($($argument:ident: $type:ty),*) $(where $param:ident: $bound:path)?;)*) => {$(
        #[doc = concat!("As [`std`'s](std::process::Command::", stringify!($name), ").")]
        pub fn $name$(<$param: $bound>)?(&mut self $(, $argument: $type)*) -> &mut Command {
            self.std.$name($($argument),*);
            self
        }
    )*};
}

impl Command {
    /// The program `program`, looked for in `PATH` if it is a mere name.
    pub fn new(program: impl AsRef<OsStr>) -> Command {
        std::process::Command::new(program).into()
    }

    as_in_std! {
        arg(arg: S) where S: AsRef<OsStr>;
        env_remove(key: K) where K: AsRef<OsStr>;
        env_clear();
        current_dir(dir: P) where P: AsRef<Path>;
    }

    /// As [`std`'s](std::process::Command::args).
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, process::{Command, Stdio}};
    ///
    /// let output = Command::new("sh")
    ///     .args(["-c", "echo $GREETING $NAME"])
    ///     .env("GREETING", "hello")
    ///     .envs([("NAME", "jane")])
    ///     .stdin(Stdio::null())
    ///     .stderr(Stdio::null())
    ///     .output_ctx(&context::background())?; // the context ends the process, too
    /// assert_eq!(output.stdout, b"hello jane\n");
    /// assert!(Command::new("true").stdout(Stdio::null()).status()?.success());
    /// assert!(Command::new("true").spawn()?.wait()?.success());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn args(&mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Command {
        self.std.args(args);
        self
    }

    /// As [`std`'s](std::process::Command::env).
    pub fn env(&mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Command {
        self.std.env(key, value);
        self
    }

    /// As [`std`'s](std::process::Command::envs).
    pub fn envs(
        &mut self,
        vars: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> &mut Command {
        self.std.envs(vars);
        self
    }

    /// As [`std`'s](std::process::Command::stdin).
    pub fn stdin(&mut self, cfg: impl Into<Stdio>) -> &mut Command {
        self.set[0] = true;
        self.std.stdin(cfg);
        self
    }

    /// As [`std`'s](std::process::Command::stdout).
    pub fn stdout(&mut self, cfg: impl Into<Stdio>) -> &mut Command {
        self.set[1] = true;
        self.std.stdout(cfg);
        self
    }

    /// As [`std`'s](std::process::Command::stderr).
    pub fn stderr(&mut self, cfg: impl Into<Stdio>) -> &mut Command {
        self.set[2] = true;
        self.std.stderr(cfg);
        self
    }

    /// The same in `std`, for what has no name here.
    ///
    /// # Examples
    /// ```
    /// use gorge::process::Command;
    /// use std::os::unix::process::CommandExt;
    ///
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo $0"]).as_std_mut().arg0("another name");
    /// assert_eq!(command.output()?.stdout, b"another name\n");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn as_std_mut(&mut self) -> &mut std::process::Command {
        &mut self.std
    }

    /// Starts it. The standard streams are the caller's own, unless said otherwise.
    ///
    /// # Blocking
    /// About a millisecond, with the processor given away.
    ///
    /// # Errors
    /// When there is no such program, or it must not or cannot be started.
    pub fn spawn(&mut self) -> io::Result<Child> {
        gorge_sched::blocking(|| self.std.spawn()).and_then(Child::from_std)
    }

    /// Starts it, and waits for its end.
    ///
    /// # Blocking
    /// As [`Child::wait`].
    ///
    /// # Errors
    /// As [`spawn`](Command::spawn), and those of waiting.
    #[track_caller]
    pub fn status(&mut self) -> io::Result<ExitStatus> {
        self.spawn()?.wait()
    }

    /// Starts it, waits for its end, and gives what it has written. Its standard input is empty and its
    /// output and error are collected, unless said otherwise.
    ///
    /// # Blocking
    /// As [`Child::wait`].
    ///
    /// # Errors
    /// As [`spawn`](Command::spawn), and those of reading and waiting.
    ///
    /// # Examples
    /// ```
    /// let output = gorge::process::Command::new("echo").arg("hello").output().unwrap();
    /// assert_eq!(output.stdout, b"hello\n");
    /// ```
    #[track_caller]
    pub fn output(&mut self) -> io::Result<Output> {
        self.spawn_collected()?.wait_with_output()
    }

    /// As [`output`](Command::output); kills the process when the context is done.
    ///
    /// # Blocking
    /// As [`output`](Self::output), or until the context is done and the process has ended.
    ///
    /// # Errors
    /// As there; when the context is done, an error whose source is the context's.
    ///
    /// # Compared with Go
    /// `exec.CommandContext(ctx, ..).Output()`.
    #[track_caller]
    pub fn output_ctx(&mut self, ctx: &Context) -> io::Result<Output> {
        self.spawn_collected()?.wait_with_output_ctx(ctx)
    }

    /// Starts it with streams that were not set as [`output`](Command::output) says.
    fn spawn_collected(&mut self) -> io::Result<Child> {
        let [input, output, error] = self.set;
        let set =
            |command: &mut std::process::Command, empty: fn() -> Stdio, pipe: fn() -> Stdio| {
                if !input {
                    command.stdin(empty());
                }
                if !output {
                    command.stdout(pipe());
                }
                if !error {
                    command.stderr(pipe());
                }
            };
        set(&mut self.std, Stdio::null, Stdio::piped);
        let child = self.spawn();
        set(&mut self.std, Stdio::inherit, Stdio::inherit);
        child
    }
}

impl From<std::process::Command> for Command {
    fn from(command: std::process::Command) -> Command {
        Command { std: command, set: [false; 3] }
    }
}
