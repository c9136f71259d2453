//! One context's thread-local storage and `struct pthread`: written once in full when
//! a slot is first used, afterwards only the thread-locals are rewritten between one
//! context and the next.
//!
//! Invariants:
//! * a block belongs to who holds its slot; nobody else reads or writes it, except
//!   [`patch`](super::slots) for the storage of libraries that nobody uses yet;
//! * what stays in a block from one context to the next: malloc's words and our
//!   own (they belong to the worker), and `struct pthread` (what glibc keeps in
//!   there is reusable by design: key blocks, resolver state, random state).

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::constants::CONSTANTS;
use super::geometry::StackWord;
use super::template::Template;
use crate::word::{thread_pointer, words_offset};

/// Thread ids of contexts: unique among them, larger than any real one (at most
/// 2^22) and within the 30 bits that a mutex may store.
static NEXT_TID: AtomicU32 = AtomicU32::new(0);
const FIRST_TID: u32 = 0x2000_0000;

/// Where in a block the stack word is.
pub(super) const STACK_WORD: isize = 16;
/// Where in a block the marks are of what its context has used.
const USED_WORD: isize = 24;
/// It has set a thread-specific key.
pub(super) const USED_KEYS: usize = 1;
/// It has called the dynamic linker.
pub(super) const USED_DL: usize = 2;

#[inline(always)]
unsafe fn word(fs: usize, offset: isize) -> *mut usize {
    fs.wrapping_add_signed(offset) as *mut usize
}

/// Writes a fresh block into zeroed memory. False: no memory for its dtv.
///
/// # Safety
///
/// The memory around `fs` belongs to the caller, is zero, and has the template's layout.
pub(super) unsafe fn write(t: &Template, fs: usize, stack_word: usize) -> bool {
    // SAFETY: all offsets are inside the block by the template's construction.
    unsafe {
        let dtv = libc::calloc(1, t.dtv_bytes) as usize;
        if dtv == 0 {
            return false;
        }
        for w in &t.dtv {
            w.write(dtv, fs);
        }
        let image = CONSTANTS.image();
        std::ptr::copy_nonoverlapping(image.bytes, (fs - image.len) as *mut u8, image.len);
        for w in image.relative.iter().chain(&t.high) {
            w.write(fs, fs);
        }
        *word(fs, 8) = dtv + 16;
        let list = word(fs, t.list);
        *list = list as usize;
        *list.add(1) = list as usize;
        let tid = FIRST_TID + NEXT_TID.fetch_add(1, Relaxed) % FIRST_TID;
        *word(fs, t.tid).cast::<u32>() = tid;
        *word(fs, words_offset() + STACK_WORD) = stack_word;
        true
    }
}

/// Makes the thread-locals of the block those of a fresh thread again.
///
/// # Safety
///
/// `fs` is the calling context's own block; its destructors have run.
#[inline(always)]
pub(crate) unsafe fn reset(fs: usize) {
    let image = CONSTANTS.image();
    let own = words_offset();
    let (m0, m1) = CONSTANTS.malloc_words();
    // SAFETY: the block is the caller's own. The image is no longer than the space
    // below the thread pointer. Nothing that the compiler knows about lives there
    // but thread-locals, which are not accessed in between.
    unsafe {
        let kept = word(fs, own).cast::<[usize; 3]>().read();
        let (k0, k1) = (*word(fs, m0), *word(fs, m1));
        let mut from = image.bytes.cast::<[u64; 8]>();
        let mut to = (fs - image.len) as *mut [u64; 8];
        let end = fs as *mut [u64; 8];
        while to < end {
            to.write(from.read());
            to = to.add(1);
            from = from.add(1);
        }
        for w in &image.relative {
            w.write(fs, fs);
        }
        *word(fs, m0) = k0;
        *word(fs, m1) = k1;
        // Last: the stand-in for a malloc word is one of ours.
        word(fs, own).cast::<[usize; 4]>().write([kept[0], kept[1], kept[2], 0]);
    }
}

