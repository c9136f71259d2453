//! The locks taken in every way there is, by goroutines and threads: at once, with time limits, in a select (twice the
//! same lock, too), in async code, and given up at any moment. Nobody is ever beside a writer, and in the
//! end all is free.

use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gorge_base::Rng;
use gorge_sched::gosched;

use super::stress::together;
use super::{Mutex, RwLock, RwLockWriteGuard, Semaphore};
use crate::select::{Select, Selectable, when};

/// Who is inside: so many, or one that wants to be alone.
#[derive(Default)]
struct Inside(AtomicI64);

const ALONE: i64 = -1_000;

impl Inside {
    fn together(&self) {
        assert!(self.0.fetch_add(1, SeqCst) >= 0, "beside one who wants to be alone");
        linger();
        self.0.fetch_sub(1, SeqCst);
    }

    fn alone(&self) {
        assert_eq!(self.0.swap(ALONE, SeqCst), 0, "not alone");
        linger();
        assert_eq!(self.0.swap(0, SeqCst), ALONE, "no longer alone");
    }

    fn at_most(&self, most: i64, many: usize) {
        assert!(self.0.fetch_add(many as i64, SeqCst) + many as i64 <= most);
        linger();
        self.0.fetch_sub(many as i64, SeqCst);
    }
}

fn linger() {
    if gorge_sched::random().is_multiple_of(4) {
        gosched();
    }
}

/// Waits for `arm` in one of four ways, and maybe not to the end.
fn in_some_way<S: Selectable>(rng: &mut Rng, arm: S, then: impl FnOnce(S::Output)) {
    let shortly = Duration::from_nanos(u64::from(rng.below(50_000)));
    let mut select = Select::new();
    match rng.below(4) {
        0 => {
            select.on(arm, then);
            let _ = select.wait_timeout(shortly);
        }
        1 => {
            select.on(arm, then);
            let _ = select.try_wait();
        }
        2 => {
            select.on(arm, then);
            let _ = select.wait();
        }
        _ => {
            let mut future = pin!(when(arm));
            for _ in 0..rng.below(6) {
                let mut cx = Context::from_waker(Waker::noop());
                if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                    return then(output);
                }
                gosched();
            }
        }
    }
}

#[test]
fn locks_taken_in_every_way() {
    const PLACES: i64 = 3;
    let rwlocks: [RwLock<Inside>; 2] = Default::default();
    let mutexes = [Mutex::new(Inside::default()), Mutex::fair(Inside::default())];
    let (places, used) = (Semaphore::new(PLACES as usize), Inside::default());
    together(8, 2, |_| {
        let rng = &mut Rng::new(u64::from(gorge_sched::random()));
        let rwlock = &rwlocks[rng.below(2) as usize];
        let mutex = &mutexes[rng.below(2) as usize];
        let many = rng.below(PLACES as u32 + 1) as usize;
        match rng.below(10) {
            0 => rwlock.read().together(),
            1 => rwlock.write().alone(),
            2 => {
                let writer = rwlock.write();
                writer.alone();
                RwLockWriteGuard::downgrade(writer).together();
            }
            3 => in_some_way(rng, rwlock.reading(), |guard| guard.together()),
            4 => in_some_way(rng, rwlock.writing(), |guard| guard.alone()),
            5 => mutex.lock().alone(),
            6 => in_some_way(rng, mutex.locking(), |guard| guard.alone()),
            7 => {
                let _permits = places.acquire(many);
                used.at_most(PLACES, many);
            }
            8 => in_some_way(rng, places.acquiring(many), |_permits| used.at_most(PLACES, many)),
            _ => {
                let mut any = Select::new();
                any.on(rwlocks[0].reading(), |guard| guard.together());
                any.on(rwlocks[0].writing(), |guard| guard.alone());
                any.on(mutex.locking(), |guard| guard.alone());
                any.on(places.acquiring(2), |_permits| used.at_most(PLACES, 2));
                any.on(places.acquiring(1), |_permits| used.at_most(PLACES, 1));
                any.wait();
            }
        }
    });
    assert!(rwlocks.iter().all(|lock| lock.try_write().is_some()));
    assert!(mutexes.iter().all(|lock| lock.try_lock().is_some()));
    assert_eq!(places.available(), PLACES as usize);
}
