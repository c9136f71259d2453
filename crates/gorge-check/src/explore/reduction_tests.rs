//! The reduction must not leave out anything that can happen: all outcomes of programs put together by chance, with it
//! and without it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use gorge::context::{self, CancelFunc, Context};
use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use gorge::sync::{Condvar, Event, Latch, Map, Mutex, Once, RwLock, Semaphore, WaitGroup};
use gorge::time::Timer;
use gorge::{Chan, go, select, time};
use gorge_base::Rng;
use gorge_sched::bubble::End;

use super::player::Player;
use super::run::{Program, play};
use super::strategy::question::Strategy;
use super::strategy::{Exhaustive, Random, Reduced};

type Outcomes = BTreeSet<String>;

/// What a run leaves for who looks at it.
type Log = Arc<StdMutex<String>>;
type Body = Arc<dyn Fn(&Log) + Send + Sync>;

/// All that can come of `body` within so many schedules; how many there were, and whether that was all.
fn outcomes(strategy: Box<dyn Strategy>, body: &Body, most: u64) -> (Outcomes, u64, bool) {
    crate::install();
    let body = body.clone();
    gorge_sched::run(move || {
        let log = Log::default();
        let theirs = log.clone();
        let body = Arc::new(move || body(&theirs));
        let program = Program { body, steps: 2000, races: false };
        let mut player = Box::new(Player::new(strategy, 1));
        let mut all = Outcomes::new();
        for n in 1..=most {
            log.lock().unwrap().clear();
            let (back, bad) = play(&program, player, false);
            player = back;
            let end = match bad.map(|bad| bad.end) {
                None => String::new(),
                Some(End::Panicked(panicked)) => {
                    gorge_sched::message(&*panicked.payload).unwrap_or("?").to_owned()
                }
                Some(end) => format!("{end:?}"),
            };
            let mut lines: Vec<&str> = Vec::new();
            let text = log.lock().unwrap().clone();
            lines.extend(text.lines());
            // (Who wrote first is no outcome.)
            lines.sort_unstable();
            all.insert(format!("{} {end}", lines.join("; ")));
            assert_eq!(player.strategy.parted(), None, "{all:?}");
            let decisions = player.decisions.len();
            if !player.strategy.end(decisions) {
                return (all, n, true);
            }
        }
        (all, most, false)
    })
}

/// The numbers of schedules with and without reduction, if the latter are few enough.
#[track_caller]
fn compare(name: &str, body: &Body, most: u64) -> Option<(u64, u64)> {
    let (reduced, few, complete) = outcomes(Box::new(Reduced::new()), body, most);
    let (full, many, all) = outcomes(Box::new(Exhaustive::new(u32::MAX)), body, most);
    if complete {
        // (Without all of them: those that chance finds are some.)
        let more =
            if all { full } else { &full | &outcomes(Box::new(Random::new(1)), body, 100).0 };
        let missing: Vec<&String> = more.difference(&reduced).collect();
        assert!(missing.is_empty(), "{name}: {few} of {many} schedules miss {missing:#?}");
        if all {
            let new: Vec<&String> = reduced.difference(&more).collect();
            assert!(new.is_empty(), "{name}: {many} schedules miss {new:#?}");
            assert!(few <= many, "{name}: {few} instead of {many}");
        }
    }
    assert!(complete || !all, "{name}: {few} instead of {many}");
    (complete && all).then_some((few, many))
}

/// What the goroutines of a program use.
struct Things {
    words: [AtomicU32; 2],
    locks: [Mutex<u32>; 2],
    table: RwLock<u32>,
    plain: Chan<u32>,
    queue: Chan<u32>,
    slots: Semaphore,
    changed: Condvar,
    once: Once,
    event: Event,
    latch: Latch,
    ctx: Context,
    cancel: CancelFunc,
    group: WaitGroup,
    map: Map<u32, u32>,
    ticket: Timer,
}

const OPERATIONS: u32 = 37;

