//! What a context asks glibc about "this thread", answered for the context; and what it
//! must not ask. Defined in front of glibc's functions of the same names.

use std::ffi::{c_int, c_void};

use super::behind::Behind;
use super::probe::symbol;
use super::rescue::fatal;
use super::{block, slots};
use crate::word::{carrier, stack_word, thread_pointer, worker};

static GETATTR: Behind = Behind::new(c"pthread_getattr_np");
static EXIT: Behind = Behind::new(c"pthread_exit");
static GETCPU: Behind = Behind::new(c"sched_getcpu");

/// The C function. In a context, it reports the context's stack.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn pthread_getattr_np(
    thread: libc::pthread_t,
    attr: *mut libc::pthread_attr_t,
) -> c_int {
    type F = unsafe extern "C" fn(libc::pthread_t, *mut libc::pthread_attr_t) -> c_int;
    // SAFETY: glibc's function has this signature. The block is the caller's own.
    unsafe {
        let f: F = std::mem::transmute(GETATTR.get());
        let fs = thread_pointer();
        if stack_word() == 0 || thread as usize != fs {
            return f(thread, attr);
        }
        block::as_the_carrier(slots::template(), fs, carrier(), || f(thread, attr))
    }
}

/// The C function. A context has no processor of its own: the kernel is asked.
#[unsafe(no_mangle)]
pub(super) extern "C" fn sched_getcpu() -> c_int {
    type F = unsafe extern "C" fn() -> c_int;
    if stack_word() == 0 {
        // SAFETY: glibc's function has this signature.
        return unsafe { std::mem::transmute::<*mut c_void, F>(GETCPU.get())() };
    }
    let mut cpu = 0u32;
    // SAFETY: writes one number; the other two arguments are optional.
    let r = unsafe {
        libc::syscall(
            libc::SYS_getcpu,
            &mut cpu,
            std::ptr::null_mut::<c_void>(),
            std::ptr::null_mut::<c_void>(),
        )
    };
    if r == 0 { cpu as c_int } else { -1 }
}

/// The C function. A context cannot leave like this, in either mode: the worker would be
/// gone with it.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C-unwind" fn pthread_exit(value: *mut c_void) -> ! {
    type F = unsafe extern "C-unwind" fn(*mut c_void) -> !;
    if !worker().is_null() {
        fatal(&[b"pthread_exit in a goroutine: return from it, or call gorge::runtime::goexit"]);
    }
    // SAFETY: glibc's function has this signature.
    unsafe { std::mem::transmute::<*mut c_void, F>(EXIT.get())(value) }
}

/// Whether the program's calls really arrive here.
pub(super) fn in_front() -> bool {
    [
        (c"pthread_getattr_np", pthread_getattr_np as *mut c_void),
        (c"sched_getcpu", sched_getcpu as *mut c_void),
        (c"pthread_exit", pthread_exit as *mut c_void),
    ]
    .iter()
    .all(|(name, ours)| symbol(name) == Some(*ours))
}
