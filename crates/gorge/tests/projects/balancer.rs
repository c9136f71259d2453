//! A balancer of addresses, as the client of etcd had one.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use gorge::sync::{Mutex, RwLock};
use gorge::{Chan, go, select};

type Address = u32;
type Down = Box<dyn FnOnce() + Send>;

/// What the connection is told: which addresses there are, or the one that is up.
#[derive(Default)]
struct State {
    closed: bool,
    /// 0 is nobody, and the first address too; whoever is mended looks at `up`.
    pinned: Address,
    up: Chan<()>,
    down: Chan<()>,
}

struct Balancer {
    addresses: Vec<Address>,
    notify: Chan<Vec<Address>>,
    state: RwLock<State>,
    stop: Chan<()>,
    done: Chan<()>,
    mended: bool,
}

impl Balancer {
    fn new(mended: bool) -> Arc<Balancer> {
        let state = State { up: Chan::new(0), down: Chan::new(0), ..State::default() };
        state.down.close();
        let balancer = Arc::new(Balancer {
            addresses: vec![0, 1, 2],
            notify: Chan::new(1),
            state: RwLock::new(state),
            stop: Chan::new(0),
            done: Chan::new(0),
            mended,
        });
        if mended {
            let tells = balancer.clone();
            go(move || tells.tell()).detach();
        } else {
            balancer.notify.send(balancer.addresses.clone());
        }
        balancer
    }

    /// A connection to `address` is up; gives what is to be called when it is down.
    fn up(self: &Arc<Self>, address: Address) -> Down {
        let mut state = self.state.write();
        if state.closed || self.mended && state.up.is_closed() {
            return Box::new(|| ());
        }
        if self.mended {
            state.pinned = address;
            state.up.close();
            state.down = Chan::new(0);
        } else if state.pinned == 0 {
            state.pinned = address;
            self.notify.send(vec![address]);
        }
        drop(state);
        let balancer = self.clone();
        // Nobody may be told any more.
        Box::new(move || _ = catch_unwind(AssertUnwindSafe(|| balancer.down(address))))
    }

    fn down(&self, address: Address) {
        let mut state = self.state.write();
        if self.mended {
            state.up = Chan::new(0);
            state.down.close();
        } else if state.pinned == address {
            state.pinned = 0;
            self.notify.send(self.addresses.clone());
        }
    }

    fn close(&self) {
        let mut state = self.state.write();
        if state.closed {
            drop(state);
            if self.mended {
                self.done.recv();
            }
            return;
        }
        state.closed = true;
        state.pinned = 0;
        if self.mended {
            self.stop.close();
            if !state.up.is_closed() {
                state.up.close();
            }
            drop(state);
            self.done.recv();
        }
        self.notify.close();
    }

    /// The goroutine that tells the connection, without the lock, so that nobody else has to.
    fn tell(&self) {
        loop {
            let state = self.state.read();
            let (up, down, pinned) = (state.up.clone(), state.down.clone(), state.pinned);
            drop(state);
            let goes_on = match (down.is_closed(), up.is_closed()) {
                (true, false) => self.tell_all() && self.until(&up),
                (false, true) => {
                    self.tell_one(pinned, &down) && self.until(&down) && self.tell_all()
                }
                // Read before it was closed.
                _ => select! {
                    recv(self.stop) -> _ => false,
                    default => true,
                },
            };
            if !goes_on {
                return self.done.close();
            }
        }
    }

    fn until(&self, change: &Chan<()>) -> bool {
        select! {
            recv(change) -> _ => true,
            recv(self.stop) -> _ => false,
        }
    }

    fn tell_all(&self) -> bool {
        select! {
            send(self.notify, self.addresses.clone()) => true,
            recv(self.stop) -> _ => false,
        }
    }

    fn tell_one(&self, address: Address, down: &Chan<()>) -> bool {
        select! {
            send(self.notify, vec![address]) => true,
            recv(down) -> _ => true,
            recv(self.stop) -> _ => false,
        }
    }
}

struct Connection {
    balancer: Arc<Balancer>,
    transports: RwLock<Option<BTreeMap<Address, Arc<Transport>>>>,
}

#[derive(Default)]
struct Transport {
    down: Mutex<Option<Down>>,
}

impl Transport {
    fn tear_down(&self) {
        let mut down = self.down.lock();
        if let Some(down) = down.take() {
            down();
        }
    }
}

impl Connection {
    fn watch(&self) {
        while let Some(addresses) = self.balancer.notify.receive() {
            let (mut more, mut gone) = (Vec::new(), Vec::new());
            let mut transports = self.transports.write();
            let Some(there) = transports.as_mut() else { continue };
            for address in &addresses {
                if !there.contains_key(address) {
                    more.push(*address);
                }
            }
            there.retain(|address, transport| {
                let stays = addresses.contains(address);
                if !stays {
                    gone.push(transport.clone());
                }
                stays
            });
            drop(transports);
            more.into_iter().for_each(|address| self.connect(address));
            gone.iter().for_each(|transport| transport.tear_down());
        }
    }

    fn connect(&self, address: Address) {
        let transport = Arc::new(Transport::default());
        match self.transports.write().as_mut() {
            None => return,
            Some(transports) => transports.insert(address, transport.clone()),
        };
        let balancer = self.balancer.clone();
        go(move || {
            let mut down = transport.down.lock();
            *down = Some(balancer.up(address));
        })
        .detach();
    }

    fn close(&self) {
        let transports = self.transports.write().take();
        self.balancer.close();
        transports.unwrap_or_default().values().for_each(|transport| transport.tear_down());
    }
}

/// etcd 7443: a connection is told of an address with the lock that is needed to close, or to say that one is down; whoever is told says so.
pub(crate) fn told_with_the_lock(mended: bool) {
    let balancer = Balancer::new(mended);
    let transports = RwLock::new(Some(BTreeMap::new()));
    let connection = Arc::new(Connection { balancer: balancer.clone(), transports });
    let watches = connection.clone();
    go(move || watches.watch()).detach();
    let closed = Chan::<()>::new(0);
    let closes = closed.clone();
    go(move || {
        balancer.close();
        closes.close();
    })
    .detach();
    go(move || connection.close()).detach();
    closed.recv();
}
