//! What the program says when it dies, and what it can say of itself while it lives.

use std::any::Any;
use std::sync::OnceLock;

use gorge_sched::registry::Info;
use gorge_sched::report::EXIT_STATUS;

use crate::dump::{Page, write_all};
use crate::frame::Program;
use crate::info::{GoroutineInfo, Who};
use crate::panics::panic_report;
use crate::{collect, stderr, walk};

static WHY: OnceLock<fn() -> String> = OnceLock::new();

/// `why` knows more about why everybody waits: what it gives stands in front of the dump. The first one stays.
#[doc(hidden)]
pub fn explain_stalls(why: fn() -> String) {
    let _ = WHY.set(why);
}

/// No goroutine can ever run again.
pub(crate) fn stall() -> ! {
    let everyone = collect::everyone();
    let what = if everyone.iter().any(|(info, _)| matches!(info.who, Who::Goroutine(_))) {
        "all goroutines are asleep - deadlock!"
    } else {
        "no goroutines (main called runtime.Goexit) - deadlock!"
    };
    let mut text = format!("fatal error: {what}\n");
    if let Some(why) = WHY.get() {
        text.push_str(&why());
    }
    if !everyone.is_empty() {
        text.push('\n');
        write_dump(&mut text, everyone);
    }
    die(&text)
}

/// A goroutine that nobody can join has panicked.
pub(crate) fn unjoined_panic(
    number: u64,
    payload: &(dyn Any + Send),
    kept: Option<&(dyn Any + Send)>,
) -> ! {
    die(&panic_report(number, payload, kept))
}

/// The runtime cannot go on.
pub(crate) fn fatal(text: &str) -> ! {
    die(&format!("fatal error: {text}\n"))
}

fn die(text: &str) -> ! {
    stderr::write(text);
    std::process::exit(EXIT_STATUS)
}

/// The stack of the calling goroutine as text, in the form of a dump; with `all`, followed by those of
/// all others, and, if processors have changed hands because somebody blocked or computed, how often and why. On a
/// plain thread only the others have a stack.
///
/// # Examples
///
/// ```
/// let text = gorge::run(|| gorge::runtime::stack(false));
/// assert!(text.starts_with("goroutine "));
/// assert!(text.contains(" [running]:\n"));
/// ```
///
/// # Compared with Go
///
/// `runtime.Stack`, which fills a buffer that it is given.
#[must_use]
pub fn stack(all: bool) -> String {
    let mut text = String::new();
    let (mine, others): (Vec<_>, Vec<_>) =
        collect::everyone().into_iter().partition(|(_, info)| info.is_current());
    write_dump(&mut text, mine);
    if all {
        text.push('\n');
        write_dump(&mut text, others);
        text.push_str(&handoffs());
    }
    text
}

/// A paragraph about processors that changed hands, by cause, if any did.
fn handoffs() -> String {
    let stats = gorge_sched::registry::stats();
    if stats.handoffs + stats.blocking == 0 {
        return String::new();
    }
    let unknown = stats.handoffs.saturating_sub(stats.handoffs_blocked + stats.handoffs_computing);
    format!(
        "\nscheduler: {} worker threads; processors taken from who blocked: {}, computed: {}, either: {unknown}; \
         given away in blocking: {}\n",
        stats.workers, stats.handoffs_blocked, stats.handoffs_computing, stats.blocking
    )
}

/// The stacks of the goroutines with these numbers, in the form of a dump.
///
/// # Examples
///
/// ```
/// let (_tx, rx) = gorge::channel::<()>(0);
/// let waits = gorge::go(move || rx.recv());
/// let text = gorge_scope::stacks_of(&[waits.id()]);
/// assert!(text.starts_with(&format!("goroutine {} [", waits.id())));
/// ```
#[must_use]
pub fn stacks_of(numbers: &[u64]) -> String {
    let mut text = String::new();
    let mut all = collect::everyone();
    all.retain(|(info, _)| matches!(info.who, Who::Goroutine(id) if numbers.contains(&id)));
    write_dump(&mut text, all);
    text
}

fn write_dump(text: &mut String, all: Vec<(GoroutineInfo, Info)>) {
    let capture = |info: &Info| if info.is_current() { walk::here() } else { walk::of(info) };
    let mut page = Page { symbols: &mut Program::default(), all_frames: collect::all_frames() };
    // Writing to a string does not fail.
    let _ = write_all(text, all, capture, &mut page);
}
