//! Store buffering (the pattern that only a full fence forbids), light side against heavy side.

use super::{heavy, light};
#[cfg(not(loom))]
use gorge_base::Backoff;
use gorge_base::sync::atomic::{AtomicU32, Ordering};
use gorge_base::sync::{Arc, thread};

#[cfg(not(loom))]
#[test]
fn asking_again_gives_the_same_answer() {
    assert_eq!(super::init(), super::init());
    light();
    heavy();
}

#[cfg(loom)]
#[test]
fn one_side_sees_the_other() {
    loom::model(|| {
        let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let other = {
            let words = words.clone();
            thread::spawn(move || {
                words[0].store(1, Ordering::Relaxed);
                light();
                words[1].load(Ordering::Relaxed)
            })
        };
        words[1].store(1, Ordering::Relaxed);
        heavy();
        let seen = words[0].load(Ordering::Relaxed);
        assert!(seen + other.join().unwrap() > 0);
    });
}

/// The light side runs freely and says in `turn` which round it has seen; for each round exactly
/// one pair of store and load happens on each side, at nearly the same time.
#[cfg(not(loom))]
#[test]
fn one_side_sees_the_other() {
    super::init();
    let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 3_000_000 } else { 20_000 };
    let [mine, yours, turn, seen] = [const { AtomicU32::new(0) }; 4];
    let shared = Arc::new((mine, yours, turn, seen));
    let other = {
        let shared = shared.clone();
        thread::spawn(move || {
            let (mine, yours, turn, seen) = &*shared;
            for round in 1..=rounds {
                let mut backoff = Backoff::up_to(1 << 12);
                while turn.load(Ordering::Acquire) != round {
                    backoff.wait();
                }
                mine.store(round, Ordering::Relaxed);
                light();
                let saw = yours.load(Ordering::Relaxed) == round;
                seen.store(round << 1 | u32::from(saw), Ordering::Release);
            }
        })
    };
    let (mine, yours, turn, seen) = &*shared;
    for round in 1..=rounds {
        turn.store(round, Ordering::Release);
        for _ in 0..round % 64 {
            core::hint::spin_loop(); // another moment in every round
        }
        yours.store(round, Ordering::Relaxed);
        heavy();
        let saw = mine.load(Ordering::Relaxed) == round;
        let theirs = loop {
            match seen.load(Ordering::Acquire) {
                word if word >> 1 == round => break word & 1 == 1,
                _ => thread::yield_now(),
            }
        };
        assert!(saw || theirs, "round {round}: neither side saw the other");
    }
    other.join().unwrap();
}
