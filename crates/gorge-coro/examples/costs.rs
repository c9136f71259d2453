//! What contexts cost on this machine: time per operation and memory per parked one.
//!
//! `cargo run --release -p gorge-coro --example costs [PARKED]`
#![allow(clippy::undocumented_unsafe_blocks)] // A measuring program over an unsafe interface.

use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gorge_coro::{
    Context, Hooks, Mode, Next, Runtime, StackCache, adopt_thread, init, set_worker, start, switch,
    worker,
};

/// A context of this program, in the size that a scheduler's record has.
#[repr(C, align(64))]
struct G {
    ctx: Context,
    job: Job,
    partner: *mut G,
    pad: [u64; 16],
}

#[derive(Clone, Copy)]
enum Job {
    Nothing,
    /// Switch back and forth with the partner for ever.
    PingPong,
    /// Switch to the main context once, then end.
    Park,
    /// As `Nothing`, and another `n` of them after it.
    Chain(u32),
}

/// The one worker.
struct W {
    main: G,
    cache: StackCache,
}

struct Mini;

unsafe fn id(_: *mut ()) -> u64 {
    0
}

fn w() -> *mut W {
    worker().cast()
}

unsafe impl Runtime for Mini {
    #[inline(always)]
    unsafe fn run(ctx: *mut Context) {
        unsafe {
            let g = ctx.cast::<G>();
            match (*g).job {
                Job::Nothing | Job::Chain(_) => {}
                Job::PingPong => loop {
                    switch(ctx, (*g).partner.cast(), worker());
                },
                Job::Park => park(ctx),
            }
        }
    }

    #[inline(always)]
    unsafe fn finish(ctx: *mut Context) -> Next {
        unsafe {
            let g = ctx.cast::<G>();
            if let Job::Chain(n) = (*g).job
                && n > 0
            {
                (*g).job = Job::Chain(n - 1);
                (*g).ctx.make_fresh();
                return Next::Reuse(ctx);
            }
            let stack = (*ctx).take_stack();
            (*w()).cache.put(stack);
            Next::Resume(&raw mut (*w()).main.ctx)
        }
    }
}

/// As deep as a channel receive: two frames of the library's.
#[inline(never)]
unsafe fn park(ctx: *mut Context) {
    unsafe {
        let depth = Cell::new([0u64; 8]);
        std::hint::black_box(&depth);
        park_inner(ctx);
        std::hint::black_box(&depth);
    }
}

#[inline(never)]
unsafe fn park_inner(ctx: *mut Context) {
    unsafe {
        let waiter = Cell::new([0u64; 8]);
        std::hint::black_box(&waiter);
        switch(ctx, &raw mut (*w()).main.ctx, worker());
        std::hint::black_box(&waiter);
    }
}

fn g(job: Job) -> G {
    G { ctx: Context::new(), job, partner: null_mut(), pad: [0; 16] }
}

/// Runs `f` many times; the least and the median of ns per operation.
fn measure(name: &str, n: usize, mut f: impl FnMut()) {
    let mut all: Vec<f64> = (0..101)
        .map(|_| {
            let t = Instant::now();
            f();
            t.elapsed().as_nanos() as f64 / n as f64
        })
        .collect();
    all.sort_by(f64::total_cmp);
    println!("{name:50} {:8.1} ns, median {:8.1}", all[0], all[50]);
}

/// Time that this thread has had on a processor: others on the machine do not count.
fn busy() -> Duration {
    unsafe {
        let mut t: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut t);
        Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
    }
}

