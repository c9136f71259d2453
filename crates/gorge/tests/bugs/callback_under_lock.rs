//! A callback is called with the lock held, and calls back (Go: hugo 5379, etcd 10492).

use std::sync::Arc;

use gorge::go;
use gorge::sync::{Mutex, RwLock};

#[derive(Default)]
struct Registry {
    names: RwLock<Vec<&'static str>>,
    added: Mutex<usize>,
}

impl Registry {
    fn add(&self, name: &'static str, mended: bool, then: impl FnOnce()) {
        let mut names = self.names.write();
        names.push(name);
        if mended {
            drop(names);
            then();
        } else {
            then();
        }
    }
}

pub(crate) fn run(mended: bool) {
    let registry = Arc::new(Registry::default());
    let (mine, theirs) = (registry.clone(), registry.clone());
    let other = go(move || theirs.names.read().len());
    registry.add("one", mended, || *mine.added.lock() += mine.names.read().len());
    assert!(other.join().unwrap() <= 1);
    assert_eq!(*registry.added.lock(), 1);
}
