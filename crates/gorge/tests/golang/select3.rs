//! After <https://github.com/golang/go/blob/master/test/chan/select3.go>
//!
//! What waits, what does not, and what panics. Where the original sleeps to see
//! that something waits, this asks the scheduler.

use gorge::{Chan, channel, go, select};

use crate::waiting::{named, waits};

fn nil() -> Chan<i32> {
    Chan::nil()
}

fn closed() -> Chan<i32> {
    let c = Chan::new(0);
    c.close();
    c
}

fn always_waits(what: &str, f: impl FnOnce() + Send + 'static) {
    let name = format!("golang select3 {what}");
    drop(named(&name, f));
    waits(&name);
}

fn never_waits(f: impl FnOnce() + Send + 'static) {
    go(f).join().unwrap();
}

fn panics(f: impl FnOnce() + Send + 'static) {
    let panic = go(f).join().unwrap_err().into_panic().unwrap();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"send on closed channel"));
}

#[gorge::test(may_leave)]
fn plain_operations() {
    always_waits("nil send", || nil().send(7));
    always_waits("nil receive", || _ = nil().recv());
    never_waits(|| Chan::new(1).send(7));
    never_waits(|| {
        let c = closed();
        for _ in 0..10 {
            assert_eq!(c.recv(), 0);
            assert_eq!(c.recv_ok(), (0, false));
        }
    });
    panics(|| closed().send(7));
    always_waits("empty", || _ = Chan::<i32>::new(0).recv());
}

#[gorge::test(may_leave)]
fn selects_that_always_wait() {
    always_waits("no cases", || select! {});
    always_waits("nil receive case", || select! { recv(nil()) => unreachable!() });
    always_waits("nil send case", || select! { send(nil(), 7) => unreachable!() });
    always_waits("nil cases", || {
        select! {
            recv(nil()) => unreachable!(),
            send(nil(), 7) => unreachable!(),
        }
    });
    always_waits("empty case", || {
        let (_tx, rx) = channel::<i32>(0);
        select! { recv(rx) => unreachable!() }
    });
    always_waits("itself", || {
        let c = Chan::new(0);
        select! {
            send(c, 1) => unreachable!(),
            recv(c) => unreachable!(),
        }
    });
}

#[gorge::test]
fn selects_that_never_wait() {
    never_waits(|| select! { default => {} });
    never_waits(|| select! { recv(nil()) => unreachable!(), default => {} });
    never_waits(|| select! { send(nil(), 7) => unreachable!(), default => {} });
    never_waits(|| {
        let c = Chan::new(1);
        select! { send(c, 7) => {} default => unreachable!() }
        select! { recv(c) -> n => assert_eq!(n, Ok(7)), default => unreachable!() }
    });
    never_waits(|| select! { recv(closed()) -> n => assert!(n.is_err()) });
    panics(|| select! { send(closed(), 7) => unreachable!() });
}
