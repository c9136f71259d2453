//! Standard output, written so that nothing a pipe or a disk can do ends in a
//! panic.
//!
//! Always true: a write that fails ends the program here. If nobody reads any
//! more there is nothing to say, and the status is the one a shell shows for a
//! program that SIGPIPE ended; anything else is one line on standard error and
//! status 1.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process;

/// The status of a program whose reader has gone: 128 + SIGPIPE.
const READER_GONE: i32 = 141;

/// Buffered standard output of a command.
#[derive(Debug)]
pub(crate) struct Out {
    command: &'static str,
    buffer: Vec<u8>,
}

impl Out {
    /// Output for `command`, which is named in the message should a write fail.
    pub(crate) fn new(command: &'static str) -> Self {
        Self { command, buffer: Vec::new() }
    }

    /// Appends `bytes`.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= 32 * 1024 {
            self.flush();
        }
    }

    /// Appends `text` and a newline.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.write(text.as_ref().as_bytes());
        self.write(b"\n");
    }

    /// Whether anything waits to be flushed.
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Hands everything to the system.
    pub(crate) fn flush(&mut self) {
        let mut stdout = io::stdout();
        let written = stdout.write_all(&self.buffer).and_then(|()| stdout.flush());
        self.buffer.clear();
        if let Err(error) = written {
            if error.kind() == ErrorKind::BrokenPipe {
                process::exit(READER_GONE);
            }
            complain(self.command, format!("write error: {}", reason(&error)).as_bytes());
            process::exit(1);
        }
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        if !self.is_empty() {
            self.flush();
        }
    }
}

/// One line on standard error. If even that cannot be written, so be it.
pub(crate) fn complain(command: &str, message: &[u8]) {
    let line = [command.as_bytes(), b": ", message, b"\n"].concat();
    _ = io::stderr().write_all(&line);
}

/// The system's words for an error, without the number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Whether to colour what goes to standard output: on a terminal that can, and
/// unless the user has said no (<https://no-color.org>).
pub(crate) fn colours() -> bool {
    let said_no = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !said_no && !dumb
}
