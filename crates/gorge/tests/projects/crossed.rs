//! Locks, and what is waited for with them, in two orders.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::{Barrier, Mutex, Once, WaitGroup};
use gorge::{Chan, context, go, select};

/// cockroach 10214: queued heartbeats are sent with the queue's lock, and take the replica's; a replica that ticks has its own, and takes the queue's.
pub(crate) fn queued_heartbeats(mended: bool) {
    #[derive(Default)]
    struct Replica {
        raft: Mutex<()>,
        state: Mutex<()>,
    }
    struct Store {
        queued: Mutex<Vec<u32>>,
        replicas: [Replica; 2],
    }
    impl Store {
        fn send_all(&self, mended: bool) {
            let queued = self.queued.lock();
            if mended {
                let copy = queued.clone();
                drop(queued);
                copy.iter().for_each(|_| self.send());
            } else {
                queued.iter().for_each(|_| self.send());
            }
        }
        fn send(&self) {
            for replica in &self.replicas {
                drop(replica.raft.lock()); // unreachable
            }
        }
        fn tick(&self, replica: &Replica) {
            let _raft = replica.raft.lock();
            let _state = replica.state.lock();
            for _ in 0..2 {
                drop(self.queued.lock());
            }
        }
    }
    let store = Arc::new(Store { queued: Mutex::new(vec![1, 2]), replicas: Default::default() });
    let ticks = store.clone();
    go(move || store.send_all(mended)).detach();
    go(move || ticks.tick(&ticks.replicas[0])).detach();
}

/// cockroach 7504: who looks for a name has the table of names and locks the lease; who gives the lease back has that and locks the table.
pub(crate) fn lease_and_its_name(mended: bool) {
    type Lease = Arc<Mutex<()>>;
    struct Leases {
        active: Mutex<Vec<Lease>>,
        names: Mutex<BTreeMap<usize, Lease>>,
    }
    impl Leases {
        fn acquire_by_name(&self, name: usize, mended: bool) {
            let names = self.names.lock();
            let Some(lease) = names.get(&name).cloned() else { return };
            if mended {
                drop(names);
                drop(lease.lock());
            } else {
                drop(lease.lock());
            }
        }
        fn release(&self, name: usize) {
            let mut active = self.active.lock();
            let lease = active[name].clone();
            let _held = lease.lock();
            active.retain(|other| !Arc::ptr_eq(other, &lease));
            let mut names = self.names.lock();
            if names.get(&name).is_some_and(|other| Arc::ptr_eq(other, &lease)) {
                names.remove(&name);
            }
        }
    }
    let leases = vec![Lease::default(), Lease::default()];
    let names = Mutex::new(leases.iter().cloned().enumerate().collect());
    let leases = Arc::new(Leases { active: Mutex::new(leases), names });
    let both = WaitGroup::new();
    both.add(2);
    let (acquires, acquired) = (leases.clone(), both.clone());
    go(move || {
        acquires.acquire_by_name(0, mended);
        acquired.done();
    })
    .detach();
    let released = both.clone();
    go(move || {
        leases.release(0);
        released.done();
    })
    .detach();
    both.wait();
}

/// hugo 5379: a page whose building takes too long counts its own words, and that waits for the building's lock, which it has.
pub(crate) fn page_within_itself(mended: bool) {
    #[derive(Default)]
    struct Page {
        content: Once,
        plain: Once,
        lock: Mutex<()>,
    }
    impl Page {
        fn count_words(self: &Arc<Self>, mended: bool) {
            self.content.call_once(|| self.build(mended));
            self.plain.call_once(|| drop(self.lock.lock()));
        }
        fn build(self: &Arc<Self>, mended: bool) {
            let (ctx, cancel) =
                context::with_timeout(&context::background(), Duration::from_millis(1));
            let _cancel = cancel.guard();
            let built = Chan::new(1);
            // Whoever gives up waiting lets go of it, too.
            let _held = mended.then(|| self.lock.lock());
            let (page, tells) = (self.clone(), built.clone());
            go(move || {
                let _held = (!mended).then(|| page.lock.lock());
                // One of its shortcodes asks for the page.
                page.count_words(mended);
                tells.send(());
            })
            .detach();
            select! {
                recv(ctx.done()) => (),
                recv(built) -> _ => (),
            }
        }
    }
    let (page, workers) = (Arc::new(Page::default()), WaitGroup::new());
    for _ in 0..2 {
        workers.add(1);
        let (page, workers) = (page.clone(), workers.clone());
        go(move || {
            page.count_words(mended);
            workers.done();
        })
        .detach();
    }
    workers.wait();
}

/// etcd 7902: all wait for the leader's word with the lock that the leader needs to give it.
pub(crate) fn rounds_of_an_election(mended: bool) {
    const CLIENTS: usize = 3;
    struct Election {
        lock: Mutex<()>,
        next: Shared<Chan<()>>,
        // Who comes too late for a round would wait for the leader's next one.
        round: Barrier,
    }
    go(move || {
        let election = Arc::new(Election {
            lock: Mutex::new(()),
            next: Shared::new(Chan::new(0)),
            round: Barrier::new(CLIENTS),
        });
        let all = WaitGroup::new();
        for client in 0..CLIENTS {
            all.add(1);
            let (election, all) = (election.clone(), all.clone());
            go(move || {
                for _ in 0..2 {
                    let held = election.lock.lock();
                    let next = election.next.get();
                    drop(held);
                    election.round.wait();
                    let held = election.lock.lock();
                    if client == 0 {
                        election.next.get().close();
                        election.next.set(Chan::new(0));
                    }
                    if mended {
                        drop(held);
                        next.recv();
                    } else {
                        next.recv();
                        drop(held);
                    }
                }
                all.done();
            })
            .detach();
        }
        all.wait();
    })
    .detach();
}
