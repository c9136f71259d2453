//! The heap against a model, the shard under threads, a million timers.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gorge_base::Rng;

use super::shard::{Armed, Batch, LAST};
use super::*;

/// The context of the tests: what has fired, in order.
#[derive(Default)]
struct Log {
    fired: RefCell<Vec<(u64, u64)>>,
}

/// A timer with a name. `node` comes first, so its address is the timer's.
#[repr(C)]
struct Named<F> {
    node: Node<F>,
    id: u64,
    period: Cell<u64>,
}

impl<F> Named<F> {
    fn new(id: u64, fire: Fire<F>) -> Box<Named<F>> {
        Box::new(Named { node: Node::new(fire), id, period: Cell::new(0) })
    }

    fn node(&self) -> NonNull<Node<F>> {
        NonNull::from(self).cast()
    }
}

unsafe fn log(fired: Fired<'_, Log>, to: &Log) -> Settled {
    // SAFETY: every node with this function lies at the start of a `Named`.
    let timer = unsafe { fired.node().cast::<Named<Log>>().as_ref() };
    let due = fired.due();
    to.fired.borrow_mut().push((due, timer.id));
    match timer.period.get() {
        0 => fired.done(),
        period => fired.again(due + period),
    }
}

fn arm(shard: &Shard<Log>, timer: &Named<Log>, when: u64) -> Armed {
    // SAFETY: the tests keep timers and shards until all have been disarmed.
    unsafe { shard.arm(timer.node(), when, || ()) }
}

fn disarm(timer: &Named<Log>) -> bool {
    // SAFETY: as for `arm`.
    unsafe { Shard::disarm(timer.node(), || ()) }
}

/// Random operations, each compared with an ordered map of (deadline, id).
#[test]
fn behaves_like_an_ordered_map() {
    const TIMERS: u32 = 300;
    let seed = seed();
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    let shards = [Shard::new(), Shard::new(), Shard::new()];
    let context = Log::default();
    let timers: Vec<_> = (0..TIMERS).map(|id| Named::new(id.into(), log)).collect();
    let mut armed: BTreeMap<u64, (usize, u64)> = BTreeMap::new();
    let mut now = 0;

    for step in 0..100_000 {
        let id = rng.below(TIMERS);
        let timer = &timers[id as usize];
        let id = u64::from(id);
        let there = rng.below(3) as usize;
        match rng.below(10) {
            0..5 => {
                let when = now + u64::from(rng.below(1000));
                // It stays in the shard that it is in.
                let home = armed.get(&id).map_or(there, |&(home, _)| home);
                let before = shards[home].next_when();
                let did = arm(&shards[there], timer, when);
                assert_eq!(did.was_armed, armed.insert(id, (home, when)).is_some());
                assert_eq!(did.earlier, shards[home].next_when() < before);
            }
            5..8 => assert_eq!(disarm(timer), armed.remove(&id).is_some()),
            8 => {
                now += u64::from(rng.below(30));
                loop {
                    let batch = shards[there].run_expired(now, &context);
                    if !batch.more {
                        break;
                    }
                }
                let fired = context.fired.take();
                assert!(fired.is_sorted_by_key(|&(due, _)| due), "fires in order");
                let fired: BTreeSet<_> = fired.into_iter().collect();
                let expected: BTreeSet<_> = armed
                    .iter()
                    .filter(|(_, (home, when))| *home == there && *when <= now)
                    .map(|(&id, &(_, when))| (when, id))
                    .collect();
                assert_eq!(fired, expected);
                armed.retain(|_, (home, when)| *home != there || *when > now);
            }
            _ if step % 10 == 0 => {
                let from = (there + 1) % 3;
                let nearer = shards[from].next_when() < shards[there].next_when();
                assert_eq!(shards[there].absorb(&shards[from]), nearer);
                for (home, _) in armed.values_mut().filter(|(home, _)| *home == from) {
                    *home = there;
                }
            }
            _ => {}
        }
        for (i, shard) in shards.iter().enumerate() {
            let model = armed.values().filter(|(home, _)| *home == i).map(|(_, when)| *when);
            assert_eq!(shard.next_when(), model.clone().min().unwrap_or(NEVER));
            assert_eq!(shard.len(), model.count());
            if step % 64 == 0 {
                shard.check();
            }
        }
    }
    for timer in &timers {
        disarm(timer);
    }
    assert!(shards.iter().all(Shard::is_empty));
}

fn seed() -> u64 {
    match std::env::var("GORGE_SEED") {
        Ok(seed) => seed.parse().expect("GORGE_SEED is a number"),
        Err(_) => std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
    }
}

#[test]
fn a_periodic_timer_stays_armed() {
    let (shard, context) = (Shard::new(), Log::default());
    let timer = Named::new(7, log);
    timer.period.set(10);
    let _ = arm(&shard, &timer, 5);
    for now in 0..40 {
        shard.run_expired(now, &context);
    }
    assert_eq!(context.fired.take(), [(5, 7), (15, 7), (25, 7), (35, 7)]);
    assert!(disarm(&timer) && !disarm(&timer));
    assert_eq!(shard.next_when(), NEVER);
}

