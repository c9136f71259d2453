//! Thread-specific keys: a context that ends must run their destructors, as glibc does
//! for a thread, but glibc does not tell them. So the functions that create a key and
//! set a value are defined here, in front of glibc's.
//!
//! Invariants:
//! * `DESTRUCTORS[key]` is the destructor given to the newest key of that number;
//! * a context whose `used` word is 0 has no value under any key.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::behind::Behind;
use super::block::{USED_KEYS, mark_used};
use super::probe::symbol;

type Destructor = unsafe extern "C" fn(*mut c_void);
type Key = libc::pthread_key_t;

/// `PTHREAD_KEYS_MAX`.
const KEYS: usize = 1024;
/// `PTHREAD_DESTRUCTOR_ITERATIONS`.
const ROUNDS: usize = 4;

static DESTRUCTORS: [AtomicUsize; KEYS] = [const { AtomicUsize::new(0) }; KEYS];
/// One more than the largest key there has been.
static END: AtomicUsize = AtomicUsize::new(0);

static CREATE: Behind = Behind::new(c"pthread_key_create");
static SET: Behind = Behind::new(c"pthread_setspecific");

/// The C function, with the destructor remembered.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn pthread_key_create(
    key: *mut Key,
    destructor: Option<Destructor>,
) -> c_int {
    type F = unsafe extern "C" fn(*mut Key, Option<Destructor>) -> c_int;
    // SAFETY: glibc's function has this signature; arguments are passed on.
    unsafe {
        let f: F = std::mem::transmute(CREATE.get());
        let r = f(key, destructor);
        if r == 0 && (*key as usize) < KEYS {
            // Release: pairs with the loads in `run_destructors`; who sets a value has
            // the key from here by a path that synchronises anyway.
            DESTRUCTORS[*key as usize]
                .store(destructor.map_or(0, |d| d as usize), Ordering::Release);
            END.fetch_max(*key as usize + 1, Ordering::AcqRel);
        }
        r
    }
}

/// The C function, with the calling context marked.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn pthread_setspecific(key: Key, value: *const c_void) -> c_int {
    type F = unsafe extern "C" fn(Key, *const c_void) -> c_int;
    // SAFETY: glibc's function has this signature; arguments are passed on. The mark
    // is a word of the caller's own block, be it a context's or a plain thread's.
    unsafe {
        let f: F = std::mem::transmute(SET.get());
        if !value.is_null() {
            mark_used(USED_KEYS);
        }
        f(key, value)
    }
}

/// Whether the program's calls really arrive here: not so where this code is part of a
/// library that was loaded behind glibc.
pub(super) fn in_front() -> bool {
    symbol(c"pthread_key_create") == Some(pthread_key_create as *mut c_void)
        && symbol(c"pthread_setspecific") == Some(pthread_setspecific as *mut c_void)
}

/// Runs the destructors of the calling context's keys and leaves no value behind.
pub(super) fn run_destructors() {
    // Acquire: pairs with the release in `pthread_key_create`.
    let end = END.load(Ordering::Acquire);
    // SAFETY: looking up and clearing the caller's own values; destructors are called
    // as glibc calls them at the end of a thread.
    unsafe {
        for round in 0..=ROUNDS {
            let mut again = false;
            for (key, destructor) in DESTRUCTORS.iter().enumerate().take(end) {
                let value = libc::pthread_getspecific(key as Key);
                if value.is_null() {
                    continue;
                }
                pthread_setspecific(key as Key, std::ptr::null());
                let destructor = destructor.load(Ordering::Acquire);
                // After the last round values are dropped, as glibc drops them.
                if destructor != 0 && round < ROUNDS {
                    let destructor: Destructor = std::mem::transmute(destructor);
                    destructor(value);
                    again = true;
                }
            }
            if !again {
                break;
            }
        }
    }
}
