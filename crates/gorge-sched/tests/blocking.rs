//! Blocking on purpose: the others go on at once, also on one processor.

mod common;
mod sleeping;

use std::io::{Read, Write, pipe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use common::Alone;
use gorge_sched::{blocking, go, gosched, registry::stats, run};

#[test]
fn the_partner_runs_at_once() {
    for procs in [1, 2] {
        let _alone = Alone::at(procs, "the_partner_runs_at_once");
        run(|| {
            let before = stats();
            for n in 0..200u8 {
                let (mut reader, mut writer) = pipe().unwrap();
                let partner = go(move || writer.write_all(&[n]).unwrap());
                let mut byte = [0];
                blocking(|| reader.read_exact(&mut byte)).unwrap();
                assert_eq!(byte, [n]);
                partner.join().unwrap();
            }
            assert_eq!(stats().blocking - before.blocking, 200);
        });
    }
}

#[test]
fn nobody_else_is_there() {
    let _alone = Alone::at(2, "nobody_else_is_there");
    run(|| {
        for n in 0..10_000 {
            assert_eq!(blocking(|| n), n);
        }
        // Inside, everything can be used, and inside that again.
        let nested = blocking(|| go(|| blocking(|| go(|| 3).join().unwrap())).join().unwrap());
        assert_eq!(nested, 3);
    });
    assert_eq!(blocking(|| 5), 5, "on a plain thread");
}

#[test]
fn a_panic_goes_through() {
    let _alone = Alone::at(1, "a_panic_goes_through");
    run(|| {
        let caught = std::panic::catch_unwind(|| blocking(|| panic!("inside")));
        assert!(caught.is_err());
        assert_eq!(go(|| 1).join().unwrap(), 1);
        let error = go(|| blocking(|| -> u8 { panic!("there") })).join().unwrap_err();
        assert_eq!(error.message(), Some("there"));
    });
}

#[test]
fn many_at_once() {
    for procs in [1, 2] {
        let _alone = Alone::at(procs, "many_at_once");
        run(|| {
            let done = Arc::new(AtomicUsize::new(0));
            let all: Vec<_> = (0..20)
                .map(|n| {
                    let done = done.clone();
                    go(move || {
                        for round in 0..50 {
                            if (n + round) % 3 == 0 {
                                gosched();
                            }
                            blocking(|| std::thread::sleep(Duration::from_micros(20)));
                            done.fetch_add(1, SeqCst);
                        }
                    })
                })
                .collect();
            for goroutine in all {
                goroutine.join().unwrap();
            }
            assert_eq!(done.load(SeqCst), 1000);
        });
    }
}

#[test]
fn timers_go_on() {
    let _alone = Alone::at(1, "timers_go_on");
    run(|| {
        // Whoever sleeps is woken by the clock although the only processor was given away.
        let (mut reader, mut writer) = pipe().unwrap();
        let sleeper = go(move || {
            sleeping::sleep(Duration::from_millis(2));
            writer.write_all(&[1]).unwrap();
        });
        blocking(|| reader.read_exact(&mut [0])).unwrap();
        sleeper.join().unwrap();
    });
}
