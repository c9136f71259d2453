//! Wait groups, closing, and what is used too early or too late.

use std::sync::Arc;

use gorge::race::Shared;
use gorge::sync::{Mutex, WaitGroup};
use gorge::{Chan, channel, go, select};

/// kubernetes 13058: a loop says "done" whenever it comes round, more often than was counted.
pub(crate) fn done_once_more(mended: bool) {
    let group = WaitGroup::new();
    let stop = Chan::<()>::new(0);
    group.add(2);
    let (theirs, stops) = (group.clone(), stop.clone());
    let controller = go(move || {
        for round in 0.. {
            select! {
                recv(stops) -> _ => return,
                default => if !mended || round < 2 {
                    theirs.done();
                } else {
                    stops.recv();
                    return;
                },
            }
        }
    });
    group.wait();
    stop.close();
    controller.join().unwrap();
}

/// Told of many projects: the work is counted by the goroutine that does it.
pub(crate) fn worker_added_late(mended: bool) {
    let group = WaitGroup::new();
    let done = Arc::new(Shared::new(0));
    if mended {
        group.add(1);
    }
    let (theirs, doing) = (group.clone(), done.clone());
    let worker = go(move || {
        if !mended {
            theirs.add(1);
        }
        doing.set(1);
        theirs.done();
    });
    group.wait();
    assert_eq!(done.get(), 1, "not done");
    worker.join().unwrap();
}

/// moby 25384: waiting for all, in the loop that starts them.
pub(crate) fn waits_for_itself(mended: bool) {
    let group = WaitGroup::new();
    let plugins = 2;
    group.add(plugins);
    for _ in 0..plugins {
        let theirs = group.clone();
        go(move || theirs.done()).detach();
        if !mended {
            group.wait();
        }
    }
    group.wait();
}

/// grpc 1687: the status ends the stream, and something is written afterwards.
pub(crate) fn written_after_the_end(mended: bool) {
    let (writes, closed) = (Chan::<u32>::new(0), Chan::<()>::new(0));
    let write = |writes: &Chan<u32>, closed: &Chan<()>| {
        select! {
            send(writes, 1) => (),
            recv(closed) -> _ => (),
        }
    };
    let (theirs, ends) = (writes.clone(), closed.clone());
    let handler = go(move || {
        write(&theirs, &ends);
        if mended {
            ends.close();
        } else {
            theirs.close();
        }
        write(&theirs, &ends);
    });
    loop {
        select! {
            recv(writes) -> work => if work.is_err() {
                break;
            },
            recv(closed) -> _ => break,
        }
    }
    handler.join().unwrap();
}

/// grpc 2371: what `close` takes away is used without looking whether it is still there.
pub(crate) fn used_after_closing(mended: bool) {
    let connection = Arc::new(Mutex::new(Some(Chan::new(1))));
    let theirs = connection.clone();
    let watcher = go(move || {
        let wrapper = theirs.lock();
        match &*wrapper {
            None if mended => {}
            wrapper => wrapper.as_ref().expect("the balancer is gone").send(()),
        }
    });
    connection.lock().take();
    watcher.join().unwrap();
}

/// etcd 3077: the channel by which it is stopped is made by the goroutine that is started.
pub(crate) fn stopped_before_started(mended: bool) {
    let stopped: Arc<Shared<Chan<()>>> = Arc::new(Shared::new(Chan::nil()));
    if mended {
        stopped.set(Chan::new(0));
    }
    let (theirs, (done, is_done)) = (stopped.clone(), channel::<()>(0));
    go(move || {
        let _done = done;
        if !mended {
            theirs.set(Chan::new(0));
        }
        theirs.get().recv();
    })
    .detach();
    stopped.get().send(());
    _ = is_done.recv();
}