fn resident() -> usize {
    let s = std::fs::read_to_string("/proc/self/statm").unwrap();
    s.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn status(key: &str) -> usize {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = s.lines().find(|l| l.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn main() {
    let t = Instant::now();
    let mode = init(Hooks { goroutine_id: id }).unwrap();
    println!("{mode:?}, decided in {:?}", t.elapsed());
    let parked: usize = std::env::args().nth(1).map_or(100_000, |a| a.parse().unwrap());
    unsafe {
        let w: *mut W =
            Box::into_raw(Box::new(W { main: g(Job::Nothing), cache: StackCache::new() }));
        let main = &raw mut (*w).main.ctx;
        adopt_thread(main);
        set_worker(w.cast());

        let a = Box::into_raw(Box::new(g(Job::PingPong)));
        (*a).partner = main.cast();
        start::<Mini>(main, a.cast(), (*w).cache.get(0).unwrap(), w.cast());
        let n = if mode == Mode::Fiber { 50_000 } else { 200 };
        measure("one-way switch", 2 * n, || {
            for _ in 0..n {
                switch(main, a.cast(), w.cast());
            }
        });

        for many in [100, 1_000, 10_000] {
            if mode == Mode::Thread {
                break;
            }
            let mut all: Vec<G> = (0..many).map(|_| g(Job::PingPong)).collect();
            for c in &mut all {
                c.partner = main.cast();
                let c: *mut G = c;
                start::<Mini>(main, c.cast(), (*w).cache.get(0).unwrap(), w.cast());
            }
            let all: Vec<*mut G> = all.leak().iter_mut().map(|c| c as *mut G).collect();
            measure(&format!("one-way switch, {many} in turn"), 2 * many, || {
                for &c in &all {
                    switch(main, c.cast(), w.cast());
                }
            });
        }

        let b = Box::into_raw(Box::new(g(Job::Nothing)));
        let n = if mode == Mode::Fiber { 20_000 } else { 20 };
        measure("start, run, finish back to the starter", n, || {
            for _ in 0..n {
                (*b).ctx.make_fresh();
                start::<Mini>(main, b.cast(), (*w).cache.get(0).unwrap(), w.cast());
            }
        });
        if mode == Mode::Fiber {
            measure("run and finish on the hot stack (Reuse)", n, || {
                (*b).ctx.make_fresh();
                (*b).job = Job::Chain(n as u32);
                start::<Mini>(main, b.cast(), (*w).cache.get(0).unwrap(), w.cast());
            });
        }

        let mut slab: Vec<G> = (0..parked).map(|_| g(Job::Nothing)).collect();
        for round in 0..3 {
            let (r, p) = (resident(), status("VmPTE:"));
            let t = busy();
            let mut records = slab.iter_mut();
            let mut all: Vec<*mut G> = Vec::with_capacity(parked);
            for _ in 0..parked {
                let c: *mut G = records.next().unwrap();
                *c = g(Job::Park);
                start::<Mini>(main, c.cast(), (*w).cache.get(0).unwrap(), w.cast());
                all.push(c);
            }
            println!(
                "round {round}, {parked} parked: {:.0} ns each, {} B resident each, {} B of page tables, {} mappings",
                (busy() - t).as_nanos() as f64 / parked as f64,
                resident().saturating_sub(r) / parked,
                status("VmPTE:").saturating_sub(p) * 1024 / parked,
                std::fs::read_to_string("/proc/self/maps").unwrap().lines().count(),
            );
            let bounds = (*all[0]).ctx.stack_bounds();
            let sp = (*all[0]).ctx.sp.load(Ordering::Relaxed);
            println!("  the first one uses {} B of stack", bounds.end.wrapping_sub(sp));
            let t = busy();
            for &c in &all {
                switch(main, c.cast(), w.cast());
            }
            println!(
                "  wake and finish: {:.0} ns each",
                (busy() - t).as_nanos() as f64 / parked as f64
            );
        }
        let t = busy();
        gorge_coro::give_back_idle_stacks();
        gorge_coro::give_back_idle_stacks();
        println!(
            "give back: {:.0} ns each; resident now {} MB, page tables {} MB",
            (busy() - t).as_nanos() as f64 / parked as f64,
            resident() >> 20,
            status("VmPTE:") >> 10
        );
    }
}
