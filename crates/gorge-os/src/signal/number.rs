//! Names and numbers of signals.

use std::error::Error;
use std::fmt;
use std::io;

use signal_hook::consts::{FORBIDDEN, signal as c};

/// A signal of the operating system.
///
/// # Examples
/// ```
/// use gorge::signal::Signal;
///
/// assert_eq!(Signal::INTERRUPT.to_string(), "interrupt");
/// assert_eq!(Signal::TERMINATE.name(), Some("SIGTERM"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(i32);

macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident = $number:ident, $text:literal;)*) => {
        impl Signal {
            $($(#[$doc])* pub const $name: Signal = Signal(c::$number);)*

            /// Those that have a name here.
            pub(super) const ALL: &[Signal] = &[$(Signal::$name),*];

            /// Its name in C, if it has one here.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $(c::$number => Some(stringify!($number)),)*
                    _ => None,
                }
            }

            /// Go's words.
            fn text(self) -> Option<&'static str> {
                match self.0 {
                    $(c::$number => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

signals! {
    /// `SIGHUP`: the terminal is gone; to a server: read your settings again.
    HANGUP = SIGHUP, "hangup";
    /// `SIGINT`: Ctrl-C.
    INTERRUPT = SIGINT, "interrupt";
    /// `SIGQUIT`: Ctrl-\\.
    QUIT = SIGQUIT, "quit";
    /// `SIGALRM`: a timer of the system.
    ALARM = SIGALRM, "alarm clock";
    /// `SIGTERM`: end in order.
    TERMINATE = SIGTERM, "terminated";
    /// `SIGUSR1`: whatever the program makes of it.
    USER1 = SIGUSR1, "user defined signal 1";
    /// `SIGUSR2`: whatever the program makes of it.
    USER2 = SIGUSR2, "user defined signal 2";
    /// `SIGPIPE`: written to a pipe that nobody reads. (Rust ignores it and gives an error.)
    PIPE = SIGPIPE, "broken pipe";
    /// `SIGCHLD`: a child process has ended or stopped.
    CHILD = SIGCHLD, "child exited";
    /// `SIGCONT`: go on after a stop.
    CONTINUE = SIGCONT, "continued";
    /// `SIGTSTP`: Ctrl-Z.
    TERMINAL_STOP = SIGTSTP, "stopped";
    /// `SIGTTIN`: reading from the terminal in the background.
    TERMINAL_INPUT = SIGTTIN, "stopped (tty input)";
    /// `SIGTTOU`: writing to the terminal in the background.
    TERMINAL_OUTPUT = SIGTTOU, "stopped (tty output)";
    /// `SIGURG`: urgent data at a socket.
    URGENT = SIGURG, "urgent I/O condition";
    /// `SIGWINCH`: the terminal's window has another size.
    WINDOW_CHANGED = SIGWINCH, "window changed";
    /// `SIGXCPU`: more processor time than allowed.
    CPU_LIMIT = SIGXCPU, "CPU time limit exceeded";
}

impl Signal {
    /// The signal with this number.
    ///
    /// # Examples
    /// ```
    /// use gorge::signal::Signal;
    ///
    /// assert_eq!(Signal::from_raw(15), Signal::TERMINATE);
    /// assert_eq!(Signal::TERMINATE.as_raw(), 15);
    /// assert!(Signal::TERMINATE.can_be_caught() && !Signal::from_raw(9).can_be_caught());
    /// Signal::CONTINUE.raise().unwrap(); // nothing happens: it runs
    /// ```
    pub const fn from_raw(number: i32) -> Signal {
        Signal(number)
    }

    /// Its number.
    pub const fn as_raw(self) -> i32 {
        self.0
    }

    /// Whether it can be caught: the system lets nobody catch `SIGKILL` and `SIGSTOP`, and what tells of a
    /// mistake in the running instruction (`SIGSEGV`, `SIGBUS`, `SIGILL`, `SIGFPE`) cannot wait for somebody to receive it.
    pub fn can_be_caught(self) -> bool {
        (1..=64).contains(&self.0) && !FORBIDDEN.contains(&self.0) && self.0 != c::SIGBUS
    }

    /// Sends it to this process.
    ///
    /// # Errors
    /// When there is no such signal.
    pub fn raise(self) -> io::Result<()> {
        signal_hook::low_level::raise(self.0)
    }

    /// Its bit in a set of signals that can be caught.
    pub(super) fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }

    /// Those of a set.
    pub(super) fn of_bits(bits: u64) -> impl Iterator<Item = Signal> {
        (1..=64).map(Signal).filter(move |signal| bits & signal.bit() != 0)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => f.write_str(text),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Signal({})", self.0),
        }
    }
}

impl AsRef<[Signal]> for Signal {
    fn as_ref(&self) -> &[Signal] {
        std::slice::from_ref(self)
    }
}

/// Why a context of [`notify_context`](crate::signal::notify_context) was cancelled.
///
/// # Examples
/// ```
/// use gorge::signal::{Received, Signal};
///
/// assert_eq!(Received(Signal::INTERRUPT).to_string(), "interrupt signal received");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received(pub Signal);

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} signal received", self.0)
    }
}

impl Error for Received {}
