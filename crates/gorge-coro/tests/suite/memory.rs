//! Memory: flat over many goroutines, little for each, given back when idle, and errors
//! that name the limit.

use std::cell::RefCell;
use std::collections::HashMap;
#[cfg(gorge_fibers)]
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[cfg(gorge_fibers)]
use gorge_coro::give_back_idle_stacks;
use gorge_coro::{Mode, StackCache, mode};

use crate::mini::{alone, go, go_sized, in_child, run, setup, yield_now};
#[cfg(gorge_fibers)]
use crate::mini::{park_in, release};

pub(crate) fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = text.split(' ').nth(1).unwrap();
    pages.parse::<usize>().unwrap() * 4096
}

/// Bytes that malloc has given out.
fn allocated() -> usize {
    #[repr(C)]
    struct Mallinfo2([usize; 10]);
    unsafe extern "C" {
        fn mallinfo2() -> Mallinfo2;
    }
    unsafe { mallinfo2().0[7] }
}

thread_local! {
    static KEPT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn use_memory(i: usize) {
    KEPT.with_borrow_mut(|v| v.extend((0..5).map(|k| format!("{i} and {k}"))));
    let map: HashMap<usize, String> = (0..20).map(|k| (k, k.to_string())).collect();
    yield_now();
    let _ = std::thread::current().id();
    drop(std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(map))));
    yield_now();
}

/// What malloc's own caches may grow by meanwhile: 4 bytes for each fiber, 40
/// for each thread. The smallest block there is takes 32, most records more than 40.
const NOISE: usize = 120_000;

#[test]
fn memory_is_flat_over_many_goroutines() {
    let _alone = alone();
    let n = if setup() == Mode::Fiber { 3000 } else { 300 };
    let cycle = || {
        for i in 0..n {
            go(move || use_memory(i));
        }
        run(3);
    };
    (0..5).for_each(|_| cycle());
    let before = (allocated(), resident());
    (0..10).for_each(|_| cycle());
    // In thread mode the last threads may still be about to end.
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let leaked = loop {
        let leaked = allocated().saturating_sub(before.0);
        if leaked < NOISE || std::time::Instant::now() > patience {
            break leaked;
        }
        std::thread::yield_now();
    };
    let grown = resident().saturating_sub(before.1);
    assert!(leaked < NOISE, "{leaked} bytes for {} goroutines", 10 * n);
    // Fragmentation is not a leak; a page for each goroutine would be 120 MB.
    assert!(grown < 16 << 20, "{grown} bytes more");
}

#[test]
fn more_stacks_alive_than_caches_hold() {
    let _alone = alone();
    static SUM: AtomicUsize = AtomicUsize::new(0);
    SUM.store(0, SeqCst);
    let n = if setup() == Mode::Fiber { 3000 } else { 300 };
    for i in 0..n {
        let bytes = [0, 0, 0, 32 << 10, 512 << 10][i % 5];
        go_sized(bytes, move || {
            // A pattern on the stack that somebody else on the same stack would destroy.
            let mine = std::hint::black_box([i; 100]);
            for k in 0..5 + i % 7 {
                yield_now();
                assert!(mine.iter().all(|x| *x == i), "goroutine {i} round {k}");
            }
            SUM.fetch_add(mine[i % 100], SeqCst);
            // While this one ends, others begin.
            if i % 3 == 0 {
                go(move || {
                    let mine = std::hint::black_box([i; 50]);
                    yield_now();
                    assert!(mine.iter().all(|x| *x == i));
                });
            }
        });
    }
    run(3);
    assert_eq!(SUM.load(SeqCst), n * (n - 1) / 2);
}

