//! What contexts, groups and parallel loops cost on this machine: `cargo run --release -p gorge-flow --example group_costs`.

use std::hint::black_box;
use std::time::Instant;

use gorge::context::{self, background};
use gorge::group::Group;
use gorge::patterns::parallel;

/// The shortest of several runs, which is the one that was disturbed least.
fn best(name: &str, per: usize, mut f: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        f();
        best = best.min(start.elapsed().as_nanos() as f64 / per as f64);
    }
    println!("{name:<44} {best:>12.1} ns");
}

#[gorge::main]
fn main() {
    best("context made and dropped", 1000, || {
        for _ in 0..1000 {
            black_box(context::with_cancel(&background()));
        }
    });
    best("tree of 1,000 contexts made and cancelled, each", 1000, || {
        let (root, cancel) = context::with_cancel(&background());
        let children: Vec<_> = (0..1000).map(|_| context::with_cancel(&root)).collect();
        cancel.cancel();
        black_box(children);
    });
    let (ctx, _cancel) = context::with_cancel(&background());
    best("err() of a context", 1000, || (0..1000).for_each(|_| _ = black_box(ctx.err())));
    best("error group of 100, each goroutine", 100, || {
        let group = Group::<()>::new();
        (0..100).for_each(|_| group.go(|| Ok(())));
        group.wait().unwrap();
    });
    // A convolution: output[i] = sum of input[i - j] * kernel[j].
    let input: Vec<f64> = (0..20_000).map(f64::from).collect();
    let kernel: Vec<f64> = (0..500).map(f64::from).collect();
    let indices: Vec<usize> = (0..input.len()).collect();
    let at = |i: &usize| -> f64 {
        kernel.iter().take(i + 1).enumerate().map(|(j, k)| input[i - j] * k).sum()
    };
    best("convolve in one goroutine, each item", input.len(), || {
        black_box(indices.iter().map(at).collect::<Vec<_>>());
    });
    best("convolve on all processors, each item", input.len(), || {
        black_box(parallel::map(&indices, at));
    });
}
