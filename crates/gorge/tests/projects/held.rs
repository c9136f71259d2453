//! A lock is held while somebody waits for who needs it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::{Condvar, Mutex, Once, RwLock};
use gorge::{Chan, go, select, time};

/// kubernetes 1321: an event is handed to each watcher under the lock that a watcher takes to go away.
pub(crate) fn watchers_of_a_mux(mended: bool) {
    #[derive(Clone)]
    struct Watcher {
        result: Chan<()>,
        stopped: Chan<()>,
    }
    #[derive(Default)]
    struct Mux {
        lock: Mutex<()>,
        /// Only where the original has one: watchers come under it, and go under the other.
        comes: Mutex<()>,
        watchers: Shared<HashMap<usize, Watcher>>,
        once: Once,
    }
    impl Mux {
        fn watch(&self) -> usize {
            let number = self.watchers.with(HashMap::len);
            let watcher = Watcher { result: Chan::new(0), stopped: Chan::new(0) };
            let _held = self.comes.lock();
            self.watchers.with_mut(|all| all.insert(number, watcher));
            number
        }
        fn distribute(&self, mended: bool) {
            let _held = self.lock.lock();
            let _held = self.comes.lock();
            for watcher in self.watchers.get().values() {
                if mended {
                    select! {
                        send(watcher.result, ()) => (),
                        recv(watcher.stopped) -> _ => (),
                    }
                } else {
                    watcher.result.send(());
                }
            }
        }
        fn stop(&self, number: usize, mended: bool) {
            if mended {
                self.once.call_once(|| self.watchers.with(|all| all[&number].stopped.close()));
            }
            let _held = self.lock.lock();
            if let Some(watcher) = self.watchers.with_mut(|all| all.remove(&number)) {
                watcher.result.close();
            }
        }
    }
    go(move || {
        let mux = Arc::new(Mux::default());
        let theirs = mux.clone();
        go(move || (0..2).for_each(|_| theirs.distribute(mended))).detach();
        let watcher = mux.watch();
        mux.stop(watcher, mended);
    })
    .detach();
}

/// kubernetes 6632: a frame is written under a lock, and sends to the monitor, which takes the lock to end.
pub(crate) fn idle_connection(mended: bool) {
    let close = Chan::<bool>::new(0);
    let reset = Chan::<bool>::new(0);
    let framer = Arc::new(Mutex::new(Some(reset.clone())));
    let closes = close.clone();
    go(move || closes.send(true)).detach();
    let theirs = framer.clone();
    go(move || {
        close.recv();
        if mended {
            let rest = reset.clone();
            go(move || while rest.receive().is_some() {}).detach();
        }
        let mut frames = theirs.lock();
        reset.close();
        *frames = None;
    })
    .detach();
    go(move || {
        if let Some(reset) = &*framer.lock() {
            reset.send(true);
        }
    })
    .detach();
}

/// kubernetes 58107: workers wait for work with a lock for readers, and nobody reads any more once somebody asks to write.
pub(crate) fn quota_workers(mended: bool) {
    #[derive(Default)]
    struct Queue {
        work: Mutex<VecDeque<u32>>,
        more: Condvar,
    }
    impl Queue {
        fn get(&self) -> u32 {
            let mut work = self.work.lock();
            self.more.wait_while(&mut work, |work| work.is_empty());
            work.pop_front().unwrap()
        }
        fn put(&self, one: u32) {
            self.work.lock().push_back(one);
            self.more.signal();
        }
    }
    let workers = Arc::new(RwLock::new(()));
    let (resources, unknown) = (Arc::new(Queue::default()), Arc::new(Queue::default()));
    let done = Chan::new(2);
    for queue in [&resources, &unknown] {
        let (queue, workers, done) = (queue.clone(), workers.clone(), done.clone());
        go(move || {
            let held = (!mended).then(|| workers.read());
            let one = queue.get();
            let _held = held.unwrap_or_else(|| workers.read());
            done.send(one);
        })
        .detach();
    }
    go(move || {
        let _held = workers.write();
        time::sleep(Duration::from_nanos(1));
    })
    .detach();
    // Nothing comes into one queue until what lay in the other was done.
    unknown.put(1);
    assert_eq!(done.recv(), 1);
    resources.put(2);
    assert_eq!(done.recv(), 2);
}
