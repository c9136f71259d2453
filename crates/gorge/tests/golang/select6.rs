//! After <https://github.com/golang/go/blob/master/test/chan/select6.go>
//!
//! Two selects wait in one queue, then a plain receiver; when a select leaves
//! the middle of the queue for another reason, those behind it stay.

use gorge::{Chan, select};

use crate::waiting::{named, waits};

#[gorge::test]
fn the_queue_survives_those_who_leave() {
    let (c1, c2) = (Chan::<bool>::new(0), Chan::<bool>::new(0));
    let (c3, c4) = (Chan::<bool>::new(0), Chan::<bool>::new(0));
    let first = named("golang select6 first", {
        let c1 = c1.clone();
        move || c1.recv_ok()
    });
    waits("golang select6 first");
    let selecting = |name: &str, other: &Chan<bool>| {
        let (c1, other) = (c1.clone(), other.clone());
        let handle = named(name, move || {
            select! {
                recv(c1) => panic!("dummy"),
                recv(other) => {}
            }
        });
        waits(name);
        handle
    };
    let second = selecting("golang select6 second", &c2);
    let third = selecting("golang select6 third", &c3);
    let last = named("golang select6 last", {
        let (c1, c4) = (c1.clone(), c4.clone());
        move || {
            c1.recv();
            c4.send(true);
        }
    });
    waits("golang select6 last");
    c3.send(true);
    third.join().unwrap();
    c2.send(true);
    second.join().unwrap();
    c1.send(true);
    assert_eq!(first.join().unwrap(), (true, true));
    c1.send(true);
    assert!(c4.recv());
    last.join().unwrap();
}
