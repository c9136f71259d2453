//! Thread-locals, and what the standard library and C keep in them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use crate::mini::{alone, go, hop, run, yield_now};

thread_local! {
    static PLAIN: Cell<u64> = const { Cell::new(11) };
    static LAZY: RefCell<Vec<u64>> = RefCell::new(vec![1]);
}

#[test]
fn each_goroutine_has_fresh_thread_locals() {
    let _alone = alone();
    // Many more than there are stacks in a cache, so that stacks are used again.
    for i in 0..600 {
        go(move || {
            assert_eq!(PLAIN.replace(i), 11);
            LAZY.with_borrow_mut(|v| {
                assert_eq!(v[..], [1]);
                v.push(i);
            });
            yield_now();
            assert_eq!(PLAIN.get(), i);
            LAZY.with_borrow(|v| assert_eq!(v[..], [1, i]));
        });
    }
    run(3);
    assert_eq!(PLAIN.get(), 11, "not the threads' own");
}

static DROPS: AtomicUsize = AtomicUsize::new(0);

struct Dropped(u64);

impl Drop for Dropped {
    fn drop(&mut self) {
        assert!(self.0 < 1000);
        // Destructors may migrate, too.
        yield_now();
        DROPS.fetch_add(1, SeqCst);
    }
}

thread_local! {
    static WITH_DROP: RefCell<Option<Dropped>> = const { RefCell::new(None) };
    static NESTED: RefCell<Option<Nested>> = const { RefCell::new(None) };
}

/// Registers another destructor while it is destroyed.
struct Nested;

impl Drop for Nested {
    fn drop(&mut self) {
        WITH_DROP.set(Some(Dropped(2)));
        DROPS.fetch_add(1, SeqCst);
    }
}

#[test]
fn destructors_run_exactly_once_at_the_end() {
    let _alone = alone();
    DROPS.store(0, SeqCst);
    for i in 0..300 {
        go(move || {
            if i % 3 != 0 {
                WITH_DROP.set(Some(Dropped(i)));
                hop();
            }
            if i % 3 == 2 {
                WITH_DROP.set(None); // now instead of later
            }
        });
    }
    run(3);
    assert_eq!(DROPS.load(SeqCst), 200);
}

#[test]
fn destructors_may_register_destructors() {
    let _alone = alone();
    DROPS.store(0, SeqCst);
    for _ in 0..50 {
        go(|| NESTED.set(Some(Nested)));
    }
    run(2);
    assert_eq!(DROPS.load(SeqCst), 100);
}

#[test]
fn a_cached_address_stays_right() {
    let _alone = alone();
    for i in 0..20 {
        go(move || {
            PLAIN.with(|p| {
                // The reference outlives the migration.
                for k in 0..50 {
                    p.set(i * 100 + k);
                    hop();
                    assert_eq!(p.get(), i * 100 + k);
                    assert_eq!(PLAIN.get(), i * 100 + k);
                }
            });
        });
    }
    run(3);
}

/// A safe interface over a thread-local pointer to a value on the stack, as in the crate
/// scoped-tls. Sound only if nobody else ever sees the pointer.
fn scoped<R>(value: &u64, f: impl FnOnce() -> R) -> R {
    struct Back(*const u64);
    impl Drop for Back {
        fn drop(&mut self) {
            SCOPED.set(self.0);
        }
    }
    let _back = Back(SCOPED.replace(value));
    f()
}

thread_local!(static SCOPED: Cell<*const u64> = const { Cell::new(std::ptr::null()) });

#[test]
fn scoped_pointers_belong_to_their_goroutine() {
    let _alone = alone();
    for i in 0..100u64 {
        go(move || {
            let value = i;
            scoped(&value, || {
                for _ in 0..20 {
                    yield_now();
                    assert_eq!(SCOPED.get(), &raw const value);
                    assert_eq!(unsafe { *SCOPED.get() }, i);
                }
            });
            assert!(SCOPED.get().is_null());
        });
    }
    run(3);
    assert!(SCOPED.get().is_null());
}

