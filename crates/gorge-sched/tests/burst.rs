//! Many timers that are due at once.

mod common;

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use common::Alone;
use gorge_sched::timer::{self, Fired, Firing, Node, Settled};
use gorge_sched::{go, gosched, run};

const MANY: usize = 20_000;

static FIRED: AtomicUsize = AtomicUsize::new(0);

fn count(fired: Fired<'_>, _: &Firing) -> Settled {
    FIRED.fetch_add(1, SeqCst);
    fired.done()
}

#[test]
fn who_is_ready_does_not_wait_for_all_of_them() {
    let _alone = Alone::at(1, "who_is_ready_does_not_wait_for_all_of_them");
    run(|| {
        let nodes: Vec<Node> = (0..MANY).map(|_| Node::new(count)).collect();
        let due = gorge_sched::now();
        for node in &nodes {
            // SAFETY: it stays where it is until it has fired.
            unsafe { timer::arm(NonNull::from(node), due) };
        }
        let ready = go(|| FIRED.load(SeqCst));
        assert!(ready.join().unwrap() < MANY);
        while FIRED.load(SeqCst) < MANY {
            gosched();
        }
        drop(nodes);
    });
}