#[test]
#[cfg(gorge_fibers)]
fn a_parked_goroutine_costs_little() {
    let _alone = alone();
    if setup() != Mode::Fiber {
        return;
    }
    static LIST: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let n = 10_000;
    LIST.lock().unwrap().reserve(n);
    let before = resident();
    for _ in 0..n {
        go(|| park_in(&LIST));
    }
    go(move || {
        while LIST.lock().unwrap().len() < n {
            yield_now();
        }
        let each = resident().saturating_sub(before) / n;
        release(&LIST);
        // Frames of a debug build reach into the second page.
        let most = if cfg!(debug_assertions) { 9_500 } else { 4_900 };
        assert!(each < most, "{each} bytes each");
    });
    run(2);
    let full = resident();
    // The first call finds what has been used since the one before.
    give_back_idle_stacks();
    give_back_idle_stacks();
    let left = resident();
    assert!(left + 20_000_000 < full, "{full} before, {left} after");
    // And what was given back works again.
    for i in 0..2000 {
        go(move || use_memory(i));
    }
    run(2);
}

#[test]
fn running_out_of_address_space_is_an_error() {
    let path = concat!(module_path!(), "::running_out_of_address_space_is_an_error");
    let output = in_child(path.split_once("::").unwrap().1, || {
        setup();
        let mut cache = StackCache::new();
        let mut all = vec![cache.get(0).unwrap()];
        let mut limit: libc::rlimit = unsafe { std::mem::zeroed() };
        let text = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = text.split(' ').next().unwrap().parse().unwrap();
        unsafe {
            libc::getrlimit(libc::RLIMIT_AS, &mut limit);
            limit.rlim_cur = pages * 4096 + (64 << 20);
            libc::setrlimit(libc::RLIMIT_AS, &limit);
        }
        let error = loop {
            match cache.get(0) {
                Ok(stack) => all.push(stack),
                Err(e) => break e,
            }
            assert!(all.len() < 10_000);
        };
        eprintln!("{} stacks, then {:?}: {error}", all.len(), error.limit());
        // Those who have one are unharmed, and what comes back can be used again.
        cache.put(all.pop().unwrap());
        drop(all);
        for i in 0..20 {
            go_sized(0, move || assert!(std::hint::black_box(i) < 20));
        }
        if mode() == Mode::Fiber {
            run(1);
        }
        std::process::exit(0);
    });
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let fiber = text.contains("AddressSpace: no address space left") && text.contains("ulimit -v");
    let thread = text.contains("Threads: no thread left");
    assert!(if setup() == Mode::Fiber { fiber } else { thread }, "{text}");
}

#[test]
#[cfg(gorge_fibers)]
fn running_out_of_mappings_is_an_error() {
    let path = concat!(module_path!(), "::running_out_of_mappings_is_an_error");
    let output = in_child(path.split_once("::").unwrap().1, || {
        // On a kernel without light guards each stack takes two mappings.
        unsafe { libc::setenv(c"GORGE_PRETEND_WITHOUT".as_ptr(), c"light-guards".as_ptr(), 1) };
        if setup() == Mode::Thread {
            std::process::exit(0);
        }
        let mut cache = StackCache::new();
        let mut all = Vec::with_capacity(1_000_000);
        let error = loop {
            match cache.get(0) {
                Ok(stack) => all.push(stack),
                Err(e) => break e,
            }
            assert!(all.len() < 1_000_000);
        };
        eprintln!("{} stacks, then {:?}: {error}", all.len(), error.limit());
        drop(all);
        std::process::exit(0);
    });
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    if setup() == Mode::Thread {
        return; // There the number of threads is a limit of its own.
    }
    assert!(text.contains("Mappings: no mapping left"), "{text}");
    assert!(text.contains("vm.max_map_count"), "{text}");
}

#[test]
fn impossible_sizes_are_errors() {
    setup();
    let mut cache = StackCache::new();
    for bytes in [1 << 50, usize::MAX / 2, usize::MAX] {
        assert!(cache.get(bytes).is_err(), "{bytes}");
    }
    // Odd sizes are not.
    for bytes in [1, 5000, 100_000, 3 << 20] {
        let stack = cache.get(bytes).unwrap();
        cache.put(stack);
    }
}
