//! What a select can wait for, in async code.

use std::pin::{Pin, pin};
use std::process::Stdio;
use std::task::{Context, Waker};

use gorge::future::{block_on, when};
use gorge::go;
use gorge::process::Command;
use gorge::sync::{Event, Mutex, Semaphore, WaitGroup};

fn is_pending<F: Future>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[gorge::test]
fn locks() {
    let mutex = Mutex::new(0);
    gorge::scope(|s| {
        for n in 0..4 {
            let mutex = &mutex;
            s.go(move || {
                for round in 0..500 {
                    if (n + round) % 2 == 0 {
                        *mutex.lock() += 1;
                    } else {
                        block_on(async { *when(mutex.locking()).await += 1 });
                    }
                }
            });
        }
    });
    assert_eq!(*mutex.lock(), 2000);
}

#[gorge::test]
fn a_dropped_future_gives_back_what_it_was_given() {
    let places = Semaphore::new(1);
    let taken = places.try_acquire(1).unwrap();
    {
        let mut waiting = pin!(when(places.acquiring(1)));
        assert!(is_pending(waiting.as_mut()));
        drop(taken); // handed to the one who waits
        assert!(places.try_acquire(1).is_none());
    }
    assert!(places.try_acquire(1).is_some());
    // And leaves the queue when it was given nothing.
    let taken = places.try_acquire(1).unwrap();
    {
        let mut waiting = pin!(when(places.acquiring(1)));
        assert!(is_pending(waiting.as_mut()));
    }
    drop(taken);
    assert!(places.try_acquire(1).is_some());
}

#[gorge::test]
fn who_leaves_passes_on_what_it_was_let_go_by() {
    let turn = Event::auto();
    {
        let mut waiting = pin!(when(turn.waiting()));
        assert!(is_pending(waiting.as_mut()));
        turn.set();
        assert!(!turn.is_set(), "it is the turn of the one who waits");
    }
    assert!(turn.try_wait(), "and of the next, when that one has left");
    {
        let mut second = pin!(when(turn.waiting()));
        {
            let mut first = pin!(when(turn.waiting()));
            assert!(is_pending(first.as_mut()) && is_pending(second.as_mut()));
            turn.set();
        }
        assert!(!is_pending(second.as_mut()), "the next is one who waits already");
        assert!(!turn.is_set());
    }
    let group = WaitGroup::new();
    group.add(1);
    let mut waiting = Box::pin(when(group.waiting()));
    assert!(is_pending(waiting.as_mut()));
    group.done();
    group.add(1); // used again: no business of one who leaves
    drop(waiting);
}

#[gorge::test]
fn events_and_processes() {
    static READY: Event = Event::manual();
    let setting = go(|| READY.set());
    block_on(when(READY.waiting()));
    setting.join().unwrap();
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    block_on(async {
        let mut exited = pin!(when(child.exited()));
        assert!(is_pending(exited.as_mut()));
        drop(stdin);
        exited.await;
    });
    assert!(child.try_wait().unwrap().unwrap().success());
}

#[gorge::test]
fn dropped_at_any_moment() {
    let mutex = std::sync::Arc::new(Mutex::new(0));
    let all: Vec<_> = (0..4)
        .map(|n| {
            let mutex = mutex.clone();
            go(move || {
                for round in 0..2000 {
                    if (n + round) % 3 == 0 {
                        let mut waiting = pin!(when(mutex.locking()));
                        let _ = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                        gorge::runtime::gosched();
                    } else {
                        *block_on(when(mutex.locking())) += 1;
                    }
                }
            })
        })
        .collect();
    all.into_iter().for_each(|goroutine| goroutine.join().unwrap());
    assert!(*mutex.lock() > 5000);
}