fn operate(things: &Things, what: u32, mine: u32) -> u32 {
    let Things { words, locks, plain, queue, .. } = things;
    let short = Duration::from_millis(1);
    match what {
        0 => words[0].load(SeqCst),
        1 => words[0].swap(mine, SeqCst),
        2 => words[1].fetch_add(1, SeqCst),
        3 => words[1].load(SeqCst),
        4 => {
            let mut held = locks[0].lock();
            *held = *held * 3 + mine;
            *held
        }
        5 => {
            let _first = locks[0].lock();
            locks[1].try_lock().map_or(99, |second| *second)
        }
        6 | 7 => {
            let _outer = locks[what as usize - 6].lock();
            let mut inner = locks[7 - what as usize].lock();
            *inner += 1;
            *inner
        }
        8 => *things.table.read(),
        9 => {
            *things.table.write() += mine;
            0
        }
        10 => u32::from(queue.try_send(mine).is_ok()),
        11 => queue.try_recv().unwrap_or(77),
        12 => {
            queue.send(mine);
            1
        }
        13 => queue.receive().unwrap_or(88),
        14 => {
            plain.send(mine);
            1
        }
        15 => plain.receive().unwrap_or(88),
        16 => {
            queue.close();
            1
        }
        17 => select! {
            recv(queue) -> n => n.unwrap_or(66),
            recv(plain) -> n => n.unwrap_or(55) + 100,
            default => 44,
        },
        18 => select! {
            recv(plain) -> n => n.unwrap_or(55),
            send(queue, mine) => 33,
        },
        19 => {
            let _one = things.slots.acquire(1);
            words[0].fetch_add(1, SeqCst)
        }
        20 => {
            gorge::runtime::gosched();
            words[0].load(SeqCst)
        }
        21 => {
            time::sleep(short);
            words[1].load(SeqCst)
        }
        22 => {
            let mut held = locks[0].lock();
            let waited = things.changed.wait_timeout(&mut held, short);
            *held + 100 * u32::from(waited.timed_out())
        }
        23 => {
            *locks[0].lock() += 1;
            things.changed.signal();
            1
        }
        24 => {
            let mut done = 0;
            things.once.call_once(|| done = words[0].fetch_add(5, SeqCst) + 1);
            done
        }
        25 => u32::from(things.once.is_completed()),
        26 => {
            things.event.set();
            things.latch.count_down();
            words[1].load(SeqCst)
        }
        27 => {
            let set = u32::from(things.event.is_set());
            things.latch.wait();
            set
        }
        28 => queue.len() as u32 + 10 * u32::from(queue.is_closed()),
        29 => plain.receiver().recv_timeout(short).unwrap_or(22),
        30 => {
            things.cancel.cancel();
            words[0].load(SeqCst)
        }
        31 => u32::from(things.ctx.err().is_some()),
        32 => {
            let done = things.ctx.done();
            select! {
                recv(queue) -> n => n.unwrap_or(66),
                recv(done) => 11,
            }
        }
        33 => {
            things.group.add(1);
            words[1].fetch_add(1, SeqCst);
            things.group.done();
            words[0].load(SeqCst)
        }
        34 => {
            things.group.wait();
            words[1].load(SeqCst)
        }
        35 => {
            things.map.store(mine % 2, mine);
            things.map.load(&1).unwrap_or(5)
        }
        _ => {
            things.ticket.stop();
            let child = go(|| ());
            u32::from(child.is_finished())
        }
    }
}

/// A program: what each of its goroutines does.
fn program(crowd: Vec<Vec<u32>>) -> Body {
    Arc::new(move |log: &Log| {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let things = Arc::new(Things {
            words: Default::default(),
            locks: Default::default(),
            table: RwLock::new(0),
            plain: Chan::new(0),
            queue: Chan::new(1),
            slots: Semaphore::new(1),
            changed: Condvar::new(),
            once: Once::new(),
            event: Event::manual(),
            latch: Latch::new(2),
            ctx,
            cancel,
            group: WaitGroup::new(),
            map: Map::new(),
            ticket: Timer::new(Duration::from_millis(1)),
        });
        let all = (0..).zip(crowd.clone()).map(|(n, operations)| {
            let (things, log) = (things.clone(), log.clone());
            go(move || {
                for (turn, what) in (0..).zip(operations) {
                    let seen = operate(&things, what, n * 4 + turn + 1);
                    log.lock().unwrap().push_str(&format!("{n}.{turn}={seen}\n"));
                }
            })
        });
        // (A panic that nobody joined would end the run before the others are done.)
        for (n, one) in all.collect::<Vec<_>>().into_iter().enumerate() {
            // (Those of a deadlock are unwound when it has been noted.)
            if let Err(panicked) = one.join()
                && panicked.is_panic()
            {
                log.lock().unwrap().push_str(&format!("{n}: {panicked}\n"));
            }
        }
        let words = [&things.words[0], &things.words[1]].map(|word| word.load(SeqCst));
        let locks = [&things.locks[0], &things.locks[1]].map(|lock| *lock.lock());
        log.lock().unwrap().push_str(&format!("{words:?} {locks:?} {}\n", things.queue.len()));
    })
}

