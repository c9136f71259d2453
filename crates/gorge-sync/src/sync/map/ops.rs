//! Go's operations on a map.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::Entry;

use super::table::{Shard, Table};
use crate::sync::once::OnceLock;
use crate::sync::rwlock::RwLock;

/// A map that many goroutines (and plain threads) use at once, without a lock
/// of their own around it.
///
/// Values are given out as clones: for large ones use an `Arc`. What an
/// operation says happens at one moment; only [`range`](Map::range), `len` and
/// `clear` see one part of the map after the other.
///
/// `Hash`, `Eq` and `Clone` of keys and values, and functions given to
/// operations, run with a part of the map locked, and must not use the map; the function
/// given to `range` may. Values are dropped after unlocking.
///
/// # Examples
/// ```
/// use gorge::sync::Map;
///
/// static HITS: Map<&str, u32> = Map::new();
///
/// gorge::scope(|s| {
///     for page in ["a", "b", "a"] {
///         s.go(move || HITS.update(page, |hits| Some(hits.copied().unwrap_or(0) + 1)));
///     }
/// });
/// assert_eq!((HITS.load("a"), HITS.load("b"), HITS.load("c")), (Some(2), Some(1), None));
/// ```
///
/// # Compared with Go
/// `sync.Map`: `Load`, `Store`, `LoadOrStore`, `LoadAndDelete`, `Delete`, `Swap`,
/// `CompareAndSwap`, `CompareAndDelete`, `Range`, `Clear`; with types.
pub struct Map<K, V, S = DefaultHashBuilder> {
    table: OnceLock<Table<K, V, S>>,
}

impl<K, V> Map<K, V> {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Map { table: OnceLock::new() }
    }
}

impl<K, V, S> Map<K, V, S> {
    /// An empty map whose keys are hashed by `hasher`.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::Map;
    /// use std::hash::RandomState;
    ///
    /// let map: Map<&str, i32, RandomState> = Map::with_hasher(RandomState::new());
    /// assert!(map.is_empty());
    /// ```
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Map { table: OnceLock::from(Table::new(hasher)) }
    }

    /// How many entries there are.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::new();
    /// map.store("one", 1);
    /// assert_eq!((map.len(), map.contains_key("one")), (1, true));
    /// map.clear();
    /// assert!(map.is_empty());
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards().map(|shard| shard.read().len()).sum()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shards().all(|shard| shard.read().is_empty())
    }

    /// Deletes all entries.
    pub fn clear(&self) {
        for shard in self.shards() {
            // The guard is gone before the entries are dropped.
            let entries = std::mem::take(&mut *shard.write());
            drop(entries);
        }
    }

    fn shards(&self) -> impl Iterator<Item = &RwLock<Shard<K, V>>> {
        self.table.get().into_iter().flat_map(Table::shards)
    }
}

