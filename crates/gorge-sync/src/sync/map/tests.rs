use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use super::Map;
use crate::sync::stress::together;

#[test]
fn one_operation_after_the_other() {
    let map: Map<String, u32> = Map::new();
    assert_eq!((map.load("a"), map.is_empty(), map.len()), (None, true, 0));
    map.delete("a");
    assert!(!map.compare_and_swap("a", &0, 1));
    map.store("a".into(), 1);
    assert_eq!(map.swap("a".into(), 2), Some(1));
    assert_eq!(map.swap("b".into(), 3), None);
    assert_eq!(map.load_or_store("b".into(), 4), (3, true));
    assert_eq!(map.load_or_store("c".into(), 5), (5, false));
    assert!(!map.compare_and_swap("c", &4, 6));
    assert!(map.compare_and_swap("c", &5, 6));
    assert!(!map.compare_and_delete("c", &5));
    assert!(map.compare_and_delete("c", &6));
    assert!(!map.contains_key("c"));
    assert_eq!(map.load_and_delete("b"), Some(3));
    assert_eq!(map.load_and_delete("b"), None);
    map.update("d".into(), |value| value.map(|v| v + 1));
    assert_eq!(map.load("d"), None);
    map.update("d".into(), |value| Some(value.map_or(0, |v| v + 1)));
    map.update("d".into(), |value| Some(value.map_or(0, |v| v + 1)));
    assert_eq!(map.load("d"), Some(1));
    map.update("d".into(), |_| None);
    assert_eq!(map.len(), 1);
    map.clear();
    assert!(map.is_empty());
}

#[test]
fn range_sees_each_entry_once_and_may_use_the_map() {
    let map: Map<u32, u32> = (0..1000).map(|n| (n, n * n)).collect();
    let mut seen = BTreeMap::new();
    map.range(|&key, &value| {
        assert_eq!(seen.insert(key, value), None);
        // Stored meanwhile: may be seen or not.
        if key < 1000 {
            map.delete(&key);
            map.store(key + 1000, 0);
        }
        true
    });
    assert_eq!(map.len(), 1000);
    assert!((0..1000).all(|n| seen.get(&n) == Some(&(n * n))));
    let mut calls = 0;
    map.range(|_, _| {
        calls += 1;
        calls < 3
    });
    assert_eq!(calls, 3);
}

/// Each key's value is the sum of what was added to it, however it was added.
#[test]
fn nothing_that_was_added_is_lost() {
    const KEYS: usize = 8;
    let map: Map<usize, i64> = Map::new();
    let sums: [AtomicI64; KEYS] = Default::default();
    together(4, 2, |_| {
        let random = gorge_sched::random() as usize;
        let (key, amount) = (random % KEYS, (random >> 16 & 0xff) as i64);
        let sum = &sums[key];
        match random >> 8 & 3 {
            0 => {
                sum.fetch_add(amount, Ordering::Relaxed);
                map.update(key, |value| Some(value.unwrap_or(&0) + amount));
            }
            1 => {
                let before = map.load_or_store(key, 0).0;
                if map.compare_and_swap(&key, &before, before + amount) {
                    sum.fetch_add(amount, Ordering::Relaxed);
                }
            }
            2 => {
                if let Some(taken) = map.load_and_delete(&key) {
                    sum.fetch_sub(taken, Ordering::Relaxed);
                }
            }
            _ => {
                if let Some(value) = map.load(&key)
                    && map.compare_and_delete(&key, &value)
                {
                    sum.fetch_sub(value, Ordering::Relaxed);
                }
            }
        }
    });
    for (key, sum) in sums.into_iter().enumerate() {
        assert_eq!(map.load(&key).unwrap_or(0), sum.into_inner());
    }
}

#[test]
fn values_are_dropped_where_the_map_can_be_used() {
    struct Nosy<'a>(&'a Map<u32, std::sync::Arc<Nosy<'a>>>);
    impl Drop for Nosy<'_> {
        fn drop(&mut self) {
            self.0.contains_key(&1);
        }
    }
    // Leaked, because the values refer to the map they are in.
    let map = &*Box::leak(Box::new(Map::new()));
    let new = || std::sync::Arc::new(Nosy(map));
    map.store(1, new());
    map.store(1, new());
    map.delete(&1);
    map.store(1, new());
    map.update(1, |_| Some(new()));
    map.update(1, |_| None);
    map.store(1, new());
    map.clear();
    assert!(map.is_empty());
}

#[test]
fn it_shows_its_entries_and_does_not_wait_for_those_it_cannot_have() {
    let map: Map<u32, &str> = Map::from_iter([(1, "one")]);
    assert_eq!(format!("{map:?}"), "{1: \"one\"}");
    map.load_with(&1, |_| assert_eq!(format!("{map:?}"), "{1: \"one\"}"));
    map.update(1, |one| {
        assert_eq!(format!("{map:?}"), "{..}");
        one.copied()
    });
}