/// Whether the block at `fs` has something to clean up besides its plain words:
/// destructors registered, keys used, or thread-locals of libraries opened since.
///
/// # Safety
///
/// `fs` is the calling context's own block.
#[inline(always)]
pub(crate) unsafe fn is_used(fs: usize) -> bool {
    // SAFETY: all three are words of the block, or of its dtv.
    unsafe {
        let dtors = *word(fs, CONSTANTS.dtor_list.load(Relaxed));
        dtors | used(fs) != 0 || has_own_dtv(fs)
    }
}

/// What the block's context has used.
///
/// # Safety
///
/// `fs` is the calling context's own block.
#[inline(always)]
pub(super) unsafe fn used(fs: usize) -> usize {
    // SAFETY: every block has the word.
    unsafe { *word(fs, words_offset() + USED_WORD) }
}

/// Marks the calling context, be it a fiber or a plain thread, as one that has used
/// something.
pub(super) fn mark_used(what: usize) {
    // SAFETY: every block has the word, and this one is the caller's.
    unsafe { *word(thread_pointer(), words_offset() + USED_WORD) |= what };
}

/// Whether the block's dtv is not a fresh one.
///
/// # Safety
///
/// `fs` is the calling context's own block.
#[inline(always)]
pub(super) unsafe fn has_own_dtv(fs: usize) -> bool {
    // SAFETY: glibc keeps the generation in the first entry of the dtv.
    unsafe { *(*word(fs, 8) as *const usize) != CONSTANTS.generation.load(Relaxed) }
}

/// Frees the blocks that were allocated for thread-locals of dynamically loaded
/// libraries, and makes the dtv a fresh one.
///
/// # Safety
///
/// The block is the caller's, and its context has ended.
pub(super) unsafe fn reset_dtv(t: &Template, fs: usize) {
    // SAFETY: the dtv is an array of { value, to_free } pairs from dtv[1] on, its
    // length in dtv[-1]; glibc may have moved and enlarged it, keeping it malloc'ed.
    unsafe {
        let dtv = *word(fs, 8) as *mut usize;
        let slots = *dtv.sub(2);
        for i in 1..=slots {
            libc::free(*dtv.add(2 * i + 1) as *mut c_void);
        }
        std::ptr::write_bytes(dtv, 0, 2 * (slots + 1));
        let base = dtv.sub(2) as usize;
        for w in t.dtv.iter().filter(|w| w.offset > 0) {
            w.write(base, fs);
        }
    }
}

/// Frees what a block owns outside of its memory, before the memory goes.
///
/// # Safety
///
/// Nobody uses the block any more.
pub(super) unsafe fn dispose(t: &Template, fs: usize) {
    // SAFETY: as in `reset_dtv`; the dtv itself is malloc'ed from `dtv[-1]` on.
    unsafe {
        reset_dtv(t, fs);
        libc::free((*word(fs, 8) as *mut usize).sub(2).cast());
        *word(fs, 8) = 0;
    }
}

/// Calls `f` while `struct pthread` of the block says what glibc would have written
/// there for a thread with this stack: its bounds, and a thread id that the kernel knows.
///
/// # Safety
///
/// `fs` is the calling context's own block; `f` does not switch.
pub(super) unsafe fn as_the_carrier<T>(
    t: &Template,
    fs: usize,
    carrier: usize,
    f: impl FnOnce() -> T,
) -> T {
    // SAFETY: words of the block; in the compact layout those of the stack lie in its
    // cold part, which is as writable as the rest. The carrier's id does not change.
    unsafe {
        if let Some(at) = t.stack_block {
            let lowest = StackWord(*word(fs, words_offset() + STACK_WORD)).lowest();
            *word(fs, at) = lowest;
            *word(fs, at + 8) = CONSTANTS.stack_top(fs) - lowest;
        }
        let tid = word(fs, t.tid).cast::<u32>();
        let own = *tid;
        *tid = *word(carrier, t.tid).cast::<u32>();
        let result = f();
        *tid = own;
        result
    }
}
