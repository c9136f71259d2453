//! Timers against real time and real threads: accuracy, and storms in which
//! arming, stopping and firing meet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use gorge::time::{self, Instant, Ticker, Timer};
use gorge::{TryRecvError, channel, go, runtime, select};

const MS: Duration = Duration::from_millis(1);

/// How many rounds of something a test goes: a second's worth, or minutes'.
fn rounds(ordinarily: u32) -> u32 {
    if std::env::var_os("GORGE_STRESS").is_some() { ordinarily * 1000 } else { ordinarily }
}

/// How late one is woken who sleeps for fifty different times: the least, the median, the most.
fn lateness() -> [Duration; 3] {
    let mut late = Vec::new();
    for n in 0..50 {
        let length = Duration::from_micros(n * 100);
        let start = std::time::Instant::now();
        time::sleep(length);
        let lasted = start.elapsed();
        assert!(lasted >= length, "{lasted:?} instead of {length:?}");
        late.push(lasted - length);
    }
    late.sort();
    [late[0], late[late.len() / 2], late[late.len() - 1]]
}

/// The machine may be late at any time, and for as long as it likes. The runtime alone would be late each time.
#[test]
fn sleeps_as_long_as_asked_and_not_much_longer() {
    gorge::run(|| {
        let mut rounds: Vec<[Duration; 3]> = Vec::new();
        while rounds.last().is_none_or(|late| late[1] >= 20 * MS) {
            assert!(rounds.len() < 50, "woken late: {rounds:?}");
            rounds.push(lateness());
        }
        println!("woken late: {rounds:?}");
    });
}

#[test]
fn an_earlier_timer_wakes_a_sleeping_runtime() {
    gorge::run(|| {
        // Everybody idles until the far deadline; then a near one is armed by
        // a thread outside.
        let far = time::after(Duration::from_secs(3600));
        let near = std::thread::spawn(|| {
            std::thread::sleep(20 * MS);
            time::after(MS)
        });
        let near = near.join().unwrap();
        select! {
            recv(near) -> due => assert!(due.is_ok()),
            recv(far) -> _ => unreachable!(),
        }
    });
}

#[test]
fn a_timer_fires_beside_a_goroutine_that_computes() {
    gorge::run(|| {
        let before = runtime::gomaxprocs(1);
        let stop = Arc::new(AtomicBool::new(false));
        let until = stop.clone();
        let computing = go(move || {
            while !until.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        for _ in 0..5 {
            time::sleep(MS);
        }
        stop.store(true, Ordering::Relaxed);
        computing.join().unwrap();
        runtime::gomaxprocs(before);
    });
}

/// Stop and reset race with firing: what is received is never older than the
/// last reset, and what was stopped is silent.
#[test]
fn nothing_stale_in_a_storm_of_stops_and_resets() {
    gorge::run(|| {
        let all: Vec<_> = (0..8_u64)
            .map(|seed| {
                go(move || {
                    let timer = Timer::new(Duration::from_secs(3600));
                    let mut fired = 0;
                    for round in 0..rounds(5000) {
                        // Lengths around the time that a round takes.
                        let length =
                            Duration::from_nanos((seed * 131 + u64::from(round) * 977) % 5000);
                        let armed_at = time::now();
                        timer.reset(length);
                        match round % 3 {
                            0 => assert!(timer.chan().recv().unwrap() >= armed_at + length),
                            1 => {
                                for _ in 0..round % 7 {
                                    runtime::gosched();
                                }
                                if timer.stop() {
                                    assert_eq!(timer.chan().try_recv(), Err(TryRecvError::Empty));
                                } else {
                                    unreachable!("nobody received");
                                }
                            }
                            _ => {
                                time::sleep(length / 2);
                                fired += u32::from(timer.chan().try_recv().is_ok());
                            }
                        }
                    }
                    assert!(timer.stop() || !timer.stop());
                    fired
                })
            })
            .collect();
        let fired: u32 = all.into_iter().map(|one| one.join().unwrap()).sum();
        println!("{fired} caught by chance");
    });
}

/// Several goroutines stop and reset the same timer: each firing is received by one, or taken
/// back by one.
#[test]
fn one_timer_shared_by_many() {
    gorge::run(|| {
        let timer = Arc::new(Timer::new(Duration::ZERO));
        let (armed, gone) = (Arc::new(AtomicU64::new(1)), Arc::new(AtomicU64::new(0)));
        let all: Vec<_> = (0..4)
            .map(|me| {
                let (timer, armed, gone) = (timer.clone(), armed.clone(), gone.clone());
                go(move || {
                    for round in 0..rounds(5000) {
                        match (round + me) % 3 {
                            0 => {
                                let void =
                                    timer.reset(Duration::from_nanos(u64::from(round) % 3000));
                                armed.fetch_add(1, Ordering::Relaxed);
                                gone.fetch_add(void.into(), Ordering::Relaxed);
                            }
                            1 => {
                                gone.fetch_add(timer.stop().into(), Ordering::Relaxed);
                            }
                            _ => {
                                let heard = timer.chan().try_recv().is_ok();
                                gone.fetch_add(heard.into(), Ordering::Relaxed);
                            }
                        }
                        if round % 16 == 0 {
                            runtime::gosched();
                        }
                    }
                })
            })
            .collect();
        for one in all {
            one.join().unwrap();
        }
        gone.fetch_add(timer.stop().into(), Ordering::Relaxed);
        assert_eq!(armed.load(Ordering::Relaxed), gone.load(Ordering::Relaxed));
    });
}

/// Receivers are dropped while their timers fire.
#[test]
fn dropped_while_it_fires() {
    gorge::run(|| {
        let all: Vec<_> = (0..4_u32)
            .map(|me| {
                go(move || {
                    for round in 0..rounds(5000) {
                        let length = Duration::from_nanos(u64::from((round * 31 + me * 7) % 3000));
                        let rx = time::after(length);
                        let ticks = time::tick(length + Duration::from_nanos(1));
                        if round % 3 == 0 {
                            runtime::gosched();
                        }
                        drop(rx);
                        drop(ticks);
                    }
                })
            })
            .collect();
        for one in all {
            one.join().unwrap();
        }
    });
}

/// Timed receives that are decided by a sender and a timer at about the same
/// moment lose no value.
#[test]
fn timeouts_race_with_values() {
    gorge::run(|| {
        let (tx, rx) = channel::<u32>(0);
        let total = rounds(20_000);
        let sender = go(move || {
            for n in 0..total {
                while tx.send_timeout(n, Duration::from_micros(20)).is_err() {}
            }
        });
        let mut timeouts = 0;
        for n in 0..total {
            let value = loop {
                match rx.recv_timeout(Duration::from_micros(20)) {
                    Ok(value) => break value,
                    Err(_) => timeouts += 1,
                }
            };
            assert_eq!(value, n);
        }
        sender.join().unwrap();
        println!("{timeouts} timeouts");
    });
}

#[test]
fn ticks_in_real_time() {
    gorge::run(|| {
        let ticker = Ticker::new(2 * MS);
        let first = ticker.next();
        let mut last = first;
        for _ in 0..20 {
            let due = ticker.next();
            let since = due - first;
            assert_eq!(since.as_nanos() % (2 * MS).as_nanos(), 0, "due at a whole period");
            assert!(due > last && due <= Instant::now());
            last = due;
        }
    });
}
