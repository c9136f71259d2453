//! The shard explored by loom: every interleaving of a few threads.

use std::ptr::NonNull;

use gorge_base::sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};
use gorge_base::sync::cell::UnsafeCell;
use gorge_base::sync::{Arc, model, thread};

use super::shard::Armed;
use super::*;

/// A timer whose payload only the fire function and, after `disarm`, the owner
/// touch: loom fails the test if the two are not ordered.
#[repr(C)]
struct Timer {
    node: Node<()>,
    fired: UnsafeCell<u32>,
}

unsafe fn touch(fired: Fired<'_, ()>, _: &()) -> Settled {
    // SAFETY: every node with this function lies at the start of a `Timer`.
    let timer = unsafe { fired.node().cast::<Timer>().as_ref() };
    // SAFETY: what these tests are about.
    timer.fired.with_mut(|count| unsafe { *count += 1 });
    fired.done()
}

impl Timer {
    fn new() -> Timer {
        Timer { node: Node::new(touch), fired: UnsafeCell::new(0) }
    }

    fn node(&self) -> NonNull<Node<()>> {
        NonNull::from(self).cast()
    }

    fn arm(&self, shard: &Shard<()>, when: u64) -> Armed {
        // SAFETY: each test disarms before the timer ends, and keeps the shard.
        unsafe { shard.arm(self.node(), when, || ()) }
    }

    /// Disarms and reads how often it has fired, as an owner does who frees it next.
    fn end(&self) -> (bool, u32) {
        // SAFETY: as for `arm`.
        let disarmed = unsafe { Shard::disarm(self.node(), || ()) };
        // SAFETY: what these tests are about.
        (disarmed, self.fired.with(|count| unsafe { *count }))
    }
}

// SAFETY: what these tests are about.
unsafe impl Sync for Timer {}
// SAFETY: as above.
unsafe impl Send for Timer {}

#[test]
fn firing_and_disarming_exclude_each_other() {
    model(|| {
        let shard = Arc::new(Shard::new());
        let timer = Timer::new();
        let _ = timer.arm(&shard, 1);
        let firing = {
            let shard = shard.clone();
            thread::spawn(move || shard.run_expired(1, &()).fired)
        };
        let (disarmed, fired) = timer.end();
        assert_eq!(u32::from(disarmed) + fired, 1);
        // The timer's memory ends here, while the other thread may still run.
        drop(timer);
        assert_eq!(firing.join().unwrap() as u32, fired);
    });
}

#[test]
fn arming_again_while_it_fires() {
    model(|| {
        let shards = Arc::new([Shard::new(), Shard::new()]);
        let timer = Timer::new();
        let _ = timer.arm(&shards[0], 1);
        let firing = {
            let shards = shards.clone();
            thread::spawn(move || shards[0].run_expired(1, &()))
        };
        let again = timer.arm(&shards[1], 2);
        let (disarmed, fired) = timer.end();
        assert!(disarmed, "armed for a time that has not come");
        assert_eq!(fired, u32::from(!again.was_armed));
        firing.join().unwrap();
    });
}

#[test]
fn two_threads_arm_one_node() {
    model(|| {
        let shards = Arc::new([Shard::new(), Shard::new()]);
        let timer = Arc::new(Timer::new());
        let other = {
            let (shards, timer) = (shards.clone(), timer.clone());
            thread::spawn(move || timer.arm(&shards[0], 1).was_armed)
        };
        let mine = timer.arm(&shards[1], 1).was_armed;
        let other = other.join().unwrap();
        assert!(mine != other, "one of the two found it armed");
        assert_eq!(shards[0].len() + shards[1].len(), 1);
        assert_eq!(timer.end(), (true, 0));
    });
}

#[test]
fn disarming_while_it_moves() {
    model(|| {
        let shards = Arc::new([Shard::new(), Shard::new()]);
        let timer = Timer::new();
        let _ = timer.arm(&shards[0], 1);
        let moving = {
            let shards = shards.clone();
            thread::spawn(move || shards[1].absorb(&shards[0]))
        };
        assert_eq!(timer.end(), (true, 0));
        drop(timer);
        moving.join().unwrap();
        assert_eq!(shards[0].len() + shards[1].len(), 0);
    });
}

/// The protocol at the top of `shard.rs`: a worker that goes to sleep has seen
/// the deadline, or is woken.
#[test]
fn no_sleeper_misses_an_earlier_deadline() {
    model(|| {
        let shard = Arc::new(Shard::<()>::new());
        let idle = Arc::new(AtomicU32::new(0));
        let woken = Arc::new(AtomicBool::new(false));
        let worker = {
            let (shard, idle) = (shard.clone(), idle.clone());
            thread::spawn(move || {
                idle.store(1, Ordering::Relaxed);
                fence(Ordering::SeqCst);
                shard.next_when()
            })
        };
        let timer = Timer::new();
        let armed = timer.arm(&shard, 1);
        assert!(armed.earlier);
        if idle.load(Ordering::Relaxed) == 1 {
            woken.store(true, Ordering::Relaxed);
        }
        let sleeps_until = worker.join().unwrap();
        assert!(sleeps_until == 1 || woken.load(Ordering::Relaxed), "sleeps through");
        assert!(timer.end().0);
    });
}
