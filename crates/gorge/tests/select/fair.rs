//! Which of several ready arms is chosen.

use gorge::select::Select;
use gorge::{Goroutine, Receiver, channel, go, select};
use gorge_sched::WaitReason;
use gorge_sched::registry::{self, State};

const DRAWS: u32 = 100_000;

/// Each of `counts` is within six standard deviations of an even share: chance alone goes beyond
/// four once in some thousand runs of these tests, beyond six never.
#[track_caller]
fn assert_even(counts: &[u32]) {
    assert_even_of(counts, DRAWS);
}

#[track_caller]
fn assert_even_of(counts: &[u32], draws: u32) {
    let share = 1.0 / counts.len() as f64;
    let expected = f64::from(draws) * share;
    let deviation = (f64::from(draws) * share * (1.0 - share)).sqrt();
    for count in counts {
        assert!((f64::from(*count) - expected).abs() < 6.0 * deviation, "{counts:?}");
    }
}

/// Channels that are always ready: closed ones.
fn closed<const N: usize>() -> [Receiver<u8>; N] {
    std::array::from_fn(|_| channel(0).1)
}

#[gorge::test]
fn among_two() {
    let [a, b] = closed();
    let mut counts = [0; 2];
    for _ in 0..DRAWS {
        let chosen = select! { recv(a) => 0, recv(b) => 1 };
        counts[chosen] += 1;
    }
    assert_even(&counts);
}

/// Arms that are not ready take no share from their neighbours.
#[gorge::test]
fn among_the_ready_ones_only() {
    let [a, b, c] = closed();
    let (_keep, empty) = channel::<u8>(0);
    let mut counts = [0; 3];
    for _ in 0..DRAWS {
        let chosen = select! {
            recv(a) => 0,
            recv(empty) => panic!("empty"),
            recv(empty) => panic!("empty"),
            recv(b) => 1,
            recv(empty) => panic!("empty"),
            recv(c), if false => panic!("switched off"),
            recv(c) => 2,
        };
        counts[chosen] += 1;
    }
    assert_even(&counts);
}

#[gorge::test]
fn among_eight_with_a_default_or_a_timeout() {
    let [a, b, c, d, e, f, g, h] = closed();
    let mut counts = [0; 8];
    for n in 0..DRAWS {
        let chosen = if n % 2 == 0 {
            select! {
                recv(a) => 0, recv(b) => 1, recv(c) => 2, recv(d) => 3,
                recv(e) => 4, recv(f) => 5, recv(g) => 6, recv(h) => 7,
                default => panic!("all are ready"),
            }
        } else {
            select! {
                recv(a) => 0, recv(b) => 1, recv(c) => 2, recv(d) => 3,
                recv(e) => 4, recv(f) => 5, recv(g) => 6, recv(h) => 7,
                timeout(std::time::Duration::ZERO) => panic!("all are ready"),
            }
        };
        counts[chosen] += 1;
    }
    assert_even(&counts);
}

#[gorge::test]
fn in_a_list_made_at_run_time() {
    let receivers = closed::<5>();
    let (_keep, empty) = channel::<u8>(0);
    let mut select = Select::new();
    for receiver in &receivers {
        select.recv(receiver, |_| ());
        select.recv(&empty, |_| ());
    }
    let mut counts = [0; 10];
    for _ in 0..DRAWS {
        counts[select.wait().0] += 1;
    }
    assert_even(&counts.chunks(2).map(|pair| pair[0]).collect::<Vec<_>>());
    assert!(counts.chunks(2).all(|pair| pair[1] == 0));
}

/// Of sends and receives alike.
#[gorge::test]
fn random_bits() {
    let (tx, rx) = channel(1);
    let mut counts = [0; 2];
    for _ in 0..DRAWS {
        select! {
            send(tx, 0) => {}
            send(tx, 1) => {}
        }
        counts[rx.recv().unwrap()] += 1;
    }
    assert_even(&counts);
}

/// Lets others run until that one waits in a select, with all its arms: who comes while it is about to
/// finds those that are there already.
fn until_it_selects(goroutine: &Goroutine<()>) {
    let selects = || {
        registry::all().into_iter().any(|info| {
            info.id == Some(goroutine.id())
                && matches!(info.state, State::Waiting { reason: WaitReason::Select, .. })
        })
    };
    while !selects() {
        gorge::runtime::gosched();
    }
}

/// Also of arms that wait in one queue: whoever comes finds each equally often.
#[gorge::test]
fn random_bits_of_a_waiting_select() {
    const DRAWS: u32 = 10_000;
    let (tx, rx) = channel(0);
    let (asks, answers) = channel(0);
    let sends = go(move || {
        while let Ok(()) = answers.recv() {
            select! {
                send(tx, 0) => {}
                send(tx, 1) => {}
                send(tx, 2) => {}
            }
        }
    });
    let mut counts = [0; 3];
    for _ in 0..DRAWS {
        asks.send(()).unwrap();
        until_it_selects(&sends);
        counts[rx.recv().unwrap()] += 1;
    }
    assert_even_of(&counts, DRAWS);

    // Receives alike.
    let (tx, rx) = channel(0);
    let (out, results) = channel(1);
    let receives = go(move || {
        loop {
            let n = select! {
                recv(rx) -> n => n.map(|()| 0),
                recv(rx) -> n => n.map(|()| 1),
            };
            let Ok(n) = n else { return };
            out.send(n).unwrap();
        }
    });
    let mut counts = [0; 2];
    for _ in 0..DRAWS {
        until_it_selects(&receives);
        tx.send(()).unwrap();
        counts[results.recv().unwrap()] += 1;
    }
    assert_even_of(&counts, DRAWS);
}

#[gorge::test]
fn biased_takes_the_first() {
    let [a, b] = closed();
    let (_keep, empty) = channel::<u8>(0);
    for _ in 0..1000 {
        let chosen = select! {
            biased;
            recv(empty) => 0,
            recv(a) => 1,
            recv(b) => 2,
        };
        assert_eq!(chosen, 1);
    }
    let mut select = Select::biased();
    select.recv(&empty, |_| ());
    select.recv(&a, |_| ());
    select.recv(&b, |_| ());
    assert!((0..1000).all(|_| select.wait().0 == 1));
}
