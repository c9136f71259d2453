//! Wait groups in every interleaving.

use gorge_base::sync::{model_up_to, thread};

use super::WaitGroup;

#[test]
fn done_against_wait() {
    model_up_to(3, || {
        let group = WaitGroup::new();
        group.add(2);
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let group = group.clone();
                thread::spawn(move || group.done())
            })
            .collect();
        group.wait();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn two_wait() {
    model_up_to(3, || {
        let group = WaitGroup::new();
        group.add(1);
        let other = {
            let group = group.clone();
            thread::spawn(move || group.wait())
        };
        let worker = {
            let group = group.clone();
            thread::spawn(move || group.done())
        };
        group.wait();
        other.join().unwrap();
        worker.join().unwrap();
    });
}
