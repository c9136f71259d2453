//! The row about computing on all processors, on rayon.

use peer_measure::{Figure, Job, KERNEL, None, OUTPUT, Offer, dot, main as program, signal, timed};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let nones: [None; 1] = [("*", "parallel loops, nothing else")];
    program(&[Offer::new("convolve", convolve)], &nones)
}

fn convolve(job: &Job) -> Vec<Figure> {
    let pool = ThreadPoolBuilder::new().num_threads(job.procs).build().expect("a pool");
    let (input, kernel) = signal();
    let mut output = vec![0.0; OUTPUT];
    let figure = timed("convolve", job, OUTPUT as u64, |n| {
        pool.install(|| {
            let start = Instant::now();
            for _ in 0..n / OUTPUT as u64 {
                let places = output.par_iter_mut().enumerate();
                places.for_each(|(i, place)| *place = dot(&input[i..][..KERNEL], &kernel));
            }
            start.elapsed()
        })
    });
    for i in [0, OUTPUT / 3, OUTPUT - 1] {
        assert_eq!(output[i], dot(&input[i..][..KERNEL], &kernel));
    }
    vec![figure]
}
