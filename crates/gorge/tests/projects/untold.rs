//! Who waits, and is never told.

use std::sync::Arc;
use std::time::Duration;

use gorge::sync::Mutex;
use gorge::{Chan, context, go, select, time};

/// cockroach 13755: the rows of a query are not closed, and their goroutine waits for the context that only they can cancel.
pub(crate) fn rows_not_closed(mended: bool) {
    struct Rows {
        ctx: context::Context,
        cancel: context::CancelFunc,
    }
    impl Rows {
        fn close(&self) {
            self.cancel.cancel();
        }
    }
    let (ctx, cancel) = context::with_cancel(&context::background());
    let rows = Arc::new(Rows { ctx, cancel });
    let waits = rows.clone();
    go(move || {
        select! { recv(waits.ctx.done()) => waits.close() }
    })
    .detach();
    if mended {
        rows.close();
    }
}

/// cockroach 25456: whether the store drains is asked by waiting until it does.
pub(crate) fn asked_whether_it_drains(mended: bool) {
    struct Store {
        quiesce: Chan<()>,
    }
    impl Store {
        fn check(&self, mended: bool) {
            if mended {
                select! {
                    recv(self.quiesce) -> _ => (),
                    default => (), // worth a line in the log
                }
            } else {
                self.quiesce.recv();
            }
        }
    }
    let store = Store { quiesce: Chan::new(0) };
    for _ in 0..2 {
        store.check(mended);
    }
}

/// grpc 1275: a stream is closed without a word to who reads it.
pub(crate) fn stream_closed_in_silence(mended: bool) {
    let buffer = Chan::<Result<u8, &str>>::new(1);
    let (reads, done) = (buffer.clone(), Chan::<()>::new(0));
    let ends = done.clone();
    go(move || {
        let mut bytes = 0;
        while bytes < 1 {
            select! {
                recv(reads) -> byte => match byte.unwrap() {
                    Ok(_) => bytes += 1,
                    Err(_) => break,
                },
            }
        }
        ends.close();
    })
    .detach();
    if mended {
        buffer.send(Err("closed"));
    }
    let timeout = time::Timer::new(Duration::from_nanos(300));
    select! {
        recv(done) -> _ => if !timeout.stop() {
            _ = timeout.chan().recv();
        },
        recv(timeout.chan()) -> _ => (),
    }
}

/// grpc 1424: the watcher of a balancer that says nothing ends without saying that it has begun.
pub(crate) fn watcher_without_addresses(mended: bool) {
    let connections = Arc::new([Mutex::new(()), Mutex::new(())]);
    go(move || {
        let (addresses, waits) = (Chan::<bool>::new(0), Chan::<()>::new(1));
        let from_balancer = addresses.clone();
        go(move || {
            let done = Chan::<()>::new(0);
            let ends = done.clone();
            go(move || {
                while from_balancer.receive().is_some() {
                    for connection in &*connections {
                        drop(connection.lock()); // torn down
                    }
                }
                if mended {
                    ends.close();
                }
            })
            .detach();
            done.recv();
            waits.close();
        })
        .detach();
        addresses.close();
    })
    .detach();
}

/// grpc 862: who dials gets no connection, and leaves behind a goroutine that tries to connect for ever.
pub(crate) fn dialled_and_given_up(mended: bool) {
    struct Connection {
        ctx: context::Context,
        cancel: context::CancelFunc,
    }
    impl Connection {
        fn reset_transport(&self) {
            for retries in 1.. {
                let (_ctx, cancel) = context::with_timeout(&self.ctx, Duration::from_nanos(10));
                let (begun, pause) = (time::now(), Duration::from_nanos(2) * retries);
                cancel.cancel();
                select! {
                    recv(time::after(pause.saturating_sub(begun.elapsed()))) -> _ => (),
                    recv(self.ctx.done()) => return,
                }
            }
        }
    }
    struct Client {
        ctx: context::Context,
        cancel: context::CancelFunc,
        connections: Mutex<Vec<Arc<Connection>>>,
    }
    impl Client {
        fn connect(&self) {
            let (ctx, cancel) = context::with_cancel(&self.ctx);
            let connection = Arc::new(Connection { ctx, cancel });
            self.connections.lock().push(connection.clone());
            connection.reset_transport();
        }
        fn close(&self) {
            self.cancel.cancel();
            let connections = std::mem::take(&mut *self.connections.lock());
            connections.iter().for_each(|connection| _ = connection.cancel.cancel());
        }
    }
    fn dial(ctx: &context::Context, mended: bool) -> Option<Arc<Client>> {
        let (own, cancel) = context::with_cancel(&context::background());
        let client = Arc::new(Client { ctx: own, cancel, connections: Mutex::default() });
        let connects = client.clone();
        go(move || connects.connect()).detach();
        // Nobody gets the client: it is not connected yet.
        let connected: Option<Arc<Client>> = None;
        select! {
            recv(ctx.done()) => if let Some(client) = &connected {
                client.close();
            },
            default => (),
        }
        if mended && connected.is_none() {
            client.close();
        }
        connected
    }
    let (ctx, cancel) = context::with_cancel(&context::background());
    go(move || dial(&ctx, mended)).detach();
    go(move || cancel.cancel()).detach();
}
