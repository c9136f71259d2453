//! What many keep values in: pools and maps.

use super::together::together;
use gorge::runtime;
use gorge::sync::{Map, Pool};
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn pool(n: u64) -> Duration {
    let workers = runtime::gomaxprocs(0) as u64;
    let pool = Arc::new(Pool::new(|| Vec::<u64>::with_capacity(16)));
    together(workers, n, &pool, |pool, _, mine| {
        for i in 0..mine {
            let mut buffer = pool.get();
            buffer.push(i);
            assert_eq!(buffer.pop(), Some(i));
            pool.put(buffer);
        }
    })
}

/// How many keys the maps have.
const KEYS: u64 = 1000;

fn filled() -> Arc<Map<u64, u64>> {
    let map = Map::new();
    (0..KEYS).for_each(|key| map.store(key, key));
    Arc::new(map)
}

pub(crate) fn map_read_mostly(n: u64) -> Duration {
    let map = filled();
    let elapsed = together(4, n, &map, |map, worker, mine| {
        let mut key = worker * (KEYS / 4);
        for i in 0..mine {
            key = (key + 7) % KEYS;
            if i % 100 == 0 {
                map.store(key, key);
            } else {
                assert_eq!(map.load(&key), Some(key));
            }
        }
    });
    assert_eq!(map.len() as u64, KEYS);
    elapsed
}

pub(crate) fn map_disjoint(n: u64) -> Duration {
    let map = filled();
    let elapsed = together(4, n, &map, |map, worker, mine| {
        let part = KEYS / 4;
        for i in 0..mine {
            map.store(worker * part + i % part, i);
        }
        for i in mine.saturating_sub(part)..mine {
            assert_eq!(map.load(&(worker * part + i % part)), Some(i));
        }
    });
    assert_eq!(map.len() as u64, KEYS);
    elapsed
}
