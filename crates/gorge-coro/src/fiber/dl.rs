//! Libraries opened while contexts exist.
//!
//! Thread-locals of the dynamic kind need nothing: glibc allocates them on first use,
//! and a context's end frees them. But a library may also have *static* thread-locals
//! (the initial-exec model). glibc then takes a piece of the space below the thread
//! pointer and writes the initial values for all threads it knows; we do it for all
//! blocks of contexts, and for those to come.
//!
//! Limits: a constructor of such a library, run by a `dlopen` in a context, still sees
//! zeros; and a `dlopen` from a library with a search path of its own (RUNPATH) has
//! to reach glibc as if it came from there, so what it loads is noticed at the end of
//! the calling context or at the next `dlopen` only.

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::behind::Behind;
use super::block::{USED_DL, mark_used};
use super::constants::{CONSTANTS, Image};
use super::probe::symbol;
use super::{carrier, slots};
use crate::word::thread_pointer;

static OPEN: Behind = Behind::new(c"dlopen");
static WATCHING: AtomicBool = AtomicBool::new(false);
/// The modules whose static thread-locals are part of the image, or that have none.
static KNOWN: Mutex<Vec<Module>> = Mutex::new(Vec::new());

/// A loaded object with thread-locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Module {
    id: usize,
    /// Where its initial values are, how many bytes, and how many bytes follow as zeros.
    image: usize,
    initial: usize,
    size: usize,
}

/// Everything loaded by now is part of the template; from now on new modules are looked for.
pub(super) fn watch() {
    let mut known = known();
    modules(|m| known.push(m));
    drop(known);
    WATCHING.store(true, Ordering::Release);
}

fn known() -> std::sync::MutexGuard<'static, Vec<Module>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether calls of `dlopen` arrive here.
pub(super) fn in_front() -> bool {
    symbol(c"dlopen") == Some(dlopen as *mut c_void)
}

/// The C function. In assembly because glibc looks at the return address to learn who
/// calls: unless we have work to do afterwards, glibc is jumped to, not called.
///
/// # Safety
///
/// As for the C function.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void {
    std::arch::naked_asm!(
        ".cfi_startproc",
        "push rdi",
        ".cfi_adjust_cfa_offset 8",
        "push rsi",
        ".cfi_adjust_cfa_offset 8",
        "sub rsp, 8",
        ".cfi_adjust_cfa_offset 8",
        "mov rdi, [rsp + 24]",
        "call {path}",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
        "pop rsi",
        ".cfi_adjust_cfa_offset -8",
        "pop rdi",
        ".cfi_adjust_cfa_offset -8",
        "test rax, rax",
        "jz {watched}",
        "jmp rax",
        ".cfi_endproc",
        path = sym path,
        watched = sym watched,
    )
}

/// glibc's function if it is to be jumped to, null if [`watched`] is to be called.
extern "C" fn path(caller: *const c_void) -> *mut c_void {
    if !WATCHING.load(Ordering::Acquire) {
        return OPEN.get();
    }
    mark_used(USED_DL);
    if has_search_path(caller) { OPEN.get() } else { std::ptr::null_mut() }
}

unsafe extern "C" fn watched(name: *const c_char, flags: c_int) -> *mut c_void {
    type F = unsafe extern "C" fn(*const c_char, c_int) -> *mut c_void;
    // SAFETY: glibc's function has this signature.
    let handle = unsafe { std::mem::transmute::<*mut c_void, F>(OPEN.get())(name, flags) };
    if !handle.is_null() {
        look_for_modules();
    }
    handle
}

/// Whether the object that the address is in has a DT_RPATH or DT_RUNPATH.
fn has_search_path(address: *const c_void) -> bool {
    const RTLD_DL_LINKMAP: c_int = 2;
    const DT_RPATH: i64 = 15;
    const DT_RUNPATH: i64 = 29;
    #[repr(C)]
    struct LinkMap {
        addr: usize,
        name: *const c_char,
        dynamic: *const [i64; 2],
    }
    unsafe extern "C" {
        fn dladdr1(
            address: *const c_void,
            info: *mut libc::Dl_info,
            extra: *mut *mut c_void,
            flags: c_int,
        ) -> c_int;
    }
    // SAFETY: the record and the public head of `struct link_map` are as glibc
    // documents them; the dynamic section ends with a zero tag.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        let mut map: *mut c_void = std::ptr::null_mut();
        if dladdr1(address, &mut info, &mut map, RTLD_DL_LINKMAP) == 0 || map.is_null() {
            return false;
        }
        let mut entry = (*map.cast::<LinkMap>()).dynamic;
        while !entry.is_null() && (*entry)[0] != 0 {
            if matches!((*entry)[0], DT_RPATH | DT_RUNPATH) {
                return true;
            }
            entry = entry.add(1);
        }
    }
    false
}

