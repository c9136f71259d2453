//! From one context to another: six loads, seven stores and a jump.
//!
//! ```text
//!                      record of a saved context
//!   stack of cur       +----+----+----+-----+-----+
//!   | frames    | <----| sp | pc | fs | rbx | rbp |    pc: label 2 below, inlined into the
//!   +-----------+      +----+----+----+-----+-----+    function that switched away
//! ```
//!
//! The other callee-saved registers are declared clobbered, so the compiler saves
//! what it needs of them; rbx and rbp, which it does not let go, are kept in the record.
//! Nothing is pushed: the frame at label 2 is the frame of the function around,
//! and unwinding through a parked context works.
//!
//! Invariants:
//! * the target's words (worker, carrier, malloc's) are written before the thread
//!   pointer moves there;
//! * `cur.sp` is stored last, when neither its stack nor its block is in use any
//!   more: from then on another worker may resume it;
//! * after label 2, `rsi` is the record of the context that goes on: its own.
//!
//! It ends in a jump through a register because a `ret` to another context's frame is
//! always mispredicted (5 ns more).

use std::arch::{asm, naked_asm};
use std::ffi::c_void;
use std::sync::atomic::Ordering::Relaxed;

use super::constants::CONSTANTS;
use super::setxid;
use crate::record::{Context, RUNNING};
use crate::word::{carrier, thread_pointer, words_offset};

/// Writes the worker's words into the block at `fs`, the one that is to run next.
///
/// # Safety
///
/// The caller owns the block at `fs`, and is carried by `worker`.
#[inline(always)]
unsafe fn carry(fs: usize, worker: *mut ()) {
    let (m0, m1) = CONSTANTS.malloc_words();
    // SAFETY: words of the caller's own block and of one it owns.
    unsafe {
        let (a, b): (usize, usize);
        asm!(
            "mov {a}, qword ptr fs:[{m0}]",
            "mov {b}, qword ptr fs:[{m1}]",
            a = out(reg) a,
            b = out(reg) b,
            m0 = in(reg) m0,
            m1 = in(reg) m1,
            options(nostack, preserves_flags),
        );
        *(fs.wrapping_add_signed(m0) as *mut usize) = a;
        *(fs.wrapping_add_signed(m1) as *mut usize) = b;
        let own = fs.wrapping_add_signed(words_offset()) as *mut [usize; 2];
        *own = [worker as usize, carrier()];
    }
}

/// Prefetches the lines that [`switch`] and the code after it touch first.
#[inline(always)]
pub(crate) fn prefetch(sp: usize, fs: usize) {
    let words = fs.wrapping_add_signed(words_offset());
    let malloc = fs.wrapping_add_signed(CONSTANTS.malloc[0].load(Relaxed));
    for at in [sp, sp.wrapping_add(64), words, malloc] {
        prefetch_line(at);
    }
}

/// The same for a context that begins in the block at `fs`. What it stores to its stack is waited for by
/// the first locked instruction: among a million that start one after the other a third of the time.
#[inline(always)]
pub(crate) fn prefetch_fresh(fs: usize) {
    const LINES: usize = 6;
    let top = CONSTANTS.stack_top(fs);
    prefetch(top.wrapping_sub(64), fs);
    for line in 2..=LINES {
        prefetch_line(top.wrapping_sub(64 * line));
    }
}

#[inline(always)]
fn prefetch_line(at: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a prefetch never faults, whatever the address.
    unsafe { _mm_prefetch(at as *const i8, _MM_HINT_T0) };
}

/// Whether [`switch`] is possible: fiber mode, and the instruction is there.
#[inline(always)]
pub(crate) fn is_fast() -> bool {
    CONSTANTS.is_fast()
}

/// See [`crate::switch`].
///
/// # Safety
///
/// As there; and [`is_fast`].
#[inline(always)]
pub(crate) unsafe fn switch(cur: *mut Context, next: *mut Context, worker: *mut ()) {
    // SAFETY: `next` is saved and the caller's: its record, block and stack are valid.
    // Everything the code after label 2 relies on is declared.
    unsafe {
        carry((*next).fs, worker);
        asm!(
            "lea rax, [rip + 2f]",
            "mov [rdi + 8], rax",
            "mov [rdi + 24], rbx",
            "mov [rdi + 32], rbp",
            "mov rax, rsp",
            "mov rcx, [rsi + 8]",
            "mov rdx, [rsi + 16]",
            "mov rsp, [rsi]",
            "mov qword ptr [rsi], 0",
            "wrfsbase rdx",
            "mov [rdi], rax",
            "jmp rcx",
            "2:",
            "mov rbx, [rsi + 24]",
            "mov rbp, [rsi + 32]",
            inout("rdi") cur => _, inout("rsi") next => _,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("sysv64"),
        );
    }
}

