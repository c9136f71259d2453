//! Two locks, taken in both orders (Go: moby 4951, cockroach 7504).

use std::sync::Arc;

use gorge::go;
use gorge::sync::Mutex;

pub(crate) fn run(mended: bool) {
    let from = Arc::new(Mutex::new(10));
    let to = Arc::new(Mutex::new(10));
    let (a, b) = (from.clone(), to.clone());
    let back = go(move || {
        let (first, second) = if mended { (&a, &b) } else { (&b, &a) };
        let mut first = first.lock();
        let mut second = second.lock();
        *first += 1;
        *second -= 1;
    });
    {
        let mut from = from.lock();
        let mut to = to.lock();
        *from -= 1;
        *to += 1;
    }
    back.join().unwrap();
}
