//! What is over is counted no more: whoever has joined a goroutine, or received from its timer, does not find it in the
//! numbers. One test, alone in its process, because they are those of the whole process.

use std::hint::spin_loop;
use std::time::{Duration, Instant};

use gorge::{go, runtime, time};

/// Does it again and again for half a second, or as often as that.
fn again_and_again(mut once: impl FnMut(u32)) {
    let began = Instant::now();
    (0..20_000).take_while(|_| began.elapsed() < Duration::from_millis(500)).for_each(&mut once);
}

/// This plain thread waits awake, so as to look at the very moment.
#[test]
fn what_is_over_is_counted_no_more() {
    again_and_again(|round| {
        let timer = time::after(Duration::from_micros(1));
        while timer.try_recv().is_err() {
            spin_loop();
        }
        assert_eq!(runtime::num_timers(), 0, "timers in round {round}");
    });
    again_and_again(|round| {
        let before = runtime::num_goroutine();
        let goroutine = go(|| ());
        while !goroutine.is_finished() {
            spin_loop();
        }
        goroutine.join().unwrap();
        assert_eq!(runtime::num_goroutine(), before, "goroutines in round {round}");
    });
}
