//! From the scheduler's registry to what a dump tells.

use std::time::Duration;

use gorge_sched::WaitReason;
use gorge_sched::registry::{self, Info, State};

use crate::info::{Created, GoroutineInfo, Site, Status, Who};
use crate::name;

/// Every goroutine, and every plain thread that waits in Gorge; but not the
/// thread that only waits for the main goroutine to return.
pub(crate) fn everyone() -> Vec<(GoroutineInfo, Info)> {
    let waits_for_main =
        |info: &Info| matches!(info.state, State::Waiting { reason: WaitReason::Main, .. });
    registry::all()
        .into_iter()
        .filter(|info| !waits_for_main(info))
        .map(|info| (convert(&info), info))
        .collect()
}

/// The goroutine with this number, as far as it is still known.
pub(crate) fn one(number: u64) -> GoroutineInfo {
    match registry::all().into_iter().find(|info| info.id == Some(number)) {
        Some(info) => convert(&info),
        None => GoroutineInfo {
            who: Who::Goroutine(number),
            name: None,
            status: Status::Running,
            locked: false,
            at: None,
            stack: Vec::new(),
            created: None,
        },
    }
}

/// The calling goroutine; `None` on a plain thread.
pub(crate) fn current() -> Option<GoroutineInfo> {
    registry::current().map(|info| convert(&info))
}

/// Whether stacks shall be shown whole, from the entry of the process to the innards of Gorge.
pub(crate) fn all_frames() -> bool {
    std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value == "full")
}

fn convert(info: &Info) -> GoroutineInfo {
    let (status, at) = match info.state {
        State::Running => (Status::Running, None),
        State::Runnable => (Status::Runnable, None),
        State::Waiting { reason, at, for_ms } => {
            let since = Duration::from_millis(for_ms);
            (Status::Waiting { reason: reason.to_string(), since }, at.map(Site::from))
        }
    };
    let name = info.name.clone();
    let (who, name) = match info.id {
        Some(number) => (Who::Goroutine(number), name),
        None => (Who::Thread(name.unwrap_or_default()), None),
    };
    GoroutineInfo {
        created: created(info).filter(|_| who != Who::Goroutine(1)),
        who,
        name,
        status,
        locked: info.locked,
        at,
        stack: Vec::new(),
    }
}

fn created(info: &Info) -> Option<Created> {
    info.created_at.map(|at| Created {
        by: info.parent,
        function: info.closure.and_then(name::creator),
        site: Some(Site::from(at)),
    })
}
