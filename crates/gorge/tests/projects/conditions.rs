//! Conditions that nobody signals any more, or not to whom it was meant.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::{Condvar, Mutex, RwLock};
use gorge::{Chan, go, scope, select, time};

use crate::until;

/// kubernetes 11298: waiting for a condition is left to a goroutine, and who signals at the end does not know whether it
/// has begun to wait.
pub(crate) fn change_of_the_master(mended: bool) {
    #[derive(Default)]
    struct Notifier {
        lock: Mutex<()>,
        changed: Condvar,
    }
    fn serve(notifier: &Notifier, abort: &Chan<()>) {
        let mut held = Some(notifier.lock.lock());
        loop {
            select! {
                recv(abort) -> _ => return,
                default => {},
            }
            let mut guard = held.take().unwrap();
            let done = Chan::<()>::new(0);
            let (over, back) = scope(|s| {
                let ends = done.clone();
                // The goroutine lets go of the lock, and brings it back.
                let waits = s.go(move || {
                    notifier.changed.wait(&mut guard);
                    ends.close();
                    guard
                });
                let over = select! {
                    recv(abort) -> _ => {
                        notifier.changed.signal();
                        done.recv();
                        true
                    },
                    recv(done) -> _ => false,
                };
                (over, waits.join().unwrap())
            });
            held = Some(back);
            if over {
                return;
            }
        }
    }
    fn notify(abort: &Chan<()>, mended: bool) {
        let notifier = Arc::new(Notifier::default());
        let news = Chan::new(1);
        let (theirs, aborted, tells) = (notifier.clone(), abort.clone(), news.clone());
        let finished = Chan::<()>::new(0);
        let finishes = finished.clone();
        go(move || {
            until(&aborted, || {
                loop {
                    select! {
                        recv(aborted) -> _ => return,
                        default => if mended {
                            _ = tells.try_send(());
                        } else {
                            let _held = theirs.lock.lock();
                            theirs.changed.signal();
                        },
                    }
                }
            });
            finishes.close();
        })
        .detach();
        until(abort, || {
            if !mended {
                return serve(&notifier, &finished);
            }
            loop {
                select! {
                    recv(finished) -> _ => return,
                    recv(news) -> _ => drop(notifier.lock.lock()),
                }
            }
        });
    }
    let (done, notified) = (Chan::<()>::new(0), Chan::<()>::new(0));
    let (abort, ends) = (done.clone(), notified.clone());
    go(move || {
        notify(&abort, mended);
        ends.close();
    })
    .detach();
    go(move || {
        time::sleep(Duration::from_nanos(300));
        done.close();
    })
    .detach();
    notified.recv();
}

/// moby 27782: who follows a file waits until its watch is removed, which only an event can tell, and events are
/// received by nobody else.
pub(crate) fn followed_log(mended: bool) {
    #[derive(Clone, Copy, PartialEq)]
    enum Watch {
        On,
        Asked,
        Off,
    }
    struct Watcher {
        events: Chan<u32>,
        watch: Mutex<Watch>,
        ignored: Condvar,
        done: Chan<()>,
    }
    impl Watcher {
        fn read(&self) {
            loop {
                if self.done.is_closed() {
                    break;
                }
                // The system tells of the file, and at last that it tells no more.
                let mut watch = self.watch.lock();
                match *watch {
                    Watch::Asked => {
                        *watch = Watch::Off;
                        self.ignored.broadcast();
                        continue;
                    }
                    Watch::On => {}
                    Watch::Off => {
                        drop(watch);
                        self.done.recv();
                        break;
                    }
                }
                drop(watch);
                time::sleep(Duration::from_nanos(300));
                select! {
                    send(self.events, 1) => (),
                    recv(self.done) -> _ => break,
                }
            }
            self.events.close();
        }
        fn remove(&self) {
            let mut watch = self.watch.lock();
            *watch = Watch::Asked;
            self.ignored.wait_while(&mut watch, |watch| *watch != Watch::Off);
        }
    }
    fn follow(closed: &Chan<()>, mended: bool) {
        let watcher = Arc::new(Watcher {
            events: Chan::new(0),
            watch: Mutex::new(Watch::On),
            ignored: Condvar::new(),
            done: Chan::new(0),
        });
        let reads = watcher.clone();
        go(move || reads.read()).detach();
        time::sleep(Duration::from_nanos(300));
        if mended {
            let removed = Chan::<()>::new(0);
            let (closed, removes, ends) = (closed.clone(), watcher.clone(), removed.clone());
            go(move || {
                closed.recv();
                removes.remove();
                ends.close();
            })
            .detach();
            loop {
                select! {
                    recv(watcher.events) -> _ => (),
                    recv(removed) -> _ => break,
                }
            }
        } else {
            select! {
                recv(watcher.events) -> _ => (),
                recv(closed) -> _ => watcher.remove(),
            }
        }
        watcher.done.close();
    }
    let readers: Arc<Mutex<HashMap<u32, Chan<()>>>> = Arc::default();
    go(move || {
        let closed = Chan::<()>::new(0);
        readers.lock().insert(1, closed.clone());
        go(move || follow(&closed, mended)).detach();
        for (_, reader) in readers.lock().drain() {
            reader.close();
        }
    })
    .detach();
}

/// moby 29733: one more handler makes a plugin inactive, which nobody makes active again.
pub(crate) fn one_more_handler(mended: bool) {
    #[derive(Default)]
    struct Plugin {
        active: Mutex<bool>,
        activated: Condvar,
        /// The fix: what the handlers have to do again is not whether it is active.
        handled: Shared<bool>,
    }
    let plugin = Arc::new(Plugin::default());
    let handlers = RwLock::new(HashMap::from([(0, plugin.clone())]));
    let loads = plugin.clone();
    go(move || {
        *loads.active.lock() = true;
        loads.activated.broadcast();
    })
    .detach();
    let wait_until_active = || {
        let (done, theirs) = (Chan::<()>::new(0), plugin.clone());
        let ends = done.clone();
        go(move || {
            let mut active = theirs.active.lock();
            while !*active {
                theirs.activated.wait(&mut active);
            }
            drop(active);
            ends.close();
        })
        .detach();
        done.recv();
    };
    wait_until_active();
    for plugin in handlers.write().values() {
        if mended {
            plugin.handled.set(false);
        } else {
            *plugin.active.lock() = false;
        }
    }
    wait_until_active();
}

/// moby 30408: a plugin could not be made active, and who waits until it is looks for nothing else.
pub(crate) fn plugin_that_fails(mended: bool) {
    #[derive(Default)]
    struct Plugin {
        state: Mutex<State>,
        activated: Condvar,
    }
    #[derive(Default)]
    struct State {
        manifest: Option<Vec<&'static str>>,
        failed: Option<&'static str>,
    }
    let plugin = Arc::new(Plugin::default());
    let loads = plugin.clone();
    go(move || {
        loads.state.lock().failed = Some("some junk happened");
        loads.activated.broadcast();
    })
    .detach();
    let done = Chan::<()>::new(0);
    let ends = done.clone();
    go(move || {
        let mut state = plugin.state.lock();
        while state.manifest.is_none() && !(mended && state.failed.is_some()) {
            plugin.activated.wait(&mut state);
        }
        ends.close();
    })
    .detach();
    done.recv();
}
