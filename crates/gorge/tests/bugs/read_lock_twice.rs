//! A reader reads again while a writer waits in between (Go: cockroach 6181, 10790).

use std::sync::Arc;

use gorge::go;
use gorge::sync::RwLock;

pub(crate) fn run(mended: bool) {
    let table = Arc::new(RwLock::new(vec![1, 2, 3]));
    let theirs = table.clone();
    let writer = go(move || theirs.write().push(4));
    {
        let rows = table.read();
        let sum: i32 = rows.iter().sum();
        if mended {
            drop(rows);
        }
        // In a function of its own, in the wild.
        assert!(table.read().len() >= 3 && sum >= 6);
    }
    writer.join().unwrap();
}
