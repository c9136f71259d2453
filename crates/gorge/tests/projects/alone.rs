//! Variables that are used without order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::{Mutex, RwLock};
use gorge::{Chan, go, select, time};

/// cockroach 35501, and many: goroutines that share the variable of the loop that starts them.
pub(crate) fn one_variable_for_all(mended: bool) {
    let check = Arc::new(Shared::new(""));
    let crowd: Vec<_> = ["one", "two", "three"]
        .map(|name| {
            let check = if mended { Arc::new(Shared::new(name)) } else { check.clone() };
            if !mended {
                check.set(name);
            }
            go(move || assert!(!check.get().is_empty()))
        })
        .into();
    for one in crowd {
        one.join().unwrap();
    }
}

/// etcd 4876, 8194, grpc 1748: a test changes a setting while what it has started reads it.
pub(crate) fn setting_changed_by_a_test(mended: bool) {
    let rate = Arc::new(Shared::new(1000));
    let theirs = rate.clone();
    let lessor = move || {
        let (stop, stops) = (Chan::<()>::new(0), Chan::<()>::new(0));
        for _ in 0..3 {
            assert!(theirs.get() > 0);
            select! {
                recv(stop) -> _ => return,
                recv(stops) -> _ => return,
                timeout(Duration::from_millis(5)) => (),
            }
        }
    };
    if mended {
        rate.set(10);
    }
    let lessor = go(lessor);
    if !mended {
        rate.set(10);
    }
    lessor.join().unwrap();
}

/// etcd 9446: a buffer is read by one, and reset by another.
pub(crate) fn table_read_while_reset(mended: bool) {
    let buckets = Arc::new((RwLock::new(()), Shared::new(HashMap::from([(1, "one")]))));
    let theirs = buckets.clone();
    let resets = go(move || {
        let _held = mended.then(|| theirs.0.write());
        theirs.1.set(HashMap::new());
    });
    {
        let _held = mended.then(|| buckets.0.read());
        assert!(buckets.1.get().len() < 2);
    }
    resets.join().unwrap();
}

/// istio 8144: a callback counts, and whoever has registered it looks at the count.
pub(crate) fn count_of_callbacks(mended: bool) {
    let (count, told) = (Arc::new(Shared::new(0)), Chan::new(1));
    let (theirs, tells) = (count.clone(), told.clone());
    time::after_func(Duration::from_millis(1), move || {
        theirs.update(|n| n + 1);
        tells.send(());
    });
    if mended {
        told.recv();
    } else {
        time::sleep(Duration::from_millis(2));
    }
    assert!(count.get() <= 1);
}

/// istio 8967: a channel is closed, and the field it lies in is cleared; a loop reads the field.
pub(crate) fn field_cleared(mended: bool) {
    let done = Arc::new(Shared::new(Chan::<()>::new(0)));
    let theirs = done.clone();
    let source = go(move || theirs.get().recv());
    done.get().close();
    if !mended {
        done.set(Chan::nil());
    }
    source.join().unwrap();
}

/// kubernetes 81148: one look at what a goroutine flushes, without its lock.
pub(crate) fn time_stamp_without_the_lock(mended: bool) {
    let queue = Arc::new((Mutex::new(()), Shared::new(0)));
    let theirs = queue.clone();
    let flushes = go(move || {
        let _held = theirs.0.lock();
        assert!(theirs.1.get() < 2);
    });
    let _held = mended.then(|| queue.0.lock());
    queue.1.set(1);
    drop(_held);
    flushes.join().unwrap();
}

/// kubernetes 80284, serving 4908: a description is copied as a whole while one of its fields is written.
pub(crate) fn copied_while_written(mended: bool) {
    #[derive(Clone, Default)]
    struct Config {
        name: String,
        dialer: Option<u32>,
    }
    let config = Arc::new(Shared::new(Config::default()));
    let lock = Arc::new(Mutex::new(()));
    let crowd: Vec<_> = (0..2)
        .map(|n| {
            let (config, lock) = (config.clone(), lock.clone());
            go(move || {
                let _held = mended.then(|| lock.lock());
                let mut mine = config.get();
                mine.dialer = Some(n);
                mine.name = format!("{n}");
                assert!(mine.dialer.is_some() && !mine.name.is_empty());
                config.set(mine);
            })
        })
        .collect();
    for one in crowd {
        one.join().unwrap();
    }
}
