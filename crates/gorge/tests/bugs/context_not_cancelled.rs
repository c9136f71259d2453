//! Who made a context forgets to cancel it (Go: `lostcancel` of vet; grpc 1275).

use gorge::{Chan, context, go, select};

pub(crate) fn run(mended: bool) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let numbers = Chan::new(0);
    let tx = numbers.clone();
    go(move || {
        for n in 0.. {
            select! {
                recv(ctx.done()) => return,
                send(&tx, n) => {}
            }
        }
    })
    .detach();
    assert_eq!(numbers.recv(), 0);
    assert_eq!(numbers.recv(), 1);
    if mended {
        cancel.cancel();
    } else {
        std::mem::forget(cancel); // in Go nothing happens when it goes out of scope
    }
}