/// Calls `f` for each loaded object that has thread-locals.
fn modules(mut f: impl FnMut(Module)) {
    unsafe extern "C" fn look<F: FnMut(Module)>(
        info: *mut libc::dl_phdr_info,
        _: usize,
        f: *mut c_void,
    ) -> c_int {
        // SAFETY: glibc passes a valid record; `f` is the closure below.
        unsafe {
            let headers = std::slice::from_raw_parts((*info).dlpi_phdr, (*info).dlpi_phnum.into());
            if let Some(tls) = headers.iter().find(|h| h.p_type == libc::PT_TLS) {
                (*f.cast::<F>())(Module {
                    id: (*info).dlpi_tls_modid,
                    image: ((*info).dlpi_addr + tls.p_vaddr) as usize,
                    initial: tls.p_filesz as usize,
                    size: tls.p_memsz as usize,
                });
            }
        }
        0
    }
    fn go<F: FnMut(Module)>(f: &mut F) {
        // SAFETY: the callback gets the closure it expects.
        unsafe { libc::dl_iterate_phdr(Some(look::<F>), (f as *mut F).cast()) };
    }
    go(&mut f);
}

/// What is left to do at the end of a context that has opened libraries.
pub(super) fn farewell() {
    // SAFETY: the linker's last error message; once it has been fetched, the next call
    // frees it.
    unsafe {
        libc::dlerror();
        libc::dlerror();
    }
    look_for_modules();
}

/// Finds modules that are new, and puts the static thread-locals of those into all blocks.
fn look_for_modules() {
    if !WATCHING.load(Ordering::Acquire) {
        return;
    }
    let mut known = known();
    let mut now = vec![];
    modules(|m| now.push(m));
    for m in now.iter().filter(|m| !known.contains(m)) {
        if let Some(offset) = static_offset(m) {
            // SAFETY: the module is loaded, and opened by us or held by our caller.
            unsafe { adopt(m, offset) };
        }
    }
    *known = now;
}

/// Where below the thread pointer a module's thread-locals are, if they are there.
fn static_offset(m: &Module) -> Option<isize> {
    unsafe extern "C" {
        fn __tls_get_addr(index: *const [usize; 2]) -> *mut c_void;
    }
    /// Asked on a thread that glibc knows: there, what is static is in its place.
    unsafe extern "C" fn ask(index: *const (), fs: *const ()) -> *mut () {
        // SAFETY: the index of a loaded module, and where to put the thread pointer.
        unsafe {
            *fs.cast_mut().cast::<usize>() = thread_pointer();
            __tls_get_addr(index.cast()).cast()
        }
    }
    let index = [m.id, 0usize];
    let mut fs = 0usize;
    let (a, b) = ((&raw const index).cast(), (&raw mut fs).cast_const().cast());
    // SAFETY: as `ask` expects; it does not switch.
    let at = unsafe { if carrier::is_other() { carrier::call(ask, a, b) } else { ask(a, b) } };
    let distance = fs.checked_sub(at as usize)?;
    (distance <= slots::template().below).then_some(-(distance as isize))
}

/// # Safety
///
/// The module is loaded, and `offset` is where its thread-locals are.
unsafe fn adopt(m: &Module, offset: isize) {
    // SAFETY: as the module's program header says.
    let initial = unsafe { std::slice::from_raw_parts(m.image as *const u8, m.initial) };
    let old = CONSTANTS.image();
    let len = old.len.max(-offset as usize).next_multiple_of(64);
    let mut words = vec![[0u64; 8]; len / 64];
    // SAFETY: both images end at the thread pointer, and both lengths are right.
    let bytes = unsafe {
        let bytes = std::slice::from_raw_parts_mut(words.as_mut_ptr().cast::<u8>(), len);
        let past = std::slice::from_raw_parts(old.bytes, old.len);
        bytes[len - old.len..].copy_from_slice(past);
        bytes
    };
    let at = (len as isize + offset) as usize;
    bytes[at..at + m.size].fill(0);
    bytes[at..at + m.initial].copy_from_slice(initial);
    let image = Box::new(Image {
        len,
        bytes: Box::leak(words.into_boxed_slice()).as_ptr().cast(),
        relative: old.relative.clone(),
    });
    // First the image, then the blocks there are: a block that is written meanwhile has
    // the one or gets the other. Release: pairs with nothing in `reset`, which may
    // still use the old image once; the blocks' part of it is the same.
    CONSTANTS.image.store(Box::leak(image), Ordering::Release);
    let own = thread_pointer();
    slots::for_each_block(|fs| {
        let at = fs.wrapping_add_signed(offset) as *mut u8;
        // SAFETY: space of a written block that nobody has used before this module,
        // other than the module's own constructors in the calling context.
        unsafe {
            let used = fs == own && std::slice::from_raw_parts(at, m.size).iter().any(|b| *b != 0);
            if !used {
                std::ptr::copy_nonoverlapping(initial.as_ptr(), at, m.initial);
                std::ptr::write_bytes(at.add(m.initial), 0, m.size - m.initial);
            }
        }
    });
}
