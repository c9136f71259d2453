//! Channels and contexts.

use std::sync::Arc;
use std::time::Duration;

use gorge::sync::Once;
use gorge::{Chan, channel, context, go, select};

/// cockroach 10790: whoever is cancelled between two commands leaves the rest to somebody, once for each.
pub(crate) fn commands_begun_twice(mended: bool) {
    let channels: Vec<Chan<()>> = (0..2).map(|_| Chan::new(if mended { 1 } else { 0 })).collect();
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (theirs, done) = (channels.clone(), ctx.clone());
    go(move || {
        for channel in &theirs {
            select! {
                send(channel, ()) => (),
                recv(done.done()) => return,
            }
        }
    })
    .detach();
    go(move || {
        for channel in &channels {
            select! {
                recv(channel) -> _ => (),
                recv(ctx.done()) => {
                    if mended {
                        return;
                    }
                    let rest = channels.clone();
                    go(move || rest.iter().for_each(Chan::recv)).detach();
                },
            }
        }
    })
    .detach();
    go(move || cancel.cancel()).detach();
}

/// etcd 6857: the status is asked of one who has stopped.
pub(crate) fn status_of_a_node(mended: bool) {
    let status = Chan::<Chan<u32>>::new(0);
    let (stop, done) = (Chan::<()>::new(0), Chan::<()>::new(0));
    let (asked, stops, ends) = (status.clone(), stop.clone(), done.clone());
    go(move || {
        loop {
            select! {
                recv(asked) -> answer => answer.unwrap().send(7),
                recv(stops) -> _ => {
                    ends.close();
                    return;
                },
            }
        }
    })
    .detach();
    let ended = done.clone();
    go(move || {
        let answer = Chan::new(0);
        if mended {
            select! {
                send(status, answer.clone()) => assert_eq!(answer.recv(), 7),
                recv(ended) -> _ => (),
            }
        } else {
            status.send(answer.clone());
            assert_eq!(answer.recv(), 7);
        }
    })
    .detach();
    go(move || {
        select! {
            send(stop, ()) => done.recv(),
            recv(done) -> _ => (),
        }
    })
    .detach();
}

/// grpc 660: the loop is stopped while a call is under way, which then has nobody to tell.
pub(crate) fn last_unary_call(mended: bool) {
    let (stop, stops) = channel(0);
    go(move || {
        loop {
            let (done, is_done) = channel(usize::from(mended));
            let keeps = is_done.clone();
            go(move || {
                let _ = done.send(true);
                drop(keeps);
            })
            .detach();
            select! {
                recv(stops) -> _ => return,
                recv(is_done) -> _ => (),
            }
        }
    })
    .detach();
    go(move || stop.send(true)).detach();
}

/// syncthing 5795: a connection is closed from within its own loop, and waits for the loop to end.
pub(crate) fn closed_by_its_own_loop(mended: bool) {
    let (inbox, closed, stopped) = (Chan::<u32>::new(0), Chan::<()>::new(0), Chan::<()>::new(0));
    let once = Arc::new(Once::new());
    let (is_closed, from_inbox, stops) = (closed.clone(), inbox.clone(), stopped.clone());
    let close = move || {
        once.call_once(|| {
            closed.close();
            stopped.recv();
        });
    };
    go(move || {
        loop {
            select! {
                recv(from_inbox) -> _ => {
                    if mended {
                        let close = close.clone();
                        go(close).detach();
                    } else {
                        close();
                    }
                },
                recv(is_closed) -> _ => break,
            }
        }
        stops.close();
    })
    .detach();
    inbox.send(1);
}

/// cockroach 13197: nobody ends the transaction, whose context somebody waits for.
pub(crate) fn transaction_not_rolled_back(mended: bool) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    go(move || gorge::select! { recv(ctx.done()) => () }).detach();
    if mended {
        cancel.cancel();
    } else {
        std::mem::forget(cancel);
    }
}

/// Told of many projects: two results, and whoever receives one goes away.
pub(crate) fn two_errors_one_reader(mended: bool) {
    let errors = Chan::new(if mended { 2 } else { 0 });
    for n in 0..2 {
        let errors = errors.clone();
        go(move || errors.send(n)).detach();
    }
    assert!(errors.recv() < 2);
}

/// kubernetes 5316: the time is over, and the answer comes all the same.
pub(crate) fn answer_after_the_deadline(mended: bool) {
    let answers = Chan::new(if mended { 1 } else { 0 });
    let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_secs(1));
    let theirs = answers.clone();
    go(move || {
        gorge::time::sleep(Duration::from_millis(900));
        theirs.send(42);
    })
    .detach();
    select! {
        recv(answers) -> answer => assert_eq!(answer, Ok(42)),
        recv(ctx.done()) => (),
    }
}
