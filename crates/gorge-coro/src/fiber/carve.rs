//! Making slots fit for their first use: a guard below, memory and a block on top.
//!
//! Several at a time, since most of the cost is the kernel's: one call for all
//! guards and one for all first pages, where it has such a call, is half the price of
//! a call for each guard and a fault for each page.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::block;
use super::constants::CONSTANTS;
use super::geometry::{GUARD, Geometry, StackWord};
use super::room::out_of_room;
use super::slots::{self, Claim, template};
use super::template::PAGE;
use crate::limit::{Limit, StackError};

/// `MADV_GUARD_INSTALL`, Linux 6.13: accesses fault, and the mapping stays in one piece.
const GUARD_INSTALL: libc::c_int = 102;
/// `MADV_POPULATE_WRITE`, Linux 5.14: as if each page had been written to.
const POPULATE_WRITE: libc::c_int = 23;
/// `PIDFD_SELF_THREAD`, Linux 6.14: the calling process, without a descriptor that a
/// fork would leave pointing at the parent.
const MYSELF: libc::c_int = -10_000;

/// The most slots that are carved at a time.
pub(super) const MOST: usize = 32;

/// The kernel has no light guards: use `mprotect`.
static NO_LIGHT_GUARDS: AtomicBool = AtomicBool::new(false);
/// The kernel does not advise on several ranges at a time.
static ONE_BY_ONE: AtomicBool = AtomicBool::new(false);

/// Does without light guards, whatever the kernel offers.
pub(super) fn use_heavy_guards() {
    NO_LIGHT_GUARDS.store(true, Relaxed);
}

/// Carves up to `most` slots (and not more than [`MOST`]) and appends their thread
/// pointers; fails only when there is no room even for one.
pub(super) fn carve(
    class: u32,
    default: bool,
    most: usize,
    into: &mut Vec<usize>,
) -> Result<(), StackError> {
    let t = template();
    let g = Geometry::new(t, class);
    let mut claims = Vec::with_capacity(most.min(MOST));
    slots::claim(&g, most.min(MOST), &mut claims)?;
    if claims.len() > 1 {
        guard_together(&mut claims);
        populate(claims.iter().map(|c| g.fs(c.slot)));
    }
    let mut failure = None;
    for claim in claims {
        match finish(&g, &claim, default) {
            Ok(fs) => into.push(fs),
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) if into.is_empty() => Err(error),
        _ => Ok(()),
    }
}

/// One slot of the default size.
pub(super) fn carve_default() -> Result<usize, StackError> {
    let mark = StackWord(CONSTANTS.default_mark.load(Relaxed));
    let mut one = Vec::with_capacity(1);
    carve(mark.class(), true, 1, &mut one)?;
    Ok(one[0])
}

/// What is left to do for a slot; on failure it is given back.
fn finish(g: &Geometry, claim: &Claim, default: bool) -> Result<usize, StackError> {
    if !claim.guarded
        && let Err(e) = install_guard(claim.slot)
    {
        slots::unclaim(g, claim.slot, false);
        return Err(out_of_room(1 << g.class, e));
    }
    let fs = g.fs(claim.slot);
    let mark = StackWord::new(claim.slot + GUARD, g.class, default);
    // SAFETY: the slot is ours and its memory zero: never written to, or released.
    if unsafe { block::write(template(), fs, mark.0) } {
        Ok(fs)
    } else {
        slots::unclaim(g, claim.slot, true);
        Err(StackError::new(Limit::Memory, 1 << g.class, "malloc failed".into()))
    }
}

/// Installs the guards that are missing, as many as the kernel does in one call.
fn guard_together(claims: &mut [Claim]) {
    if NO_LIGHT_GUARDS.load(Relaxed) {
        return;
    }
    let done = advise(claims.iter().filter(|c| !c.guarded).map(|c| (c.slot, GUARD)), GUARD_INSTALL);
    for claim in claims.iter_mut().filter(|c| !c.guarded).take(done / GUARD) {
        claim.guarded = true;
    }
}

/// Gives memory to the pages in which blocks and hot ends of stacks lie. Without it the
/// first access does so.
fn populate(blocks: impl Iterator<Item = usize>) {
    advise(blocks.map(|fs| (fs & !(PAGE - 1), PAGE)), POPULATE_WRITE);
}

/// Advises on several ranges of fresh slots, each given by its start and length. Returns
/// how many bytes the kernel has dealt with, in order.
fn advise(ranges: impl Iterator<Item = (usize, usize)>, advice: libc::c_int) -> usize {
    if ONE_BY_ONE.load(Relaxed) {
        return 0;
    }
    let mut parts = [const { libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 } }; MOST];
    let mut n = 0;
    for (part, (start, length)) in parts.iter_mut().zip(ranges) {
        *part = libc::iovec { iov_base: start as *mut _, iov_len: length };
        n += 1;
    }
    if n == 0 {
        return 0;
    }
    // SAFETY: the ranges lie in slots that the caller has claimed and nobody uses; both
    // kinds of advice leave zero bytes zero.
    let done =
        unsafe { libc::syscall(libc::SYS_process_madvise, MYSELF, parts.as_ptr(), n, advice, 0) };
    if done < 0 {
        // Unknown to this kernel, or forbidden: what is not done here is done, or its
        // failure named, for each slot by itself. (Out of memory is no reason to give up.)
        if std::io::Error::last_os_error().raw_os_error() != Some(libc::ENOMEM) {
            ONE_BY_ONE.store(true, Relaxed);
        }
        return 0;
    }
    done as usize
}

fn install_guard(at: usize) -> std::io::Result<()> {
    // SAFETY: the first bytes of a slot of ours, which nobody uses.
    unsafe {
        if !NO_LIGHT_GUARDS.load(Relaxed) {
            if libc::madvise(at as *mut _, GUARD, GUARD_INSTALL) == 0 {
                return Ok(());
            }
            let e = std::io::Error::last_os_error();
            if e.raw_os_error() != Some(libc::EINVAL) {
                return Err(e);
            }
            NO_LIGHT_GUARDS.store(true, Relaxed);
        }
        if libc::mprotect(at as *mut _, GUARD, libc::PROT_NONE) == 0 {
            return Ok(());
        }
    }
    Err(std::io::Error::last_os_error())
}
