//! C functions that are defined here in front of glibc's: how to find the one behind.

use std::ffi::{CStr, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::rescue::fatal;

/// The definition of a C function behind ours, looked up once.
pub(super) struct Behind {
    name: &'static CStr,
    found: AtomicPtr<c_void>,
}

impl Behind {
    pub(super) const fn new(name: &'static CStr) -> Behind {
        Behind { name, found: AtomicPtr::new(std::ptr::null_mut()) }
    }

    #[inline]
    pub(super) fn get(&self) -> *mut c_void {
        // Relaxed: a pointer to code, the same whoever finds it.
        let f = self.found.load(Ordering::Relaxed);
        if !f.is_null() {
            return f;
        }
        // SAFETY: a lookup by name has no preconditions.
        let f = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
        if f.is_null() {
            fatal(&[b"no ", self.name.to_bytes(), b" behind gorge's own"]);
        }
        self.found.store(f, Ordering::Relaxed);
        f
    }
}
