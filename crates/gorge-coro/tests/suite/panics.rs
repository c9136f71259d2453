//! Panics, unwinding and backtraces across switches.

use std::backtrace::Backtrace;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::panicking;

use crate::mini::{alone, go, hop, run, yield_now};

static UNWOUND: AtomicUsize = AtomicUsize::new(0);

/// Migrates while a panic unwinds.
struct HopOnDrop;

impl Drop for HopOnDrop {
    fn drop(&mut self) {
        assert!(panicking());
        hop();
        assert!(panicking());
        // Another panic, caught, in the middle of the first one.
        let inner = catch_unwind(|| resume_unwind(Box::new("inner")));
        assert_eq!(*inner.unwrap_err().downcast::<&str>().unwrap(), "inner");
        assert!(panicking());
        UNWOUND.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_panic_may_migrate_while_it_unwinds() {
    let _alone = alone();
    UNWOUND.store(0, SeqCst);
    for i in 0..100u64 {
        go(move || {
            for k in 0..5 {
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    let _a = HopOnDrop;
                    let _b = HopOnDrop;
                    resume_unwind(Box::new(i * 10 + k));
                }));
                assert_eq!(*caught.unwrap_err().downcast::<u64>().unwrap(), i * 10 + k);
                assert!(!panicking());
                yield_now();
                assert!(!panicking());
            }
        });
    }
    run(3);
    assert_eq!(UNWOUND.load(SeqCst), 1000);
}

#[test]
fn a_hook_sees_the_panicking_goroutine() {
    let _alone = alone();
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        if info.payload().is::<&str>() {
            SEEN.fetch_add(1, SeqCst);
        }
    }));
    for _ in 0..50 {
        go(|| {
            let caught = catch_unwind(|| {
                hop();
                panic!("expected");
            });
            assert!(caught.is_err());
        });
    }
    run(2);
    std::panic::set_hook(before);
    assert_eq!(SEEN.load(SeqCst), 50);
}

#[inline(never)]
fn a_frame_to_be_seen() -> String {
    hop();
    let text = Backtrace::force_capture().to_string();
    std::hint::black_box(text)
}

#[test]
fn a_backtrace_ends_at_the_goroutines_entry() {
    let _alone = alone();
    go(|| {
        let text = a_frame_to_be_seen();
        assert!(text.contains("a_frame_to_be_seen"), "{text}");
        assert!(text.contains("a_backtrace_ends_at_the_goroutines_entry"), "{text}");
        // What lies beyond would be the worker's frames, or nonsense.
        assert!(!text.contains("mini::work"), "{text}");
        assert!(text.lines().count() < 120, "{text}");
    });
    run(2);
}