#[test]
fn the_far_end_of_time_can_be_armed() {
    let (shard, context) = (Shard::new(), Log::default());
    let timer = Named::new(1, log);
    let _ = arm(&shard, &timer, u64::MAX);
    assert_eq!((shard.len(), shard.next_when()), (1, LAST));
    assert_eq!(shard.run_expired(LAST - 1, &context), Batch { fired: 0, more: false });
    assert!(disarm(&timer));
}

/// A million timers due at once, and the heap's memory afterwards. No lock hold
/// fires more than a batch, so another thread gets in between.
#[test]
fn a_million_at_once() {
    const MILLION: u64 = 1_000_000;
    let (shard, context) = (Shard::new(), Log::default());
    let timers: Vec<_> = (0..MILLION).map(|id| Named::new(id, log)).collect();
    let start = Instant::now();
    for timer in &timers {
        let _ = arm(&shard, timer, 1 + timer.id % 1000);
    }
    println!("arming: {:?} each", start.elapsed() / MILLION as u32);
    assert_eq!(shard.len(), timers.len());

    let start = Instant::now();
    let mut longest = Duration::ZERO;
    loop {
        let before = Instant::now();
        let batch = shard.run_expired(1000, &context);
        longest = longest.max(before.elapsed());
        assert!(batch.fired <= 64);
        if !batch.more {
            break;
        }
    }
    println!("firing: {:?} each, longest lock hold {longest:?}", start.elapsed() / MILLION as u32);
    assert!(shard.is_empty());
    assert!(context.fired.borrow().is_sorted_by_key(|&(due, _)| due));
    assert_eq!(
        context.fired.borrow().iter().map(|(_, id)| id).sum::<u64>(),
        MILLION * (MILLION - 1) / 2
    );

    for timer in &timers {
        let _ = arm(&shard, timer, timer.id);
    }
    let start = Instant::now();
    assert!(timers.iter().all(|timer| disarm(timer)));
    println!("disarming: {:?} each", start.elapsed() / MILLION as u32);
}

/// The context of the storm: nothing, the timers count for themselves.
struct Storm;

#[repr(C)]
struct Counted {
    node: Node<Storm>,
    fired: AtomicU64,
    firing: AtomicBool,
}

unsafe fn count(fired: Fired<'_, Storm>, _: &Storm) -> Settled {
    // SAFETY: every node with this function lies at the start of a `Counted`.
    let timer = unsafe { fired.node().cast::<Counted>().as_ref() };
    assert!(!timer.firing.swap(true, SeqCst), "fires once at a time");
    timer.fired.fetch_add(1, SeqCst);
    timer.firing.store(false, SeqCst);
    fired.done()
}

/// Threads arm, disarm and free short-lived timers in two shards, others fire
/// and move them: each armed timer fires or is disarmed, never both.
#[test]
fn a_storm_of_arming_and_disarming() {
    let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 20_000_000 } else { 150_000 };
    let shards: &'static [Shard<Storm>; 2] = Box::leak(Box::new([Shard::new(), Shard::new()]));
    let stop = Arc::new(AtomicBool::new(false));
    let firing: Vec<_> = [0, 1]
        .map(|me| {
            let stop = stop.clone();
            std::thread::spawn(move || {
                let mut turn = 0_u64;
                while !stop.load(SeqCst) {
                    turn += 1;
                    shards[me].run_expired(1, &Storm);
                    shards[1 - me].try_run_expired(1, &Storm);
                    if turn.is_multiple_of(100) {
                        let _ = shards[me].absorb(&shards[1 - me]);
                    }
                }
            })
        })
        .into();
    let arming: Vec<_> = (0..3)
        .map(|seed| {
            std::thread::spawn(move || {
                let mut rng = Rng::new(seed);
                for _ in 0..rounds {
                    let timer = Counted {
                        node: Node::new(count),
                        fired: AtomicU64::new(0),
                        firing: AtomicBool::new(false),
                    };
                    let node = NonNull::from(&timer).cast();
                    let mut armed = 0;
                    for _ in 0..1 + rng.below(3) {
                        let shard = &shards[rng.below(2) as usize];
                        // SAFETY: disarmed below, before the timer ends.
                        let did = unsafe { shard.arm(node, u64::from(rng.below(3)), || ()) };
                        armed += u64::from(!did.was_armed);
                    }
                    for _ in 0..rng.below(200) {
                        std::hint::spin_loop();
                    }
                    // SAFETY: as above.
                    let disarmed = unsafe { Shard::disarm(node, || ()) };
                    assert!(!timer.firing.load(SeqCst));
                    assert_eq!(timer.fired.load(SeqCst) + u64::from(disarmed), armed);
                }
            })
        })
        .collect();
    for thread in arming {
        thread.join().unwrap();
    }
    stop.store(true, SeqCst);
    for thread in firing {
        thread.join().unwrap();
    }
    assert!(shards.iter().all(Shard::is_empty));
}
