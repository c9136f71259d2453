//! A map that many use at once can have a lock around it, or be made for it. A lock for
//! reading and writing around an ordinary map lets readers in together; the concurrent
//! map of the library locks only the part it looks at.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{scope, sync, sync::RwLock};
use std::collections::HashMap;

#[derive(Default)]
struct SynchronizedMap {
    data: RwLock<HashMap<u32, u32>>,
}

impl SynchronizedMap {
    fn put(&self, key: u32, value: u32) {
        self.data.write().insert(key, value);
    }

    fn get(&self, key: u32) -> Option<u32> {
        self.data.read().get(&key).copied()
    }

    fn delete(&self, key: u32) {
        self.data.write().remove(&key);
    }

    fn each(&self, mut f: impl FnMut(u32, u32)) {
        self.data.read().iter().for_each(|(key, value)| f(*key, *value));
    }
}

fn main() {
    let locked = SynchronizedMap::default();
    let made_for_it: sync::Map<u32, u32> = sync::Map::new();
    scope(|s| {
        for first in [0, 1_000, 2_000, 3_000] {
            let (locked, made_for_it) = (&locked, &made_for_it);
            s.go(move || {
                for key in first..first + 1_000 {
                    locked.put(key, 2 * key);
                    made_for_it.store(key, 2 * key);
                    assert_eq!(locked.get(key), made_for_it.load(&key));
                }
                locked.each(|key, value| assert_eq!(value, 2 * key));
                made_for_it.range(|key, value| *key * 2 == *value);
                for key in (first..first + 1_000).step_by(2) {
                    locked.delete(key);
                    made_for_it.delete(&key);
                }
            });
        }
    });
    let (mut number, mut sum) = (0, 0);
    locked.each(|_, value| (number, sum) = (number + 1, sum + value));
    println!("locked: {number} values, sum {sum}, {:?}, {:?}", locked.get(7), locked.get(8));
    let (mut number, mut sum) = (0, 0);
    made_for_it.range(|_, value| {
        (number, sum) = (number + 1, sum + value);
        true
    });
    let (seven, eight) = (made_for_it.load(&7), made_for_it.load(&8));
    println!("made for it: {number} values, sum {sum}, {seven:?}, {eight:?}");
}

pub(crate) const PROGRAM: Program = Program {
    name: "synchronized-map",
    source: Source { path: file!(), text: include_str!("synchronized_map.rs") },
    shows: "the same 2,000 values in both maps after 6,000 changes each at the same time",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&[
        "locked: 2000 values, sum 8000000, Some(14), None",
        "made for it: 2000 values, sum 8000000, Some(14), None",
    ])
}
