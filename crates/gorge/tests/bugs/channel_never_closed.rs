//! Workers range over a channel that nobody closes (Go: cockroach 35501, kubernetes 70277).

use gorge::{Chan, go};

pub(crate) fn run(mended: bool) {
    let jobs = Chan::new(0);
    let results = Chan::new(3);
    for _ in 0..2 {
        let (jobs, results) = (jobs.clone(), results.clone());
        go(move || {
            for job in &jobs {
                results.send(job * 2);
            }
        })
        .detach();
    }
    for n in 1..=3 {
        jobs.send(n);
    }
    let sum: i32 = (0..3).map(|_| results.recv()).sum();
    assert_eq!(sum, 12);
    if mended {
        jobs.close();
    }
}
