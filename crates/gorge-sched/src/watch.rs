//! The word that says until when somebody watches the clock.
//!
//! The first of the idle workers is the *watcher*: it sleeps until the earliest
//! deadline of all timers. Whoever arms an earlier one wakes it.
//!
//! | value | means |
//! |---|---|
//! | 0 | there is no idle worker: whoever runs looks at the timers, and the monitor does |
//! | `NEVER` | the watcher sleeps without a deadline, or has not yet said until when |
//! | else | the watcher sleeps until then, at most |
//!
//! Invariant: the word is written under the lock under which the list of idle
//! workers changes, so it always speaks of the one who is first in it.
//!
//! ```text
//!   who arms                                  watcher
//!   A1  next_when = when (the shard's lock)   W1  word = earliest deadline seen (the world's lock)
//!   A2  fence(SeqCst)                         W2  fence(SeqCst)
//!   A3  when < word? wake the watcher         W3  look at all next_when again: sleep, or go to W1
//! ```
//!
//! One of the two fences comes first. If it is A2, W3 sees the new deadline; if
//! it is W2, A3 sees the word of W1, or a later one, and wakes.

use gorge_base::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
    fence,
};

use crate::timer_heap::NEVER;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Watch(AtomicU64);

impl Watch {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Watch {
        Watch(AtomicU64::new(0))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Watch {
        Watch(AtomicU64::new(0))
    }

    /// There is no idle worker any more.
    pub(crate) fn nobody(&self) {
        self.0.store(0, Relaxed);
    }

    /// Another worker has become the first, and will look at the clock.
    pub(crate) fn somebody(&self) {
        self.0.store(NEVER, Relaxed);
    }

    /// The first worker sleeps until `when`, unless it sees an earlier deadline
    /// when it looks once more, which it must do after this.
    pub(crate) fn until(&self, when: u64) {
        self.0.store(when, Relaxed);
        fence(SeqCst); // W2
    }

    /// The word. Who has just armed a timer needs a fence before (A2).
    pub(crate) fn read(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[cfg(all(test, loom))]
mod tests {
    use std::ptr::NonNull;

    use loom::sync::atomic::{AtomicU32, Ordering::*};
    use loom::sync::{Arc, Mutex};
    use loom::thread;

    use super::*;
    use crate::timer_heap::{Fired, Node, Settled, Shard};

    unsafe fn never_fires(fired: Fired<'_, ()>, _: &()) -> Settled {
        fired.done()
    }

    /// What a worker that goes idle, and who wakes it, share.
    struct World {
        watch: Watch,
        shards: [Shard<()>; 2],
        /// Workers asleep, the watcher first.
        idle: Mutex<Vec<usize>>,
        woken: [AtomicU32; 2],
    }

    impl World {
        fn new(idle: &[usize]) -> Arc<World> {
            let watch = Watch::new();
            if !idle.is_empty() {
                watch.somebody();
            }
            Arc::new(World {
                watch,
                shards: [Shard::new(), Shard::new()],
                idle: Mutex::new(idle.to_vec()),
                woken: [AtomicU32::new(0), AtomicU32::new(0)],
            })
        }

        fn earliest(&self) -> u64 {
            self.shards.iter().map(Shard::next_when).min().unwrap()
        }

        fn wake_watcher(&self) {
            let idle = self.idle.lock().unwrap();
            if let Some(&first) = idle.first() {
                self.woken[first].store(1, SeqCst);
            }
        }

        fn arm(&self, shard: usize, node: &Node<()>, when: u64) {
            // SAFETY: the models disarm before the node ends.
            let armed = unsafe { self.shards[shard].arm(NonNull::from(node), when, || ()) };
            if armed.earlier && when < self.watch.read() {
                self.wake_watcher();
            }
        }

        /// A worker goes idle; until when it sleeps, if it is the watcher.
        fn go_idle(&self, me: usize) -> Option<u64> {
            let mut idle = self.idle.lock().unwrap();
            if idle.is_empty() {
                self.watch.somebody();
            }
            idle.push(me);
            drop(idle);
            loop {
                let earliest = self.earliest();
                let idle = self.idle.lock().unwrap();
                if idle.first() != Some(&me) {
                    drop(idle);
                    if self.earliest() < self.watch.read() {
                        self.wake_watcher();
                    }
                    return None;
                }
                self.watch.until(earliest);
                drop(idle);
                if self.earliest() >= earliest {
                    return Some(earliest);
                }
            }
        }
    }

    #[test]
    fn a_watcher_sees_the_timer_or_is_woken() {
        loom::model(|| {
            let world = World::new(&[]);
            let idles = {
                let world = world.clone();
                thread::spawn(move || world.go_idle(0))
            };
            let node = Node::new(never_fires);
            world.arm(0, &node, 5);
            let until = idles.join().unwrap().unwrap();
            // Whoever armed runs (is not idle) when the word said "nobody":
            // before it goes idle itself it looks again.
            let told = world.woken[0].load(SeqCst) == 1;
            let looks_again = world.earliest() < world.watch.read();
            assert!(until == 5 || told || looks_again, "until {until}");
            // SAFETY: the node is ours.
            assert!(unsafe { Shard::disarm(NonNull::from(&node), || ()) });
        });
    }

    #[test]
    fn who_goes_idle_behind_the_watcher_leaves_no_timer_unwatched() {
        loom::model(|| {
            let world = World::new(&[0]);
            let watcher = {
                let world = world.clone();
                thread::spawn(move || {
                    // It is in the list; what follows is the rest of going idle.
                    let mut idle = world.idle.lock().unwrap();
                    idle.clear();
                    drop(idle);
                    world.go_idle(0)
                })
            };
            let node = Node::new(never_fires);
            world.arm(1, &node, 5);
            let mine = world.go_idle(1);
            let theirs = watcher.join().unwrap();
            let woken = |i: usize| world.woken[i].load(SeqCst) == 1;
            let watched = mine == Some(5) || theirs == Some(5);
            let first = *world.idle.lock().unwrap().first().unwrap();
            assert!(watched || woken(first), "mine {mine:?}, theirs {theirs:?}");
            // SAFETY: the node is ours.
            assert!(unsafe { Shard::disarm(NonNull::from(&node), || ()) });
        });
    }
}
