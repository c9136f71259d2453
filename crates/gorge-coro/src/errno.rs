//! The calling thread's `errno`, kept for code that must not see what was done in between.

/// What `errno` was, where it is known how to find it; put back when this goes. May be used in a handler of signals.
#[derive(Debug)]
#[must_use = "it is put back when this goes"]
pub struct Errno(#[cfg(any(target_os = "linux", target_os = "macos"))] i32);

impl Errno {
    /// Keeps it.
    pub fn keep() -> Errno {
        Errno(
            #[cfg(any(target_os = "linux", target_os = "macos"))]
            // SAFETY: the place is the thread's own, at any time.
            unsafe {
                *place()
            },
        )
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        // SAFETY: as above.
        unsafe {
            *place() = self.0
        };
    }
}

#[cfg(target_os = "linux")]
use libc::__errno_location as place;
#[cfg(target_os = "macos")]
use libc::__error as place;
