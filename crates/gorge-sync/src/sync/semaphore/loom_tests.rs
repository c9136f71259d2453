//! The semaphore in every interleaving, up to a number of preemptions.

use gorge_base::sync::{Arc, model_up_to, thread};
use gorge_sched::timer;

use super::Semaphore;
use crate::time::Instant;

#[test]
fn many_and_few() {
    model_up_to(2, || {
        let semaphore = Arc::new(Semaphore::new(2));
        let others: Vec<_> = [2, 1]
            .into_iter()
            .map(|n| {
                let semaphore = semaphore.clone();
                thread::spawn(move || drop(semaphore.acquire(n)))
            })
            .collect();
        drop(semaphore.acquire(1));
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(semaphore.available(), 2);
    });
}

#[test]
fn who_asks_for_many_gives_up() {
    model_up_to(2, || {
        let semaphore = Arc::new(Semaphore::new(2));
        let one = semaphore.acquire(1);
        let many = {
            let semaphore = semaphore.clone();
            thread::spawn(move || drop(semaphore.acquire_deadline(2, Instant::from_nanos(1))))
        };
        let few = {
            let semaphore = semaphore.clone();
            thread::spawn(move || drop(semaphore.acquire(1)))
        };
        timer::pass();
        drop(one);
        few.join().unwrap();
        many.join().unwrap();
        assert_eq!(semaphore.available(), 2);
    });
}
