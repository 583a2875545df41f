//! All connections that are open: how many there may be, and which of them are closed for others.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, interval, timeout},
};
use usher_http::{TrustedProxies, canonical, source_network};

use crate::runtime::connection::{Connection, Patience, Rank};

/// How often those that take too long are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_millis(500);

/// How long a head may take once usher was told to stop.
const LAST_HEAD: Duration = Duration::from_secs(1);

/// How long to wait until it is looked again whether one can be closed, where none can.
const RETRY: Duration = Duration::from_millis(100);

/// One out of so many is closed at once when there is no room, so that a flood does not make usher
/// look through all of them for each one that comes.
const BATCH: usize = 64;

/// What the server takes.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// How many connections may be open.
    pub connections: usize,
    /// How many of them may come from one source.
    pub per_source: usize,
    /// Whose connections stand for many people, and are not counted by source.
    pub trusted: TrustedProxies,
    pub patience: Patience,
}

/// The connections that are open, in a room of limited size.
pub(crate) struct Connections {
    limits: Limits,
    epoch: Instant,
    table: Mutex<Table>,
    freed: Notify,
    is_stopping: AtomicBool,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Arc<Connection>>,
    sources: HashMap<IpAddr, usize>,
}

/// The place of one connection, which is free again when this is dropped.
pub(crate) struct Place {
    all: Arc<Connections>,
    id: u64,
    pub connection: Arc<Connection>,
}

impl Connections {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            epoch: Instant::now(),
            table: Mutex::default(),
            freed: Notify::new(),
            is_stopping: AtomicBool::new(false),
        })
    }

    /// Makes room for a connection from this address, and waits until there is. None if its source has
    /// as many as it may have, with requests in hand in all of them.
    pub(crate) async fn room_for(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = canonical(peer);
        let source = (!self.limits.trusted.has(peer)).then(|| source_network(peer));
        loop {
            {
                let mut table = self.table();
                let of_source = source.and_then(|it| table.sources.get(&it)).copied();
                if of_source.unwrap_or_default() >= self.limits.per_source {
                    let batch = self.limits.per_source.div_ceil(BATCH);
                    if !table.close_some(batch, |it| it.source() == source) {
                        return None;
                    }
                } else if table.open.len() >= self.limits.connections {
                    table.close_some(self.limits.connections.div_ceil(BATCH), |_| true);
                } else {
                    let connection = Arc::new(Connection::new(source, self.epoch));
                    let id = table.insert(connection.clone());
                    return Some(Place { all: self.clone(), id, connection });
                }
            }
            let _ = timeout(RETRY, self.freed.notified()).await;
        }
    }

    /// Closes those that take too long, again and again.
    pub(crate) async fn sweep(&self) {
        let mut turns = interval(SWEEP_INTERVAL);
        loop {
            turns.tick().await;
            let mut patience = self.limits.patience;
            if self.is_stopping.load(Relaxed) {
                patience.head = patience.head.min(LAST_HEAD);
            }
            let closed =
                self.table().open.values().filter(|it| it.close_if_overdue(&patience)).count();
            if closed > 0 {
                tracing::debug!(closed, "connections took too long");
            }
        }
    }

    /// From now on, heads that have begun have no more than a second.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Relaxed);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn insert(&mut self, connection: Arc<Connection>) -> u64 {
        if let Some(source) = connection.source() {
            *self.sources.entry(source).or_default() += 1;
        }
        self.next += 1;
        self.open.insert(self.next, connection);
        self.next
    }

    fn remove(&mut self, id: u64) {
        let source = self.open.remove(&id).and_then(|it| it.source());
        if let Some(source) = source
            && let Some(count) = self.sources.get_mut(&source)
        {
            *count -= 1;
            if *count == 0 {
                self.sources.remove(&source);
            }
        }
    }

    /// Closes up to so many, unless some are being closed already. `false` if there is none that
    /// could be.
    fn close_some(&self, count: usize, may_close: impl Fn(&Connection) -> bool) -> bool {
        let mut ranked: Vec<(Rank, u64, &Connection)> = Vec::new();
        for it in self.open.values().filter(|it| may_close(it)) {
            if it.is_closing() {
                return true;
            }
            ranked.extend(it.rank().map(|(rank, seen)| (rank, seen, &**it)));
        }
        if ranked.len() > count {
            ranked.select_nth_unstable_by_key(count - 1, |(rank, ..)| *rank);
            ranked.truncate(count);
        }
        let closed = ranked.iter().filter(|(_, seen, it)| it.close_ranked(*seen)).count();
        if closed > 0 {
            tracing::debug!(closed, "connections made room for others");
        }
        closed > 0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.table().remove(self.id);
        self.all.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;
    use crate::runtime::listener::PATIENCE;

    fn connections(connections: usize, per_source: usize) -> Arc<Connections> {
        let trusted = TrustedProxies::default();
        Connections::new(Limits { connections, per_source, trusted, patience: PATIENCE })
    }

    async fn comes(all: &Arc<Connections>, from: &str) -> Option<Place> {
        let room = all.room_for(from.parse().unwrap());
        timeout(Duration::from_secs(5), room).await.ok().flatten()
    }

    /// A connection with a request in hand, which is not closed for others.
    async fn is_busy(all: &Arc<Connections>, from: &str) -> Place {
        let place = comes(all, from).await.unwrap();
        assert!(place.connection.begins_request());
        place
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_come_than_there_is_room_for_until_one_goes() {
        let all = connections(2, 2);
        let first = is_busy(&all, "192.0.2.1").await;
        let _second = is_busy(&all, "192.0.2.2").await;
        assert!(comes(&all, "192.0.2.3").await.is_none());
        drop(first);
        assert!(comes(&all, "192.0.2.3").await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_makes_room_for_itself_at_the_cost_of_nobody_else() {
        let all = connections(10, 1);
        let idle = comes(&all, "192.0.2.1").await.unwrap();
        let _busy = is_busy(&all, "192.0.2.2").await;
        assert!(comes(&all, "192.0.2.2").await.is_none());
        assert!(!idle.connection.is_closing());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_is_the_same_source_however_the_socket_writes_it() {
        let all = connections(10, 1);
        let _busy = is_busy(&all, "192.0.2.1").await;
        assert!(comes(&all, "::ffff:192.0.2.1").await.is_none());
        assert!(comes(&all, "::ffff:192.0.2.2").await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_within_a_head_when_usher_stops_has_a_second_for_the_rest() {
        let all = connections(10, 10);
        let place = comes(&all, "192.0.2.1").await.unwrap();
        let sweeping = all.clone();
        let sweeping = tokio::spawn(async move { sweeping.sweep().await });
        sleep(Duration::from_secs(3)).await;
        assert!(!place.connection.is_closing());
        all.stop();
        sleep(LAST_HEAD).await;
        assert!(place.connection.is_closing());
        sweeping.abort();
    }
}
