//! After <https://github.com/golang/go/blob/master/src/runtime/chan_test.go>

use std::collections::HashMap;

use gorge::sync::WaitGroup;
use gorge::{Chan, Receiver, Sender, channel, go, runtime, select};

use crate::waiting::{named, waits};

/// TestChan: receiving from an empty channel waits.
#[gorge::test]
fn receive_from_empty() {
    for cap in 0..20 {
        let c = Chan::new(cap);
        let receivers: Vec<_> = (0..2)
            .map(|n| {
                let c = c.clone();
                let name = format!("golang receiver {cap} {n}");
                (named(&name, move || c.recv_ok()), name)
            })
            .collect();
        receivers.iter().for_each(|(_, name)| _ = waits(name));
        select! { recv(c) => panic!("received from an empty channel"), default => {} }
        c.send(0);
        c.send(0);
        receivers.into_iter().for_each(|(receiver, _)| assert!(receiver.join().unwrap().1));
    }
}

/// TestChan: sending to a full channel waits.
#[gorge::test]
fn send_to_full() {
    for cap in 0..20 {
        let c = Chan::new(cap);
        (0..cap).for_each(|n| c.send(n));
        let name = format!("golang sender {cap}");
        let sender = named(&name, {
            let c = c.clone();
            move || c.send(cap)
        });
        waits(&name);
        select! { send(c, 0) => panic!("sent to a full channel"), default => {} }
        assert_eq!(c.recv(), 0);
        sender.join().unwrap();
    }
}

/// TestChan: a closed channel gives what is left, then zeros.
#[gorge::test]
fn receive_from_closed() {
    for cap in 0..20 {
        let c = Chan::new(cap);
        (0..cap).for_each(|n| c.send(n));
        c.close();
        (0..cap).for_each(|n| assert_eq!(c.recv(), n));
        assert_eq!(c.recv(), 0);
        assert_eq!(c.recv_ok(), (0, false));
    }
}

/// TestChan: what four send, four receive.
#[gorge::test]
fn what_is_sent_is_received() {
    const EACH: usize = 1000;
    for cap in [0, 1, 2, 10, 19] {
        let c = Chan::new(cap);
        for _ in 0..4 {
            let c = c.clone();
            drop(go(move || (0..EACH).for_each(|n| c.send(n))));
        }
        let receivers: Vec<_> = (0..4)
            .map(|_| {
                let c = c.clone();
                go(move || (0..EACH).map(|_| c.recv()).collect::<Vec<usize>>())
            })
            .collect();
        let mut seen = HashMap::new();
        for receiver in receivers {
            receiver.join().unwrap().into_iter().for_each(|n| *seen.entry(n).or_insert(0) += 1);
        }
        assert_eq!(seen.len(), EACH);
        assert!(seen.values().all(|times| *times == 4), "capacity {cap}");
    }
}

/// TestNonblockRecvRace: closing makes no value invisible.
#[gorge::test]
fn nonblock_recv_race() {
    for _ in 0..1000 {
        let c = Chan::new(1);
        c.send(1);
        let looking = go({
            let c = c.clone();
            move || select! { recv(c) => true, default => false }
        });
        c.close();
        c.recv();
        assert!(looking.join().unwrap(), "the channel is not ready");
    }
}

/// TestNonblockSelectRace: a select looks at one moment. One of the channels is
/// ready all the time.
#[gorge::test]
fn nonblock_select_race() {
    for round in 0..5000 {
        let (c1, c2) = (Chan::new(1), Chan::new(1));
        c1.send(1);
        let looking = go({
            let (c1, c2) = (c1.clone(), c2.clone());
            move || match round % 2 {
                0 => select! { recv(c1) => true, recv(c2) => true, default => false },
                _ => select! { recv(c2) => true, recv(c1) => true, default => false },
            }
        });
        c2.send(1);
        select! { recv(c1) => {} default => {} }
        assert!(looking.join().unwrap(), "no channel is ready");
    }
}

/// TestNonblockSelectRace2: the same with closing in place of sending.
#[gorge::test]
fn nonblock_select_race_2() {
    for round in 0..5000 {
        let (c1, c2) = (Chan::new(1), Chan::<i32>::new(0));
        c1.send(1);
        let looking = go({
            let (c1, c2) = (c1.clone(), c2.clone());
            move || match round % 2 {
                0 => select! { recv(c1) => true, recv(c2) => true, default => false },
                _ => select! { recv(c2) => true, recv(c1) => true, default => false },
            }
        });
        c2.close();
        select! { recv(c1) => {} default => {} }
        assert!(looking.join().unwrap(), "no channel is ready");
    }
}

/// TestSelfSelect: both directions of one channel in one select.
#[gorge::test]
fn self_select() {
    for cap in [0, 10] {
        let group = WaitGroup::new();
        let c = Chan::new(cap);
        for who in 0..2 {
            let c = c.clone();
            group.go(move || {
                let received = |n: i32| assert!(cap > 0 || n != who, "received from oneself");
                for round in 0..1000 {
                    if who == 0 || round % 2 == 0 {
                        select! {
                            send(c, who) => {}
                            recv(c) -> n => received(n.unwrap()),
                        }
                    } else {
                        select! {
                            recv(c) -> n => received(n.unwrap()),
                            send(c, who) => {}
                        }
                    }
                }
            });
        }
        group.wait();
    }
}

