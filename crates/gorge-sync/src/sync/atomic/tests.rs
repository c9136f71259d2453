use super::*;
use crate::sync::stress::together;

#[test]
fn operations_are_those_of_std() {
    let n = AtomicU8::new(250);
    assert_eq!(n.fetch_add(10, Ordering::SeqCst), 250);
    assert_eq!(n.swap(7, Ordering::SeqCst), 4);
    assert_eq!(n.compare_exchange(6, 9, Ordering::SeqCst, Ordering::Relaxed), Err(7));
    assert_eq!(n.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_mul(2)), Ok(7));
    assert_eq!(n.fetch_max(20, Ordering::SeqCst), 14);
    assert_eq!(n.into_inner(), 20);
    let flag = AtomicBool::new(false);
    assert!(!flag.fetch_not(Ordering::SeqCst) && flag.load(Ordering::SeqCst));
    let pointer = AtomicPtr::<u8>::default();
    assert!(pointer.load(Ordering::SeqCst).is_null());
}

#[test]
fn nothing_is_lost() {
    let sum = AtomicUsize::new(0);
    let turns = together(4, 0, |_| {
        sum.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(sum.load(Ordering::Relaxed) as u64, turns);
}
