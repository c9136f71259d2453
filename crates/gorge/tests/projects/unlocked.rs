//! There is a lock, and not all who use what it guards take it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::{RwLock, WaitGroup};
use gorge::{Chan, go, select, time};

/// Calls `round` once, and then waits to be stopped, as who calls it every so often does.
fn until(stop: &Chan<()>, round: impl Fn()) {
    select! {
        recv(stop) -> _ => return,
        default => (),
    }
    round();
    select! {
        recv(stop) -> _ => (),
    }
}

/// A queue that a goroutine flushes.
struct PriorityQueue<T> {
    lock: RwLock<()>,
    backoff: Shared<T>,
    stop: Chan<()>,
}

impl<T: Send + 'static> PriorityQueue<T> {
    fn run(backoff: T, flush: fn(&mut T)) -> Arc<Self> {
        let (lock, stop) = (RwLock::new(()), Chan::new(0));
        let queue = Arc::new(PriorityQueue { lock, backoff: Shared::new(backoff), stop });
        let theirs = queue.clone();
        go(move || {
            until(&theirs.stop, || {
                let _held = theirs.lock.write();
                theirs.backoff.with_mut(flush);
            });
        })
        .detach();
        queue
    }

    /// Looks at it, as the test of the queue does.
    fn look<R>(&self, mended: bool, look: impl FnOnce(&T) -> R) -> R {
        let _held = mended.then(|| self.lock.read());
        self.backoff.with(look)
    }

    /// (Nobody has stopped it in those tests, which is another mistake.)
    fn end(&self, mended: bool) {
        if mended {
            self.stop.close();
        }
    }
}

/// Runs the test on a goroutine of its own, and waits until it has begun, not until it is over.
fn begun(test: impl FnOnce() + Send + 'static) {
    let group = WaitGroup::new();
    group.add(1);
    let theirs = group.clone();
    go(move || {
        theirs.done();
        test();
    })
    .detach();
    group.wait();
}

/// kubernetes 79631: a test looks for an entry of a table while a goroutine takes it out under the lock.
pub(crate) fn entry_looked_for(mended: bool) {
    begun(move || {
        let queue = PriorityQueue::run(HashMap::from([("1", ())]), |items| _ = items.remove("1"));
        queue.look(mended, |items| _ = items.get("1"));
        queue.end(mended);
    });
}

/// kubernetes 88331: a test asks how long the queue is while a goroutine shortens it under the lock.
pub(crate) fn length_asked_for(mended: bool) {
    begun(move || {
        let queue = PriorityQueue::run(vec![(), ()], |items| _ = items.pop());
        assert!(queue.look(mended, Vec::len) > 0);
        queue.end(mended);
    });
}

/// What the dispatcher of events uses again and again, so as not to allocate.
#[derive(Default)]
struct Cacher {
    lock: RwLock<()>,
    watchers: Shared<Vec<u32>>,
}

impl Cacher {
    fn dispatch(&self) {
        {
            let _held = self.lock.write();
            self.watchers.with_mut(Vec::clear);
        }
        for _ in self.watchers.get() {}
    }

    /// Dispatches what comes, having begun with something of its own.
    fn dispatch_all(&self, incoming: &Chan<()>) {
        self.dispatch();
        for () in incoming {
            self.dispatch();
        }
    }
}

/// kubernetes 77796: events are dispatched by many at once, with a buffer that is made for one.
pub(crate) fn events_dispatched_by_all(mended: bool) {
    let (cacher, incoming) = (Arc::new(Cacher::default()), Chan::new(0));
    let (theirs, events) = (cacher.clone(), incoming.clone());
    go(move || theirs.dispatch_all(&events)).detach();
    let crowd: Vec<_> = (0..2)
        .map(|_| {
            let (cacher, incoming) = (cacher.clone(), incoming.clone());
            let sends = go(move || if mended { incoming.send(()) } else { cacher.dispatch() });
            time::sleep(Duration::from_millis(10));
            sends
        })
        .collect();
    for one in crowd {
        one.join().unwrap();
    }
    incoming.close();
}

/// kubernetes 89164: a test dispatches an event itself, beside the goroutine that does nothing else.
pub(crate) fn event_dispatched_by_a_test(mended: bool) {
    let (cacher, incoming) = (Arc::new(Cacher::default()), Chan::new(0));
    let (theirs, events) = (cacher.clone(), incoming.clone());
    go(move || theirs.dispatch_all(&events)).detach();
    for _ in 0..2 {
        let group = WaitGroup::new();
        group.add(1);
        let (group_of_it, cacher, incoming) = (group.clone(), cacher.clone(), incoming.clone());
        go(move || {
            if mended {
                incoming.send(());
            } else {
                cacher.dispatch();
            }
            group_of_it.done();
        })
        .detach();
        group.wait();
    }
    incoming.close();
}

/// istio 16742: the labels of a connection are cleared under the read lock of the table, and read without it.
pub(crate) fn labels_of_a_connection(mended: bool) {
    struct Connection {
        labels: Shared<Option<u32>>,
        updates: Chan<()>,
    }
    let clients = Arc::new(RwLock::new(HashMap::new()));
    let group = WaitGroup::new();
    group.add(3);
    let all = group.clone();
    go(move || {
        let (table, done) = (clients.clone(), all.clone());
        go(move || {
            let (labels, updates) = (Shared::new(Some(1)), Chan::new(1));
            let connection = Arc::new(Connection { labels, updates });
            table.write().insert("1", connection.clone());
            _ = connection.labels.get(); // the routes are made of it
            if mended {
                select! {
                    recv(connection.updates) -> _ => connection.labels.set(None),
                    default => (),
                }
            }
            done.done();
        })
        .detach();
        let done = all.clone();
        go(move || {
            for connection in clients.read().values() {
                if mended {
                    select! {
                        send(connection.updates, ()) => (),
                        default => (),
                    }
                } else {
                    connection.labels.set(None);
                }
            }
            done.done();
        })
        .detach();
        all.done();
    })
    .detach();
    group.wait();
}

/// kubernetes 82239: what a controller copies in a loop a test writes into, with no lock anywhere.
pub(crate) fn annotated_while_copied(mended: bool) {
    #[derive(Default)]
    struct Volume {
        annotations: Shared<HashMap<String, ()>>,
    }
    impl Volume {
        fn deep_copy(&self) -> Volume {
            Volume { annotations: Shared::new(self.annotations.get()) }
        }
    }
    let volume = Arc::new(Volume::default());
    volume.annotations.with_mut(|all| {
        all.extend([("0".to_owned(), ()), ("1".to_owned(), ())]);
    });
    let (listed, stop) = (volume.clone(), Chan::<()>::new(0));
    let stops = stop.clone();
    go(move || {
        go(move || {
            loop {
                select! {
                    recv(stops) -> _ => return,
                    default => drop(listed.deep_copy()),
                }
            }
        })
        .detach();
    })
    .detach();
    time::sleep(Duration::from_millis(1));
    let changed = if mended { Arc::new(volume.deep_copy()) } else { volume };
    changed.annotations.with_mut(|all| all.insert("0".to_owned(), ()));
    stop.close();
}
