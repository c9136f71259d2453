//! A per-thread allocator, wrapped: goroutines share the heaps of the workers.
#![cfg(gorge_fibers)]
#![allow(clippy::undocumented_unsafe_blocks)] // Tests of an unsafe interface.

mod mini;

use std::sync::Mutex;

use gorge_coro::{Mode, alloc::Wrap};
use mimalloc::MiMalloc;
use mini::{alone, go, in_child, park_in, release, run, setup, yield_now};

#[global_allocator]
static ALLOCATOR: Wrap<MiMalloc> = Wrap::new(MiMalloc);

mode_of_this_binary!("fibers");

fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = text.split(' ').nth(1).unwrap();
    pages.parse::<usize>().unwrap() * 4096
}

#[test]
fn ten_thousand_parked_goroutines_stay_within_sixty_megabytes() {
    static LIST: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let _alone = alone();
    assert_eq!(setup(), Mode::Fiber);
    let n = 10_000;
    LIST.lock().unwrap().reserve(n);
    let before = resident();
    for i in 0..n {
        go(move || {
            // Each has some memory of its own.
            let mine: Vec<usize> = (0..16).map(|_| i).collect();
            let text = format!("goroutine {i}");
            park_in(&LIST);
            assert!(mine.iter().all(|x| *x == i));
            assert_eq!(text, format!("goroutine {i}"));
        });
    }
    go(move || {
        while LIST.lock().unwrap().len() < n {
            yield_now();
        }
        let used = resident().saturating_sub(before);
        release(&LIST);
        // A debug build's frames reach into further pages of each stack.
        let most = if cfg!(debug_assertions) { 150 } else { 60 };
        assert!(used <= most * 1_000_000, "{used} bytes");
    });
    run(3);
}

#[test]
fn memory_moves_between_goroutines_and_threads() {
    let _alone = alone();
    let (sender, receiver) = std::sync::mpsc::channel::<Vec<u64>>();
    for i in 0..200 {
        let sender = sender.clone();
        go(move || {
            for k in 0..50 {
                let mut v = Vec::with_capacity(1);
                for x in 0..k {
                    v.push(x * i);
                    if x % 16 == 0 {
                        yield_now();
                    }
                }
                sender.send(v).unwrap();
            }
        });
    }
    drop(sender);
    let freeing = std::thread::spawn(move || receiver.iter().map(|v| v.len()).sum::<usize>());
    run(3);
    assert_eq!(freeing.join().unwrap(), 200 * 49 * 50 / 2);
}

#[test]
fn no_warning_is_given() {
    let output = in_child("no_warning_is_given", || {
        setup();
        std::process::exit(0);
    });
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !text.contains("warning"), "{text}");
}
