//! One thread waits, any thread lets it go.
//!
//! Promise: a token is never lost and never doubled: [`Parker::unpark`] before [`Parker::park`]
//! makes that park return at once; two unparks in a row are one. Whatever happened before an
//! unpark is visible after the park that it ends.
//!
//! The word, and who changes it:
//!
//! | state | means | park | unpark |
//! |---|---|---|---|
//! | `EMPTY` 0 | nobody waits, no token | -> `PARKED`, sleeps | -> `TOKEN` |
//! | `TOKEN` 1 | a token lies there | -> `EMPTY`, returns | stays |
//! | `PARKED` 2 | the owner sleeps, or is about to | (only the owner parks) | -> `TOKEN`, wakes |
//!
//! Invariant: only the owner leaves `TOKEN` or enters `PARKED`. If unpark did not wake on `PARKED`
//! the owner would sleep on a word that has already changed.

#[cfg(not(loom))]
use crate::futex;
#[cfg(not(loom))]
use gorge_base::atomic::{AtomicU32, Ordering};

#[cfg(not(loom))]
const EMPTY: u32 = 0;
#[cfg(not(loom))]
const TOKEN: u32 = 1;
#[cfg(not(loom))]
const PARKED: u32 = 2;

/// A place for one thread to wait in.
///
/// # Examples
/// ```
/// use gorge_sys::Parker;
/// use std::sync::Arc;
///
/// let parker = Arc::new(Parker::new());
/// let other = parker.clone();
/// std::thread::spawn(move || other.unpark());
/// parker.park();
/// ```
#[cfg(not(loom))]
#[derive(Debug)]
pub struct Parker {
    state: AtomicU32,
}

#[cfg(not(loom))]
impl Parker {
    /// A parker without a token.
    pub const fn new() -> Self {
        Parker { state: AtomicU32::new(EMPTY) }
    }

    /// Waits for a token and takes it. Only one thread at a time may call this.
    ///
    /// # Blocking
    /// Blocks the OS thread until [`Parker::unpark`].
    #[inline]
    pub fn park(&self) {
        if !self.take_token() {
            self.park_slow(None);
        }
    }

    /// Waits for a token and takes it, at most until `deadline` (a time of
    /// [`clock::now`](crate::clock::now)). False when there was none until then.
    ///
    /// # Blocking
    /// Blocks the OS thread until [`Parker::unpark`] or the deadline.
    #[inline]
    #[must_use = "false means that no token was taken"]
    pub fn park_until(&self, deadline: u64) -> bool {
        self.take_token() || self.park_slow(Some(deadline))
    }

    /// Takes the token if there is one, without waiting.
    #[inline]
    pub fn take_token(&self) -> bool {
        // Acquire pairs with the release in `unpark`.
        self.state.load(Ordering::Relaxed) == TOKEN
            && self.state.swap(EMPTY, Ordering::Acquire) == TOKEN
    }

    /// Leaves a token, and wakes the thread that waits for it. From any thread.
    #[inline]
    pub fn unpark(&self) {
        let word = &raw const self.state;
        // Release pairs with the acquire of the park that takes the token. The parker may be freed
        // as soon as the owner sees the token: from here on only its address is used.
        if self.state.swap(TOKEN, Ordering::Release) == PARKED {
            futex::wake_one(word);
        }
    }

    #[cold]
    fn park_slow(&self, deadline: Option<u64>) -> bool {
        let parked =
            self.state.compare_exchange(EMPTY, PARKED, Ordering::Acquire, Ordering::Acquire);
        if parked.is_err() {
            // A token came in between. The swap, not a store, so as to acquire the last unpark's
            // release if there was a second one.
            self.state.swap(EMPTY, Ordering::Acquire);
            return true;
        }
        let mut in_time = true;
        while in_time && self.state.load(Ordering::Relaxed) == PARKED {
            in_time = futex::wait(&self.state, PARKED, deadline);
        }
        // Also when the time is over: a token may have come at the last moment.
        self.state.swap(EMPTY, Ordering::Acquire) == TOKEN
    }
}

/// A place for one thread to wait in (loom's build: a lock and a condition, time stands still).
#[cfg(loom)]
#[derive(Debug)]
pub struct Parker {
    token: gorge_base::sync::Mutex<bool>,
    come: gorge_base::sync::Condvar,
}

#[cfg(loom)]
#[allow(missing_docs)] // as above
impl Parker {
    pub fn new() -> Self {
        Parker {
            token: gorge_base::sync::Mutex::new(false),
            come: gorge_base::sync::Condvar::new(),
        }
    }

    pub fn park(&self) {
        let mut token = self.token.lock().unwrap();
        while !*token {
            token = self.come.wait(token).unwrap();
        }
        *token = false;
    }

    pub fn park_until(&self, _deadline: u64) -> bool {
        self.park();
        true
    }

    pub fn take_token(&self) -> bool {
        std::mem::take(&mut *self.token.lock().unwrap())
    }

    pub fn unpark(&self) {
        *self.token.lock().unwrap() = true;
        self.come.notify_one();
    }
}

impl Default for Parker {
    fn default() -> Self {
        Parker::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Parker;
    use crate::clock;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn a_token_left_before_is_found() {
        let parker = Parker::new();
        parker.unpark();
        parker.unpark();
        parker.park();
        assert!(!parker.take_token(), "two unparks in a row are one");
    }

    #[test]
    fn a_deadline_takes_no_token() {
        let parker = Parker::new();
        assert!(!parker.park_until(clock::now() + 1_000_000));
        assert!(!parker.park_until(0));
        parker.unpark();
        assert!(parker.park_until(0), "a token that is there wins over a deadline that has passed");
    }

    #[test]
    fn two_threads_hand_a_token_back_and_forth() {
        let pair = Arc::new([Parker::new(), Parker::new()]);
        let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 2_000_000 } else { 20_000 };
        let other = {
            let pair = pair.clone();
            thread::spawn(move || {
                for _ in 0..rounds {
                    pair[0].park();
                    pair[1].unpark();
                }
            })
        };
        for i in 0..rounds {
            pair[0].unpark();
            match i % 2 {
                0 => pair[1].park(),
                _ => while !pair[1].park_until(clock::now() + 1_000) {},
            }
        }
        other.join().unwrap();
    }

    /// The parker is freed by its owner the moment the token is seen, while the other side is
    /// still on its way to the wake.
    #[test]
    fn the_owner_may_free_the_parker_at_once() {
        for _ in 0..2_000 {
            let parker = Box::new(Parker::new());
            let address = &raw const *parker as usize;
            let other = thread::spawn(move || {
                // SAFETY: the parker lives until its token is taken.
                unsafe { &*(address as *const Parker) }.unpark();
            });
            parker.park();
            drop(parker);
            other.join().unwrap();
        }
    }
}