/// By this seed.
fn by_chance(seed: u64) -> Vec<Vec<u32>> {
    let mut chance = Rng::new(seed);
    let shape: &[usize] = match chance.below(8) {
        0..3 => &[1, 1],
        3..6 => &[2, 1],
        6 => &[2, 2],
        _ => &[1, 1, 1],
    };
    // Few kinds of operations in each program: they are to meet.
    let kinds: Vec<u32> = (0..4).map(|_| chance.below(OPERATIONS)).collect();
    let shape = shape.iter();
    shape.map(|n| (0..*n).map(|_| kinds[chance.below(4) as usize]).collect()).collect()
}

#[test]
fn programs_by_chance() {
    let stress = std::env::var_os("GORGE_STRESS").is_some();
    // (A thread for each goroutine is slow to start.)
    let threads = gorge_sched::mode() == gorge_sched::Mode::Thread;
    let programs = if stress { 3_000 } else { 500 } / if threads { 30 } else { 1 };
    let most = if stress { 4_000 } else { 400 };
    let only = std::env::var("GORGE_SEED").ok().and_then(|seed| seed.parse().ok());
    let (mut few, mut many, mut compared) = (0, 0, 0);
    for seed in only.map_or(1..=programs, |seed| seed..=seed) {
        let crowd = by_chance(seed);
        let name = format!("seed {seed}: {crowd:?}");
        if let Some(counts) = compare(&name, &program(crowd), most) {
            few += counts.0;
            many += counts.1;
            compared += 1;
        }
    }
    println!("{compared} programs: {few} schedules instead of {many}");
    assert!(only.is_some() || compared >= programs / 4, "{compared} of {programs}");
    assert!(3 * few < many || only.is_some(), "{few} schedules instead of {many}");
}

/// Each operation meets each: what concerns what, one by one.
#[test]
fn each_pair_of_operations() {
    let threads = gorge_sched::mode() == gorge_sched::Mode::Thread;
    let mut compared = 0;
    for a in 0..OPERATIONS {
        for b in (a..OPERATIONS).filter(|b| !threads || (a + b) % 20 == 0) {
            let crowd = vec![vec![a], vec![b]];
            compared += u32::from(compare(&format!("{a} and {b}"), &program(crowd), 300).is_some());
        }
    }
    println!("{compared} pairs");
    assert!(threads || compared > 280, "{compared} pairs");
}

/// How many schedules there are, with reduction and without.
fn counts(program: fn(), most: u64) -> (u64, u64) {
    let body: Body = Arc::new(move |_: &Log| program());
    let (_, few, complete) = outcomes(Box::new(Reduced::new()), &body, most);
    assert!(complete);
    (few, outcomes(Box::new(Exhaustive::new(u32::MAX)), &body, most).1)
}

/// Three dine: whoever eats has the forks of both sides, of which he took the one with the lower number first.
fn philosophers() {
    let forks: Arc<[Mutex<()>; 3]> = Arc::default();
    let all = [(0, 1), (1, 2), (0, 2)].map(|(left, right)| {
        let forks = forks.clone();
        go(move || {
            let _left = forks[left].lock();
            let _right = forks[right].lock();
        })
    });
    all.into_iter().for_each(|one| one.join().unwrap());
}

#[test]
fn dining() {
    let (few, many) = counts(philosophers, 2000);
    println!("{few} schedules instead of {many} or more");
    assert!(few <= 60 && many == 2000, "{few} schedules instead of {many}");
}

/// Two pairs that have nothing to do with each other: each counts under a lock of its own.
#[test]
fn two_pairs() {
    let pairs = || {
        let all: Vec<_> = (0..2)
            .flat_map(|_| {
                let count = Arc::new(Mutex::new(0));
                [count.clone(), count]
            })
            .map(|count| go(move || *count.lock() += 1))
            .collect();
        all.into_iter().for_each(|one| one.join().unwrap());
    };
    let (few, many) = counts(pairs, 2000);
    println!("{few} schedules instead of {many} or more");
    assert!(few <= 16 && many == 2000, "{few} schedules instead of {many}");
}

/// Operations that have nothing to do with each other are one schedule, however many they are.
#[test]
fn what_does_not_concern_each_other_is_run_once() {
    let apart = || {
        // All made before: where one has been, another may come.
        let words: Arc<[AtomicU32; 4]> = Arc::default();
        let all: Vec<_> = (0..4)
            .map(|n| {
                let words = words.clone();
                go(move || (0..3).for_each(|_| _ = words[n].fetch_add(1, SeqCst)))
            })
            .collect();
        all.into_iter().for_each(|one| one.join().unwrap());
        assert!(words.iter().all(|word| word.load(SeqCst) == 3));
    };
    assert_eq!(counts(apart, 2000), (1, 2000));
}
