use std::panic::{AssertUnwindSafe, catch_unwind};

use super::WaitGroup;

/// The moment at which the counter has become zero and the waiters are not yet
/// released is too short to be met from outside.
#[test]
fn add_while_the_waiters_are_being_released() {
    let group = WaitGroup::new();
    group.pretend(0, 1);
    let panic = catch_unwind(AssertUnwindSafe(|| group.add(1))).unwrap_err();
    let text = "sync: WaitGroup misuse: Add called concurrently with Wait";
    assert_eq!(panic.downcast_ref::<&str>(), Some(&text));

    // The same seen from the other side: the word has changed before the release.
    let group = WaitGroup::new();
    group.pretend(1, 1);
    let panic = catch_unwind(AssertUnwindSafe(|| group.release_stale())).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&text));
}
