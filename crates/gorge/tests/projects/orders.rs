//! Two locks, each of which somebody takes first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gorge::sync::{Mutex, MutexGuard, Once, OnceLock, RwLock, WaitGroup};
use gorge::{Chan, go, select, time};

/// kubernetes 13135: the cache is locked until its first list has come, which is told under the lock of the events; an
/// event locks the cache.
pub(crate) fn first_list_of_a_cache(mended: bool) {
    type Listed = Box<dyn Fn(MutexGuard<'_, ()>) + Send + Sync>;
    type Added = Box<dyn Fn() + Send + Sync>;
    #[derive(Default)]
    struct Events {
        /// What is called under it: when all was replaced, and at each event.
        calls: RwLock<(Option<Listed>, Option<Added>)>,
    }
    impl Events {
        fn replace(&self, filling: MutexGuard<'_, ()>) {
            if let (Some(listed), _) = &*self.calls.write() {
                listed(filling);
            }
        }
        fn add(&self) {
            if let (_, Some(event)) = &*self.calls.write() {
                event();
            }
        }
    }
    #[derive(Default)]
    struct Cache {
        lock: Mutex<()>,
        /// The fix: whether it is filled is not the business of those who watch it.
        filled: Mutex<()>,
        started: WaitGroup,
        once: Once,
        events: Events,
    }
    let cache = Arc::new(Cache::default());
    cache.started.add(1);
    let (lists, watches) = (Arc::downgrade(&cache), Arc::downgrade(&cache));
    cache.events.calls.write().0 = Some(Box::new(move |filling| {
        let cache = lists.upgrade().unwrap();
        cache.once.call_once(|| cache.started.done());
        drop(filling);
    }));
    cache.events.calls.write().1 = Some(Box::new(move || {
        drop(watches.upgrade().unwrap().lock.lock());
    }));
    let stop = Chan::<()>::new(0);
    let (fills, stops) = (cache.clone(), stop.clone());
    go(move || {
        loop {
            select! {
                recv(stops) -> _ => return,
                default => {},
            }
            let filling = if mended { fills.filled.lock() } else { fills.lock.lock() };
            fills.events.replace(filling);
            time::sleep(Duration::ZERO);
        }
    })
    .detach();
    cache.started.wait();
    go(move || cache.events.add()).detach();
    go(move || stop.close()).detach();
}

/// kubernetes 30872: who asks whether all is in step holds the clusters and takes the queue; what comes out of the queue
/// takes the clusters.
pub(crate) fn clusters_in_step(mended: bool) {
    #[derive(Default)]
    struct Informer {
        stop: Mutex<Option<Chan<()>>>,
        queue: RwLock<()>,
        process: OnceLock<Box<dyn Fn() + Send + Sync>>,
    }
    impl Informer {
        fn start(self: &Arc<Self>) {
            let mut stop = self.stop.lock();
            let (theirs, stops) = (self.clone(), Chan::new(0));
            *stop = Some(stops.clone());
            go(move || {
                loop {
                    select! {
                        recv(stops) -> _ => return,
                        default => theirs.pop(),
                    }
                }
            })
            .detach();
        }
        fn pop(&self) {
            let _queue = self.queue.write();
            self.process.get().unwrap()();
        }
        fn in_step(&self, mended: bool) {
            let _clusters = (!mended).then(|| self.stop.lock());
            drop(self.queue.write());
        }
    }
    let informer = Arc::new(Informer::default());
    let adds = Arc::downgrade(&informer);
    let process = Box::new(move || drop(adds.upgrade().unwrap().stop.lock()));
    assert!(informer.process.set(process).is_ok());
    let stop = Chan::<()>::new(0);
    informer.start();
    let (stopped, stops) = (informer.clone(), stop.clone());
    go(move || {
        stops.recv();
        stopped.stop.lock().as_ref().unwrap().close();
    })
    .detach();
    go(move || informer.in_step(mended)).detach();
    stop.close();
}

/// moby 4951: who deletes a device lets go of the set for a while, and takes it again under the lock of the device.
pub(crate) fn device_deleted_twice(mended: bool) {
    struct Devices {
        set: Mutex<()>,
        /// (With a lock of its own once it is mended.)
        infos: Mutex<HashMap<&'static str, Arc<Mutex<u32>>>>,
    }
    impl Devices {
        fn find(&self, name: &str) -> Arc<Mutex<u32>> {
            self.infos.lock()[name].clone()
        }
        fn delete(&self, name: &str, mended: bool) {
            if mended {
                let info = self.find(name);
                let mut info = info.lock();
                self.remove(&mut self.set.lock(), &mut info);
            } else {
                let mut set = self.set.lock();
                let info = self.find(name);
                let mut info = info.lock();
                self.remove(&mut set, &mut info);
            }
        }
        fn remove(&self, set: &mut MutexGuard<'_, ()>, info: &mut u32) {
            *info += 1;
            MutexGuard::unlocked(set, || time::sleep(Duration::from_nanos(300)));
        }
    }
    let infos = ["one", "two"].map(|name| (name, Arc::default())).into();
    let devices = Arc::new(Devices { set: Mutex::new(()), infos: Mutex::new(infos) });
    for _ in 0..2 {
        let devices = devices.clone();
        go(move || devices.delete("one", mended)).detach();
    }
}
