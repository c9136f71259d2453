//! Starting the runtime: once, on first need.

use std::sync::Once;

use gorge_coro::Hooks;

use crate::runtime::monitor;
use crate::runtime::processor::{self, MAX_PROCS};
use crate::runtime::report::{self, EXIT_STATUS};
use crate::runtime::scheduler;
use crate::runtime::stall;
use crate::runtime::wake;
use crate::runtime::worker::M;
use crate::runtime::world;

/// Starts the runtime if it has not been started.
///
/// An unusable environment value (`GOMAXPROCS`, `GORGE_MODE`, `GORGE_STACK`)
/// ends the program with one line that says what is allowed.
pub(crate) fn ensure() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        report::starts();
        if let Err(text) = start() {
            eprintln!("gorge: {text}");
            std::process::exit(EXIT_STATUS);
        }
    });
}

/// How goroutines are made on this machine: as fibers with thread-local
/// storage of their own, or each as an OS thread. Starts the runtime.
///
/// # Examples
/// ```
/// use gorge::runtime::{Mode, mode};
///
/// let cheap = mode() == Mode::Fiber;
/// println!("goroutines cost {}", if cheap { "kilobytes" } else { "threads" });
/// ```
pub fn mode() -> gorge_coro::Mode {
    ensure();
    gorge_coro::mode()
}

fn start() -> Result<(), String> {
    let procs = procs_from(std::env::var("GOMAXPROCS").ok().as_deref())?;
    gorge_sys::fence::init();
    gorge_coro::init(Hooks { goroutine_id }).map_err(|e| e.to_string())?;
    wake::set_worker_main(scheduler::worker_main);
    let mut world = world::lock();
    processor::set_in_use(procs);
    for p in processor::all() {
        world.employ(p);
    }
    drop(world);
    monitor::start(stall::when_quiet)
        .map_err(|e| format!("no thread for the monitor ({}): {e}", wake::THREAD_LIMITS))?;
    Ok(())
}

/// For the report of a stack overflow: safe in a signal handler.
unsafe fn goroutine_id(worker: *mut ()) -> u64 {
    // SAFETY: the word of a goroutine is its worker, which is never freed.
    let m = unsafe { &*worker.cast::<M>() };
    let g = m.current();
    // SAFETY: records stay mapped.
    if g.is_null() { 0 } else { unsafe { (*g).id() } }
}

fn procs_from(variable: Option<&str>) -> Result<usize, String> {
    let Some(text) = variable.map(str::trim).filter(|t| !t.is_empty()) else {
        return Ok(gorge_sys::cpu::available().clamp(1, MAX_PROCS));
    };
    match text.parse::<usize>() {
        Ok(n) if (1..=MAX_PROCS).contains(&n) => Ok(n),
        _ => Err(format!("GOMAXPROCS={text}: must be a whole number from 1 to {MAX_PROCS}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gomaxprocs_from_the_environment() {
        assert_eq!(procs_from(Some("100")), Ok(100));
        assert_eq!(procs_from(Some(" 3 ")), Ok(3));
        assert!(procs_from(None).unwrap() >= 1);
        for bad in ["0", "-1", "many", "1025", "2.5"] {
            let text = procs_from(Some(bad)).unwrap_err();
            assert!(text.contains("1 to 1024") && text.contains(bad), "{text}");
        }
    }
}
