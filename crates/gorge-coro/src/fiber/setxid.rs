//! `setuid` and its family must reach every thread of the process: glibc sends each of
//! its threads a signal, and the handler reports back through the thread's own record.
//! In a context that record would be one that glibc does not know, and the caller would
//! wait for ever. So the handler runs on the carrier's thread pointer.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::carrier;

/// glibc's `SIGSETXID`.
const SETXID: libc::c_int = 33;

/// glibc's own handler.
static ORIGINAL: AtomicUsize = AtomicUsize::new(0);

/// The kernel's `struct sigaction`: glibc's `sigaction` refuses this signal.
#[repr(C)]
struct KernelAction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// Puts our handler in front of glibc's, which is there once a thread has been created.
/// May be called again at any time.
pub(crate) fn wrap() {
    // SAFETY: reads and writes the kernel's structure, which has this layout on x86-64.
    unsafe {
        let mut action: KernelAction = std::mem::zeroed();
        let size = size_of_val(&action.mask);
        let request = |new: *const KernelAction, old: *mut KernelAction| {
            libc::syscall(libc::SYS_rt_sigaction, SETXID, new, old, size)
        };
        let ours = handler as *const () as usize;
        if request(std::ptr::null(), &mut action) != 0
            || action.handler == ours
            || action.handler == libc::SIG_DFL
            || action.handler == libc::SIG_IGN
        {
            return;
        }
        ORIGINAL.store(action.handler, Ordering::Release);
        action.handler = ours;
        request(&action, std::ptr::null_mut());
    }
}

type Handler = unsafe extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void);

unsafe extern "C" fn handler(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    unsafe extern "C" fn original(info: *const (), context: *const ()) -> *mut () {
        // Acquire: pairs with the store in `wrap`, made before we became the handler.
        let f = ORIGINAL.load(Ordering::Acquire);
        // SAFETY: glibc's handler of this signal, with what the kernel passed.
        unsafe {
            let f: Handler = std::mem::transmute(f);
            f(SETXID, info as *mut libc::siginfo_t, context as *mut c_void);
        }
        std::ptr::null_mut()
    }
    debug_assert!(signal == SETXID);
    // SAFETY: in a signal handler the context cannot be switched away.
    unsafe {
        if carrier::is_other() {
            carrier::call(original, info as *const (), context as *const ());
        } else {
            original(info as *const (), context as *const ());
        }
    }
}
