//! The word that says who is idle: how many processors have no worker and how
//! many workers look for work.
//!
//! ```text
//!   bits 0..16   idle processors
//!   bits 16..32  spinning workers
//! ```
//!
//! Whoever makes something runnable reads it with one relaxed load; zero in
//! the low half means there is nobody to wake, a non-zero high half that
//! somebody is already looking. See the README in `runtime/` for the
//! protocol and why it loses no work.

use gorge_base::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
};

const SPINNER: u32 = 1 << 16;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Idle(AtomicU32);

/// One reading of the word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reading(u32);

impl Reading {
    /// Nobody is idle.
    #[inline(always)]
    pub(crate) fn all_busy(self) -> bool {
        self.0 & (SPINNER - 1) == 0
    }

    /// Somebody looks for work already.
    #[inline(always)]
    pub(crate) fn someone_spins(self) -> bool {
        self.0 >= SPINNER
    }

    /// How many processors have no worker.
    pub(crate) fn idle_processors(self) -> usize {
        (self.0 & (SPINNER - 1)) as usize
    }
}

impl Idle {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Idle {
        Idle(AtomicU32::new(0))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Idle {
        Idle(AtomicU32::new(0))
    }

    #[inline(always)]
    pub(crate) fn read(&self) -> Reading {
        Reading(self.0.load(Relaxed))
    }

    pub(crate) fn read_ordered(&self) -> Reading {
        Reading(self.0.load(SeqCst))
    }

    /// `n` processors became idle.
    pub(crate) fn add(&self, n: usize) {
        self.0.fetch_add(n as u32, SeqCst);
    }

    /// An idle processor was taken by a worker that knows its work.
    pub(crate) fn remove(&self) {
        self.0.fetch_sub(1, SeqCst);
    }

    /// An idle processor was taken by a worker that starts out spinning.
    pub(crate) fn remove_to_spin(&self) {
        self.0.fetch_add(SPINNER - 1, SeqCst);
    }

    /// A running worker begins to look for work, unless another does.
    #[must_use]
    pub(crate) fn try_spin(&self) -> bool {
        if self.read().someone_spins() {
            return false;
        }
        self.0.fetch_add(SPINNER, SeqCst);
        true
    }

    /// A spinning worker found work. `true`: it was the last that looked, and
    /// there are idle processors.
    #[must_use]
    pub(crate) fn found(&self) -> bool {
        let before = Reading(self.0.fetch_sub(SPINNER, SeqCst));
        !before.all_busy() && before.0 < 2 * SPINNER
    }

    /// A spinning worker found nothing and its processor becomes idle.
    pub(crate) fn gave_up(&self) {
        self.0.fetch_sub(SPINNER - 1, SeqCst);
    }
}

/// The protocol around the word, as `wake`, `steal` and `idling` follow it,
/// with one processor that is idle or about to be. See the README, "Idling".
#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::sync::atomic::{AtomicUsize, Ordering::*, fence};
    use loom::sync::{Arc, Condvar, Mutex};
    use loom::thread;

    struct World {
        idle: Idle,
        queued: AtomicUsize,
        lock: Mutex<Locked>,
        woken: Condvar,
    }

    #[derive(Default)]
    struct Locked {
        queue: usize,
        idle_processors: usize,
        /// A processor was handed to the sleeping worker.
        handed: bool,
    }

    impl World {
        fn new(idle_processors: usize) -> Arc<World> {
            let world = World {
                idle: Idle::new(),
                queued: AtomicUsize::new(0),
                lock: Mutex::new(Locked { idle_processors, ..Locked::default() }),
                woken: Condvar::new(),
            };
            world.idle.add(idle_processors);
            Arc::new(world)
        }

        /// `wake::enqueue`.
        fn enqueue(&self) {
            let mut locked = self.lock.lock().unwrap();
            locked.queue += 1;
            self.queued.store(locked.queue, Release);
            self.wake_one(&mut locked);
        }

        fn wake_one(&self, locked: &mut Locked) {
            fence(SeqCst);
            if self.idle.read().someone_spins() || locked.idle_processors == 0 {
                return;
            }
            locked.idle_processors -= 1;
            self.idle.remove_to_spin();
            locked.handed = true;
            self.woken.notify_one();
        }

        /// `wake::any_work`.
        fn any_work(&self) -> bool {
            fence(SeqCst);
            self.queued.load(Relaxed) != 0
        }

        /// `idling::found`.
        fn found(&self) {
            if self.idle.found() && self.any_work() {
                self.wake_one(&mut self.lock.lock().unwrap());
            }
        }

        /// A worker with a processor that looks for work until it has got some.
        fn work(&self, spins: bool) {
            let mut locked = self.lock.lock().unwrap();
            let mut spins = spins;
            loop {
                if locked.queue != 0 {
                    locked.queue -= 1;
                    self.queued.store(locked.queue, Release);
                    drop(locked);
                    if spins {
                        self.found();
                    }
                    return;
                }
                locked.idle_processors += 1;
                if spins {
                    self.idle.gave_up()
                } else {
                    self.idle.add(1)
                }
                locked = self.sleep(locked);
                spins = true;
            }
        }

        /// A worker that sleeps until a processor is handed to it.
        fn sleep<'a>(
            &'a self,
            mut locked: loom::sync::MutexGuard<'a, Locked>,
        ) -> loom::sync::MutexGuard<'a, Locked> {
            while !locked.handed {
                locked = self.woken.wait(locked).unwrap();
            }
            locked.handed = false;
            locked
        }
    }

    /// A lost wake-up would be a deadlock, which loom finds.
    #[test]
    fn who_goes_idle_sees_the_queue_or_is_woken() {
        for spins in [false, true] {
            loom::model(move || {
                let world = World::new(0);
                if spins {
                    assert!(world.idle.try_spin());
                }
                let worker = {
                    let world = world.clone();
                    thread::spawn(move || world.work(spins))
                };
                world.enqueue();
                worker.join().unwrap();
            });
        }
    }

    /// A spinning worker that finds something else passes the duty to look on.
    #[test]
    fn the_last_that_spins_wakes_another_for_what_it_leaves() {
        loom::model(|| {
            let world = World::new(1);
            assert!(world.idle.try_spin());
            let spinner = {
                let world = world.clone();
                // It has found a goroutine elsewhere, and never looks again.
                thread::spawn(move || world.found())
            };
            let sleeper = {
                let world = world.clone();
                thread::spawn(move || {
                    let locked = world.lock.lock().unwrap();
                    let locked = world.sleep(locked);
                    assert_eq!(locked.queue, 1);
                })
            };
            world.enqueue();
            spinner.join().unwrap();
            sleeper.join().unwrap();
        });
    }
}
