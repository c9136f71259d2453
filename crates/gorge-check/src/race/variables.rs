//! Who accessed which variable last: FastTrack (Flanagan and Freund, PLDI 2009).
//!
//! Of a variable the last write is remembered, and the reads since: those that no
//! other one of them is known to come after, mostly one. An access is in a race with
//! whatever of these it does not come after.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use gorge_base::probe::Place;

use super::brief::Brief;
use super::clock::Epoch;
use super::objects::{Spreading, shard};
use super::threads::{Identity, State};
use super::trace::Trace;

/// One access that is remembered.
#[derive(Clone, Debug)]
pub(super) struct Access {
    epoch: Epoch,
    pub(super) write: bool,
    pub(super) at: Place,
    pub(super) trace: Option<Arc<Trace>>,
    pub(super) by: Arc<Identity>,
}

#[derive(Default)]
struct Variable {
    write: Option<Access>,
    reads: Vec<Access>,
}

const SHARDS: usize = 64;

/// All variables, by their names.
pub(super) struct Variables([Brief<HashMap<usize, Variable, Spreading>>; SHARDS]);

impl Variables {
    pub(super) const fn new() -> Self {
        Variables([const { Brief::new(HashMap::with_hasher(Spreading::new())) }; SHARDS])
    }

    /// Remembers an access by whose state `me` is; gives an earlier one with
    /// which it is in a race, and itself.
    pub(super) fn access(
        &self,
        name: usize,
        write: bool,
        at: Place,
        me: &mut State,
    ) -> Option<(Access, Access)> {
        let epoch = me.access();
        let mut variables = self.0[shard(name) % SHARDS].lock();
        let variable = variables.entry(name).or_default();
        if variable.is_known(epoch, write) {
            return None;
        }
        let origin = me.identity.created.as_ref().map(|created| created.at);
        let bubble = me.identity.bubble.load(Relaxed);
        let trace = me.recent.here(at, me.base, origin, bubble);
        let access = Access { epoch, write, at, trace, by: me.identity.clone() };
        let race = variable.in_race_with(&access, me).map(|other| (other, access.clone()));
        variable.remember(access, me);
        race
    }

    pub(super) fn forget(&self, name: usize) {
        self.0[shard(name) % SHARDS].lock().remove(&name);
    }

    pub(super) fn clear(&self) {
        for shard in &self.0 {
            shard.lock().clear();
        }
    }
}

impl Variable {
    /// Whether the same goroutine did the same, or more, at the same moment.
    fn is_known(&self, epoch: Epoch, write: bool) -> bool {
        let is_this = |access: &Access| access.epoch == epoch;
        match write {
            true => self.reads.is_empty() && self.write.as_ref().is_some_and(is_this),
            false => self.reads.iter().any(is_this) || self.write.as_ref().is_some_and(is_this),
        }
    }

    fn in_race_with(&self, access: &Access, me: &State) -> Option<Access> {
        let unordered = |other: &&Access| !me.comes_after(other.epoch);
        let write = self.write.as_ref().filter(unordered);
        let read = || self.reads.iter().filter(|_| access.write).find(unordered);
        write.or_else(read).cloned()
    }

    fn remember(&mut self, access: Access, me: &State) {
        if access.write {
            self.reads.clear();
            self.write = Some(access);
        } else {
            self.reads.retain(|other| !me.comes_after(other.epoch));
            self.reads.push(access);
        }
    }
}
