//! After <https://github.com/golang/go/blob/master/test/chan/select8.go>
//!
//! `break` in a body. In Go it leaves the select; here it leaves the loop around
//! it, and a labelled block is what leaves only the select.

use gorge::{Chan, select};

#[gorge::test]
#[allow(clippy::never_loop)]
fn leaving_a_select() {
    let c = Chan::new(1);
    c.send(42);
    'leave: {
        select! {
            recv(c) => break 'leave,
            default => {}
        }
        unreachable!("the block was left");
    }
    let mut rounds = 0;
    loop {
        rounds += 1;
        c.send(1);
        select! {
            recv(c) => break,
            default => {}
        }
        unreachable!("the loop was left");
    }
    assert_eq!(rounds, 1);
    'outer: loop {
        loop {
            select! {
                recv(c) => {}
                default => break 'outer,
            }
        }
    }
}
