//! What it costs to give the processor away before a file call, and what it costs others not to.
//!
//! `cargo run --release -p gorge-os --example file_calls`

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Nanoseconds for each call, the best of five rounds.
fn each(mut call: impl FnMut()) -> u128 {
    const CALLS: u32 = 2_000;
    (0..5)
        .map(|_| {
            let began = Instant::now();
            (0..CALLS).for_each(|_| call());
            began.elapsed().as_nanos() / u128::from(CALLS)
        })
        .min()
        .unwrap_or(0)
}

#[gorge::main]
fn main() {
    let path = std::env::temp_dir().join(format!("gorge-file-calls-{}", std::process::id()));
    fs::write(&path, vec![7; 4096]).unwrap();
    let calls: [(&str, &dyn Fn()); 3] = [
        ("nothing", &|| ()),
        ("metadata", &|| assert!(fs::metadata(&path).is_ok())),
        ("read 4 KiB", &|| drop(fs::read(&path).unwrap())),
    ];
    println!("{:24} {:>12} {:>12}", "ns for each call", "plain", "blocking");
    for (name, call) in calls {
        println!("{name:24} {:>12} {:>12}", each(call), each(|| gorge::blocking(call)));
    }

    // While others want to run: as many of them as there are processors.
    let stop = Arc::new(AtomicBool::new(false));
    let turns = Arc::new(AtomicU64::new(0));
    for _ in 0..gorge::runtime::gomaxprocs(0) {
        let (stop, turns) = (stop.clone(), turns.clone());
        gorge::go(move || {
            while !stop.load(Relaxed) {
                turns.fetch_add(1, Relaxed);
                gorge::runtime::gosched();
            }
        })
        .detach();
    }
    for (name, call) in calls {
        println!(
            "{name:24} {:>12} {:>12}   (others run)",
            each(call),
            each(|| gorge::blocking(call))
        );
    }
    stop.store(true, Relaxed);

    // How late others are while one call takes 20 ms, with one processor.
    gorge::runtime::gomaxprocs(1);
    for (name, hand_off) in [("plain", false), ("blocking", true)] {
        let began = Instant::now();
        let late = gorge::go(move || began.elapsed());
        let call = || std::thread::sleep(Duration::from_millis(20));
        if hand_off {
            gorge::blocking(call)
        } else {
            call()
        }
        println!(
            "another goroutine runs {:?} after a {name} call of 20 ms has begun",
            late.join().unwrap()
        );
    }
    fs::remove_file(&path).unwrap();
}