#[test]
fn values_taken_out_of_a_thread_local_come_back_to_it() {
    let _alone = alone();
    for i in 0..50 {
        go(move || {
            for k in 0..20 {
                // take, migrate, put: std::io::set_output_capture and many caches do this.
                let mut v = LAZY.take();
                v.push(k);
                hop();
                LAZY.set(v);
            }
            LAZY.with_borrow(|v| assert_eq!(v.len(), 21, "goroutine {i}"));
        });
    }
    run(3);
}

#[test]
fn errno_stays_with_the_goroutine() {
    let _alone = alone();
    for i in 1..100 {
        go(move || {
            let errno = unsafe { libc::__errno_location() };
            assert_eq!(unsafe { *errno }, 0, "a fresh goroutine");
            for k in 0..30 {
                unsafe { *errno = i * 1000 + k };
                yield_now();
                assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(i * 1000 + k));
            }
        });
    }
    run(3);
}

#[test]
fn the_thread_id_is_the_goroutines() {
    let _alone = alone();
    let ids = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..200 {
        let ids = ids.clone();
        go(move || {
            let id = std::thread::current().id();
            let this = std::thread::current();
            for _ in 0..10 {
                hop();
                assert_eq!(std::thread::current().id(), id);
            }
            this.unpark();
            std::thread::park(); // has its token already
            ids.lock().unwrap().push(format!("{id:?}"));
        });
    }
    run(3);
    let mut ids = ids.lock().unwrap();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}

#[test]
fn hash_maps_work() {
    let _alone = alone();
    for i in 0..50u64 {
        go(move || {
            let mut map = HashMap::new(); // its keys come from a thread-local
            for k in 0..200 {
                map.insert(k, format!("{i}-{k}"));
                if k % 10 == 0 {
                    yield_now();
                }
            }
            assert!((0..200).all(|k| map[&k] == format!("{i}-{k}")));
        });
    }
    run(3);
}

#[test]
fn keys_of_pthreads_have_destructors() {
    static RAN: AtomicUsize = AtomicUsize::new(0);
    static KEY: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn destructor(value: *mut libc::c_void) {
        // The first two times, set a value again: glibc tries four times.
        let n = value as usize;
        if n > 0x1000 {
            let key = KEY.load(SeqCst) as libc::pthread_key_t;
            unsafe { libc::pthread_setspecific(key, (n - 0x1000) as *const _) };
        }
        RAN.fetch_add(1, SeqCst);
    }
    let _alone = alone();
    let (mut key, mut bare) = (0, 0);
    unsafe {
        assert_eq!(libc::pthread_key_create(&mut key, Some(destructor)), 0);
        assert_eq!(libc::pthread_key_create(&mut bare, None), 0);
    }
    KEY.store(key as usize, SeqCst);
    for _ in 0..200 {
        go(move || unsafe {
            assert!(libc::pthread_getspecific(key).is_null());
            assert!(libc::pthread_getspecific(bare).is_null());
            libc::pthread_setspecific(key, 0x2001 as *const _);
            libc::pthread_setspecific(bare, 5 as *const _);
            hop();
            assert_eq!(libc::pthread_getspecific(key) as usize, 0x2001);
            assert_eq!(libc::pthread_getspecific(bare) as usize, 5);
        });
    }
    run(3);
    // Where this crate cannot interpose, the thread runs them, after its goroutine has
    // been reported as ended.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while cfg!(not(gorge_fibers)) && RAN.load(SeqCst) < 600 && std::time::Instant::now() < deadline
    {
        std::thread::yield_now();
    }
    assert_eq!(RAN.load(SeqCst), 600);
    unsafe {
        libc::pthread_key_delete(key);
        libc::pthread_key_delete(bare);
    }
}
