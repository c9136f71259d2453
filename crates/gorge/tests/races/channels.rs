//! What channels and selects order, and what they do not.

use std::sync::atomic::{AtomicBool as Unseen, Ordering::SeqCst};

use gorge::{Chan, channel, scope, select};

use crate::planted::{pairs, shared, until};

pairs! {
    a_send_comes_before_its_receive: || {
        // The value is written after the send.
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            s.go(|| {
                tx.send(()).unwrap();
                n.set(1);
            });
            rx.recv().unwrap();
            n.get();
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            s.go(|| {
                n.set(1);
                tx.send(()).unwrap();
            });
            rx.recv().unwrap();
            assert_eq!(n.get(), 1);
        });
    };

    a_receive_comes_before_the_end_of_an_unbuffered_send: || {
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            s.go(|| {
                n.set(1);
                rx.recv().unwrap();
            });
            tx.send(()).unwrap(); // there is room: nothing was waited for
            n.get();
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(0));
        scope(|s| {
            s.go(|| {
                n.set(1);
                rx.recv().unwrap();
            });
            tx.send(()).unwrap();
            assert_eq!(n.get(), 1);
        });
    };

    a_close_comes_before_what_sees_it_and_a_dropped_handle_does_not: || {
        let (n, dropped, closed) = (shared(0), Unseen::new(false), Chan::<()>::new(0));
        let theirs = closed.clone();
        closed.close();
        scope(|s| {
            s.go(|| {
                n.set(1);
                drop(theirs);
                dropped.store(true, SeqCst);
            });
            until(&dropped);
            assert!(!closed.recv_ok().1);
            n.get();
        });
    }, || {
        // All are dropped, which closes it.
        let (n, (tx, rx)) = (shared(0), channel::<()>(0));
        let theirs = tx.clone();
        scope(|s| {
            s.go(|| {
                n.set(1);
                drop(theirs);
            });
            drop(tx);
            assert!(rx.recv().is_err());
            assert_eq!(n.get(), 1);
        });
    };

    a_channel_as_a_semaphore: || {
        // Two at a time.
        let (n, (tx, rx)) = (shared(0), channel(2));
        scope(|s| {
            for _ in 0..3 {
                s.go(|| {
                    tx.send(()).unwrap();
                    n.set(1);
                    rx.recv().unwrap();
                });
            }
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            for _ in 0..3 {
                s.go(|| {
                    tx.send(()).unwrap();
                    n.update(|n| n + 1);
                    rx.recv().unwrap();
                });
            }
        });
        assert_eq!(n.get(), 3);
    };

    values_go_past_each_other: || {
        // Each receives a value, but not both the one that says so.
        let (n, (tx, rx)) = (shared(0), channel(2));
        scope(|s| {
            tx.send(1).unwrap();
            s.go(|| {
                n.set(1);
                tx.send(2).unwrap();
            });
            s.go(|| {
                assert_eq!(rx.recv(), Ok(1));
                n.get();
                assert_eq!(rx.recv(), Ok(2));
            });
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(2));
        scope(|s| {
            tx.send(1).unwrap();
            s.go(|| {
                n.set(1);
                tx.send(2).unwrap();
            });
            s.go(|| {
                assert_eq!(rx.recv(), Ok(1));
                assert_eq!(rx.recv(), Ok(2));
                n.get();
            });
        });
    };

    a_close: || {
        let (n, c) = (shared(0), Chan::<u8>::new(0));
        scope(|s| {
            s.go(|| {
                c.close();
                n.set(1);
            });
            assert_eq!(c.receive(), None);
            n.get();
        });
    }, || {
        let (n, c) = (shared(0), Chan::<u8>::new(0));
        scope(|s| {
            s.go(|| {
                n.set(1);
                c.close();
            });
            assert_eq!(c.receive(), None);
            n.get();
        });
    };

    the_last_sender_is_dropped: || {
        let (n, (tx, rx)) = (shared(0), channel::<u8>(0));
        scope(|s| {
            for _ in 0..2 {
                let (n, tx) = (n.clone(), tx.clone());
                s.go(move || {
                    n.get();
                    drop(tx);
                });
            }
            drop(tx);
            n.set(1);
            assert_eq!(rx.iter().count(), 0);
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel::<u8>(0));
        scope(|s| {
            for _ in 0..2 {
                let (n, tx) = (n.clone(), tx.clone());
                s.go(move || {
                    n.get();
                    drop(tx);
                });
            }
            drop(tx);
            assert_eq!(rx.iter().count(), 0);
            n.set(1);
        });
    };

    select_takes_the_other_arm: || {
        let n = shared(0);
        let ((a, from_a), (b, from_b)) = (channel(1), channel(1));
        scope(|s| {
            s.go(|| {
                n.set(1);
                a.send(()).unwrap();
            });
            b.send(()).unwrap();
            select! {
                biased;
                recv(from_b) -> _ => { n.get(); },
                recv(from_a) -> _ => unreachable!("the other comes first"),
            }
        });
    }, || {
        let n = shared(0);
        let ((a, from_a), (_b, from_b)) = (channel(1), channel::<()>(1));
        scope(|s| {
            s.go(|| {
                n.set(1);
                a.send(()).unwrap();
            });
            select! {
                biased;
                recv(from_b) -> _ => unreachable!("nobody sends"),
                recv(from_a) -> _ => { n.get(); },
            }
        });
    };

    a_select_that_sends: || {
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            s.go(|| {
                select! { send(tx, 1) -> _ => n.set(1) }
            });
            rx.recv().unwrap();
            n.get();
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(0));
        scope(|s| {
            s.go(|| {
                n.set(1);
                select! { send(tx, 1) -> _ => {} }
            });
            rx.recv().unwrap();
            n.get();
        });
    };
}
