use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn smoke() {
    let (tx, rx) = channel(2);
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(rx.recv(), Ok(1));
    let n = Arc::new(AtomicUsize::new(0));
    let h = {
        let (rx, n) = (rx.clone(), n.clone());
        std::thread::spawn(move || {
            for _ in &rx {
                n.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    for i in 0..1000 {
        tx.send(i).unwrap()
    }
    drop(tx);
    h.join().unwrap();
    assert_eq!(n.load(Ordering::Relaxed), 1001);
    assert_eq!(rx.recv(), Err(RecvError));
}

#[test]
fn goroutines() {
    gorge_sched::run(|| {
        let (tx, rx) = channel(0);
        let (tx2, rx2) = channel(0);
        gorge_sched::go(move || {
            for v in rx {
                tx2.send(v + 1).unwrap();
            }
        });
        for i in 0..100_000u64 {
            tx.send(i).unwrap();
            assert_eq!(rx2.recv(), Ok(i + 1));
        }
    });
}
