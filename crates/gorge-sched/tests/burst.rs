//! Many timers that are due at once, and many goroutines that are ready at once.

mod common;

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use common::{Alone, until_a_round_shows};
use gorge_sched::registry::stats;
use gorge_sched::timer::{self, Fired, Firing, Node, Settled};
use gorge_sched::{go, gosched, hand_out, run};

const MANY: usize = 4_000;
const READY: usize = 100;

static FIRED: AtomicUsize = AtomicUsize::new(0);

fn count(fired: Fired<'_>, _: &Firing) -> Settled {
    FIRED.fetch_add(1, SeqCst);
    fired.done()
}

#[test]
fn who_is_ready_does_not_wait_for_all_of_them() {
    let _alone = Alone::at(1, "who_is_ready_does_not_wait_for_all_of_them");
    let round = || {
        FIRED.store(0, SeqCst);
        let before = stats().handoffs;
        let nodes: Vec<Node> = (0..MANY).map(|_| Node::new(count)).collect();
        let due = gorge_sched::now();
        for node in &nodes {
            // SAFETY: it stays where it is until it has fired.
            unsafe { timer::arm(NonNull::from(node), due) };
        }
        // At the 61st scheduling point, at the latest, those that are due fire.
        let ready: Vec<_> = (0..READY).map(|_| go(|| FIRED.load(SeqCst))).collect();
        let fired: Vec<usize> = ready.into_iter().map(|one| one.join().unwrap()).collect();
        while FIRED.load(SeqCst) < MANY {
            gosched();
        }
        drop(nodes);
        // Else they fired while this goroutine had no processor and nobody was ready.
        let handoffs = stats().handoffs - before;
        let between = fired.iter().any(|&fired| fired > 0 && fired < MANY);
        assert!(between || handoffs != 0, "{fired:?}");
        if handoffs == 0 { Ok(()) } else { Err(handoffs) }
    };
    run(|| until_a_round_shows(round));
}

/// Those that plain threads start wait in the global queue.
#[test]
fn who_is_alone_and_yields_runs_behind_the_global_queue() {
    static RAN: AtomicUsize = AtomicUsize::new(0);
    let _alone = Alone::at(1, "runs_behind_the_global_queue");
    let round = || {
        RAN.store(0, SeqCst);
        let before = stats().handoffs;
        let started = std::thread::spawn(|| {
            (0..READY).for_each(|_| go(|| _ = RAN.fetch_add(1, SeqCst)).detach());
        });
        while !started.is_finished() {
            std::hint::spin_loop();
        }
        gosched();
        let (ran, handoffs) = (RAN.load(SeqCst), stats().handoffs - before);
        while RAN.load(SeqCst) < READY {
            gosched();
        }
        // All but one or two: at the fair 61st turn who was to run next queues up behind us. Or else they ran, or some of
        // them, while this goroutine had no processor.
        assert!(ran > READY / 2 || handoffs != 0, "{ran}");
        if handoffs == 0 { Ok(()) } else { Err((ran, handoffs)) }
    };
    run(|| until_a_round_shows(round));
}

/// They are where any worker finds them, before the one who has started them comes to a scheduling point.
#[test]
fn who_computes_hands_out_all_it_has_started() {
    const STARTED: u64 = 8;
    let _alone = Alone::at(2, "who_computes_hands_out_all");
    let round = || {
        let before = stats();
        let others: Vec<_> = (0..STARTED).map(|n| go(move || n)).collect();
        hand_out();
        let after = stats();
        assert_eq!(others.into_iter().map(|other| other.join().unwrap()).sum::<u64>(), 28);
        let (given, handoffs) = (after.stolen - before.stolen, after.handoffs - before.handoffs);
        // Else they went with the processor.
        assert!(given >= STARTED || handoffs != 0, "{given}");
        if handoffs == 0 { Ok(()) } else { Err((given, handoffs)) }
    };
    run(|| until_a_round_shows(round));
}
