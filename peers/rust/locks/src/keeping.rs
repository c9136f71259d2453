//! Pools and maps.

use crate::{threads, together};
use crossbeam_queue::SegQueue;
use dashmap::DashMap;
use peer_measure::{Figure, Job};
use std::collections::HashMap;
use std::sync::RwLock;
use std::time::Duration;

pub(crate) fn queue_pool(job: &Job) -> Vec<Figure> {
    let pool = SegQueue::<Vec<u64>>::new();
    threads("pool", job, |n| {
        together(job.procs as u64, n, |_, mine| {
            for i in 0..mine {
                let mut buffer = pool.pop().unwrap_or_else(|| Vec::with_capacity(16));
                buffer.push(i);
                assert_eq!(buffer.pop(), Some(i));
                pool.push(buffer);
            }
        })
    })
}

const KEYS: u64 = 1000;

/// A map as the rows use it.
trait Numbers: Sync {
    fn filled() -> Self;
    fn store(&self, key: u64, value: u64);
    fn load(&self, key: u64) -> Option<u64>;
    fn len(&self) -> usize;
}

impl Numbers for DashMap<u64, u64> {
    fn filled() -> Self {
        (0..KEYS).map(|key| (key, key)).collect()
    }
    fn store(&self, key: u64, value: u64) {
        self.insert(key, value);
    }
    fn load(&self, key: u64) -> Option<u64> {
        self.get(&key).map(|value| *value)
    }
    fn len(&self) -> usize {
        DashMap::len(self)
    }
}

impl Numbers for RwLock<HashMap<u64, u64>> {
    fn filled() -> Self {
        RwLock::new((0..KEYS).map(|key| (key, key)).collect())
    }
    fn store(&self, key: u64, value: u64) {
        self.write().expect("no panic").insert(key, value);
    }
    fn load(&self, key: u64) -> Option<u64> {
        self.read().expect("no panic").get(&key).copied()
    }
    fn len(&self) -> usize {
        self.read().expect("no panic").len()
    }
}

pub(crate) fn dash_read(job: &Job) -> Vec<Figure> {
    threads("map-read", job, read::<DashMap<u64, u64>>)
}

pub(crate) fn locked_read(job: &Job) -> Vec<Figure> {
    threads("map-read", job, read::<RwLock<HashMap<u64, u64>>>)
}

pub(crate) fn dash_write(job: &Job) -> Vec<Figure> {
    threads("map-write", job, write::<DashMap<u64, u64>>)
}

pub(crate) fn locked_write(job: &Job) -> Vec<Figure> {
    threads("map-write", job, write::<RwLock<HashMap<u64, u64>>>)
}

fn read<M: Numbers>(n: u64) -> Duration {
    let map = M::filled();
    let elapsed = together(4, n, |worker, mine| {
        let mut key = worker * (KEYS / 4);
        for i in 0..mine {
            key = (key + 7) % KEYS;
            if i % 100 == 0 {
                map.store(key, key);
            } else {
                assert_eq!(map.load(key), Some(key));
            }
        }
    });
    assert_eq!(map.len() as u64, KEYS);
    elapsed
}

fn write<M: Numbers>(n: u64) -> Duration {
    let map = M::filled();
    let elapsed = together(4, n, |worker, mine| {
        let part = KEYS / 4;
        for i in 0..mine {
            map.store(worker * part + i % part, i);
        }
        for i in mine.saturating_sub(part)..mine {
            assert_eq!(map.load(worker * part + i % part), Some(i));
        }
    });
    assert_eq!(map.len() as u64, KEYS);
    elapsed
}
