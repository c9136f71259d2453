//! What is used before it is made, or before it is finished.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::{Condvar, Mutex, Once, WaitGroup};
use gorge::{Chan, go, select, time};

/// A number as Go's `sync/atomic` has it: a variable, which others may also use without.
#[derive(Default)]
struct Number {
    /// The order of those who use it as an atomic.
    atomic: Mutex<()>,
    plain: Shared<i32>,
}

impl Number {
    fn add(&self, n: i32) -> i32 {
        let _one_after_the_other = self.atomic.lock();
        self.plain.with_mut(|value| {
            *value += n;
            *value
        })
    }

    fn load(&self) -> i32 {
        let _one_after_the_other = self.atomic.lock();
        self.plain.get()
    }
}

/// istio 8214: statistics are counted by atomics, and copied as a plain struct.
pub(crate) fn statistics_copied(mended: bool) {
    let writes = Arc::new(Number::default());
    let group = WaitGroup::new();
    group.add(3);
    let all = group.clone();
    go(move || {
        for _ in 0..2 {
            let (writes, done) = (writes.clone(), all.clone());
            go(move || {
                writes.add(1); // set
                let statistics = if mended { writes.load() } else { writes.plain.get() };
                assert!(statistics > 0);
                done.done();
            })
            .detach();
        }
        all.done();
    })
    .detach();
    group.wait();
}

/// serving 6472: what is to be counted down is queued, and counted afterwards.
pub(crate) fn counted_after_it_is_queued(mended: bool) {
    struct Queue {
        items: Mutex<VecDeque<Arc<Number>>>,
        _changed: Condvar,
    }
    let items = Mutex::new(VecDeque::from([Arc::new(Number::default())]));
    let queue = Arc::new(Queue { items, _changed: Condvar::new() });

    let (group, cancelled) = (WaitGroup::new(), Chan::<()>::new(0));
    for _ in 0..2 {
        group.add(1);
        let (queue, done) = (queue.clone(), group.clone());
        go(move || {
            let item = queue.items.lock().pop_front();
            if let Some(pending) = item {
                _ = pending.add(-1) == 0; // then it would be ready
            }
            done.done();
        })
        .detach();
    }
    let closes = cancelled.clone();
    go(move || {
        group.wait();
        closes.close();
    })
    .detach();

    let pending = Arc::new(Number::default());
    let count = || pending.plain.update(|n| n + 1);
    if mended {
        count();
    }
    queue.items.lock().push_back(pending.clone());
    if !mended {
        count();
    }
    time::sleep(Duration::from_millis(1));
    cancelled.recv();
}

/// grpc 3090: while a resolver is being built it asks to be called, and who calls it may find none.
pub(crate) fn called_while_it_is_built(mended: bool) {
    #[derive(Default)]
    struct Wrapper {
        lock: Mutex<()>,
        of_the_resolver: Mutex<()>,
        resolver: Shared<Option<Arc<Resolver>>>,
    }
    #[derive(Default)]
    struct Resolver {
        wrapper: Shared<Weak<Wrapper>>,
    }
    impl Resolver {
        fn build(self: Arc<Self>, wrapper: &Arc<Wrapper>, mended: bool) -> Arc<Self> {
            self.wrapper.set(Arc::downgrade(wrapper));
            let wrapper = self.wrapper.get().upgrade().expect("the caller has it");
            wrapper.poll(mended);
            self
        }
        fn resolve_now(&self) {}
    }
    impl Wrapper {
        fn poll(self: Arc<Self>, mended: bool) {
            let polling = self.clone();
            let _held = polling.lock.lock();
            go(move || {
                let _held = if mended { &self.of_the_resolver } else { &self.lock }.lock();
                self.resolver.get().expect("no resolver").resolve_now();
            })
            .detach();
        }
    }
    let group = WaitGroup::new();
    group.add(1);
    let done = group.clone();
    go(move || {
        let wrapper = Arc::new(Wrapper::default());
        {
            let _held = mended.then(|| wrapper.of_the_resolver.lock());
            let built = Arc::new(Resolver::default()).build(&wrapper, mended);
            wrapper.resolver.set(Some(built));
        }
        time::sleep(Duration::from_millis(5));
        done.done();
    })
    .detach();
    group.wait();
}

