//! The condition in every interleaving, up to a number of preemptions: a lost
//! signal is a deadlock, which loom reports.

use gorge_base::sync::{Arc, model_up_to, thread};
use gorge_sched::timer;

use super::Condvar;
use crate::sync::Mutex;
use crate::time::Instant;

fn pair<T>(value: T) -> Arc<(Mutex<T>, Condvar)> {
    Arc::new((Mutex::new(value), Condvar::new()))
}

#[test]
fn a_signal_is_not_lost() {
    model_up_to(2, || {
        let pair = pair(false);
        let other = {
            let pair = pair.clone();
            thread::spawn(move || {
                *pair.0.lock() = true;
                pair.1.signal();
            })
        };
        let mut guard = pair.0.lock();
        pair.1.wait_while(&mut guard, |set| !*set);
        drop(guard);
        other.join().unwrap();
    });
}

#[test]
fn a_broadcast_reaches_both() {
    model_up_to(2, || {
        let pair = pair(false);
        let wait = |pair: &(Mutex<bool>, Condvar)| {
            let mut guard = pair.0.lock();
            pair.1.wait_while(&mut guard, |set| !*set);
        };
        let other = {
            let pair = pair.clone();
            thread::spawn(move || wait(&pair))
        };
        let setter = {
            let pair = pair.clone();
            thread::spawn(move || {
                *pair.0.lock() = true;
                pair.1.broadcast();
            })
        };
        wait(&pair);
        other.join().unwrap();
        setter.join().unwrap();
    });
}

#[test]
fn a_signal_does_not_go_to_one_whose_time_is_over() {
    model_up_to(2, || {
        // 1: the one without a time limit may go on; 2: the other, too.
        let pair = pair(0);
        let timed = {
            let pair = pair.clone();
            thread::spawn(move || {
                let mut guard = pair.0.lock();
                while *guard < 2 {
                    if pair.1.wait_deadline(&mut guard, Instant::from_nanos(1)).timed_out() {
                        return;
                    }
                    // It has taken a signal, and passes it on.
                    pair.1.signal();
                }
            })
        };
        let other = {
            let pair = pair.clone();
            thread::spawn(move || {
                let mut guard = pair.0.lock();
                pair.1.wait_while(&mut guard, |n| *n == 0);
            })
        };
        timer::pass();
        *pair.0.lock() = 1;
        pair.1.signal();
        other.join().unwrap();
        *pair.0.lock() = 2;
        pair.1.broadcast();
        timed.join().unwrap();
    });
}
