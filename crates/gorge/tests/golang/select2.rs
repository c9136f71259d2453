//! After <https://github.com/golang/go/blob/master/test/chan/select2.go>
//!
//! A select that waits again and again leaves nothing behind: the original looks
//! at the heap, this at the queues, which would hold pointers into stacks.

use gorge::{Chan, go, select};

#[gorge::test]
fn nothing_is_left_behind() {
    let (c, other) = (Chan::new(0), Chan::<u32>::new(0));
    let sender = go({
        let c = c.clone();
        move || (0..10_000).for_each(|n| c.send(n))
    });
    for expected in 0..10_000 {
        select! {
            recv(c) -> n => assert_eq!(n, Ok(expected)),
            recv(other) => panic!("nobody sends"),
            send(other, 1) => panic!("nobody receives"),
        }
    }
    sender.join().unwrap();
    // Somebody left in a queue would be taken for a partner.
    assert_eq!(other.try_send(1), Err(1));
    assert!(other.try_recv().is_err());
}