/// kubernetes 49404: a test looks whether the handler was called, and nothing says when that can be known.
pub(crate) fn called_at_some_time(mended: bool) {
    type Handler = Arc<dyn Fn() + Send + Sync>;
    let called = Arc::new(Number::default());
    let theirs = called.clone();
    let handler: Handler = Arc::new(move || {
        if mended {
            theirs.add(1);
        } else {
            theirs.plain.set(1);
        }
    });
    let group = WaitGroup::new();
    group.add(1);
    let done = group.clone();
    go(move || {
        go(move || handler()).detach(); // who is connected is served
        done.done();
    })
    .detach();
    let was_called = if mended { called.load() } else { called.plain.get() };
    assert!((0..=1).contains(&was_called));
    time::sleep(Duration::from_millis(10));
}

/// kubernetes 82550: what provides is made by whoever needs it first, and that may be several.
pub(crate) fn made_when_needed(mended: bool) {
    #[derive(Default)]
    struct Lazy {
        once: Once,
        provider: Shared<Option<u32>>,
    }
    let lazy = Arc::new(Lazy::default());
    for _ in 0..2 {
        let lazy = lazy.clone();
        go(move || {
            if mended {
                lazy.once.call_once(|| lazy.provider.set(Some(7)));
            } else if lazy.provider.get().is_none() {
                lazy.provider.set(Some(7));
            }
            assert_eq!(lazy.provider.get(), Some(7));
        })
        .detach();
    }
}

/// serving 3148: a controller runs, and only then its client is told how to react.
pub(crate) fn reactions_added_late(mended: bool) {
    let group = WaitGroup::new();
    group.add(1);
    let done = group.clone();
    go(move || {
        let reactions = Arc::new(Shared::new(Vec::new()));
        let prepend = || reactions.set([vec!["react"], reactions.get()].concat());
        if mended {
            prepend();
        }
        let (controllers, client) = (WaitGroup::new(), reactions.clone());
        controllers.go(move || {
            let workers = WaitGroup::new();
            workers.go(move || for _ in client.get() {});
            workers.wait();
        });
        if !mended {
            prepend();
        }
        controllers.wait();
        done.done();
    })
    .detach();
    group.wait();
}

/// moby 18412: time is up, and what the program has written is read while it still writes.
pub(crate) fn output_of_who_is_killed(mended: bool) {
    let (output, exit_code) = (Arc::new(Shared::new(String::new())), Arc::new(Shared::new(0)));
    // The program, its end, and who copies what it writes.
    let (pipe, (killed, exited, copied)) =
        (Chan::new(0), (Chan::<()>::new(1), Chan::<()>::new(0), Chan::<()>::new(1)));
    let (writes, kill, exits) = (pipe.clone(), killed.clone(), exited.clone());
    go(move || {
        select! {
            send(writes, "file\n") => (),
            recv(kill) -> _ => (),
        }
        writes.close();
        exits.close();
    })
    .detach();
    let (buffer, is_copied) = (output.clone(), copied.clone());
    go(move || {
        for text in &pipe {
            buffer.with_mut(|buffer| buffer.push_str(text));
        }
        is_copied.send(());
    })
    .detach();

    let done = Chan::new(if mended { 1 } else { 0 });
    let (tells, code) = (done.clone(), exit_code.clone());
    go(move || {
        exited.recv();
        copied.recv();
        if !mended {
            code.set(1);
        }
        tells.send(1);
    })
    .detach();
    let timed_out = select! {
        recv(done) -> exit_code => exit_code != Ok(1),
        timeout(Duration::from_millis(1)) => {
            killed.send(());
            if mended {
                done.recv();
            }
            true
        },
    };
    if output.get().is_empty() {
        assert!(timed_out);
    }
    assert!(exit_code.get() <= 1);
}