/// TestSelectStress: sends, receives and selects that meet in every way.
#[gorge::test]
fn select_stress() {
    const N: usize = 5000;
    let group = WaitGroup::new();
    let channels = [Chan::new(0), Chan::new(0), Chan::new(2), Chan::new(3)];
    for c in &channels {
        let (sending, receiving) = (c.clone(), c.clone());
        group.go(move || (0..N).for_each(|_| sending.send(0)));
        group.go(move || (0..N).for_each(|_| _ = receiving.recv()));
    }
    let mut c: [Sender<i32>; 4] = channels.each_ref().map(Chan::sender);
    group.go(move || {
        let mut sent = [0; 4];
        for _ in 0..4 * N {
            let which = select! {
                send(c[3], 0) => 3,
                send(c[2], 0) => 2,
                send(c[0], 0) => 0,
                send(c[1], 0) => 1,
            };
            sent[which] += 1;
            if sent[which] == N {
                c[which] = Sender::nil();
            }
        }
    });
    let mut c: [Receiver<i32>; 4] = channels.each_ref().map(Chan::receiver);
    group.go(move || {
        let mut received = [0; 4];
        for _ in 0..4 * N {
            let which = select! {
                recv(c[0]) => 0,
                recv(c[1]) => 1,
                recv(c[2]) => 2,
                recv(c[3]) => 3,
            };
            received[which] += 1;
            if received[which] == N {
                c[which] = Receiver::nil();
            }
        }
    });
    group.wait();
}

/// TestSelectFairness: neither of two ready channels starves the other.
#[gorge::test]
fn select_fairness() {
    const TRIALS: usize = 10_000;
    let (tx1, c1) = channel(TRIALS + 1);
    let (tx2, c2) = channel(TRIALS + 1);
    for _ in 0..=TRIALS {
        tx1.send(1).unwrap();
        tx2.send(2).unwrap();
    }
    let (c3, c4) = (Chan::<u8>::new(0), Chan::<u8>::new(0));
    let (out, results) = channel(0);
    let (done, stopped) = channel::<()>(0);
    let group = WaitGroup::new();
    group.go(move || {
        loop {
            let n: i32 = select! {
                recv(c3) => panic!("nobody sends"),
                recv(c4) => panic!("nobody sends"),
                recv(c1) -> n => n.unwrap(),
                recv(c2) -> n => n.unwrap(),
            };
            select! {
                send(out, n) => {}
                recv(stopped) => return,
            }
        }
    });
    let mut counts = [0_usize; 2];
    for _ in 0..TRIALS {
        counts[results.recv().unwrap() as usize - 1] += 1;
    }
    drop(done);
    group.wait();
    // Each count differs from half by less than six standard deviations: by chance it never differs by more.
    assert!(counts[0].abs_diff(TRIALS / 2) < 300, "{counts:?}");
}

/// TestPseudoRandomSend: which of two sends happens is left to chance.
#[gorge::test]
fn pseudo_random_send() {
    const N: usize = 100;
    for cap in [0, N] {
        let c = Chan::new(cap);
        let receiver = go({
            let c = c.clone();
            move || {
                let next = |_| {
                    runtime::gosched();
                    c.recv()
                };
                (0..N).map(next).sum::<usize>()
            }
        });
        for _ in 0..N {
            select! { send(c, 1) => {} send(c, 0) => {} }
        }
        let ones = receiver.join().unwrap();
        assert!(ones > N / 10 && ones < N - N / 10, "{ones} ones of {N}, capacity {cap}");
    }
}

/// TestMultiConsumer: a pool of workers that finish out of order.
#[gorge::test]
fn multi_consumer() {
    const WORKERS: usize = 23;
    const JOBS: usize = 27_182;
    const PRIMES: [usize; 10] = [2, 3, 7, 11, 13, 17, 19, 23, 27, 31];
    let (queue, jobs) = channel(WORKERS * 3);
    let (out, results) = channel(WORKERS * 3);
    for worker in 0..WORKERS {
        let (jobs, out) = (jobs.clone(), out.clone());
        drop(go(move || {
            for job in jobs {
                if PRIMES[worker % PRIMES.len()] == job {
                    runtime::gosched();
                }
                out.send(job).unwrap();
            }
        }));
    }
    drop(out); // with the last worker's, this closes the results
    let feeder = go(move || {
        let feed = |n| {
            let job = PRIMES[n % PRIMES.len()];
            queue.send(job).unwrap();
            job
        };
        (0..JOBS).map(feed).sum::<usize>()
    });
    let (count, sum) = results.iter().fold((0, 0), |(count, sum), n| (count + 1, sum + n));
    assert_eq!((count, sum), (JOBS, feeder.join().unwrap()));
}

/// TestSelectDuplicateChannel: one select twice in the queue of one channel.
#[gorge::test]
fn select_duplicate_channel() {
    let (c, d, e) = (Chan::new(0), Chan::new(0), Chan::new(0));
    let a = named("golang duplicate A", {
        let (c, d, e) = (c.clone(), d.clone(), e.clone());
        move || {
            select! { recv(c) => {} recv(c) => {} recv(d) => {} }
            e.send(9);
        }
    });
    waits("golang duplicate A");
    let b = named("golang duplicate B", {
        let c = c.clone();
        move || c.recv()
    });
    waits("golang duplicate B");
    d.send(7); // wakes A, which leaves the queue of c twice
    assert_eq!(e.recv(), 9);
    c.send(8); // wakes B
    assert_eq!(b.join().unwrap(), 8);
    a.join().unwrap();
}

/// TestChanSendBarrier: what is sent is alive when it arrives.
#[gorge::test]
fn send_barrier() {
    let group = WaitGroup::new();
    for _ in 0..20 {
        group.go(|| {
            let mut garbage = Vec::new();
            for n in 0..200_usize {
                let (tx, rx) = channel(1);
                select! { send(tx, vec![Box::new(n); 3]) => {} default => panic!("there is room") }
                garbage.push(rx.recv().unwrap());
                garbage.truncate(10);
                assert!(garbage.iter().flatten().all(|value| **value <= n));
            }
        });
    }
    group.wait();
}
