//! A worker that waits for its next job and not for the context's end (Go: istio 17860, grpc 795).

use gorge::{Chan, context, go, select};

pub(crate) fn run(mended: bool) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let jobs = Chan::new(0);
    let rx = jobs.clone();
    go(move || {
        while ctx.err().is_none() {
            if mended {
                select! {
                    recv(&rx) => {}
                    recv(ctx.done()) => return,
                }
            } else {
                rx.recv();
            }
        }
    })
    .detach();
    jobs.send(1);
    cancel.cancel();
}
