//! The choice of the mode, and the environment variables that have a say in it.

use std::fmt;
use std::sync::OnceLock;

use crate::fiber::prepare::prepare;
use crate::fiber::thread_end::thread_end;
use crate::limit::LARGEST_STACK;
use crate::mode::{Hooks, Mode, default_stack_size, set_default_stack_size, set_hooks, set_mode};

/// Why [`init`] refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InitError {
    /// An environment variable has a value that is not allowed.
    Environment {
        /// Its name.
        name: &'static str,
        /// What it was set to.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// `GORGE_MODE=fibers` was asked for and cannot be had.
    NoFibers {
        /// What the self-test found.
        reason: String,
    },
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InitError::Environment { name, value, allowed } => {
                write!(f, "{name}={value}: allowed is {allowed}")
            }
            InitError::NoFibers { reason } => {
                write!(
                    f,
                    "GORGE_MODE=fibers: not possible here ({reason}); allowed is auto or threads"
                )
            }
        }
    }
}

impl std::error::Error for InitError {}

static DECIDED: OnceLock<Result<Mode, InitError>> = OnceLock::new();

const LEAST_STACK: usize = 16 << 10;

/// Reads the environment, chooses the mode, remembers the hooks. Later calls
/// return what the first one found.
///
/// * `GORGE_MODE` is `auto` (the default), `fibers` or `threads`.
/// * `GORGE_STACK` is the default stack size in bytes, with an optional suffix `K`, `M` or `G`.
///
/// # Errors
///
/// When a variable has another value, or fibers were demanded and are not possible.
pub fn init(hooks: Hooks) -> Result<Mode, InitError> {
    DECIDED
        .get_or_init(|| {
            set_hooks(hooks);
            decide()
        })
        .clone()
}

fn decide() -> Result<Mode, InitError> {
    if let Some(text) = variable("GORGE_STACK") {
        let size = parse_size(&text).ok_or(InitError::Environment {
            name: "GORGE_STACK",
            value: text,
            allowed: "a size from 16K to 1024G, as in 65536, 256K, 8M or 1G",
        })?;
        set_default_stack_size(size);
    }
    let wanted = variable("GORGE_MODE").unwrap_or_default();
    let mode = match wanted.as_str() {
        "" | "auto" => match prepare(default_stack_size()) {
            Ok(()) => Mode::Fiber,
            Err(_) => Mode::Thread,
        },
        "fibers" => match prepare(default_stack_size()) {
            Ok(()) => Mode::Fiber,
            Err(reason) => return Err(InitError::NoFibers { reason }),
        },
        "threads" => Mode::Thread,
        _ => {
            return Err(InitError::Environment {
                name: "GORGE_MODE",
                value: wanted,
                allowed: "auto, fibers or threads",
            });
        }
    };
    // Looked up now, not in a thread that is about to end.
    let _ = thread_end();
    set_mode(mode);
    Ok(mode)
}

fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?;
    (!value.is_empty()).then(|| value.to_string_lossy().into_owned())
}

/// `65536`, `256K`, `8M`, `1G`.
fn parse_size(text: &str) -> Option<usize> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 1 << 10),
        b'm' | b'M' => (&text[..text.len() - 1], 1 << 20),
        b'g' | b'G' => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let size = digits.parse::<usize>().ok()?.checked_mul(unit)?;
    (LEAST_STACK..=LARGEST_STACK).contains(&size).then_some(size)
}