/// [`switch`] in fiber mode where the processor, or what emulates it, has no instruction to
/// set the thread pointer.
///
/// # Safety
///
/// As for [`crate::switch`].
#[inline(never)]
pub(crate) unsafe fn switch_slow(cur: *mut Context, next: *mut Context, worker: *mut ()) {
    // SAFETY: as in `switch`. The system call keeps all registers but rax, rcx and r11.
    unsafe {
        carry((*next).fs, worker);
        asm!(
            "lea rax, [rip + 2f]",
            "mov [rdi + 8], rax",
            "mov [rdi + 24], rbx",
            "mov [rdi + 32], rbp",
            "mov r12, rdi",
            "mov r13, rsi",
            "mov r14, rsp",
            "mov r15, [rsi + 8]",
            "mov rsp, [rsi]",
            "mov qword ptr [rsi], 0",
            "mov rsi, [rsi + 16]",
            "mov edi, {set_fs}",
            "mov eax, {arch_prctl}",
            "syscall",
            "mov rsi, r13",
            "mov [r12], r14",
            "jmp r15",
            "2:",
            "mov rbx, [rsi + 24]",
            "mov rbp, [rsi + 32]",
            set_fs = const ARCH_SET_FS,
            arch_prctl = const libc::SYS_arch_prctl,
            inout("rdi") cur => _, inout("rsi") next => _,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("sysv64"),
        );
    }
}

const ARCH_SET_FS: i32 = 0x1002;

/// Makes the calling OS thread a carrier; the result is its thread pointer.
///
/// # Safety
///
/// The thread is a plain one.
pub(crate) unsafe fn adopt() -> usize {
    setxid::wrap();
    let fs = thread_pointer();
    // SAFETY: the carrier word of the caller's own block.
    unsafe { *(fs.wrapping_add_signed(words_offset() + 8) as *mut usize) = fs };
    fs
}

/// The calling thread is a plain one again.
pub(crate) fn part() {
    // SAFETY: the carrier word of the caller's own block.
    unsafe { *(thread_pointer().wrapping_add_signed(words_offset() + 8) as *mut usize) = 0 };
}

/// What runs at the bottom of a stack.
pub(crate) type Body = unsafe extern "C" fn(*mut Context) -> !;

/// Saves the caller in `cur` and begins `next`, whose block is at `fs`.
///
/// # Safety
///
/// As for [`crate::start`]; the slot of `fs` is the caller's.
#[inline(always)]
pub(crate) unsafe fn start(
    cur: *mut Context,
    next: *mut Context,
    fs: usize,
    worker: *mut (),
    body: Body,
) {
    // SAFETY: as in `switch`.
    unsafe {
        (*next).fs = fs;
        (*next).sp.store(RUNNING, Relaxed);
        carry(fs, worker);
        asm!(
            "lea rax, [rip + 2f]",
            "mov [rdi + 8], rax",
            "mov [rdi + 24], rbx",
            "mov [rdi + 32], rbp",
            "mov r9, rsp",
            "mov rsp, rdx",
            "jmp r10",
            "2:",
            "mov rbx, [rsi + 24]",
            "mov rbp, [rsi + 32]",
            inout("rdi") cur => _, inout("rsi") next => _,
            inout("rdx") CONSTANTS.stack_top(fs) => _,
            inout("rcx") fs => _, inout("r8") body => _,
            out("r9") _, inout("r10") first_frame() => _,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("sysv64"),
        );
    }
}

/// Leaves a context that has ended, for a saved one.
///
/// # Safety
///
/// As for [`crate::switch`]; the caller's stack is in a cache of its own worker.
#[inline(always)]
pub(crate) unsafe fn leave_for(next: *mut Context, worker: *mut ()) -> ! {
    // SAFETY: as in `switch`; nothing of the old stack is used after `rsp` has moved.
    unsafe {
        carry((*next).fs, worker);
        if !CONSTANTS.is_fast() {
            leave_for_slow(next);
        }
        asm!(
            "mov r9, [rsi + 8]",
            "mov rcx, [rsi + 16]",
            "mov rsp, [rsi]",
            "mov qword ptr [rsi], 0",
            "wrfsbase rcx",
            "jmp r9",
            in("rsi") next,
            options(noreturn),
        );
    }
}

