//! Which of the two modes this process runs in, decided once; and the environment
//! variables that have a say in it.
//!
//! Invariant: the mode never changes after [`init`] has returned, and no stack
//! exists before.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::fiber;

/// How goroutines are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Contexts switched in user space, each with thread-local storage of its own.
    Fiber,
    /// Each context is an OS thread; switching passes a baton.
    Thread,
}

/// What this crate asks of the scheduler above it.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// The number of the goroutine that the given worker carries now. Called in
    /// signal handlers: must be async-signal-safe.
    pub goroutine_id: unsafe fn(worker: *mut ()) -> u64,
}

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
            InitError::Environment {
                name,
                value,
                allowed,
            } => write!(f, "{name}={value}: allowed is {allowed}"),
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

const UNDECIDED: u8 = 0;
const FIBER: u8 = 1;
const THREAD: u8 = 2;

static MODE: AtomicU8 = AtomicU8::new(UNDECIDED);
static STACK_SIZE: AtomicUsize = AtomicUsize::new(DEFAULT_STACK);
static DECIDED: OnceLock<Result<Mode, InitError>> = OnceLock::new();
static HOOKS: OnceLock<Hooks> = OnceLock::new();

const DEFAULT_STACK: usize = 256 << 10;
const LEAST_STACK: usize = 16 << 10;
const LARGEST_STACK: usize = 1 << 40;

/// The mode of this process; [`Mode::Thread`] before [`init`].
#[inline(always)]
pub fn mode() -> Mode {
    // Relaxed: written before the first stack is handed out, and who uses a stack
    // got it by a path that synchronises.
    if fiber::COMPILED && MODE.load(Ordering::Relaxed) == FIBER {
        Mode::Fiber
    } else {
        Mode::Thread
    }
}

/// The size of a stack for which none was asked: `GORGE_STACK`, or 256 KiB.
pub fn default_stack_size() -> usize {
    STACK_SIZE.load(Ordering::Relaxed)
}

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
            let _ = HOOKS.set(hooks);
            decide()
        })
        .clone()
}

/// What [`init`] was given first.
pub(crate) fn hooks() -> Option<&'static Hooks> {
    HOOKS.get()
}

fn decide() -> Result<Mode, InitError> {
    if let Some(text) = variable("GORGE_STACK") {
        let size = parse_size(&text).ok_or(InitError::Environment {
            name: "GORGE_STACK",
            value: text,
            allowed: "a size from 16K to 1024G, as in 65536, 256K, 8M or 1G",
        })?;
        STACK_SIZE.store(size, Ordering::Relaxed);
    }
    let wanted = variable("GORGE_MODE").unwrap_or_default();
    let mode = match wanted.as_str() {
        "" | "auto" => match fiber::prepare(default_stack_size()) {
            Ok(()) => Mode::Fiber,
            Err(_) => Mode::Thread,
        },
        "fibers" => match fiber::prepare(default_stack_size()) {
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
    let _ = fiber::thread_end();
    MODE.store(
        if mode == Mode::Fiber { FIBER } else { THREAD },
        Ordering::Release,
    );
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
    (LEAST_STACK..=LARGEST_STACK)
        .contains(&size)
        .then_some(size)
}
