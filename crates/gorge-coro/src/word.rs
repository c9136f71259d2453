//! The words this crate keeps in each context's thread-local storage.
//!
//! ```text
//!   +0   worker   which worker carries the context now; null on a plain thread
//!   +8   carrier  thread pointer of the OS thread that carries the context; null on a plain thread
//!   +16  stack    lowest address of the stack, with marks in the low bits; fibers only
//!   +24  used     not 0 once the context has set a thread-specific key or opened a library
//! ```
//!
//! Invariants:
//! * whoever resumes a context writes worker and carrier, so they are right from
//!   the first instruction after a switch, also for a signal handler;
//! * the compiler never keeps a copy across a switch: the words are read by volatile
//!   assembly where contexts migrate, and contexts do not migrate elsewhere.

#[cfg(gorge_fibers)]
mod imp {
    use std::arch::{asm, global_asm};

    // Part of the static TLS image. Addressed through the GOT's thread-pointer
    // offsets, so that the crate links into shared objects too; in an executable the
    // linker turns the load of the offset into a constant.
    global_asm!(
        ".section .tbss.gorge_coro,\"awT\",@nobits",
        ".balign 32",
        ".globl __gorge_coro_words",
        ".hidden __gorge_coro_words",
        ".type __gorge_coro_words,@object",
        "__gorge_coro_words: .zero 32",
        ".size __gorge_coro_words,32",
        ".text",
    );

    /// Their size.
    pub(crate) const OWN_WORDS: isize = 32;

    /// Where the words are, counted from the thread pointer.
    #[inline(always)]
    pub(crate) fn words_offset() -> isize {
        let offset;
        // SAFETY: loads a link-time constant.
        unsafe {
            asm!(
                "mov {r}, qword ptr [rip + __gorge_coro_words@GOTTPOFF]",
                r = out(reg) offset,
                options(nostack, preserves_flags, pure, readonly),
            );
        }
        offset
    }

    macro_rules! read {
        ($at:literal) => {{
            let word: usize;
            // SAFETY: reads one of this context's own words; every block has them.
            unsafe {
                asm!(
                    "mov {r}, qword ptr [rip + __gorge_coro_words@GOTTPOFF]",
                    concat!("mov {r}, qword ptr fs:[{r} + ", $at, "]"),
                    r = out(reg) word,
                    // Not pure: it is another word after a switch.
                    options(nostack, preserves_flags, readonly),
                );
            }
            word
        }};
    }

    #[inline(always)]
    pub(super) fn get() -> *mut () {
        read!("0") as *mut ()
    }

    /// The thread pointer of the OS thread that carries the calling context.
    #[inline(always)]
    pub(crate) fn carrier() -> usize {
        read!("8")
    }

    /// The calling context's stack word; 0 where the stack is not ours.
    #[inline(always)]
    pub(crate) fn stack_word() -> usize {
        read!("16")
    }

    #[inline(always)]
    pub(super) unsafe fn set(worker: *mut ()) {
        // SAFETY: writes this context's own worker word.
        unsafe {
            asm!(
                "mov {r}, qword ptr [rip + __gorge_coro_words@GOTTPOFF]",
                "mov qword ptr fs:[{r}], {w}",
                r = out(reg) _,
                w = in(reg) worker,
                options(nostack, preserves_flags),
            );
        }
    }

    /// The calling context's thread pointer.
    #[inline(always)]
    pub(crate) fn thread_pointer() -> usize {
        let fs;
        // SAFETY: the first word of a thread's control block is its own address, by
        // the ABI. It changes at a switch, hence not `pure`.
        unsafe {
            asm!("mov {}, qword ptr fs:[0]", out(reg) fs, options(nostack, preserves_flags, readonly));
        }
        fs
    }
}

#[cfg(not(gorge_fibers))]
mod imp {
    use std::cell::Cell;

    thread_local! {
        // No destructor and no lazy initialisation: usable while a thread dies.
        static WORKER: Cell<*mut ()> = const { Cell::new(std::ptr::null_mut()) };
    }

    #[inline(always)]
    pub(super) fn get() -> *mut () {
        WORKER.get()
    }

    #[inline(always)]
    pub(super) unsafe fn set(worker: *mut ()) {
        WORKER.set(worker);
    }
}

#[allow(unused_imports)] // Without fibers there is nothing to pass on.
pub(crate) use imp::*;

/// The worker that carries the calling context now; null on a plain thread.
#[inline(always)]
pub fn worker() -> *mut () {
    imp::get()
}

/// Sets the calling context's worker word.
///
/// # Safety
///
/// `worker` must be what the scheduler above expects to read back from [`worker`].
#[inline(always)]
pub unsafe fn set_worker(worker: *mut ()) {
    // SAFETY: the caller vouches for the value; the word is the caller's own.
    unsafe { imp::set(worker) }
}
