//! Thread mode on glibc: the destructors of a thread's thread-locals and keys, run by us
//! while the thread still lives, so that they come before the end of the goroutine is
//! reported.

use std::sync::OnceLock;

use super::keys;
use super::probe::symbol;

type Destroy = unsafe extern "C" fn();

/// Runs what [`thread_end`] promises.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadEnd(Destroy);

/// How to run the calling thread's destructors, if that is possible here.
pub(crate) fn thread_end() -> Option<ThreadEnd> {
    static FOUND: OnceLock<Option<ThreadEnd>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        if !keys::in_front() {
            return None;
        }
        let f = symbol(c"__call_tls_dtors")?;
        // SAFETY: glibc's own signature of the function.
        Some(ThreadEnd(unsafe { std::mem::transmute::<*mut _, Destroy>(f) }))
    })
}

impl ThreadEnd {
    /// Runs the destructors. None is left.
    ///
    /// # Safety
    ///
    /// Nothing of the thread's own code runs after this that would be surprised.
    pub(crate) unsafe fn run(self) {
        // SAFETY: as glibc itself calls it when a thread ends.
        unsafe {
            (self.0)();
            keys::run_destructors();
            // A key's destructor may have registered another thread-local's.
            (self.0)();
        }
    }
}
