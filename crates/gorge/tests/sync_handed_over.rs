//! A mutex goes to whoever has waited for a millisecond, however quickly the one who has it comes back.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gorge::sync::Mutex;
use gorge::{runtime, scope};

/// Without being handed over the mutex would be free for one in some thousand looks of the other, if at all.
const LONG: Duration = Duration::from_secs(30);

/// How often one holds the mutex, each time for more than a millisecond, until another gets it. That may be as often
/// as you like: the other one, too, must run, and once more when it is told to look.
fn turns(mutex: &Mutex<()>) -> u32 {
    let got = AtomicBool::new(false);
    let mut turns = 0;
    let began = Instant::now();
    scope(|s| {
        let mut held = mutex.lock();
        s.go(|| {
            let _held = mutex.lock();
            got.store(true, SeqCst);
        });
        while !got.load(SeqCst) {
            turns += 1;
            assert!(began.elapsed() < LONG, "the other one never gets it, in {turns} turns");
            let end = Instant::now() + Duration::from_micros(1_100);
            while Instant::now() < end {}
            // Whenever the other one comes to look, the mutex is held.
            runtime::gosched();
            drop(held);
            held = mutex.lock();
        }
    });
    turns
}

#[test]
fn who_has_waited_gets_it() {
    gorge::run(|| {
        runtime::gomaxprocs(1);
        println!("{} turns", turns(&Mutex::new(())));
        println!("{} turns of a fair one", turns(&Mutex::fair(())));
    });
}
