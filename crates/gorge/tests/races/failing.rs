//! A detector that fails never takes the program down: it is put aside, and that is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize as Unseen, Ordering::SeqCst};

use gorge::sync::{Mutex, RwLock, WaitGroup};
use gorge::{channel, go};
use gorge_base::probe::{Hold, Holds, Op, Order, Place, listen_to_holds, listen_to_order};

use super::ending::Case;

/// Fails at the call with this number, whatever it is.
struct Fails(Unseen);

impl Fails {
    fn heard(&self) {
        let n = self.0.fetch_sub(1, SeqCst);
        assert!(n != 0, "planted in a detector");
    }
}

impl Order for Fails {
    fn acquire(&self, _: usize) {
        self.heard();
    }
    fn release(&self, _: usize) {
        self.heard();
    }
    fn passes(&self, _: usize) {
        self.heard();
    }
    fn replaces(&self, _: usize) {
        self.heard();
    }
    fn meets(&self, _: usize) {
        self.heard();
    }
    fn passes_for(&self, _: usize, _: usize) {
        self.heard();
    }
    fn starts(&self, _: usize, _: bool, _: Place) {
        self.heard();
    }
    fn begins(&self, _: usize) {
        self.heard();
    }
    fn ends(&self, _: usize) {
        self.heard();
    }
    fn access(&self, _: usize, _: usize, _: bool, _: Place) {
        self.heard();
    }
    fn gone(&self, _: usize, _: usize) {
        self.heard();
    }
}

impl Holds for Fails {
    fn waits(&self, _: Op, _: usize, _: Place) {
        self.heard();
    }
    fn waits_for_permits(&self, _: usize, _: usize, _: usize, _: Place) {
        self.heard();
    }
    fn gives(&self) {
        self.heard();
    }
    fn queues(&self, _: usize, _: bool) {
        self.heard();
    }
    fn let_in(&self, _: Option<u64>, _: usize, _: usize) {
        self.heard();
    }
    fn goes_on(&self, _: usize) {
        self.heard();
    }
    fn holds(&self, _: usize, _: Hold, _: Place) {
        self.heard();
    }
    fn lets_go(&self, _: usize, _: Hold) {
        self.heard();
    }
    fn travels(&self, _: usize) {
        self.heard();
    }
    fn signals(&self, _: usize, _: usize, _: Place) {
        self.heard();
    }
    fn keeps(&self, _: usize, _: usize) {
        self.heard();
    }
    fn gone(&self, _: usize, _: usize) {
        self.heard();
    }
}

/// Something of most that there is; what comes out is known.
fn work() -> usize {
    let (to, from) = channel(2);
    let total = Arc::new(Mutex::new(0));
    let seen = Arc::new(RwLock::new(0));
    let all = WaitGroup::new();
    for n in 0..4_usize {
        let (to, total, seen) = (to.clone(), total.clone(), seen.clone());
        all.go(move || {
            to.send(n).expect("somebody receives");
            *total.lock() += n;
            *seen.write() += *total.lock() & 1 | 1;
        });
    }
    drop(to);
    let received: usize = from.iter().sum();
    all.wait();
    let failed = go(|| panic!("of the program")).join().is_err();
    let counted = *seen.read();
    received + *total.lock() + counted + usize::from(failed)
}

fn well() {
    gorge::run(|| {
        for _ in 0..3 {
            assert_eq!(work(), 6 + 6 + 4 + 1);
        }
    });
    println!("it went on");
}

/// In a process of its own each: of listeners only the first one ever is accepted.
fn failing_at(call: usize) {
    assert!(listen_to_order(Box::leak(Box::new(Fails(Unseen::new(call))))));
    assert!(listen_to_holds(Box::leak(Box::new(Fails(Unseen::new(call))))));
    well();
}

macro_rules! cases {
    ($($name:ident: $call:literal,)*) => {
        pub(crate) const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            program: || failing_at($call),
            check: |ended| {
                assert_eq!(ended.status, Some(0), "{ended}");
                assert_eq!(ended.out, "it went on\n");
                for what in ["race detector", "watcher of locks"] {
                    let said = format!(
                        "gorge: the {what} has failed and is off from now on: planted in a detector\n"
                    );
                    assert_eq!(ended.err.matches(&said).count(), 1, "{ended}");
                }
            },
        }),*];
    };
}

cases! {
    a_detector_fails_at_once: 0,
    a_detector_fails_at_its_second_call: 1,
    a_detector_fails_at_its_third_call: 2,
    a_detector_fails_at_its_fourth_call: 3,
    a_detector_fails_at_its_sixth_call: 5,
    a_detector_fails_at_its_tenth_call: 9,
    a_detector_fails_a_bit_later: 16,
    a_detector_fails_later: 23,
    a_detector_fails_late: 31,
}
