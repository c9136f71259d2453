//! A run that is cleared away does not unwind a scope past goroutines that still borrow from its caller.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use gorge::sync::atomic::AtomicU8;
use gorge::testing::explore;
use gorge::{channel, runtime, scope};

/// What is borrowed. (It says that it has ended where that can still be read.)
struct Frame {
    over: &'static AtomicBool,
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.over.store(true, SeqCst);
    }
}

/// Somebody who borrows a [`Frame`]; those who end after it are counted.
struct Borrower<'a> {
    over: &'static AtomicBool,
    late: &'static AtomicUsize,
    _frame: &'a Frame,
}

impl Drop for Borrower<'_> {
    fn drop(&mut self) {
        self.late.fetch_add(usize::from(self.over.load(SeqCst)), SeqCst);
    }
}

/// Runs of `program` end after each number of steps: nobody ends after what it borrows, and nobody is left.
#[track_caller]
fn nobody_is_late(steps: impl IntoIterator<Item = u64>, program: fn(&Frame, &'static AtomicUsize)) {
    let late: &'static AtomicUsize = Box::leak(Box::default());
    for steps in steps {
        let program = move || {
            let frame = Frame { over: Box::leak(Box::default()) };
            program(&frame, late);
        };
        let failure = explore().steps(steps).random(1).check(program).expect_err("it fails");
        assert_eq!(late.load(SeqCst), 0, "some outlived what they borrow: {failure}");
        assert!(!failure.report.contains("stay parked"), "{failure}");
    }
}

#[test]
fn a_scope_waits_whose_owner_comes_to_its_end() {
    nobody_is_late(1..12, |frame, late| {
        let (_tx, rx) = channel::<()>(0);
        scope(|s| {
            s.go(|| {
                let _mine = Borrower { over: frame.over, late, _frame: frame };
                let _ = rx.recv();
            });
            runtime::gosched();
        });
    });
}

/// After many steps goroutines are unwound also where they start others.
#[test]
fn a_scope_ends_whose_owner_is_unwound_while_it_starts_one() {
    nobody_is_late([5], |frame, late| {
        let looked_at = AtomicU8::new(0);
        scope(|s| {
            for _ in 0..11_000 {
                let _ = catch_unwind(AssertUnwindSafe(|| looked_at.load(SeqCst)));
            }
            s.go(|| drop(Borrower { over: frame.over, late, _frame: frame }));
        });
    });
}
