//! The pattern of a fresh thread's block, found by comparing two of them.
//!
//! A word that is equal in both is a constant; one that differs by exactly the
//! difference of the two thread pointers is relative to the block; the few that
//! are left must be known by name (thread id, list links, stack, dtv, ...), or the
//! template is refused and with it fiber mode.
//!
//! Invariants: a template never changes; what later `dlopen`s add to the static
//! storage makes a new [`Image`].

use std::ffi::c_void;

use super::probe::{Published, RSEQ, Snapshot, start_routine};
use crate::word::{OWN_WORDS, thread_pointer, words_offset};

pub(crate) const PAGE: usize = 4096;

/// A word to be written: at `fs + offset`, the value, plus `fs` when relative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) offset: isize,
    pub(super) value: usize,
    pub(super) relative: bool,
}

impl Word {
    /// # Safety
    ///
    /// The word at `base + self.offset` may be written.
    #[inline(always)]
    pub(super) unsafe fn write(self, base: usize, fs: usize) {
        let value = if self.relative { self.value.wrapping_add(fs) } else { self.value };
        // SAFETY: the caller's promise.
        unsafe { *(base.wrapping_add_signed(self.offset) as *mut usize) = value }
    }
}

/// How a block is laid out above the thread pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Only the first bytes of `struct pthread` are ever written; they share a page
    /// with the thread-locals and the top of the stack. The rest, which only rare
    /// functions look at, lies in the next page, which stays untouched.
    Compact,
    /// All of `struct pthread` is written.
    Full,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Template {
    pub(super) layout: Layout,
    /// Bytes to keep below the thread pointer.
    pub(super) below: usize,
    /// How many of them the modules loaded at the start use.
    pub(super) used: usize,
    pub(super) align: usize,
    /// Size of `struct pthread`.
    pub(super) pthread: usize,
    /// How much of it, from its start, is written in the compact layout.
    pub(super) hot: usize,
    /// Words of the static thread-local storage, offsets negative.
    pub(super) low: Vec<Word>,
    /// Words of `struct pthread` to write in this layout.
    pub(super) high: Vec<Word>,
    /// The dtv from `dtv[-1]` on: `offset` counts bytes from there.
    pub(super) dtv: Vec<Word>,
    pub(super) dtv_bytes: usize,
    /// Whether modules exist whose blocks are allocated on first use.
    pub(super) dynamic: bool,
    pub(super) tid: isize,
    pub(super) list: isize,
    /// The words of malloc, which stay with the worker.
    pub(super) malloc: Vec<isize>,
    /// Null as long as no thread-local destructor is registered.
    pub(super) dtor_list: isize,
    /// Where the stack's lowest address and its size are written, were it needed.
    pub(super) stack_block: Option<isize>,
    pub(super) call_tls_dtors: unsafe extern "C" fn(),
}

const TLS_DTV_UNALLOCATED: usize = usize::MAX;
/// Keys whose values lie in the hot part.
const HOT_KEYS: usize = 3;

impl Template {
    /// Builds the template, or says why this process cannot have one.
    pub(super) fn compare(p: &Published, [a, b]: &[Snapshot; 2]) -> Result<Template, String> {
        let offset_of = |index: usize| (index * 8) as isize - p.below as isize;
        let agreed = |x: Option<usize>, y: Option<usize>| x.filter(|_| x == y).map(offset_of);

        if a.malloc != b.malloc {
            return Err("malloc uses different words in two fresh threads".into());
        }
        let mut malloc: Vec<isize> = a.malloc.iter().map(|&i| offset_of(i)).collect();
        if !p.glibc_malloc || malloc.len() > 2 {
            // One that was put in front of glibc's: it has its own idea of threads.
            malloc.clear();
        }
        let dtor_list = agreed(a.dtor_list, b.dtor_list)
            .ok_or("glibc's list of thread-local destructors was not found")?;
        if p.align > PAGE {
            return Err(format!("thread-locals aligned to {} bytes", p.align));
        }
        let key_block = agreed(a.key_value, b.key_value)
            .map(|o| o - 8 - 16 * a.key as isize)
            .filter(|o| *o > p.tid && *o < p.pthread as isize);
        let key_used = agreed(a.key_used, b.key_used);

        let mut low = vec![];
        let mut high = vec![];
        let mut unknown_cold = false;
        let hot = key_block
            .map(|k| (k as usize + 16 * HOT_KEYS).next_multiple_of(p.align))
            .filter(|&h| h < p.pthread && (p.list as usize) < h);
        let mut stack_block = None;
        for i in 0..a.words.len() {
            let (x, y) = (a.words[i], b.words[i]);
            let offset = offset_of(i);
            if x == 0 && y == 0 {
                continue;
            }
            let named = offset == 8
                || (p.list..p.list + 16).contains(&offset)
                || offset == p.tid & !7
                || p.rseq.is_some_and(|r| (r..r + RSEQ as isize).contains(&offset))
                || (words_offset()..words_offset() + OWN_WORDS).contains(&offset);
            if named {
                continue;
            }
            let in_a = (a.fs - p.below..a.fs + p.pthread).contains(&x);
            let word = if in_a && x.wrapping_sub(a.fs) == y.wrapping_sub(b.fs) {
                Word { offset, value: x.wrapping_sub(a.fs), relative: true }
            } else if x == y {
                Word { offset, value: x, relative: false }
            } else if x == a.argument || a.stack.contains(&x) && b.stack.contains(&y) {
                // Of the thread's start: its argument, its first frames, its stack.
                if x == a.stack.start && y == b.stack.start && offset > 0 {
                    stack_block = Some(offset);
                }
                continue;
            } else {
                return Err(format!("two fresh threads differ at {offset} for no known reason"));
            };
            if offset < 0 {
                low.push(word);
                continue;
            }
            if let Some(hot) = hot
                && offset as usize >= hot
            {
                unknown_cold |= !cold_and_known(word, a, key_block, key_used);
            }
            high.push(word);
        }

        let layout = if hot.is_some() && !unknown_cold { Layout::Compact } else { Layout::Full };
        let hot = match (layout, hot) {
            (Layout::Compact, Some(hot)) => hot,
            _ => p.pthread.next_multiple_of(p.align),
        };
        high.retain(|w| (w.offset as usize) < hot);
        match unregistered_rseq(p.rseq) {
            Some(w) if w.offset < 0 => low.push(w),
            Some(w) if (w.offset as usize) < hot => high.push(w),
            _ => {}
        }
        let used = low
            .iter()
            .map(|w| w.offset)
            .chain(malloc.iter().copied())
            .chain(p.rseq.filter(|r| *r < 0))
            .chain([dtor_list, words_offset()])
            .map(|o| -o)
            .max()
            .unwrap_or(0)
            .max(static_use(p.below) as isize) as usize;
        if used > p.below {
            return Err("thread-locals larger than the space for them".into());
        }

        let (dtv, dtv_bytes, dynamic) = compare_dtv(a, b)?;
        Ok(Template {
            layout,
            below: p.below.next_multiple_of(64),
            used: used.next_multiple_of(64),
            align: p.align,
            pthread: p.pthread,
            hot,
            low,
            high,
            dtv,
            dtv_bytes,
            dynamic,
            tid: p.tid,
            list: p.list,
            malloc,
            dtor_list,
            stack_block,
            call_tls_dtors: p.call_tls_dtors,
        })
    }
}

