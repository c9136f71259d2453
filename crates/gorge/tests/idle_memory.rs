//! What finished goroutines have used goes back to the system when nobody needs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gorge::{channel, go, runtime};

/// Resident bytes of this process.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: usize = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("a number");
    pages * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn stacks_are_given_back_when_idle() {
    let crowd = if runtime::mode() == runtime::Mode::Thread { 200 } else { 20_000 };
    let before = resident();
    let peak = gorge::run(move || {
        let (gate, waiting) = channel::<()>(0);
        let arrived = Arc::new(AtomicUsize::new(0));
        let handles: Vec<_> = (0..crowd)
            .map(|_| {
                let (waiting, arrived) = (waiting.clone(), arrived.clone());
                go(move || {
                    arrived.fetch_add(1, Ordering::Relaxed);
                    waiting.recv().unwrap_err()
                })
            })
            .collect();
        // Until all of them have run, and wait.
        while arrived.load(Ordering::Relaxed) < crowd {
            runtime::gosched();
        }
        let peak = resident();
        drop(gate);
        for handle in handles {
            handle.join().unwrap();
        }
        peak
    });
    let used = peak.saturating_sub(before);
    assert!(used >= crowd * 4096, "each has touched a page at least: {used}");
    let began = Instant::now();
    // Less than before, even, if others have given memory back as well.
    let still = || resident().saturating_sub(before);
    while still() > used / 2 {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{} of {used} bytes are still resident",
            still()
        );
        std::thread::yield_now();
    }
}
