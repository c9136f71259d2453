//! Stopping the world: while a [`Halt`] exists no goroutine is begun, resumed
//! or switched away. Those that compute or block in their own code go on, and
//! wait when they next need the scheduler.
//!
//! How: every processor is either idle, and stays so because we hold the
//! scheduler's lock, or in our hands, taken through the lease of its worker.
//!
//! The leases are taken one after the other, without the lock, because a worker
//! inside scheduler code may need the lock in order to come out. When those we
//! have and the idle ones are all there are, under the lock, nobody else has one.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gorge_base::Backoff;
use gorge_sys::fence;

use crate::lease::Taken;
use crate::runtime::goroutine::G;
use crate::runtime::processor::{self, P};
use crate::runtime::world::{self, World};

/// How often it looks whether a worker has left scheduler code. It soon does,
/// since it cannot enter again.
const PATIENCE: u32 = 200;

/// The world stands still. Its owner must not enter scheduler code, nor lock
/// the world again.
pub(crate) struct Halt {
    taken: Vec<Taken<'static, P>>,
    world: MutexGuard<'static, World>,
    _alone: MutexGuard<'static, ()>,
}

/// Stops the world. To be called outside scheduler code, by a goroutine or a
/// plain thread.
pub(crate) fn halt() -> Halt {
    // Two that each took half of the leases would wait for each other.
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut taken = Vec::new();
    let mut backoff = Backoff::new();
    loop {
        let workers = world::lock().workers.clone();
        let claims: Vec<_> = workers.into_iter().filter_map(|m| m.lease.claim()).collect();
        fence::heavy();
        taken.extend(claims.into_iter().filter_map(|claim| claim.settle(PATIENCE)));
        let world = world::lock();
        if taken.len() + world.idle_processors.len() == world.active {
            return Halt { taken, world, _alone: alone };
        }
        drop(world);
        backoff.wait();
    }
}

impl Halt {
    /// Those who are in a queue: ready, and nobody runs them.
    pub(crate) fn ready(&self) -> HashSet<*const G> {
        // SAFETY: all processors are ours while the world stands still, or in nobody's hands.
        let theirs = processor::all().flat_map(|p| unsafe { p.ready() });
        let all = theirs.chain(self.world.queue.iter()).chain(self.world.starving.iter());
        all.map(<*mut G>::cast_const).collect()
    }
}

impl Drop for Halt {
    fn drop(&mut self) {
        self.taken.drain(..).for_each(Taken::give_back);
    }
}
