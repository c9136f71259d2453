//! The first error is returned; the goroutines with the other results wait for ever (Go: cockroach 13755, grpc 862).

use gorge::{Chan, go};

fn all(mended: bool) -> Result<i32, &'static str> {
    let results = Chan::new(if mended { 3 } else { 0 });
    for n in 0..3 {
        let results = results.clone();
        go(move || results.send(if n == 1 { Err("no") } else { Ok(n) })).detach();
    }
    let mut sum = 0;
    for _ in 0..3 {
        sum += results.receive().expect("never closed")?;
    }
    Ok(sum)
}

pub(crate) fn run(mended: bool) {
    assert_eq!(all(mended), Err("no"));
}
