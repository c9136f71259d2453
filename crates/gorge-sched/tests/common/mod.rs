//! What the stress and hand-off tests share.
#![allow(dead_code, reason = "each test binary uses some of it")]

use std::collections::VecDeque;
use std::fmt::Debug;
use std::panic::Location;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gorge_sched::{Parking, Place, Task, WaitReason, gomaxprocs, ready};

/// How long a stress test runs.
pub(crate) fn duration() -> Duration {
    let long = std::env::var_os("GORGE_STRESS").is_some();
    if long { Duration::from_secs(60) } else { Duration::from_millis(1200) }
}

/// One test at a time, at this GOMAXPROCS, ended with a message if it hangs.
pub(crate) struct Alone {
    _others_wait: MutexGuard<'static, ()>,
    before: usize,
    _watchdog: Watchdog,
}

impl Alone {
    pub(crate) fn at(procs: usize, name: &'static str) -> Alone {
        static ONE: Mutex<()> = Mutex::new(());
        let others_wait = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = gomaxprocs(procs);
        Alone { _others_wait: others_wait, before, _watchdog: Watchdog::new(name) }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        gomaxprocs(self.before);
    }
}

/// Ends the process when something that must make progress does not.
pub(crate) struct Watchdog(Option<Sender<()>>);

impl Watchdog {
    pub(crate) fn new(name: &'static str) -> Watchdog {
        let (alive, end) = channel::<()>();
        std::thread::spawn(move || {
            let patience = duration() + Duration::from_secs(180);
            if end.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{name} hangs: {:?}", gorge_sched::registry::stats());
                for info in gorge_sched::registry::all() {
                    eprintln!("{:?} {:?} {:?}", info.id, info.state, info.closure);
                }
                std::process::abort();
            }
        });
        Watchdog(Some(alive))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

/// Plays rounds until one shows what is to be seen, which without the thing tested none ever would: where the system
/// stops a thread in the middle of a round, it need not. `Err` is what such a round has shown instead.
pub(crate) fn until_a_round_shows<T: Debug>(round: impl Fn() -> Result<(), T>) {
    let mut in_vain = Vec::new();
    while let Err(instead) = round() {
        in_vain.push(instead);
        assert!(in_vain.len() < 100, "no round of {in_vain:?}");
    }
}

/// A bounded queue whose ends wait by parking: the least channel.
pub(crate) struct Mailbox {
    state: Mutex<State>,
    capacity: usize,
}

#[derive(Default)]
struct State {
    values: VecDeque<u64>,
    senders: VecDeque<Task>,
    receivers: VecDeque<Task>,
}

impl Mailbox {
    pub(crate) fn new(capacity: usize) -> Mailbox {
        Mailbox { state: Mutex::default(), capacity }
    }

    pub(crate) fn send(&self, value: u64) {
        loop {
            let mut state = self.state.lock().unwrap();
            if state.values.len() < self.capacity {
                state.values.push_back(value);
                let receiver = state.receivers.pop_front();
                drop(state);
                return wake(receiver, value);
            }
            wait(state, WaitReason::ChanSend, |state| &mut state.senders);
        }
    }

    pub(crate) fn receive(&self) -> u64 {
        loop {
            let mut state = self.state.lock().unwrap();
            if let Some(value) = state.values.pop_front() {
                let sender = state.senders.pop_front();
                drop(state);
                wake(sender, value);
                return value;
            }
            wait(state, WaitReason::ChanReceive, |state| &mut state.receivers);
        }
    }
}

fn wake(waiter: Option<Task>, value: u64) {
    if let Some(task) = waiter {
        // SAFETY: it parks, or is about to, and was taken out of the queue by us alone.
        unsafe { ready(task, if value.is_multiple_of(2) { Place::Next } else { Place::Tail }) }
    }
}

fn wait(
    mut state: MutexGuard<'_, State>,
    reason: WaitReason,
    queue: impl FnOnce(&mut State) -> &mut VecDeque<Task>,
) {
    match Parking::try_begin() {
        Some(parking) => {
            queue(&mut state).push_back(parking.task());
            drop(state);
            // SAFETY: published above; who takes the task out of the queue readies it.
            unsafe { parking.park(reason, Location::caller()) }
        }
        None => {
            drop(state);
            Parking::recover();
        }
    }
}

/// Resident memory of this process in bytes, where the system tells.
pub(crate) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
