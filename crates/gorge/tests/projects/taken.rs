//! Locks that one goroutine takes twice, or never lets go.

use std::collections::HashMap;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use gorge::sync::{Mutex, RwLock};
use gorge::{Chan, go, select};

use crate::either;

/// moby 17176: there is nothing to clean up, and whoever finds that out returns with the lock.
pub(crate) fn nothing_to_clean_up(mended: bool) {
    struct Devices {
        deleted: Mutex<u32>,
    }
    impl Devices {
        fn clean_up(&self, mended: bool) -> Result<(), &'static str> {
            let deleted = self.deleted.lock();
            if *deleted == 0 {
                if !mended {
                    std::mem::forget(deleted);
                }
                return Ok(());
            }
            Err("some are left")
        }
    }
    let devices = Arc::new(Devices { deleted: Mutex::new(0) });
    devices.clean_up(mended).unwrap();
    let done = Chan::new(if mended { 1 } else { 0 });
    let tells = done.clone();
    go(move || {
        let _held = devices.deleted.lock();
        tells.send(true);
    })
    .detach();
    select! {
        timeout(Duration::from_millis(1)) => (),
        recv(done) -> _ => (),
    }
}

/// moby 36114: disks are removed before one is added, by a method that locks the machine once more.
pub(crate) fn disks_of_a_machine(mended: bool) {
    #[derive(Default)]
    struct Machine(Mutex<Vec<&'static str>>);
    impl Machine {
        fn add(&self, mended: bool) {
            let mut disks = self.0.lock();
            if mended {
                disks.clear();
            } else {
                self.remove_all();
            }
            disks.push("one");
        }
        fn remove_all(&self) {
            self.0.lock().clear();
        }
    }
    go(move || Machine::default().add(mended)).detach();
}

/// moby 7559: there is no connection, and the loop comes round with the lock of the table of connections.
pub(crate) fn table_of_connections(mended: bool) {
    go(move || {
        let table = Mutex::new(HashMap::new());
        for round in 0..2 {
            let mut connections = table.lock();
            // (Nowhere to go: no socket is made.)
            let Ok(socket) = UdpSocket::bind(&[][..]) else {
                if !mended {
                    std::mem::forget(connections);
                }
                continue;
            };
            connections.insert(round, socket);
            break;
        }
    })
    .detach();
}

/// syncthing 4829: whoever clears the addresses tells of it while it writes, and what is told reads them.
pub(crate) fn addresses_cleared(mended: bool) {
    #[derive(Default)]
    struct Mapping {
        addresses: RwLock<HashMap<&'static str, u32>>,
        listeners: u32,
    }
    impl Mapping {
        fn clear(&self, mended: bool) {
            let mut addresses = self.addresses.write();
            let removed: Vec<_> = addresses.drain().collect();
            let held = if mended {
                drop(addresses);
                None
            } else {
                Some(addresses)
            };
            if !removed.is_empty() {
                self.tell();
            }
            drop(held);
        }
        fn tell(&self) {
            let _addresses = self.addresses.read();
            assert_eq!(self.listeners, 0);
        }
    }
    let mapping = Arc::new(Mapping::default());
    let service = Mutex::new(vec![mapping.clone()]);
    mapping.addresses.write().insert("test", 0);
    for known in &*service.lock() {
        if Arc::ptr_eq(known, &mapping) {
            mapping.clear(mended);
        }
    }
}

/// kubernetes 62464: a reader reads once more, and between its two reads somebody has asked to write.
pub(crate) fn processors_of_a_container(mended: bool) {
    #[derive(Default)]
    struct State(RwLock<u32>);
    impl State {
        fn assigned_or_default(&self, mended: bool) -> u32 {
            let _held = (!mended).then(|| self.0.read());
            self.assigned().unwrap_or_else(|| self.rest())
        }
        fn assigned(&self) -> Option<u32> {
            let set = self.0.read();
            either().then_some(*set)
        }
        fn rest(&self) -> u32 {
            *self.0.read()
        }
    }
    let state = Arc::new(State::default());
    let theirs = state.clone();
    go(move || assert!(theirs.assigned_or_default(mended) < 2)).detach();
    go(move || {
        let rest = state.rest();
        *state.0.write() = rest + 1;
    })
    .detach();
}
