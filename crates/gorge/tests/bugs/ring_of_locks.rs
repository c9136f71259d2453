//! Each of three holds one lock and wants the next one's: the dining philosophers.

use std::sync::Arc;

use gorge::go;
use gorge::sync::Mutex;

pub(crate) fn run(mended: bool) {
    let forks: Vec<_> = (0..3).map(|_| Arc::new(Mutex::new(()))).collect();
    let diners: Vec<_> = (0..3)
        .map(|n| {
            let (mut left, mut right) = (forks[n].clone(), forks[(n + 1) % 3].clone());
            if mended && n == 2 {
                std::mem::swap(&mut left, &mut right);
            }
            go(move || {
                let _left = left.lock();
                let _right = right.lock();
            })
        })
        .collect();
    for diner in diners {
        diner.join().unwrap();
    }
}
