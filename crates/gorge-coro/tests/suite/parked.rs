//! Looking into a parked goroutine.

use std::backtrace::Backtrace;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use gorge_coro::{PINNED, RUNNING, on_parked};

use crate::mini::{G, alone, go, park, run, unpark, yield_now};

#[inline(never)]
fn deep_inside(place: &AtomicPtr<G>, n: u32) -> u32 {
    if n == 0 {
        park(place);
        return std::hint::black_box(1);
    }
    std::hint::black_box(deep_inside(place, n - 1)) + 1
}

unsafe extern "C" fn capture(data: *mut c_void) {
    unsafe { *data.cast::<Option<Backtrace>>() = Some(Backtrace::force_capture()) }
}

#[test]
fn its_frames_can_be_seen() {
    let _alone = alone();
    let place: &'static AtomicPtr<G> = Box::leak(Box::new(AtomicPtr::new(std::ptr::null_mut())));
    let done = Arc::new(AtomicPtr::<()>::default());
    go(|| assert_eq!(deep_inside(place, 3), 4));
    go(move || {
        let g = loop {
            let g = place.load(Ordering::Acquire);
            if !g.is_null() {
                break g;
            }
            yield_now();
        };
        // Again and again: nothing is disturbed.
        for _ in 0..20 {
            let sp = loop {
                let sp = unsafe { (*g).ctx.sp.swap(RUNNING, Ordering::Acquire) };
                if sp > PINNED {
                    break sp;
                }
                yield_now();
            };
            let mut found: Option<Backtrace> = None;
            unsafe {
                on_parked(g.cast(), sp, capture, (&raw mut found).cast());
                (*g).ctx.sp.store(sp, Ordering::Release);
            }
            let text = found.unwrap().to_string();
            assert_eq!(text.matches("deep_inside").count(), 4, "{text}");
            assert!(text.contains("its_frames_can_be_seen"), "{text}");
            // Not of the one who looks, nor of the worker.
            assert!(!text.contains("mini::work"), "{text}");
        }
        done.store(std::ptr::null_mut(), Ordering::Relaxed);
        assert!(unpark(place));
    });
    run(2);
}
