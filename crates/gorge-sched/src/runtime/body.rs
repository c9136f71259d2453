//! The life of a goroutine on its stack: run the closure, publish the end,
//! say who goes on.

use gorge_base::atomic::Ordering::{Acquire, Relaxed};

use gorge_base::probe;
use gorge_coro::{Context, FRESH, Mode, Next, PINNED, RUNNING, Runtime, Stack, mode};

use crate::ending::Ended;
use crate::runtime::birth;
use crate::runtime::bubble::onward::left;
use crate::runtime::bubble::record;
use crate::runtime::enter::{enter, exit};
use crate::runtime::goroutine::{G, Outcome, mark};
use crate::runtime::pick::pick;
use crate::runtime::processor::P;
use crate::runtime::ready::{Place, ready_inside};
use crate::runtime::records;
use crate::runtime::worker::M;
use crate::runtime::world;

/// The scheduler, as the context layer sees it.
pub(crate) struct Body;

// SAFETY: `run` catches every unwinding; `finish` returns only contexts that
// it has claimed from a queue, or the worker's own scheduling context.
unsafe impl Runtime for Body {
    #[inline(always)]
    unsafe fn run(ctx: *mut Context) {
        let g: *mut G = ctx.cast(); // `ctx` is the record's first field
        // SAFETY: a fresh goroutine begins inside scheduler code, where its
        // starter left; its record has a vtable.
        unsafe {
            exit();
            ((*g).vtable().unwrap_unchecked().run)(g);
        }
    }

    #[inline(always)]
    unsafe fn finish(ctx: *mut Context) -> Next {
        let g: *mut G = ctx.cast();
        // SAFETY: called in the goroutine, outside scheduler code; until the
        // end is published the record is ours.
        unsafe {
            let m = enter();
            if (*g).is_special() | probe::order() {
                return finish_special(m, ctx);
            }
            let stack = (*ctx).take_stack();
            publish_end(m, m.p(), g);
            pass_on(m, m.p(), stack, true)
        }
    }
}

/// As `finish`, for a goroutine that has something special, or when somebody listens.
///
/// # Safety
/// As for `finish`, and the caller is `m`, inside.
#[cold]
#[inline(never)]
unsafe fn finish_special(m: &M, ctx: *mut Context) -> Next {
    let g: *mut G = ctx.cast();
    // SAFETY: the caller's promise; until the end is published the record is ours.
    unsafe {
        let ordinary = !(*g).has(mark::STACK | mark::LOCKED);
        drop_pins(m, g);
        let (bubble, seat) = (record::of(g), record::seat(g));
        let stack = (*ctx).take_stack();
        probe::ends(g as usize);
        let ended = publish_end(m, m.p(), g);
        if let Some(bubble) = bubble {
            left(m, bubble, seat, ended);
        }
        pass_on(m, m.p(), stack, ordinary)
    }
}

/// Says that `g` has ended. False: it goes on once more, to drop its outcome.
///
/// # Safety
/// The caller is the goroutine on `m`, inside, and uses `p`.
#[inline(always)]
unsafe fn publish_end(m: &M, p: &P, g: *mut G) -> bool {
    // Before anybody can know of it: who has joined it finds it counted.
    count_end(p, 1);
    // SAFETY: the caller's promise.
    unsafe {
        match (*g).ending.end() {
            Ended::Kept => {}
            Ended::Detached => return end_detached(m, p, g),
            Ended::Joined(joiner) => ready_inside(m, joiner as *mut G, Place::Tail),
        }
    }
    true
}

/// Who goes on, on which stack: that of the one who has ended is free. (`ordinary`:
/// it is one like all others.)
///
/// # Safety
/// As for [`publish_end`].
#[inline(always)]
unsafe fn pass_on(m: &M, p: &P, stack: Stack, ordinary: bool) -> Next {
    // SAFETY: the caller's promise; who comes out of a queue is ours alone.
    unsafe {
        if world::starved() {
            feed_one(p);
        }
        let mut next = pick(m, p);
        if next.is_null() {
            next = m.scheduling();
        }
        match (*next).ctx.sp.load(Acquire) {
            FRESH if ordinary && !(*next).has(mark::STACK) && mode() == Mode::Fiber => {
                m.set_current(next);
                std::mem::forget(stack); // the next one has it already
                return Next::Reuse(&raw mut (*next).ctx);
            }
            FRESH | RUNNING | PINNED if next != m.scheduling() => {
                // The scheduling context sees to these.
                p.push_next(next);
                next = m.scheduling();
            }
            _ => {}
        }
        (*p.stacks.get()).put(stack);
        m.set_current(next);
        Next::Resume(&raw mut (*next).ctx)
    }
}

/// A stack comes free: a goroutine that waits for one may try again.
#[cold]
#[inline(never)]
unsafe fn feed_one(p: &P) {
    let g = world::lock().feed();
    if !g.is_null() {
        // SAFETY: the caller uses `p`, and `g` came out of a queue.
        unsafe { p.ring.push(g) }
    }
}

#[inline(always)]
fn count_end(p: &P, ends: i64) {
    p.ended.store(p.ended.load(Relaxed).wrapping_add_signed(ends), Relaxed);
}

/// Nobody can join: the record is ours, and so is an outcome that came before
/// the handle was dropped. False: it goes on once more, to drop that.
#[inline]
unsafe fn end_detached(m: &M, p: &P, g: *mut G) -> bool {
    // SAFETY: the caller is `m`, inside, and owns the record.
    unsafe {
        if matches!((*g).outcome.get(), Outcome::None | Outcome::Exited) {
            records::put(p, g);
            true
        } else {
            count_end(p, -1);
            birth::revive(g);
            ready_inside(m, g, Place::Tail);
            false
        }
    }
}

/// A goroutine that ends with its thread locked unlocks it.
unsafe fn drop_pins(m: &M, g: *mut G) {
    // SAFETY: the goroutine itself calls this.
    unsafe {
        if (*g).has(mark::LOCKED) {
            (*g).extra_mut().locked = 0;
            (*g).set_mark(mark::LOCKED, false);
        }
    }
    m.locked_by.set(std::ptr::null_mut());
}