impl<K, V, S> Map<K, V, S>
where
    K: Hash + Eq,
    S: BuildHasher + Default,
{
    #[inline]
    fn table(&self) -> &Table<K, V, S> {
        self.table.get_or_init(|| Table::new(S::default()))
    }

    /// The value of `key`.
    ///
    /// # Blocking
    /// As all operations: while somebody changes an entry in the same part of the map;
    /// a dump shows `[sync.RWMutex.RLock]` or `[sync.RWMutex.Lock]`.
    #[inline]
    pub fn load<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
        V: Clone,
    {
        self.load_with(key, V::clone)
    }

    /// What `look` makes of the value of `key`.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::new();
    /// map.store("list", vec![1, 2, 3]);
    /// assert_eq!(map.load_with("list", |list| list.len()), Some(3)); // without a copy of the list
    /// ```
    #[inline]
    pub fn load_with<Q, R>(&self, key: &Q, look: impl FnOnce(&V) -> R) -> Option<R>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let (hash, shard) = self.table.get()?.find(key);
        let shard = shard.read();
        shard.find(hash, |entry| entry.0.borrow() == key).map(|entry| look(&entry.1))
    }

    /// Whether `key` has a value.
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.load_with(key, |_| ()).is_some()
    }

    /// Gives `key` the value `value`.
    pub fn store(&self, key: K, value: V) {
        drop(self.swap(key, value));
    }

    /// Gives `key` the value `value`; the one before, if there was one.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::new();
    /// assert_eq!(map.swap("one", 1), None);
    /// assert_eq!(map.swap("one", 11), Some(1));
    /// ```
    pub fn swap(&self, key: K, value: V) -> Option<V> {
        let table = self.table();
        let (hash, shard) = table.find(&key);
        let hash_of = |entry: &(K, V)| table.hasher().hash_one(&entry.0);
        let mut shard = shard.write();
        match shard.entry(hash, |entry| entry.0 == key, hash_of) {
            Entry::Occupied(mut entry) => {
                let before = std::mem::replace(&mut entry.get_mut().1, value);
                drop(shard); // before `key` is dropped
                Some(before)
            }
            Entry::Vacant(entry) => {
                entry.insert((key, value));
                None
            }
        }
    }

    /// The value of `key` and true, or else `value`, which `key` has now, and false.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::<_, _>::new();
    /// assert_eq!(map.load_or_store("key", 1), (1, false)); // stored
    /// assert_eq!(map.load_or_store("key", 2), (1, true)); // loaded
    /// ```
    pub fn load_or_store(&self, key: K, value: V) -> (V, bool)
    where
        V: Clone,
    {
        self.load_or_store_with(key, || value)
    }

    /// As [`load_or_store`](Self::load_or_store), with a value that is made
    /// only if it is needed.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::new();
    /// assert_eq!(map.load_or_store_with("one", || 1), (1, false));
    /// assert_eq!(map.load_or_store_with("one", || panic!("it is there")), (1, true));
    /// ```
    pub fn load_or_store_with(&self, key: K, value: impl FnOnce() -> V) -> (V, bool)
    where
        V: Clone,
    {
        // Mostly it is there, and reading locks out nobody.
        if let Some(value) = self.load(&key) {
            return (value, true);
        }
        let mut loaded = true;
        let mut result = None;
        self.update(key, |present| {
            let value = present.cloned().unwrap_or_else(|| {
                loaded = false;
                value()
            });
            result = Some(value.clone());
            Some(value)
        });
        (result.expect("called once"), loaded)
    }

    /// Deletes `key`; the value that it had.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::new();
    /// map.store("one", 1);
    /// assert_eq!(map.load_and_delete("one"), Some(1));
    /// map.delete("one"); // nothing there: nothing happens
    /// ```
    pub fn load_and_delete<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.delete_if(key, |_| true)
    }

    /// Deletes `key`.
    pub fn delete<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        drop(self.load_and_delete(key));
    }

    /// Deletes `key` if its value is `old`; whether it did.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::new();
    /// map.store("one", 1);
    /// assert!(!map.compare_and_delete("one", &2));
    /// assert!(map.compare_and_delete("one", &1));
    /// ```
    pub fn compare_and_delete<Q>(&self, key: &Q, old: &V) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
        V: PartialEq,
    {
        self.delete_if(key, |value| value == old).is_some()
    }

    fn delete_if<Q>(&self, key: &Q, condition: impl FnOnce(&V) -> bool) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let (hash, shard) = self.table.get()?.find(key);
        let mut shard = shard.write();
        let entry = shard.find_entry(hash, |entry| entry.0.borrow() == key).ok()?;
        if !condition(&entry.get().1) {
            return None;
        }
        let ((key, value), _) = entry.remove();
        drop(shard); // before `key` is dropped
        drop(key);
        Some(value)
    }

    /// Gives `key` the value `new` if it has the value `old`; whether it did.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::<_, _>::new();
    /// map.store("key", 1);
    /// assert!(map.compare_and_swap(&"key", &1, 2));
    /// assert!(!map.compare_and_swap(&"key", &1, 3)); // it is 2 by now
    /// assert_eq!(map.load(&"key"), Some(2));
    /// ```
    pub fn compare_and_swap<Q>(&self, key: &Q, old: &V, new: V) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
        V: PartialEq,
    {
        let Some(table) = self.table.get() else { return false };
        let (hash, shard) = table.find(key);
        let mut shard = shard.write();
        let Some((_, value)) = shard.find_mut(hash, |entry| entry.0.borrow() == key) else {
            return false;
        };
        if value != old {
            return false;
        }
        let before = std::mem::replace(value, new);
        drop(shard);
        drop(before);
        true
    }

    /// Gives `key` the value that `change` makes of the present one; with
    /// `None`, deletes it. Nobody comes between.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::<_, u32>::new();
    /// for word in ["to", "be", "or", "not", "to", "be"] {
    ///     map.update(word, |n| Some(n.copied().unwrap_or(0) + 1));
    /// }
    /// assert_eq!(map.load(&"to"), Some(2));
    /// ```
    pub fn update(&self, key: K, change: impl FnOnce(Option<&V>) -> Option<V>) {
        let table = self.table();
        let (hash, shard) = table.find(&key);
        let hash_of = |entry: &(K, V)| table.hasher().hash_one(&entry.0);
        let mut shard = shard.write();
        let before = match shard.entry(hash, |entry| entry.0 == key, hash_of) {
            Entry::Occupied(mut entry) => match change(Some(&entry.get().1)) {
                Some(value) => (None, Some(std::mem::replace(&mut entry.get_mut().1, value))),
                None => {
                    let ((key, value), _) = entry.remove();
                    (Some(key), Some(value))
                }
            },
            Entry::Vacant(entry) => {
                if let Some(value) = change(None) {
                    entry.insert((key, value));
                }
                return;
            }
        };
        drop(shard);
        drop(before);
    }

    /// Calls `f` with each entry, until it returns false.
    ///
    /// As in Go, this is no snapshot of the whole: an entry that is stored or
    /// deleted meanwhile may be seen or not, but none is seen twice. `f` may use
    /// the map.
    ///
    /// # Examples
    /// ```
    /// let map = gorge::sync::Map::<_, _>::new();
    /// (1..=10).for_each(|n| map.store(n, n * n));
    /// let mut sum = 0;
    /// map.range(|_, square| {
    ///     sum += square;
    ///     true // go on
    /// });
    /// assert_eq!(sum, 385);
    /// ```
    pub fn range(&self, mut f: impl FnMut(&K, &V) -> bool)
    where
        K: Clone,
        V: Clone,
    {
        for shard in self.shards() {
            let entries: Vec<(K, V)> = shard.read().iter().cloned().collect();
            if !entries.iter().all(|(key, value)| f(key, value)) {
                return;
            }
        }
    }

    /// All keys, in any order. As [`range`](Self::range), no snapshot of the whole.
    ///
    /// # Examples
    /// ```
    /// let mut map = gorge::sync::Map::<_, _>::from_iter([("one", 1), ("two", 2)]);
    /// map.extend([("three", 3)]);
    /// let mut keys = map.keys();
    /// keys.sort();
    /// assert_eq!(keys, ["one", "three", "two"]);
    /// let entries: std::collections::BTreeMap<_, _> = map.into_iter().collect();
    /// assert_eq!(entries["three"], 3);
    /// ```
    #[must_use]
    pub fn keys(&self) -> Vec<K>
    where
        K: Clone,
    {
        let mut keys = Vec::new();
        for shard in self.shards() {
            keys.extend(shard.read().iter().map(|(key, _)| key.clone()));
        }
        keys
    }
}

impl<K, V, S> Default for Map<K, V, S> {
    fn default() -> Self {
        Map { table: OnceLock::new() }
    }
}

impl<K, V, S> FromIterator<(K, V)> for Map<K, V, S>
where
    K: Hash + Eq,
    S: BuildHasher + Default,
{
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Map::default();
        map.extend(entries);
        map
    }
}

impl<K, V, S> Extend<(K, V)> for Map<K, V, S>
where
    K: Hash + Eq,
    S: BuildHasher + Default,
{
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.store(key, value);
        }
    }
}

impl<K, V, S> IntoIterator for Map<K, V, S> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    /// All entries, of a map that nobody else has.
    fn into_iter(self) -> Self::IntoIter {
        let table = self.table.into_inner();
        let entries: Vec<_> = table.into_iter().flat_map(Table::into_entries).collect();
        entries.into_iter()
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for Map<K, V, S> {
    /// Shows the entries; not those that are being changed just now, for it does not wait.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_map();
        let mut all = true;
        for shard in self.shards() {
            match shard.try_read() {
                Some(shard) => _ = shown.entries(shard.iter().map(|(key, value)| (key, value))),
                None => all = false,
            }
        }
        if all { shown.finish() } else { shown.finish_non_exhaustive() }
    }
}
