//! The one place for who blocks in the poller.
//!
//! | value | means |
//! |---|---|
//! | `FREE` | nobody blocks there |
//! | `TAKEN` | one worker does, or is on his way in or out |
//! | `WANTED` | so too, and another one, who sleeps on his own word, is to be told when he has left |
//!
//! Why there is one place: an interrupt of the poller is for the one who blocks
//! there, and whoever comes out takes it. Were there two, one could take the
//! interrupt of the other, who would sleep on with a processor in his hands.

use gorge_base::sync::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed},
};

const FREE: u32 = 0;
const TAKEN: u32 = 1;
const WANTED: u32 = 2;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Seat(AtomicU32);

impl Seat {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Seat {
        Seat(AtomicU32::new(FREE))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Seat {
        Seat(AtomicU32::new(FREE))
    }

    /// Takes the place. `false`: who is there sees, when he leaves, that it was wanted.
    #[must_use]
    pub(crate) fn claim(&self) -> bool {
        loop {
            // Acquire: pairs with the release in `leave`.
            match self.0.compare_exchange(FREE, TAKEN, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(WANTED) => return false,
                Err(_) => {}
            }
            if self.0.compare_exchange(TAKEN, WANTED, Relaxed, Relaxed).is_ok() {
                return false;
            }
        }
    }

    /// Leaves the place. `true`: somebody wanted it meanwhile, and must be told.
    #[must_use = "somebody waits for the place"]
    pub(crate) fn leave(&self) -> bool {
        self.0.swap(FREE, AcqRel) == WANTED
    }
}

/// The protocol around the place, as `idling::poll`, `M::tell` and `wake::hand` follow it.
#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::sync::{Arc, Condvar, Mutex};
    use loom::thread;

    const NOTHING: u32 = 0;
    const RUN: u32 = 1;
    const RECHECK: u32 = 2;
    const POLLS: u32 = 3;

    struct Sleeper {
        word: AtomicU32,
        /// The system's sleep on the word.
        lock: Mutex<()>,
        changed: Condvar,
    }

    struct World {
        seat: Seat,
        /// The system's poller: whether it was interrupted.
        bell: Mutex<bool>,
        rung: Condvar,
        sleepers: [Sleeper; 2],
        /// Who is on the list of idle workers.
        idle: Mutex<[bool; 2]>,
    }

    impl World {
        fn new() -> Arc<World> {
            let sleeper = || Sleeper {
                word: AtomicU32::new(NOTHING),
                lock: Mutex::new(()),
                changed: Condvar::new(),
            };
            Arc::new(World {
                seat: Seat::new(),
                bell: Mutex::new(false),
                rung: Condvar::new(),
                sleepers: [sleeper(), sleeper()],
                idle: Mutex::new([true; 2]),
            })
        }

        /// `M::tell`.
        fn tell(&self, i: usize, what: u32) {
            let sleeper = &self.sleepers[i];
            if sleeper.word.swap(what, AcqRel) == POLLS {
                *self.bell.lock().unwrap() = true;
                self.rung.notify_all();
            } else {
                drop(sleeper.lock.lock().unwrap());
                sleeper.changed.notify_one();
            }
        }

        /// `wake::hand`.
        fn hand(&self, i: usize) {
            self.idle.lock().unwrap()[i] = false;
            self.tell(i, RUN);
        }

        /// `wake::wake_watcher`.
        fn wake_watcher(&self) {
            let idle = self.idle.lock().unwrap();
            if let Some(first) = idle.iter().position(|idle| *idle) {
                self.tell(first, RECHECK);
            }
        }

        /// A worker that sleeps until it is handed a processor.
        fn sleep(&self, i: usize) {
            let word = &self.sleepers[i].word;
            loop {
                self.nap(i);
                match word.load(Acquire) {
                    RUN => return,
                    RECHECK => {
                        let _ = word.compare_exchange(RECHECK, NOTHING, AcqRel, Acquire);
                    }
                    _ => {}
                }
            }
        }

        /// `idling::poll`.
        fn nap(&self, i: usize) {
            let sleeper = &self.sleepers[i];
            if !self.seat.claim() {
                let mut guard = sleeper.lock.lock().unwrap();
                while sleeper.word.load(Acquire) == NOTHING {
                    guard = sleeper.changed.wait(guard).unwrap();
                }
                return;
            }
            if sleeper.word.compare_exchange(NOTHING, POLLS, AcqRel, Acquire).is_ok() {
                let mut bell = self.bell.lock().unwrap();
                while !*bell {
                    bell = self.rung.wait(bell).unwrap();
                }
                *bell = false;
                drop(bell);
                let _ = sleeper.word.compare_exchange(POLLS, NOTHING, AcqRel, Acquire);
            }
            if self.seat.leave() {
                self.wake_watcher();
            }
        }
    }

    /// Two sleep, each is handed a processor: each wakes. (Who did not would
    /// be a deadlock, which loom finds; and it does when `claim` always says yes.)
    #[test]
    fn who_is_handed_a_processor_leaves_the_poller() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let world = World::new();
            let sleepers: Vec<_> = (0..2)
                .map(|i| {
                    let world = world.clone();
                    thread::spawn(move || world.sleep(i))
                })
                .collect();
            world.hand(0);
            world.hand(1);
            for sleeper in sleepers {
                sleeper.join().unwrap();
            }
        });
    }
}
