//! After <https://github.com/golang/go/blob/master/test/chan/nonblock.go>
//!
//! Sending and receiving without waiting, for values of several sizes.

use std::fmt::Debug;

use gorge::{Chan, go, select};

use crate::waiting::{named, waits};

fn with<T: Clone + Debug + PartialEq + Send + 'static>(kind: &str, first: T, second: T) {
    for cap in [0, 1] {
        let c = Chan::new(cap);
        select! { recv(c) -> n => panic!("received {n:?} from an empty channel"), default => {} }

        let name = format!("golang nonblock receiver {kind} {cap}");
        let receiver = named(&name, {
            let c = c.clone();
            move || c.receive()
        });
        waits(&name);
        select! { send(c, first.clone()) => {} default => panic!("somebody receives") }
        assert_eq!(receiver.join().unwrap(), Some(first.clone()));

        let name = format!("golang nonblock sender {kind} {cap}");
        let sending = {
            let (c, second) = (c.clone(), second.clone());
            move || c.send(second)
        };
        let sender = if cap == 0 {
            let sender = named(&name, sending);
            waits(&name);
            sender
        } else {
            go(move || go(sending).join().unwrap())
        };
        if cap == 1 {
            while c.is_empty() {
                gorge::runtime::gosched();
            }
        }
        select! { recv(c) -> n => assert_eq!(n, Ok(second.clone())), default => panic!("somebody sends") }
        sender.join().unwrap();
        select! { recv(c) -> n => panic!("{n:?} came twice"), default => {} }
    }
}

#[gorge::test]
fn of_several_sizes() {
    with("i32", 123_i32, 234);
    with("i64", 123_456_i64, 234_567);
    with("bool", true, false);
    with("text", "hello".to_owned(), "hello again".to_owned());
    with("large", [1_u64; 100], [2; 100]);
    with("nothing", (), ());
}
