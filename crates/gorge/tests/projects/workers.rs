//! Variables that goroutines are started with, and what several workers write.

use std::sync::Arc;
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::race::Shared;
use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use gorge::sync::{Mutex, WaitGroup};
use gorge::{Chan, go, select, time};

/// moby 22941: each request is written by a goroutine of its own, out of the variable of the loop.
pub(crate) fn requests_of_one_variable(mended: bool) {
    let (pair, writes) = (Arc::new(Shared::new([""; 2])), Arc::new(Mutex::new(())));
    for each in [["GET /foo\n", "GET /foo\r\n"], ["GET /bar\n", "GET /bar\r\n"]] {
        let pair = if mended { Arc::new(Shared::new(each)) } else { pair.clone() };
        if !mended {
            pair.set(each);
        }
        let writes = writes.clone();
        go(move || {
            let request = pair.get()[0];
            let _held = writes.lock();
            assert_eq!(&request[..3], "GET");
        })
        .detach();
    }
    time::sleep(Duration::from_millis(10));
}

/// moby 27037: each version is asked for by a goroutine that reads the counter of the loop.
pub(crate) fn versions_of_one_counter(mended: bool) {
    let group = WaitGroup::new();
    let i = Arc::new(Shared::new(17));
    while i.get() <= 18 {
        let asked = if mended { Arc::new(Shared::new(i.get())) } else { i.clone() };
        group.go(move || assert!(format!("v1.{}", asked.get()).as_str() < "v1.20"));
        i.update(|i| i + 1);
    }
    group.wait();
}

/// So many workers take the pieces, until there are no more or the context is done.
fn parallelize(
    ctx: Option<&Context>,
    workers: usize,
    pieces: usize,
    work: impl Fn(usize) + Send + Sync + 'static,
) {
    let stop = ctx.map(Context::done);
    let to_process = Chan::new(pieces);
    for piece in 0..pieces {
        to_process.send(piece);
    }
    to_process.close();
    let (group, work) = (WaitGroup::new(), Arc::new(work));
    group.add(workers as i32);
    for _ in 0..workers.min(pieces) {
        let (to_process, stop) = (to_process.clone(), stop.clone());
        let (done, work) = (group.clone(), work.clone());
        go(move || {
            for piece in &to_process {
                let stopped = stop.as_ref().is_some_and(|stop| {
                    select! {
                        recv(stop) -> _ => true,
                        default => false,
                    }
                });
                if stopped {
                    break;
                }
                work(piece);
            }
            done.done();
        })
        .detach();
    }
    group.wait();
}

/// kubernetes 70892: each worker has a node, and writes the results of all.
pub(crate) fn results_of_all_nodes(mended: bool) {
    let results: Arc<[Vec<Shared<u32>>; 3]> =
        Arc::new([0; 3].map(|_| (0..2).map(|_| Shared::new(0)).collect()));
    let (background, theirs) = (context::background(), results.clone());
    parallelize(Some(&background), 2, 2, move |node| {
        for result in &*theirs {
            if mended {
                result[node].set(4);
            } else if result[0].get() != 4 {
                result[0].set(7);
            }
        }
    });
    assert!(results.iter().flatten().all(|result| result.get() < 8));
}

/// kubernetes 81091: a plugin counts how often it is called, as if by one.
pub(crate) fn calls_of_a_plugin(mended: bool) {
    #[derive(Default)]
    struct Plugin {
        called: Shared<u32>,
        called_atomically: AtomicU32,
    }
    let group = WaitGroup::new();
    group.add(1);
    let done = group.clone();
    go(move || {
        let plugins = Arc::new([Plugin::default()]);
        parallelize(None, 2, 2, move |_node| {
            for plugin in &*plugins {
                if mended {
                    plugin.called_atomically.fetch_add(1, SeqCst);
                } else {
                    plugin.called.update(|called| called + 1);
                }
            }
        });
        done.done();
    })
    .detach();
    group.wait();
}
