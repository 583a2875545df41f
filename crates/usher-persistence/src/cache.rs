//! A cache for what every request reads: it keeps values for a second.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The longest that a value is kept, and so how long another node, or a command beside the server, may
/// have changed it without anybody noticing here. A read a second costs next to nothing.
const LIFETIME: Duration = Duration::from_secs(1);
/// The most values that are kept at once.
const CAPACITY: usize = 10_000;

/// A bounded map whose entries expire.
pub(crate) struct Cache<K, V>(Mutex<Entries<K, V>>);

struct Entries<K, V> {
    values: HashMap<K, (Instant, V)>,
    /// How many entries were removed since the cache was made.
    epoch: u64,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Entries { values: HashMap::new(), epoch: 0 }))
    }

    /// The value, or else the epoch to [`Self::insert`] one with.
    pub(crate) fn get(&self, key: &K) -> Result<V, u64> {
        let entries = self.entries();
        let fresh = entries.values.get(key).filter(|(since, _)| since.elapsed() < LIFETIME);
        fresh.map(|(_, value)| value.clone()).ok_or(entries.epoch)
    }

    /// Keeps a value that was read, unless an entry was removed since then: the value may be older.
    pub(crate) fn insert(&self, epoch: u64, key: K, value: V) {
        let mut entries = self.entries();
        if entries.epoch != epoch {
            return;
        }
        if entries.values.len() >= CAPACITY {
            entries.values.retain(|_, (since, _)| since.elapsed() < LIFETIME);
        }
        if entries.values.len() >= CAPACITY {
            entries.values.clear();
        }
        entries.values.insert(key, (Instant::now(), value));
    }

    pub(crate) fn remove(&self, keys: impl IntoIterator<Item = K>) {
        let mut entries = self.entries();
        for key in keys {
            entries.values.remove(&key);
            entries.epoch += 1;
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_was_read_before_it_was_removed_is_not_kept() {
        let cache = Cache::new();
        let epoch = cache.get(&1).unwrap_err();
        cache.remove([1]);
        cache.insert(epoch, 1, "old");
        let epoch = cache.get(&1).unwrap_err();
        cache.insert(epoch, 1, "new");
        assert_eq!(cache.get(&1), Ok("new"));
    }

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        let cache = Cache::new();
        for n in 0..3 * CAPACITY {
            cache.insert(0, n, ());
        }
        assert!(cache.entries().values.len() <= CAPACITY);
    }
}
