//! Running something with the thread pointer of the OS thread underneath: for code that
//! keeps state of the *thread* in thread-locals, of which one per context would be
//! wrong (heaps of an allocator), or wants glibc's own record of the thread.
//!
//! Invariant: nothing compiled into the function that swaps the thread pointer uses a
//! thread-local: the compiler takes the thread pointer for a constant. What runs
//! in between is a function of its own, called through a pointer from assembly.

use std::arch::{asm, naked_asm};

use super::constants::CONSTANTS;
use crate::word::{carrier, thread_pointer};

/// A function for [`call`]: two words in, one out.
pub(crate) type Call = unsafe extern "C" fn(*const (), *const ()) -> *mut ();

/// Whether the caller runs in a context with thread-locals of its own.
#[inline(always)]
pub(crate) fn is_other() -> bool {
    let carrier = carrier();
    carrier != 0 && carrier != thread_pointer()
}

/// `f(a, b)` on the carrier's thread-locals, but on this stack.
///
/// # Safety
///
/// [`is_other`] holds. `f` may be called with `a` and `b`; it neither unwinds nor switches.
#[inline(always)]
pub(crate) unsafe fn call(f: Call, a: *const (), b: *const ()) -> *mut () {
    let result;
    // SAFETY: r12 to r14 survive the call; both thread pointers are of blocks that
    // this thread alone uses.
    unsafe {
        if !CONSTANTS.is_fast() {
            return call_slow(f, a, b, carrier(), thread_pointer());
        }
        asm!(
            "wrfsbase r13",
            "call r14",
            "wrfsbase r12",
            in("r14") f,
            in("r13") carrier(),
            in("r12") thread_pointer(),
            in("rdi") a,
            in("rsi") b,
            lateout("rax") result,
            clobber_abi("C"),
        );
    }
    result
}

/// [`call`] by system calls.
#[cold]
#[unsafe(naked)]
unsafe extern "C" fn call_slow(
    f: Call,
    a: *const (),
    b: *const (),
    carrier: usize,
    own: usize,
) -> *mut () {
    naked_asm!(
        ".cfi_startproc",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "push r12",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r12, 0",
        "push r13",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r13, 0",
        "mov rbx, rdi",
        "mov r12, rsi",
        "mov r13, r8",
        "mov r8, rdx",
        "mov rsi, rcx",
        "mov edi, {set_fs}",
        "mov eax, {arch_prctl}",
        "syscall",
        "mov rdi, r12",
        "mov rsi, r8",
        "call rbx",
        "mov rbx, rax",
        "mov rsi, r13",
        "mov edi, {set_fs}",
        "mov eax, {arch_prctl}",
        "syscall",
        "mov rax, rbx",
        "pop r13",
        ".cfi_adjust_cfa_offset -8",
        "pop r12",
        ".cfi_adjust_cfa_offset -8",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        ".cfi_endproc",
        set_fs = const 0x1002,
        arch_prctl = const libc::SYS_arch_prctl,
    )
}
