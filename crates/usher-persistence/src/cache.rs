//! Remembers for a few seconds what is asked for with every request.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The longest that anything is remembered.
const LIFE: Duration = Duration::from_secs(5);
/// The most that is remembered at once.
const ROOM: usize = 10_000;

/// A bounded map whose entries grow old.
pub(crate) struct Cache<K, V>(Mutex<Entries<K, V>>);

struct Entries<K, V> {
    known: HashMap<K, (Instant, V)>,
    /// Counts what was forgotten.
    epoch: u64,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Entries { known: HashMap::new(), epoch: 0 }))
    }

    /// What is remembered, or else the epoch to [`Self::remember`] it with.
    pub(crate) fn get(&self, key: &K) -> Result<V, u64> {
        let entries = self.entries();
        let fresh = entries.known.get(key).filter(|(since, _)| since.elapsed() < LIFE);
        fresh.map(|(_, value)| value.clone()).ok_or(entries.epoch)
    }

    /// Keeps what was read, unless something was forgotten since: it may have been read before.
    pub(crate) fn remember(&self, epoch: u64, key: K, value: V) {
        let mut entries = self.entries();
        if entries.epoch != epoch {
            return;
        }
        if entries.known.len() >= ROOM {
            entries.known.retain(|_, (since, _)| since.elapsed() < LIFE);
        }
        if entries.known.len() >= ROOM {
            entries.known.clear();
        }
        entries.known.insert(key, (Instant::now(), value));
    }

    pub(crate) fn forget<'a>(&self, keys: impl IntoIterator<Item = &'a K>)
    where
        K: 'a,
    {
        let mut entries = self.entries();
        for key in keys {
            entries.known.remove(key);
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
    fn what_was_read_before_it_was_forgotten_is_not_remembered() {
        let cache = Cache::new();
        let epoch = cache.get(&1).unwrap_err();
        cache.forget([&1]);
        cache.remember(epoch, 1, "old");
        let epoch = cache.get(&1).unwrap_err();
        cache.remember(epoch, 1, "new");
        assert_eq!(cache.get(&1), Ok("new"));
    }

    #[test]
    fn it_never_outgrows_its_room() {
        let cache = Cache::new();
        for n in 0..3 * ROOM {
            cache.remember(0, n, ());
        }
        assert!(cache.entries().known.len() <= ROOM);
    }
}
