//! Locks that are asked for by who has them, or has left them locked.

use std::fmt;
use std::sync::Arc;

use gorge::context::{self, CancelFunc};
use gorge::sync::{Mutex, RwLock, WaitGroup};
use gorge::{Chan, go};

/// cockroach 16167: a statement has the read lock under another name, and asks for it again; a change of the settings comes between.
pub(crate) fn settings_by_two_names(mended: bool) {
    #[derive(Default)]
    struct Executor {
        settings: RwLock<u32>,
    }
    impl Executor {
        fn change(&self) {
            *self.settings.write() += 1;
        }
        fn prepare(&self) {
            assert!(*self.settings.read() < 2);
        }
        fn execute(&self, mended: bool) {
            // What a condition variable would wait with: the reader's side of the same lock.
            let reader = self.settings.read();
            if mended {
                drop(reader);
            }
            self.prepare();
        }
    }
    let executor = Arc::new(Executor::default());
    let changes = executor.clone();
    go(move || changes.change()).detach();
    executor.execute(mended);
}

/// cockroach 3710: who goes through the replicas with the read lock asks the status of each, which takes the read lock.
pub(crate) fn scan_of_replicas(mended: bool) {
    struct Store {
        replicas: RwLock<Vec<usize>>,
        queue: Mutex<Vec<usize>>,
    }
    impl Store {
        fn status(&self, replica: usize) -> bool {
            self.replicas.read().len() > replica
        }
        fn maybe_add(&self, replica: usize) {
            let mut queue = self.queue.lock();
            if self.status(replica) {
                queue.push(replica);
            }
        }
        fn scan(&self, mended: bool) {
            let replicas = self.replicas.read();
            if mended {
                let copy = replicas.clone();
                drop(replicas);
                copy.into_iter().for_each(|replica| self.maybe_add(replica));
            } else {
                replicas.iter().for_each(|replica| self.maybe_add(*replica));
            }
        }
    }
    let store = Arc::new(Store { replicas: RwLock::new(vec![0, 1]), queue: Mutex::default() });
    let processes = store.clone();
    go(move || store.scan(mended)).detach();
    go(move || {
        go(move || assert_eq!(processes.replicas.write().clone(), [0, 1])).detach();
    })
    .detach();
}

/// cockroach 6181: a cache is printed with its read lock held, and printing takes the read lock.
pub(crate) fn cache_that_prints_itself(mended: bool) {
    #[derive(Default)]
    struct Cache(RwLock<u32>);
    impl fmt::Display for Cache {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.read().fmt(f)
        }
    }
    impl Cache {
        fn look_up(&self, mended: bool) {
            let entries = self.0.read();
            let printed = if mended { entries.to_string() } else { self.to_string() };
            assert_eq!(printed, entries.to_string());
            drop(entries);
            *self.0.write() += 1;
        }
    }
    go(move || {
        let (cache, all) = (Arc::new(Cache::default()), WaitGroup::new());
        for _ in 0..3 {
            all.add(1);
            let (cache, all) = (cache.clone(), all.clone());
            go(move || {
                cache.look_up(mended);
                all.done();
            })
            .detach();
        }
        all.wait();
    })
    .detach();
}

/// etcd 6708: the endpoints are brought up to date under the lock, and the leader among them is asked for by a client that takes it.
pub(crate) fn leader_asked_while_syncing(mended: bool) {
    struct Client {
        endpoints: RwLock<Vec<u32>>,
    }
    impl Client {
        fn leader(&self) -> u32 {
            self.endpoints.read()[0]
        }
        fn sync(&self, mended: bool) {
            if mended {
                let leader = self.leader();
                self.endpoints.write().push(leader);
                return;
            }
            let mut endpoints = self.endpoints.write();
            endpoints.push(self.leader());
        }
    }
    Client { endpoints: RwLock::new(vec![1]) }.sync(mended);
}

/// grpc 795: to stop gracefully leaves the lock locked, and who stops once more locks where it should unlock.
pub(crate) fn stopped_gracefully_twice(mended: bool) {
    #[derive(Default)]
    struct Server {
        drains: Mutex<bool>,
    }
    impl Server {
        fn stop(&self, mended: bool) {
            let mut drains = self.drains.lock();
            if *drains {
                if !mended {
                    std::mem::forget(self.drains.lock());
                }
                return;
            }
            *drains = true;
            if !mended {
                std::mem::forget(drains);
            }
        }
    }
    let server = Arc::new(Server::default());
    let serves = server.clone();
    go(move || drop(serves.drains.lock())).detach();
    for _ in 0..3 {
        server.stop(mended);
    }
}

/// etcd 5509: a request that finds the client closed returns with the read lock, and closing locks twice.
pub(crate) fn request_on_a_closed_client(mended: bool) {
    struct Client {
        cancel: RwLock<Option<CancelFunc>>,
    }
    impl Client {
        fn close(&self) {
            let mut held = self.cancel.write();
            let Some(cancel) = held.take() else { return };
            cancel.cancel();
            drop(held);
            assert!(self.cancel.write().is_none());
        }
    }
    struct Remote {
        client: Arc<Client>,
        lock: Mutex<()>,
    }
    impl Remote {
        fn acquire(&self, mended: bool) {
            loop {
                let cancel = self.client.cancel.read();
                let closed = cancel.is_none();
                drop(self.lock.lock());
                if closed {
                    if !mended {
                        std::mem::forget(cancel);
                    }
                    return;
                }
            }
        }
    }
    let (_ctx, cancel) = context::with_cancel(&context::todo());
    let client = Arc::new(Client { cancel: RwLock::new(Some(cancel)) });
    let remote = Remote { client: client.clone(), lock: Mutex::new(()) };
    let done = Chan::<()>::new(0);
    let ends = done.clone();
    go(move || {
        remote.acquire(mended);
        ends.close();
    })
    .detach();
    client.close();
    done.recv();
}
