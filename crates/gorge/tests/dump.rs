//! What a running program can say of itself: `runtime::stack`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gorge::{Builder, channel, go, runtime, time};

/// The paragraph of a dump that is about goroutine `number`.
fn paragraph(dump: &str, number: u64) -> Option<&str> {
    dump.split("\n\n").find(|part| part.starts_with(&format!("goroutine {number} ")))
}

/// Waits until the dump of all says `what` of goroutine `number`.
fn wait_for(number: u64, what: &str) -> String {
    loop {
        let dump = runtime::stack(true);
        if let Some(part) = paragraph(&dump, number)
            && part.contains(what)
        {
            return part.to_owned();
        }
        runtime::gosched();
    }
}

#[test]
fn ones_own_stack_begins_where_it_was_asked_for() {
    gorge::run(|| {
        let number = runtime::goroutine_id().unwrap();
        let dump = runtime::stack(false);
        let mut lines = dump.lines();
        assert_eq!(lines.next(), Some(&*format!("goroutine {number} [running]:")));
        assert!(lines.next().unwrap().starts_with("dump::"), "{dump}");
        assert!(lines.next().unwrap().contains("tests/dump.rs:"), "{dump}");
        assert_eq!(dump.matches("goroutine ").count(), 1, "{dump}");
    });
}

#[test]
fn of_all_goroutines_ones_own_comes_first() {
    gorge::run(|| {
        let (tx, rx) = channel::<u32>(0);
        let other = go(move || rx.recv());
        wait_for(other.id(), "[chan receive]:\n");
        let number = runtime::goroutine_id().unwrap();
        let dump = runtime::stack(true);
        assert!(dump.starts_with(&format!("goroutine {number} [running]:\n")), "{dump}");
        drop(tx);
        let _ = other.join();
    });
}

#[inline(never)]
fn wait_here(rx: &gorge::Receiver<u32>) {
    let _ = rx.recv();
}

/// (It is said to wait a moment before its stack has been saved, hence can be walked.)
#[test]
fn a_waiting_goroutine_tells_why_where_and_from_where() {
    gorge::run(|| {
        let (tx, rx) = channel::<u32>(0);
        let number = runtime::goroutine_id().unwrap();
        let other = Builder::new().name("reader").go(move || wait_here(&rx)).unwrap();
        let part = wait_for(other.id(), "[chan receive]:\ndump::wait_here(");
        let mut lines = part.lines();
        assert_eq!(
            lines.next(),
            Some(&*format!("goroutine {} \"reader\" [chan receive]:", other.id()))
        );
        assert_eq!(lines.next(), Some("dump::wait_here(...)"), "{part}");
        assert!(lines.next().unwrap().contains("tests/dump.rs:"), "{part}");
        let created = format!(" in goroutine {number}\n\tcrates/gorge/tests/dump.rs:");
        assert!(part.contains("\ncreated by dump::a_waiting_goroutine"), "{part}");
        assert!(part.contains(&created), "{part}");
        drop(tx);
        other.join().unwrap();
    });
}

#[test]
fn a_running_goroutines_stack_is_out_of_reach() {
    let stop = Arc::new(AtomicBool::new(false));
    let until = stop.clone();
    gorge::run(move || {
        let other = go(move || {
            while !until.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        wait_for(
            other.id(),
            "[running]:\n\tgoroutine running on other thread; stack unavailable\n",
        );
        stop.store(true, Ordering::Relaxed);
        other.join().unwrap();
    });
}

/// Goroutines are captured while they wake, wait again and end.
#[test]
fn dumps_do_not_disturb_what_runs() {
    gorge::run(|| {
        let all: Vec<_> = (0..50_u64)
            .map(|n| {
                go(move || {
                    let mut turns = 0;
                    for turn in 0..200 {
                        time::sleep(Duration::from_micros((n * 7 + turn) % 100));
                        turns += 1;
                    }
                    turns
                })
            })
            .collect();
        while all.iter().any(|one| !one.is_finished()) {
            assert!(runtime::stack(true).starts_with("goroutine "));
            runtime::gosched();
        }
        for one in all {
            assert_eq!(one.join().unwrap(), 200);
        }
    });
}

#[test]
fn hand_offs_are_told_by_cause() {
    gorge::run(|| {
        gorge::blocking(|| ());
        let dump = runtime::stack(true);
        let last = dump.trim_end().rsplit("\n\n").next().unwrap_or_default();
        assert!(last.starts_with("scheduler: "), "{dump}");
        let given = last.rsplit(": ").next().and_then(|number| number.parse::<u64>().ok());
        assert!(given >= Some(1), "{last}");
        for cause in ["who blocked: ", "computed: ", "either: "] {
            assert!(last.contains(cause), "{last}");
        }
        assert!(!runtime::stack(false).contains("scheduler: "));
    });
}

/// Whose worker looks for something to run finds a timer that is due each time, and who stops the world waited for ever.
#[test]
fn a_ticker_that_is_always_due_keeps_no_dump_waiting() {
    gorge::run(|| {
        let _ticker = time::Ticker::new(Duration::from_nanos(1));
        let (tx, rx) = channel::<()>(0);
        let waits = go(move || rx.recv());
        let number = waits.id();
        for _ in 0..20 {
            // Meanwhile another worker has nothing but the ticker.
            time::sleep(Duration::from_millis(1));
            wait_for(number, "[chan receive");
        }
        drop(tx);
        assert!(waits.join().unwrap().is_err());
    });
}
