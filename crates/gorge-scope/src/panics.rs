//! Panics in goroutines: what is kept when one begins, and the report when
//! nobody can join it.
//!
//! A panic may be recovered by `catch_unwind`, it may be given to whoever joins the goroutine,
//! or it may end the program. Which of these it will be is not known when it begins, and when
//! it is known the stack is gone. So the panic hook keeps message, place and stack with the
//! goroutine, and then lets the hook do its work that was there before: each panic is printed at once, as
//! Rust programmers expect. The report, in Go's form, follows when the program ends because of it.
//!
//! A panic may be passed on: by a join, a scope, a group, a pool. Then the goroutine that ends the
//! program because of it is not the one that panicked, and has no stack to show. So what was
//! kept of the latest panics outlives their goroutines, and the report shows both.
//!
//! A hook that the program sets after the runtime began replaces this one: then
//! reports come without a stack.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use gorge_sched::{bubble, registry};

use crate::dump::{Page, write_one};
use crate::frame::Program;
use crate::info::{GoroutineInfo, Site, Status, Who};
use crate::{collect, walk};

/// What the hook keeps of a panic.
struct Kept {
    message: String,
    /// Who panicked, with its stack.
    who: GoroutineInfo,
}

/// The latest panics, the newest last: for those that are passed on.
static LATEST: Mutex<VecDeque<Arc<Kept>>> = Mutex::new(VecDeque::new());

/// How many of them are kept. More panics than this between one and its report, and that
/// report has no stack.
const LATEST_KEPT: usize = 16;

/// Puts the hook in place, before the one that is there.
pub(crate) fn install_hook() {
    if thread::panicking() {
        // Gorge is used for the first time in a destructor, while a panic unwinds: the hook cannot be
        // changed from there.
        let elsewhere = thread::Builder::new().spawn(install_hook).map(|thread| thread.join());
        // Without a thread for it reports come without a stack.
        return drop(elsewhere);
    }
    let previous = take_hook();
    set_hook(Box::new(move |info| {
        if gorge_sched::goroutine_id().is_some() {
            keep(info);
        }
        if bubble::is_explored() {
            // One of thousands of runs, which may be meant to fail: whoever explores says so.
            return bubble::note_panic(info.to_string());
        }
        previous(info);
    }));
}

fn keep(info: &PanicHookInfo<'_>) {
    let Some(mut who) = collect::current() else { return };
    who.status = Status::Panicked;
    who.at = info.location().map(Site::from);
    who.stack = walk::here();
    let kept = Arc::new(Kept { message: message(info.payload()), who });
    registry::keep_panic(Box::new(kept.clone()));
    let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    if latest.len() == LATEST_KEPT {
        latest.pop_front();
    }
    latest.push_back(kept);
}

/// What was kept of the latest panic with this text.
fn latest(message: &str) -> Option<Arc<Kept>> {
    let latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    latest.iter().rev().find(|kept| kept.message == message).cloned()
}

/// The text of a panic's payload.
fn message(payload: &(dyn Any + Send)) -> String {
    gorge_sched::message(payload).unwrap_or("Box<dyn Any>").to_owned()
}

/// The report of a panic that ends goroutine `number`, as Go prints it:
///
/// ```text
/// panic: boom
///
/// goroutine 7 [running]:
/// app::work(...)
///         /home/me/app/src/main.rs:12
/// created by app::main in goroutine 1
///         /home/me/app/src/main.rs:31
/// ```
///
/// If it began in another goroutine that one comes first, and then the one that it was passed on to.
///
/// `kept` is what the panic hook handed to the scheduler; without it (the
/// program has set its own hook, or raised the panic without one) there is no stack.
#[must_use]
pub fn panic_report(
    number: u64,
    payload: &(dyn Any + Send),
    kept: Option<&(dyn Any + Send)>,
) -> String {
    let message = message(payload);
    // What was kept may be of an earlier panic, recovered since.
    let own = kept
        .and_then(<dyn Any + Send>::downcast_ref::<Arc<Kept>>)
        .filter(|kept| kept.message == message)
        .cloned();
    let origin = own.or_else(|| latest(&message)).map(|kept| kept.who.clone());
    let mut sections: Vec<GoroutineInfo> = origin.into_iter().collect();
    if sections.iter().all(|info| info.who != Who::Goroutine(number)) {
        let mut last = collect::one(number);
        last.status = Status::Panicked;
        sections.push(last);
    }
    let mut text = format!("panic: {message}\n");
    let mut page = Page { symbols: &mut Program::default(), all_frames: collect::all_frames() };
    for info in &sections {
        text.push('\n');
        // Writing to a string does not fail.
        let _ = write_one(&mut text, info, &mut page);
    }
    text
}
