//! Other processes: started, waited for, talked with, by goroutines.
//!
//! Promise: waiting for a process, and reading and writing its pipes, parks the goroutine. The names are
//! those of `std::process`; what only Go has has Go's.
//!
//! | file | holds |
//! |---|---|
//! | `command` | [`Command`]: what is to be started |
//! | `child` | [`Child`]: a process that was started |
//! | `exit` | hearing of its end |
//! | `pipes` | [`ChildStdin`], [`ChildStdout`], [`ChildStderr`] |
//!
//! # Examples
//! ```
//! use gorge::process::{Command, Stdio};
//! use std::io::{Read, Write};
//!
//! gorge::run(|| -> std::io::Result<()> {
//!     let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
//!     child.stdin.take().unwrap().write_all(b"hello")?; // closed when dropped
//!     let mut echoed = String::new();
//!     child.stdout.take().unwrap().read_to_string(&mut echoed)?;
//!     assert_eq!(echoed, "hello");
//!     assert!(child.wait()?.success());
//!     Ok(())
//! })
//! .unwrap();
//! ```

mod child;
mod command;
mod exit;
mod pipes;

pub use std::process::{ExitStatus, Output, Stdio, abort, exit, id};

pub use child::Child;
pub use command::Command;
pub use exit::Exited;
pub use pipes::{ChildStderr, ChildStdin, ChildStdout};
