//! Global allocators that keep a heap in each thread.
//!
//! Such an allocator (mimalloc, with which this is tested; jemalloc, with which it was
//! tried; tcmalloc) would give each goroutine a heap of its own: some hundred kilobytes
//! for each, never to be reused. [`Wrap`] lets it see the worker threads instead:
//!
//! ```
//! # struct MiMalloc; unsafe impl std::alloc::GlobalAlloc for MiMalloc {
//! #   unsafe fn alloc(&self, l: std::alloc::Layout) -> *mut u8 { unsafe { std::alloc::System.alloc(l) } }
//! #   unsafe fn dealloc(&self, p: *mut u8, l: std::alloc::Layout) { unsafe { std::alloc::System.dealloc(p, l) } } }
//! #[global_allocator]
//! static ALLOCATOR: gorge_coro::alloc::Wrap<MiMalloc> = gorge_coro::alloc::Wrap::new(MiMalloc);
//! # fn main() { drop(Box::new(1)) }
//! ```
//!
//! glibc's own malloc needs no wrapper: its per-thread state is carried along.

use std::alloc::{GlobalAlloc, Layout};

use crate::fiber::carrier;

/// An allocator that runs `A` on the thread-locals of the OS thread underneath.
///
/// In a plain thread, and in thread mode, it is `A`.
#[derive(Debug, Default)]
pub struct Wrap<A>(A);

impl<A> Wrap<A> {
    /// Wraps an allocator.
    pub const fn new(allocator: A) -> Wrap<A> {
        Wrap(allocator)
    }

    /// The wrapped allocator.
    pub const fn inner(&self) -> &A {
        &self.0
    }
}

/// A request, for the call across.
struct Request<'a, A> {
    allocator: &'a A,
    memory: *mut u8,
    layout: Layout,
    size: usize,
}

impl<A: GlobalAlloc> Wrap<A> {
    #[inline(always)]
    fn request(&self, memory: *mut u8, layout: Layout, size: usize) -> Request<'_, A> {
        Request { allocator: &self.0, memory, layout, size }
    }
}

macro_rules! across {
    ($request:expr, |$r:ident| $body:expr) => {{
        unsafe extern "C" fn there<A: GlobalAlloc>(request: *const (), _: *const ()) -> *mut () {
            // SAFETY: the request of the function around, which waits; the request's
            // own contract is that of the `GlobalAlloc` method called.
            unsafe {
                let $r = &*request.cast::<Request<'_, A>>();
                let p: *mut u8 = $body;
                p.cast()
            }
        }
        let request = $request;
        // SAFETY: an allocator neither unwinds nor switches.
        unsafe { carrier::call(there::<A>, (&raw const request).cast(), std::ptr::null()).cast() }
    }};
}

// SAFETY: hands out what `A` hands out. `A` is called on one thread's thread-locals by
// that thread only, as if the goroutine's allocations were the thread's own.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Wrap<A> {
    #[inline(always)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !carrier::is_other() {
            // SAFETY: the caller's promise.
            return unsafe { self.0.alloc(layout) };
        }
        across!(self.request(std::ptr::null_mut(), layout, 0), |r| r.allocator.alloc(r.layout))
    }

    #[inline(always)]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if !carrier::is_other() {
            // SAFETY: the caller's promise.
            return unsafe { self.0.dealloc(memory, layout) };
        }
        let _: *mut u8 = across!(self.request(memory, layout, 0), |r| {
            r.allocator.dealloc(r.memory, r.layout);
            std::ptr::null_mut()
        });
    }

    #[inline(always)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !carrier::is_other() {
            // SAFETY: the caller's promise.
            return unsafe { self.0.alloc_zeroed(layout) };
        }
        across!(self.request(std::ptr::null_mut(), layout, 0), |r| r
            .allocator
            .alloc_zeroed(r.layout))
    }

    #[inline(always)]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !carrier::is_other() {
            // SAFETY: the caller's promise.
            return unsafe { self.0.realloc(memory, layout, size) };
        }
        across!(self.request(memory, layout, size), |r| r
            .allocator
            .realloc(r.memory, r.layout, r.size))
    }
}