#[cold]
#[inline(never)]
unsafe fn leave_for_slow(next: *mut Context) -> ! {
    // SAFETY: as in `leave_for`.
    unsafe {
        asm!(
            "mov r12, rsi",
            "mov r13, [rsi + 8]",
            "mov rsp, [rsi]",
            "mov qword ptr [rsi], 0",
            "mov rsi, [rsi + 16]",
            "mov edi, {set_fs}",
            "mov eax, {arch_prctl}",
            "syscall",
            "mov rsi, r12",
            "jmp r13",
            set_fs = const ARCH_SET_FS,
            arch_prctl = const libc::SYS_arch_prctl,
            in("rsi") next,
            options(noreturn),
        );
    }
}

/// Leaves a context that has ended, for a fresh one, which may get the very stack that
/// the caller stands on.
///
/// # Safety
///
/// As for [`leave_for`] and [`start`].
#[inline(always)]
pub(crate) unsafe fn leave_to_start(
    next: *mut Context,
    fs: usize,
    worker: *mut (),
    body: Body,
) -> ! {
    // SAFETY: as in `start` and `leave_for`.
    unsafe {
        (*next).fs = fs;
        (*next).sp.store(RUNNING, Relaxed);
        carry(fs, worker);
        asm!(
            "mov rsp, rdx",
            // There is nothing to save: let the store go to the fresh record's own, which
            // holds 0 (running) already.
            "mov rdi, rsi",
            "xor r9d, r9d",
            "jmp r10",
            in("rsi") next,
            in("rdx") CONSTANTS.stack_top(fs),
            in("rcx") fs,
            in("r8") body,
            in("r10") first_frame(),
            options(noreturn),
        );
    }
}

#[inline(always)]
fn first_frame() -> unsafe extern "C" fn() {
    if CONSTANTS.is_fast() { bottom } else { bottom_slow }
}

/// The first frame of every stack, jumped to when `rsp` is there: rcx is the thread pointer
/// to be, r9 what is to be stored at rdi to save the context that is left, rsi
/// the record of the one that begins, and r8 its body. Says to unwinders that there is
/// no caller.
#[unsafe(naked)]
unsafe extern "C" fn bottom() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "wrfsbase rcx",
        "mov [rdi], r9",
        "xor ebp, ebp",
        "mov rdi, rsi",
        "call r8",
        "ud2",
        ".cfi_endproc",
    )
}

/// [`bottom`] by a system call.
#[unsafe(naked)]
unsafe extern "C" fn bottom_slow() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "mov r12, rdi",
        "mov r13, rsi",
        "mov rsi, rcx",
        "mov edi, {set_fs}",
        "mov eax, {arch_prctl}",
        "syscall",
        "mov [r12], r9",
        "xor ebp, ebp",
        "mov rdi, r13",
        "call r8",
        "ud2",
        ".cfi_endproc",
        set_fs = const ARCH_SET_FS,
        arch_prctl = const libc::SYS_arch_prctl,
    )
}

/// Runs `f(data)` on top of a saved context's stack, with the caller's own thread
/// pointer, as if the parked function had called it.
///
/// # Safety
///
/// As for [`crate::on_parked`]; `sp` is the claimed context's saved stack pointer.
pub(crate) unsafe fn on_parked(
    ctx: *const Context,
    sp: usize,
    f: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
) {
    // SAFETY: `sp` is 16-aligned with nothing below it in use, and all callee-saved
    // registers come back from `visit` as they were.
    unsafe { visit(f, data, sp, (*ctx).pc, (*ctx).rbx, (*ctx).rbp) }
}

/// (rdi f, rsi data, rdx sp, rcx pc, r8 rbx, r9 rbp).
#[unsafe(naked)]
unsafe extern "C" fn visit(
    f: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
    sp: usize,
    pc: usize,
    rbx: usize,
    rbp: usize,
) {
    naked_asm!(
        ".cfi_startproc",
        "push rbx",
        "push rbp",
        ".cfi_def_cfa rsp, 24",
        "mov [rdx - 8], rcx",
        "mov [rdx - 16], rsp",
        "lea rsp, [rdx - 16]",
        "mov rbx, r8",
        "mov rbp, r9",
        "mov rax, rdi",
        "mov rdi, rsi",
        // From here, this frame looks as if the parked function had called it.
        ".cfi_def_cfa rsp, 16",
        ".cfi_offset rip, -8",
        "call rax",
        "mov rsp, [rsp]",
        ".cfi_def_cfa rsp, 24",
        "pop rbp",
        "pop rbx",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
    )
}
