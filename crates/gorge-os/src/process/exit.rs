//! Hearing of the end of a process, without taking it from the system.
//!
//! On Linux by a descriptor of the process, which becomes readable then. Where there is no such thing a
//! goroutine blocks a thread for it, from the first time somebody waits.

use std::fmt;
use std::io;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use gorge_net::io::Ready;
use gorge_sched::{WaitReason, blocking, go};
use gorge_sync::select::Selectable;
use gorge_sync::sync::{Latch, LatchOpen};
use gorge_sync::wait::Waiter;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// Tells when a process has ended.
#[derive(Debug)]
pub(super) enum Exit {
    #[cfg(all(target_os = "linux", not(gorge_portable)))]
    Descriptor(gorge_net::io::Fd),
    Thread(Pid, OnceLock<Arc<Latch>>),
}

impl Exit {
    /// Of a child of this process that nobody has waited for.
    pub(super) fn of(pid: u32) -> io::Result<Exit> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
        #[cfg(all(target_os = "linux", not(gorge_portable)))]
        {
            use rustix::process::{PidfdFlags, pidfd_open};
            // Before Linux 5.10 there is no such flag, before 5.3 no such call; filters forbid it too.
            if let Ok(descriptor) = pidfd_open(pid, PidfdFlags::NONBLOCK) {
                return Ok(Exit::Descriptor(gorge_net::io::Fd::from_nonblocking(descriptor)));
            }
        }
        Ok(Exit::by_thread(pid))
    }

    /// For a process that cannot be waited for yet: if the descriptor says it could (because it cannot be
    /// waited for itself, or a debugger comes first), a thread will tell.
    #[cfg_attr(any(gorge_portable, not(target_os = "linux")), allow(unused_variables))]
    pub(super) fn check(&mut self, pid: u32) {
        #[cfg(all(target_os = "linux", not(gorge_portable)))]
        if let Exit::Descriptor(descriptor) = self
            && descriptor.readable().try_now().is_some()
            && let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw)
        {
            *self = Exit::by_thread(pid);
        }
    }

    pub(super) fn by_thread(pid: Pid) -> Exit {
        Exit::Thread(pid, OnceLock::new())
    }

    /// The end as an arm of a select.
    pub(super) fn arm(&self) -> Exited<'_> {
        match self {
            #[cfg(all(target_os = "linux", not(gorge_portable)))]
            Exit::Descriptor(descriptor) => Exited(Arm::Descriptor(descriptor.readable())),
            Exit::Thread(pid, ended) => {
                Exited(Arm::Thread(ended.get_or_init(|| listen(*pid)).waiting()))
            }
        }
    }
}

/// Has a goroutine wait for the end of `pid`.
fn listen(pid: Pid) -> Arc<Latch> {
    let ended = Arc::new(Latch::new(1));
    let told = ended.clone();
    go(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        // Whatever fails but an interrupted call says that it is no child of ours any more.
        let again = |result| matches!(result, Err(rustix::io::Errno::INTR));
        blocking(|| while again(waitid(WaitId::Pid(pid), options).map(drop)) {});
        told.count_down();
    })
    .detach();
    ended
}

/// The end of a process as an arm of a select: see [`Child::exited`](super::Child::exited).
///
/// # Examples
/// ```
/// use gorge::{process::Command, select};
/// use std::time::Duration;
///
/// let mut child = Command::new("true").spawn()?;
/// select! {
///     on(child.exited()) -> _ => {}
///     timeout(Duration::from_secs(60)) => panic!("it takes long"),
/// }
/// assert!(child.wait()?.success());
/// # std::io::Result::Ok(())
/// ```
#[must_use = "an arm does nothing outside of a select"]
pub struct Exited<'a>(Arm<'a>);

enum Arm<'a> {
    #[cfg_attr(any(gorge_portable, not(target_os = "linux")), allow(dead_code))]
    Descriptor(Ready<'a>),
    Thread(LatchOpen<'a>),
}

macro_rules! either {
    ($self:ident, $arm:ident => $result:expr) => {
        match &$self.0 {
            Arm::Descriptor($arm) => $result,
            Arm::Thread($arm) => $result,
        }
    };
    (mut $self:ident, $arm:ident => $result:expr) => {
        match &mut $self.0 {
            Arm::Descriptor($arm) => $result,
            Arm::Thread($arm) => $result,
        }
    };
}

// SAFETY: all is passed on to one of the two, but for the word in a dump.
unsafe impl Selectable for Exited<'_> {
    type Output = ();

    fn is_ready(&self) -> bool {
        either!(self, arm => arm.is_ready())
    }

    fn stamp(&self) -> u32 {
        either!(self, arm => arm.stamp())
    }

    fn try_now(&mut self) -> Option<()> {
        // An error of the poller would be seen by who waits for the process next.
        either!(mut self, arm => arm.try_now().map(drop))
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        unsafe { either!(mut self, arm => arm.enlist(waiter)) }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { either!(mut self, arm => arm.withdraw(waiter)) }
    }

    fn is_false_alarm(&mut self) -> bool {
        either!(mut self, arm => arm.is_false_alarm())
    }

    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe {
            match &mut self.0 {
                Arm::Descriptor(arm) => drop(arm.complete(waiter)),
                Arm::Thread(arm) => arm.complete(waiter),
            }
        }
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Process
    }
}

impl fmt::Debug for Exited<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exited").field("ready", &self.is_ready()).finish()
    }
}
