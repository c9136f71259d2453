//! What a dump says of those who wait for a lock: each program here locks
//! itself out, and is told so.

mod ending;

use std::process::ExitCode;

use ending::{Case, Ended};
use gorge::sync::{
    Barrier, Condvar, Event, Latch, LazyLock, Mutex, Once, OnceLock, RwLock, Semaphore,
};
use gorge::{go, select};

fn main() -> ExitCode {
    ending::main(CASES)
}

/// The case whose program is a deadlock of the main goroutine alone, which waits for `$reason`.
macro_rules! alone {
    ($name:literal, $reason:literal, $program:expr) => {
        Case {
            name: $name,
            program: || gorge::run($program),
            check: |ended: &Ended| {
                ended.dead();
                ended.says(&[
                    "fatal error: all goroutines are asleep - deadlock!\n\n",
                    concat!("goroutine 1 [", $reason, "]:\nsync_reasons::"),
                    "tests/sync_reasons.rs:",
                ]);
            },
        }
    };
}

const CASES: &[Case] = &[
    alone!("mutex", "sync.Mutex.Lock", || {
        let mutex = Mutex::new(());
        let _one = mutex.lock();
        let _two = mutex.lock();
    }),
    alone!("fair_mutex", "sync.Mutex.Lock", || {
        let mutex = Mutex::fair(());
        let _one = mutex.lock();
        let _two = mutex.lock();
    }),
    alone!("mutex_as_an_arm", "sync.Mutex.Lock", || {
        let mutex = Mutex::new(());
        let _one = mutex.lock();
        select! { on(mutex.locking()) -> _guard => {} }
    }),
    alone!("mutexes_as_arms", "select", || {
        let (one, two) = (Mutex::new(()), Mutex::new(()));
        let _held = (one.lock(), two.lock());
        select! {
            on(one.locking()) -> _guard => {}
            on(two.locking()) -> _guard => {}
        }
    }),
    alone!("read", "sync.RWMutex.RLock", || {
        let lock = RwLock::new(());
        let _one = lock.write();
        let _two = lock.read();
    }),
    alone!("write", "sync.RWMutex.Lock", || {
        let lock = RwLock::new(());
        let _one = lock.read();
        let _two = lock.write();
    }),
    alone!("condvar", "sync.Cond.Wait", || {
        let mutex = Mutex::new(());
        Condvar::new().wait(&mut mutex.lock());
    }),
    alone!("semaphore", "semacquire", || {
        let semaphore = Semaphore::new(2);
        let _one = semaphore.acquire(1);
        let _two = semaphore.acquire(2);
    }),
    alone!("once", "sync.Once.Do", || {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| ONCE.call_once(|| ()));
    }),
    alone!("once_lock", "sync.Once.Do", || {
        static PLACE: OnceLock<u32> = OnceLock::new();
        PLACE.get_or_init(|| *PLACE.get_or_init(|| 1));
    }),
    alone!("lazy_lock", "sync.Once.Do", || {
        static LAZY: LazyLock<u32> = LazyLock::new(|| *LAZY + 1);
        LazyLock::force(&LAZY);
    }),
    alone!("barrier", "barrier", || _ = Barrier::new(2).wait()),
    alone!("latch", "latch", || Latch::new(1).wait()),
    alone!("event", "event", || Event::manual().wait()),
    Case {
        name: "two_in_a_circle",
        program: || {
            gorge::run(|| {
                static A: Mutex<()> = Mutex::new(());
                static B: Mutex<()> = Mutex::new(());
                static BOTH: Barrier = Barrier::new(2);
                go(|| {
                    let _b = B.lock();
                    BOTH.wait();
                    let _a = A.lock();
                });
                let _a = A.lock();
                BOTH.wait();
                let _b = B.lock();
            });
        },
        check: |ended| {
            ended.dead();
            assert_eq!(ended.err.matches(" [sync.Mutex.Lock]:\n").count(), 2, "{ended}");
        },
    },
];
