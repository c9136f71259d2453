//! Everything at once, for a second and a half, or for minutes with `GORGE_STRESS=1`.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use gorge_coro::Mode;

use super::memory::resident;
use crate::mini::{Folder, alone, go, go_sized, hop, run, setup, stress_time, yield_now};

static BORN: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);

struct Last(u64);

impl Drop for Last {
    fn drop(&mut self) {
        if self.0.is_multiple_of(4) {
            yield_now();
        }
        ENDED.fetch_add(1, Relaxed);
    }
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Random(u64);

impl Random {
    fn next(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

struct YieldOnDrop(u64);

impl Drop for YieldOnDrop {
    fn drop(&mut self) {
        for _ in 0..self.0 {
            assert!(std::thread::panicking());
            yield_now();
        }
    }
}

#[derive(Clone)]
struct World {
    stop: Arc<AtomicBool>,
    shared: Arc<Mutex<u64>>,
    dir: Arc<Folder>,
}

fn live(seed: u64, world: World) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    assert_eq!(COUNT.get(), 0);
    LAST.set(Some(Last(seed)));
    BORN.fetch_add(1, Relaxed);
    let mut expected = 0;
    for _ in 0..random.next(40) {
        match random.next(100) {
            0..40 => {
                COUNT.set(COUNT.get() + 1);
                expected += 1;
                yield_now();
            }
            40..55 => {
                if let Ok(mut n) = world.shared.try_lock() {
                    let now = *n;
                    yield_now();
                    assert_eq!(*n, now);
                    *n += 1;
                }
            }
            55..70 => {
                let n = random.next(3);
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    let _a = YieldOnDrop(n);
                    let _b = YieldOnDrop(1);
                    resume_unwind(Box::new(seed));
                }));
                assert_eq!(*caught.unwrap_err().downcast::<u64>().unwrap(), seed);
            }
            70..90 => {
                let mut v: Vec<String> = (0..random.next(30)).map(|k| k.to_string()).collect();
                yield_now();
                v.push(String::new());
                unsafe { *libc::__errno_location() = seed as i32 };
                yield_now();
                assert_eq!(unsafe { *libc::__errno_location() }, seed as i32);
            }
            90..92 => {
                let path = world.dir.join(seed.to_string());
                std::fs::write(&path, seed.to_string()).unwrap();
                yield_now();
                assert_eq!(std::fs::read_to_string(&path).unwrap(), seed.to_string());
                std::fs::remove_file(path).unwrap();
            }
            92..94 => {
                let me = std::thread::current().id();
                yield_now();
                assert_eq!(std::thread::current().id(), me);
            }
            _ => yield_now(),
        }
        assert_eq!(COUNT.get(), expected);
    }
    // The next generation.
    if !world.stop.load(Relaxed) {
        let bytes = [0, 0, 0, 0, 64 << 10][random.next(5) as usize];
        go_sized(bytes, move || live(seed + 1_000_000, world));
    }
}

#[test]
fn all_at_once() {
    let _alone = alone();
    let fibers = setup() == Mode::Fiber;
    let dir = Arc::new(Folder::new("stress"));
    let world = World { stop: Arc::default(), shared: Arc::default(), dir };
    BORN.store(0, SeqCst);
    ENDED.store(0, SeqCst);
    let first = if fibers { 700 } else { 60 };
    for seed in 1..=first {
        let world = world.clone();
        go(move || live(seed, world));
    }
    let stop = world.stop.clone();
    let watch = std::thread::spawn(move || {
        // What they use they use now; the time runs from here on, however long it took.
        while BORN.load(Relaxed) < 2 * first as usize {
            std::thread::yield_now();
        }
        let look = |_| {
            std::thread::sleep(stress_time() / 10);
            resident()
        };
        let memory: Vec<usize> = (0..10).map(look).collect();
        stop.store(true, Relaxed);
        memory
    });
    run(3);
    let memory = watch.join().unwrap();
    let (born, ended) = (BORN.load(SeqCst), ENDED.load(SeqCst));
    assert_eq!(born, ended, "one destructor for each goroutine");
    let (early, late) = (memory[3], *memory.last().unwrap());
    assert!(late < early + (24 << 20), "memory: {memory:?}");
    go(hop);
    run(2);
}