/// The rseq area of a thread that is not registered for restartable sequences: the kernel
/// knows the worker's area only.
fn unregistered_rseq(area: Option<isize>) -> Option<Word> {
    area.map(|offset| Word {
        offset,
        // { cpu_id_start: 0, cpu_id: RSEQ_CPU_ID_UNINITIALIZED }
        value: 0xffff_ffff_0000_0000,
        relative: false,
    })
}

/// Whether a word beyond the hot part is one that may be left zero: what
/// `pthread_getattr_np` reports, how the thread was started, and the first of the
/// pointers to key blocks, which glibc does not use for the first block.
fn cold_and_known(
    word: Word,
    a: &Snapshot,
    key_block: Option<isize>,
    key_used: Option<isize>,
) -> bool {
    let size = a.stack.end - a.stack.start;
    word.relative && Some(word.value as isize) == key_block
        || !word.relative
            && (word.value == size
                || word.value == a.mask
                || Some(word.offset) == key_used
                || word.value == start_routine())
}

/// How much of the static storage the modules' segments span, zeros included.
fn static_use(below: usize) -> usize {
    struct Look {
        fs: usize,
        below: usize,
        most: usize,
    }
    unsafe extern "C" fn look(
        info: *mut libc::dl_phdr_info,
        _: usize,
        data: *mut c_void,
    ) -> libc::c_int {
        // SAFETY: glibc passes a valid record; `data` is ours.
        unsafe {
            let look = &mut *data.cast::<Look>();
            let block = (*info).dlpi_tls_data as usize;
            if (look.fs - look.below..look.fs).contains(&block) {
                look.most = look.most.max(look.fs - block);
            }
        }
        0
    }
    let mut data = Look { fs: thread_pointer(), below, most: 0 };
    // SAFETY: the callback only reads what it is given.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut data).cast()) };
    data.most
}

fn compare_dtv(a: &Snapshot, b: &Snapshot) -> Result<(Vec<Word>, usize, bool), String> {
    if a.dtv.len() != b.dtv.len() {
        return Err("two fresh threads have dtvs of different lengths".into());
    }
    let mut words = vec![];
    let mut dynamic = false;
    let mut last = 3;
    for (i, (&x, &y)) in a.dtv.iter().zip(&b.dtv).enumerate() {
        if x == 0 && y == 0 {
            continue;
        }
        last = i;
        let relative = x != y;
        if relative && x.wrapping_sub(a.fs) != y.wrapping_sub(b.fs) {
            return Err(format!("two fresh threads' dtvs differ at {i}"));
        }
        dynamic |= i >= 4 && x == TLS_DTV_UNALLOCATED;
        let value = if relative { x.wrapping_sub(a.fs) } else { x };
        words.push(Word { offset: (i * 8) as isize, value, relative });
    }
    // Room for the modules there are, no surplus: glibc makes more when it needs it.
    let slots = last / 2 - 1;
    words[0].value = slots;
    Ok((words, (slots + 2) * 16, dynamic))
}
