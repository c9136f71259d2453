//! Sleeping on a word by a table of queues.
//!
//! Promise: as the system's futex, wakes reach exactly the sleepers of that word, oldest first.
//!
//! Invariants: a sleeper compares the word and enters the queue under its bucket's lock, and a
//! waker takes that lock after it has changed the word; so a sleeper either sees the change or is
//! in the queue when the waker looks. A sleeper lives on its thread's stack and leaves the queue
//! (by the waker's hand, or its own) before that frame ends. `std::thread::park` is not used: its
//! token belongs to the program above.
//!
//! ```text
//!   TABLE[hash(address)]: Mutex<List> -> sleeper (stack of thread 1) -> sleeper (thread 2) -> ...
//! ```

use super::clock;
use core::ptr::NonNull;
use gorge_base::list::{Links, List, Node};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use gorge_base::atomic::{AtomicU32, Ordering};

struct Sleeper {
    address: usize,
    /// Written under the bucket's lock by whoever takes the sleeper out of the queue.
    woken: bool,
    wake: Condvar,
    links: Links<Sleeper>,
}

// SAFETY: always the field `links`, which only the list touches.
unsafe impl Node for Sleeper {
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
        // SAFETY: the node is live by contract.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
    }
}

// SAFETY: a sleeper is reached only under its bucket's lock; nothing in it belongs to a thread.
unsafe impl Send for Sleeper {}

const BUCKETS: usize = 256;
static TABLE: [Mutex<List<Sleeper>>; BUCKETS] = [const { Mutex::new(List::new()) }; BUCKETS];

fn bucket(address: usize) -> MutexGuard<'static, List<Sleeper>> {
    // Fibonacci hashing: words lie at multiples of four and often of 128.
    let hash = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
    TABLE[hash as usize % BUCKETS].lock().unwrap_or_else(PoisonError::into_inner)
}

/// See [`crate::futex::wait`].
pub(crate) fn wait(word: &AtomicU32, expected: u32, deadline: Option<u64>) -> bool {
    let mut queue = bucket(word.as_ptr() as usize);
    // The lock orders this load after the change of a waker that has been here already.
    if word.load(Ordering::Relaxed) != expected {
        return true;
    }
    let mut sleeper = Sleeper {
        address: word.as_ptr() as usize,
        woken: false,
        wake: Condvar::new(),
        links: Links::new(),
    };
    let sleeper = NonNull::from(&mut sleeper);
    // SAFETY: the sleeper stays in this frame, which is not left while it is in the queue.
    unsafe { queue.push_back(sleeper) };
    loop {
        // SAFETY: read under the bucket's lock, which every writer holds.
        let Sleeper { woken, wake, .. } = unsafe { sleeper.as_ref() };
        if *woken {
            return true;
        }
        match deadline {
            None => queue = wake.wait(queue).unwrap_or_else(PoisonError::into_inner),
            Some(deadline) => {
                let left = clock::until(deadline);
                if left.is_zero() {
                    // SAFETY: not woken, so still in the queue, whose lock is held.
                    unsafe { queue.remove(sleeper) };
                    return false;
                }
                let (again, _) =
                    wake.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner);
                queue = again;
            }
        }
    }
}

/// See [`crate::futex::wake_one`] and [`crate::futex::wake_all`].
pub(crate) fn wake(word: *const AtomicU32, count: usize) -> usize {
    let mut queue = bucket(word as usize);
    let mut woken = 0;
    let mut next = queue.front();
    while let Some(sleeper) = next.filter(|_| woken < count) {
        // SAFETY: in the queue, whose lock is held, hence alive; removed from this very queue. Its
        // thread cannot leave its frame before the lock is released, after the last use here.
        unsafe {
            next = queue.after(sleeper);
            if (*sleeper.as_ptr()).address == word as usize {
                queue.remove(sleeper);
                (*sleeper.as_ptr()).woken = true;
                (*sleeper.as_ptr()).wake.notify_one();
                woken += 1;
            }
        }
    }
    woken
}
