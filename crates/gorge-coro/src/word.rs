//! The worker word: one pointer in each context's thread-local storage that says
//! which worker carries the context now.
//!
//! Invariants:
//! * null on a thread that runs no context;
//! * whoever resumes a context writes the new worker into it, so the word is right
//!   from the first instruction after a switch;
//! * the compiler never keeps a copy across a switch: the word is read by volatile
//!   assembly where contexts migrate, and contexts do not migrate elsewhere.

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64",
    not(gorge_portable)
))]
mod imp {
    use std::arch::{asm, global_asm};

    // Words of the static TLS image. They are addressed through the GOT's
    // thread-pointer offsets, so that the crate links into shared objects too;
    // in an executable the linker turns the load into a constant.
    global_asm!(
        ".section .tbss.gorge_coro,\"awT\",@nobits",
        ".balign 8",
        ".globl __gorge_coro_worker",
        ".hidden __gorge_coro_worker",
        ".type __gorge_coro_worker,@object",
        "__gorge_coro_worker: .zero 8",
        ".size __gorge_coro_worker,8",
        ".text",
    );

    #[inline(always)]
    pub(super) fn get() -> *mut () {
        let word;
        // SAFETY: reads this context's own worker word; every TLS block has it.
        unsafe {
            asm!(
                "mov {r}, qword ptr [rip + __gorge_coro_worker@GOTTPOFF]",
                "mov {r}, qword ptr fs:[{r}]",
                r = out(reg) word,
                options(nostack, preserves_flags),
            );
        }
        word
    }

    #[inline(always)]
    pub(super) unsafe fn set(worker: *mut ()) {
        // SAFETY: writes this context's own worker word.
        unsafe {
            asm!(
                "mov {r}, qword ptr [rip + __gorge_coro_worker@GOTTPOFF]",
                "mov qword ptr fs:[{r}], {w}",
                r = out(reg) _,
                w = in(reg) worker,
                options(nostack, preserves_flags),
            );
        }
    }
}

#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64",
    not(gorge_portable)
)))]
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
