use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Pool, Pooled};
use crate::sync::stress::together;

/// A value that counts how many there are of it, and is used by one at a time.
struct Counted {
    alive: Arc<AtomicUsize>,
    used: AtomicUsize,
}

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Counted { alive: alive.clone(), used: AtomicUsize::new(0) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn nobody_shares_a_value_and_none_is_lost() {
    let alive = Arc::new(AtomicUsize::new(0));
    let made = AtomicUsize::new(0);
    let pool = Pool::by_itself(|| {
        made.fetch_add(1, Ordering::Relaxed);
        Counted::new(&alive)
    });
    let turns = together(6, 2, |n| {
        let values = [pool.borrow(), pool.borrow()];
        for value in &values {
            assert_eq!(value.used.swap(1, Ordering::Relaxed), 0);
        }
        match n {
            0 => gorge_sched::gosched(),
            1 if gorge_sched::random().is_multiple_of(64) => pool.age(),
            _ => {}
        }
        for value in &values {
            value.used.store(0, Ordering::Relaxed);
        }
    });
    assert_eq!(pool.len(), alive.load(Ordering::Relaxed));
    // Two for each of the eight, those that grew old, and few by chance; not two for each turn.
    let made = made.load(Ordering::Relaxed) as u64;
    assert!(made <= 16 + turns, "{made} in {turns} turns");
    drop(pool);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn values_grow_old() {
    grow_old();
    // As a goroutine: the last one put lies in the slot of its worker.
    gorge_sched::run(grow_old);
}

fn grow_old() {
    let alive = Arc::new(AtomicUsize::new(0));
    let pool = Pool::by_itself(|| Counted::new(&alive));
    let (one, two) = (pool.get(), pool.get());
    pool.put(one);
    pool.age();
    pool.put(two);
    assert_eq!(pool.len(), 2);
    pool.age();
    assert_eq!((pool.len(), alive.load(Ordering::Relaxed)), (1, 1));
    // Who is used stays.
    for _ in 0..5 {
        pool.put(pool.try_get().unwrap());
        pool.age();
    }
    assert_eq!(pool.len(), 1);
    pool.age();
    assert!(pool.is_empty());
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn what_is_kept_back_does_not_go_back() {
    let pool = Pool::by_itself(String::new);
    let mut word = pool.borrow();
    word.push_str("kept");
    assert_eq!(Pooled::into_inner(word), "kept");
    assert!(pool.try_get().is_none());
    pool.put("put".to_owned());
    assert_eq!(*pool.borrow(), "put");
    assert_eq!(format!("{pool:?}"), "Pool { kept: 1, .. }");
}
