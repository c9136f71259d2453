//! Whether this process can have fibers, and what they need to know if so.

use std::sync::atomic::Ordering::Relaxed;

use super::constants::{CONSTANTS, Image};
use super::geometry::{StackWord, class_of};
use super::probe::{Published, symbol, two_fresh_threads};
use super::template::Template;
use super::{ask, carve, dl, keys, slots, trial};
use crate::word::words_offset;

/// Prepares fiber mode, or says why it is impossible. Nothing can be started before.
pub(crate) fn prepare(default_stack: usize) -> Result<(), String> {
    refuse_what_cannot_work()?;
    let published = Published::read()?;
    let snapshots = two_fresh_threads(&published)?;
    let mut t = Template::compare(&published, &snapshots)?;
    if pretend_without("compact-layout") {
        t = Template::compare(&published, &snapshots.map(|s| s.without_keys()))?;
    }
    if pretend_without("light-guards") {
        carve::use_heavy_guards();
    }
    let t = slots::set_template(t);
    publish(t, default_stack)?;
    let found = trial::run().inspect_err(|_| CONSTANTS.fast.store(0, Relaxed))?;
    if found.allocator_keeps_threads {
        warn_of_allocator();
    }
    dl::watch();
    Ok(())
}

/// Each context would have a heap of its own.
fn warn_of_allocator() {
    if std::env::var_os("GORGE_ALLOC_WARNING").is_some_and(|v| v == "off") {
        return;
    }
    eprintln!(
        "gorge: warning: the allocator keeps a heap for each thread, and now one for each \
         goroutine; wrap it in gorge::alloc::Wrap (GORGE_ALLOC_WARNING=off silences this)"
    );
}

/// Tools that keep per-thread state of their own beside the thread-locals.
fn refuse_what_cannot_work() -> Result<(), String> {
    for (name, tool) in [
        (c"__tsan_init", "ThreadSanitizer"),
        (c"__asan_init", "AddressSanitizer"),
        (c"__msan_init", "MemorySanitizer"),
    ] {
        if symbol(name).is_some() {
            return Err(format!("{tool} is present"));
        }
    }
    if shadow_stack_enabled() {
        return Err("the shadow stack is enabled".into());
    }
    if !keys::in_front() || !ask::in_front() || !dl::in_front() {
        return Err("glibc's functions cannot be interposed".into());
    }
    Ok(())
}

/// Return addresses are checked against a second stack, which we do not switch.
fn shadow_stack_enabled() -> bool {
    const ARCH_SHSTK_STATUS: libc::c_int = 0x5005;
    let mut features = 0u64;
    // SAFETY: writes one word; kernels that do not know the request refuse it.
    let r = unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SHSTK_STATUS, &mut features) };
    r == 0 && features & 1 != 0
}

/// For tests: what this machine shall be believed to lack, as a list of words.
fn pretend_without(what: &str) -> bool {
    std::env::var("GORGE_PRETEND_WITHOUT").is_ok_and(|v| v.split(',').any(|w| w == what))
}

/// The instructions that set the thread pointer are there and the kernel allows them.
fn has_fsgsbase() -> bool {
    const HWCAP2_FSGSBASE: u64 = 1 << 1;
    if pretend_without("fsgsbase") {
        return false;
    }
    // SAFETY: reads the auxiliary vector. Emulators without the instruction do not
    // pass the bit on, so there is no need to try it.
    unsafe { libc::getauxval(libc::AT_HWCAP2) & HWCAP2_FSGSBASE != 0 }
}

fn publish(t: &'static Template, default_stack: usize) -> Result<(), String> {
    // A word that is written after malloc's at each switch stands in for missing ones.
    let spare = words_offset();
    let (m0, m1) = match t.malloc[..] {
        [] => (spare, spare),
        [a] => (a, spare),
        [a, b, ..] => (a, b),
    };
    let class = class_of(default_stack).ok_or("the default stack size is impossible")?;
    CONSTANTS.malloc[0].store(m0, Relaxed);
    CONSTANTS.malloc[1].store(m1, Relaxed);
    CONSTANTS.image.store(Box::leak(image(t)), Relaxed);
    CONSTANTS.dtor_list.store(t.dtor_list, Relaxed);
    CONSTANTS.below.store(t.below.next_multiple_of(64), Relaxed);
    // Where blocks are allocated on first use, each context's end must look for them.
    let generation = t.dtv.iter().find(|w| w.offset == 16).map_or(0, |w| w.value);
    let generation = if t.dynamic { usize::MAX } else { generation };
    CONSTANTS.generation.store(generation, Relaxed);
    CONSTANTS.fast.store(has_fsgsbase() as usize, Relaxed);
    CONSTANTS.default_mark.store(StackWord::new(0, class, true).0, Relaxed);
    Ok(())
}

fn image(t: &Template) -> Box<Image> {
    let len = t.used;
    let mut words = vec![[0u64; 8]; len / 64];
    let mut relative = vec![];
    for w in &t.low {
        if w.relative {
            relative.push(*w);
        } else {
            let at = (len as isize + w.offset) as usize / 8;
            words[at / 8][at % 8] = w.value as u64;
        }
    }
    Box::new(Image { len, bytes: Box::leak(words.into_boxed_slice()).as_ptr().cast(), relative })
}
