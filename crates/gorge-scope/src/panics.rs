//! Panics in goroutines: what is kept when one begins, and the report when
//! nobody can join it.
//!
//! A panic may be recovered by `catch_unwind`, it may be given to whoever joins the goroutine,
//! or it may end the program. Which of these it will be is not known when it begins, and when
//! it is known the stack is gone. So the panic hook keeps message, place and stack with the
//! goroutine, and then lets the hook do its work that was there before: each panic is printed at once, as
//! Rust programmers expect. The report, in Go's form, follows when the program ends because of it.
//!
//! A hook that the program sets after the runtime began replaces this one: then
//! reports come without a stack.

use std::any::Any;
use std::panic::{PanicHookInfo, set_hook, take_hook};

use gorge_sched::{bubble, registry};

use crate::dump::{Page, write_one};
use crate::frame::Program;
use crate::info::{Site, Status};
use crate::{collect, walk};

/// What the hook keeps of a panic.
struct Kept {
    message: String,
    at: Option<Site>,
    stack: Vec<usize>,
}

/// Puts the hook in place, before the one that is there.
pub(crate) fn install_hook() {
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
    registry::keep_panic(Box::new(Kept {
        message: message(info.payload()),
        at: info.location().map(Site::from),
        stack: walk::here(),
    }));
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
    let kept = kept
        .and_then(<dyn Any + Send>::downcast_ref::<Kept>)
        .filter(|kept| kept.message == message);
    let mut info = collect::one(number);
    info.status = Status::Panicked;
    info.at = kept.and_then(|kept| kept.at.clone());
    info.stack = kept.map_or_else(Vec::new, |kept| kept.stack.clone());
    let mut text = format!("panic: {message}\n\n");
    let mut page = Page { symbols: &mut Program::default(), all_frames: collect::all_frames() };
    // Writing to a string does not fail.
    let _ = write_one(&mut text, &info, &mut page);
    text
}
