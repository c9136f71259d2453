//! Sleeping until a word changes.
//!
//! Promise: no wake is lost. A thread that goes to sleep because the word had the expected value is
//! woken by every wake that follows a change of the word; comparing and falling asleep are one step
//! to whoever changes the word and then wakes. Sleepers may wake without a reason: look again.
//!
//! ```text
//!   sleeper                                  waker
//!   loop {                                   word.store(new, Release);
//!       if word.load(Acquire) != old: done   wake_one(&word);
//!       wait(&word, old, None);
//!   }
//! ```

use crate::os;
use gorge_base::atomic::AtomicU32;

/// Sleeps as long as `word` is `expected`, at most until `deadline` (a time of
/// [`clock::now`](crate::clock::now)). False when the deadline has passed; true for any other
/// reason, also none.
///
/// # Blocking
/// Blocks the OS thread.
#[inline]
pub fn wait(word: &AtomicU32, expected: u32, deadline: Option<u64>) -> bool {
    os::futex::wait(word, expected, deadline)
}

/// Wakes one thread that sleeps on the word; false when none did.
///
/// Only the address is used: the word itself may be gone already, because the sleeper saw the
/// change and freed it before this call.
#[inline]
pub fn wake_one(word: *const AtomicU32) -> bool {
    os::futex::wake(word, 1) > 0
}

/// Wakes every thread that sleeps on the word and says how many. As [`wake_one`], uses only the
/// address.
#[inline]
pub fn wake_all(word: *const AtomicU32) -> usize {
    os::futex::wake(word, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{wait, wake_all, wake_one};
    use crate::clock;
    use std::sync::Arc;
    use std::thread;

    use gorge_base::atomic::{AtomicU32, Ordering};

    #[test]
    fn another_value_does_not_sleep() {
        assert!(wait(&AtomicU32::new(1), 0, None));
    }

    #[test]
    fn a_deadline_ends_the_sleep_and_not_before() {
        let word = AtomicU32::new(0);
        let deadline = clock::now() + 2_000_000;
        while wait(&word, 0, Some(deadline)) {}
        assert!(clock::now() >= deadline);
        assert!(!wait(&word, 0, Some(0)), "a deadline in the past");
    }

    #[test]
    fn waking_nobody_says_so() {
        let word = AtomicU32::new(0);
        assert!(!wake_one(&word));
        assert_eq!(wake_all(&word), 0);
    }

    #[test]
    fn every_sleeper_is_woken_once_each() {
        let word = Arc::new(AtomicU32::new(0));
        let sleepers: Vec<_> = (0..4)
            .map(|_| {
                let word = word.clone();
                thread::spawn(
                    move || while wait(&word, 0, None) && word.load(Ordering::Acquire) == 0 {},
                )
            })
            .collect();
        // Each of the four is woken alone, though the word stays: they sleep again.
        for _ in 0..4 {
            while !wake_one(&*word) {
                thread::yield_now();
            }
        }
        word.store(1, Ordering::Release);
        wake_all(&*word);
        for sleeper in sleepers {
            sleeper.join().unwrap();
        }
    }

    #[test]
    fn words_do_not_wake_each_other() {
        // As many words as buckets of the portable table and more, one sleeper each.
        let words: Arc<Vec<AtomicU32>> = Arc::new((0..300).map(|_| AtomicU32::new(0)).collect());
        let sleepers: Vec<_> = (0..8)
            .map(|i| {
                let words = words.clone();
                thread::spawn(move || {
                    let word = &words[i * 37];
                    while word.load(Ordering::Acquire) == 0 {
                        wait(word, 0, None);
                    }
                })
            })
            .collect();
        for (i, sleeper) in sleepers.into_iter().enumerate() {
            words[i * 37].store(1, Ordering::Release);
            wake_one(&words[i * 37]);
            sleeper.join().unwrap();
        }
    }

    #[test]
    fn ping_pong_loses_no_wake() {
        let word = Arc::new(AtomicU32::new(0));
        let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 2_000_000 } else { 20_000 };
        let turn = move |word: &AtomicU32, mine: u32| {
            for _ in 0..rounds {
                while word.load(Ordering::Acquire) != mine {
                    wait(word, 1 - mine, None);
                }
                // Pairs with the acquire load of the other side.
                word.store(1 - mine, Ordering::Release);
                wake_one(word);
            }
        };
        let other = {
            let word = word.clone();
            thread::spawn(move || turn(&word, 1))
        };
        turn(&word, 0);
        other.join().unwrap();
    }
}
