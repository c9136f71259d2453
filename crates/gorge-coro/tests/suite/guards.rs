//! Locks and guards held across a switch, and values that are not `Send`.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock};

use crate::mini::{alone, go, hop, run, yield_now};

#[test]
fn guards_of_std_may_be_held_while_others_run() {
    let _alone = alone();
    let mutex = Arc::new(Mutex::new(0u64));
    let rw = Arc::new(RwLock::new(7u64));
    for _ in 0..100 {
        let (mutex, rw) = (mutex.clone(), rw.clone());
        go(move || {
            for _ in 0..20 {
                let own = Mutex::new(1);
                let mine = own.lock().unwrap(); // not Send, migrates all the same
                let read = rw.read().unwrap();
                hop();
                assert_eq!((*read, *mine), (7, 1));
                drop((read, mine));
                if let Ok(mut n) = mutex.try_lock() {
                    yield_now();
                    *n += 1;
                }
            }
        });
    }
    run(3);
    assert!(*mutex.lock().unwrap() > 0);
    assert!(!mutex.is_poisoned());
}

#[test]
fn values_that_are_not_send_may_live_across_a_switch() {
    let _alone = alone();
    for i in 0..100 {
        go(move || {
            let rc = Rc::new(RefCell::new(vec![i]));
            let other = Rc::clone(&rc);
            let mut borrow = rc.borrow_mut();
            for k in 0..20 {
                hop();
                borrow.push(k);
                assert!(other.try_borrow().is_err());
            }
            drop(borrow);
            assert_eq!((Rc::strong_count(&other), other.borrow().len()), (2, 21));
        });
    }
    run(3);
}

#[test]
fn an_owned_mutex_of_pthreads_belongs_to_the_goroutine() {
    struct Shared(*mut libc::pthread_mutex_t);
    unsafe impl Send for Shared {}
    unsafe impl Sync for Shared {}
    let _alone = alone();
    let shared = unsafe {
        let m: *mut libc::pthread_mutex_t = Box::into_raw(Box::new(std::mem::zeroed()));
        let mut attr: libc::pthread_mutexattr_t = std::mem::zeroed();
        libc::pthread_mutexattr_init(&mut attr);
        libc::pthread_mutexattr_settype(&mut attr, libc::PTHREAD_MUTEX_RECURSIVE);
        libc::pthread_mutex_init(m, &attr);
        Arc::new(Shared(m))
    };
    let inside = Arc::new(Mutex::new(false));
    for _ in 0..100 {
        let (shared, inside) = (shared.clone(), inside.clone());
        go(move || {
            for _ in 0..20 {
                unsafe {
                    // Blocking in lock() would need more threads than this scheduler has.
                    while libc::pthread_mutex_trylock(shared.0) != 0 {
                        yield_now();
                    }
                    assert_eq!(libc::pthread_mutex_lock(shared.0), 0, "it is recursive");
                    assert!(!std::mem::replace(&mut *inside.lock().unwrap(), true));
                    yield_now();
                    assert!(std::mem::replace(&mut *inside.lock().unwrap(), false));
                    assert_eq!(libc::pthread_mutex_unlock(shared.0), 0);
                    assert_eq!(libc::pthread_mutex_unlock(shared.0), 0);
                }
            }
        });
    }
    run(3);
}
