use std::collections::VecDeque;
use std::ptr::NonNull;

use gorge_base::Rng;
use gorge_sched::{Parking, Task};

use super::{Claim, Queue, Waiter};

/// Somebody to wait in whose name; nobody is woken here.
fn somebody() -> Task {
    let parking = Parking::begin();
    let task = parking.task();
    parking.cancel();
    task
}

fn pointers<const N: usize>(waiters: &[Waiter; N]) -> [NonNull<Waiter>; N] {
    waiters.each_ref().map(NonNull::from)
}

/// All that are in the queue, in order, taken out.
fn drain(queue: &Queue) -> Vec<NonNull<Waiter>> {
    // SAFETY: the queue is used by this thread only, and its waiters live.
    std::iter::from_fn(|| unsafe { queue.pop() }).collect()
}

#[test]
fn first_in_first_out() {
    let task = somebody();
    let waiters: [_; 4] = std::array::from_fn(|_| Waiter::plain(task, std::ptr::null_mut()));
    let (queue, all) = (Queue::new(), pointers(&waiters));
    assert!(queue.is_empty());
    // SAFETY: as in `drain`.
    unsafe { all.iter().for_each(|waiter| queue.push(*waiter)) };
    assert!(!queue.is_empty());
    assert_eq!(drain(&queue), all);
    assert!(queue.is_empty());
    // And again, with the same waiters.
    // SAFETY: as in `drain`.
    unsafe { all.iter().rev().for_each(|waiter| queue.push(*waiter)) };
    assert_eq!(drain(&queue), [all[3], all[2], all[1], all[0]]);
}

#[test]
fn withdrawing_from_everywhere() {
    let task = somebody();
    for gone in 0..5 {
        let waiters: [_; 5] = std::array::from_fn(|_| Waiter::plain(task, std::ptr::null_mut()));
        let (queue, all) = (Queue::new(), pointers(&waiters));
        // SAFETY: as in `drain`. Twice does no harm.
        unsafe {
            all.iter().for_each(|waiter| queue.push(*waiter));
            queue.withdraw(all[gone]);
            queue.withdraw(all[gone]);
        }
        let rest: Vec<_> = all.into_iter().filter(|waiter| *waiter != all[gone]).collect();
        assert_eq!(drain(&queue), rest);
        // SAFETY: as in `drain`; it was never linked since.
        unsafe { queue.withdraw(all[0]) };
    }
}

/// Whatever is done in whatever order, the queue is what a deque would be.
#[test]
fn like_a_deque() {
    let task = somebody();
    let waiters: [_; 6] = std::array::from_fn(|_| Waiter::plain(task, std::ptr::null_mut()));
    let (queue, all) = (Queue::new(), pointers(&waiters));
    let (mut deque, mut rng) = (VecDeque::new(), Rng::new(1));
    for _ in 0..20_000 {
        let waiter = all[rng.below(6) as usize];
        let at = deque.iter().position(|other| *other == waiter);
        // SAFETY: as in `drain`.
        unsafe {
            match (rng.below(3), at) {
                (0, None) => {
                    queue.push(waiter);
                    deque.push_back(waiter);
                }
                (1, None) => {
                    queue.push_front(waiter);
                    deque.push_front(waiter);
                }
                (0 | 1, Some(_)) => assert_eq!(queue.pop(), deque.pop_front()),
                (_, at) => {
                    assert_eq!(queue.withdraw(waiter), at.is_some());
                    deque.retain(|other| *other != waiter);
                }
            }
        }
        assert_eq!(queue.is_empty(), deque.is_empty());
    }
    assert_eq!(drain(&queue), Vec::from(deque));
}

#[test]
fn the_stale_are_passed_over() {
    let task = somebody();
    let (decided, open) = (Claim::new(true), Claim::new(true));
    let stale = [Waiter::of_arm(task, &decided, 0), Waiter::of_arm(task, &decided, 1)];
    let live = [Waiter::of_arm(task, &open, 0), Waiter::of_arm(task, &open, 7)];
    let (queue, stale, live) = (Queue::new(), pointers(&stale), pointers(&live));
    assert!(decided.try_win(3) && !decided.try_win(0) && !decided.back_out());
    // SAFETY: as in `drain`.
    unsafe {
        queue.push(stale[0]);
        assert!(!queue.has_partner_for(live[0].as_ref()), "only stale ones");
        assert!(queue.is_empty(), "which are gone now");
        queue.push(stale[1]);
        queue.push(live[1]);
        assert!(!queue.has_partner_for(live[0].as_ref()), "only a sibling");
        assert_eq!(queue.pop(), Some(live[1]));
        assert_eq!(open.winner(), 7);
        queue.push(live[0]);
        assert_eq!(queue.pop(), None, "its claim is decided");
    }
}

#[test]
fn siblings_of_a_fair_select_come_in_any_order() {
    let task = somebody();
    let before = Waiter::plain(task, std::ptr::null_mut());
    let mut firsts = [0; 3];
    for fair in [true, false] {
        for _ in 0..3000 {
            let claim = Claim::new(fair);
            let arms: [_; 3] = std::array::from_fn(|arm| Waiter::of_arm(task, &claim, arm as u32));
            let (queue, arms) = (Queue::new(), pointers(&arms));
            // SAFETY: as in `drain`.
            unsafe {
                queue.push(NonNull::from(&before));
                arms.iter().for_each(|arm| queue.push(*arm));
                assert_eq!(queue.pop(), Some(NonNull::from(&before)), "others keep their place");
                let first = queue.pop().unwrap();
                assert_eq!(arms[claim.winner() as usize], first);
                assert_eq!(queue.pop(), None, "the others are stale now");
            }
            assert!(fair || claim.winner() == 0);
            firsts[claim.winner() as usize] += 1;
        }
    }
    // 1000 expected of each, standard deviation 26: by chance none is ever six of them away.
    firsts[0] -= 3000;
    assert!(firsts.iter().all(|n: &i32| n.abs_diff(1000) < 160), "{firsts:?}");
}
