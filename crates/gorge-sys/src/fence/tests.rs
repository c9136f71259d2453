//! Store buffering (the pattern that only a full fence forbids), light side against heavy side.

use super::{heavy, light};
use gorge_base::sync::atomic::Ordering;
use gorge_base::sync::{Arc, thread};

#[cfg(not(loom))]
#[test]
fn asking_again_gives_the_same_answer() {
    assert_eq!(super::init(), super::init());
    light();
    heavy();
}

/// In a child both ways work: what `fork` leaves of the registration, and to register once more.
#[cfg(all(not(loom), target_os = "linux"))]
#[test]
fn the_child_of_a_fork_can_fence() {
    if !super::init() {
        return; // a filter forbids it: there is nothing to register
    }
    // SAFETY: until it ends the child calls nothing but the system.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0, "{}", std::io::Error::last_os_error());
        if child == 0 {
            heavy();
            super::heavy_slow();
            libc::_exit(7);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &mut status, 0), child);
        assert!(libc::WIFEXITED(status), "aborted: {status:#x}");
        assert_eq!(libc::WEXITSTATUS(status), 7);
    }
}

#[cfg(loom)]
#[test]
fn one_side_sees_the_other() {
    use gorge_base::sync::atomic::AtomicU32;

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

/// Dekker's lock: each side announces itself, fences, and enters only when the other has not. The
/// light side goes round as fast as it can, the heavy one now and then; never are both inside.
/// (Without the fences two processors need some thousand rounds to be inside together.)
#[cfg(not(loom))]
#[test]
fn one_side_sees_the_other() {
    use core::sync::atomic::AtomicBool;
    use gorge_base::{CachePadded, Rng};
    use std::time::{Duration, Instant};

    #[derive(Default)]
    struct Door {
        light: CachePadded<AtomicBool>,
        heavy: CachePadded<AtomicBool>,
        inside: CachePadded<AtomicBool>,
        begun: AtomicBool,
        over: AtomicBool,
    }
    const R: Ordering = Ordering::Relaxed;

    super::init();
    let door = Arc::new(Door::default());
    let other = {
        let door = door.clone();
        thread::spawn(move || {
            // Stores leave a processor in order: one that has to wait for far memory holds back
            // the next, long enough for the load behind the (missing) fence to overtake it.
            let far: Vec<AtomicBool> = (0..8 << 20).map(|_| AtomicBool::new(false)).collect();
            let (mut rng, mut met) = (Rng::new(1), 0);
            door.begun.store(true, R);
            while !door.over.load(R) {
                for _ in 0..4 {
                    far[rng.below(8 << 20) as usize].store(true, R);
                }
                door.light.store(true, R);
                light();
                if !door.heavy.load(R) {
                    for _ in 0..20 {
                        met += u32::from(door.inside.load(R));
                    }
                }
                door.light.store(false, Ordering::Release);
            }
            met
        })
    };
    while !door.begun.load(R) {
        thread::yield_now();
    }
    let length = if std::env::var_os("GORGE_STRESS").is_some() { 60_000 } else { 500 };
    let (start, mut entered) = (Instant::now(), 0);
    // (Longer, if one side stood still for all that time: the heavy one where it is, the light one inside.)
    while start.elapsed() < Duration::from_millis(length) || entered == 0 {
        assert!(start.elapsed() < Duration::from_secs(120), "the heavy side never gets in");
        for _ in 0..100 {
            door.heavy.store(true, R);
            heavy();
            if !door.light.load(Ordering::Acquire) {
                door.inside.store(true, R);
                for _ in 0..20 {
                    core::hint::spin_loop();
                }
                door.inside.store(false, R);
                entered += 1;
            }
            door.heavy.store(false, Ordering::Release);
        }
    }
    door.over.store(true, R);
    assert_eq!(other.join().unwrap(), 0, "times both were inside");
}
