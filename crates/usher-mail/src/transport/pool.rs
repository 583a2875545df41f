//! The connections to the mail server that stay open between letters.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::transport::connection::Connection;

pub(crate) struct Pool {
    /// One for each letter that may be under way.
    permits: Semaphore,
    size: u32,
    idle: Mutex<Idle>,
    /// How long a connection stays open without a letter.
    idle_limit: Duration,
}

#[derive(Default)]
struct Idle {
    /// Each with the time since when it has been idle, the longest first.
    connections: Vec<(Instant, Connection)>,
    /// Whether a task closes those that are idle for too long.
    is_watched: bool,
}

impl Pool {
    pub(crate) fn new(size: usize, idle_limit: Duration) -> Self {
        let size = u32::try_from(size.clamp(1, 10_000)).unwrap_or(1);
        let permits = Semaphore::new(size as usize);
        Self { permits, size, idle: Mutex::default(), idle_limit }
    }

    /// Waits until a letter may use a connection; none when the pool was closed.
    pub(crate) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire().await.ok()
    }

    /// The connection that was used last: the others may then reach their idle limit.
    pub(crate) fn take(&self) -> Option<Connection> {
        self.lock().connections.pop().map(|(_, connection)| connection)
    }

    pub(crate) fn put_back(self: &Arc<Self>, connection: Connection) {
        let mut idle = self.lock();
        idle.connections.push((Instant::now(), connection));
        if !mem::replace(&mut idle.is_watched, true) {
            tokio::spawn(close_idle(Arc::downgrade(self), self.idle_limit));
        }
    }

    /// Waits for all permits, so for all letters under way; then gives out no more, and closes
    /// the connections.
    pub(crate) async fn close(&self) {
        // An error says that it was closed before.
        let all = self.permits.acquire_many(self.size).await;
        self.permits.close();
        drop(all);
        self.quit_idle_for(Duration::ZERO).await;
    }

    /// Closes the connections that have been idle for at least so long.
    async fn quit_idle_for(&self, limit: Duration) {
        let mut leaving = JoinSet::new();
        for (_, it) in self.lock().connections.extract_if(.., |(at, _)| at.elapsed() >= limit) {
            leaving.spawn(it.quit());
        }
        leaving.join_all().await;
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes connections at their idle limit, for as long as there are any.
async fn close_idle(pool: Weak<Pool>, limit: Duration) {
    loop {
        sleep(limit).await;
        let Some(pool) = pool.upgrade() else { return };
        pool.quit_idle_for(limit).await;
        let mut idle = pool.lock();
        if idle.connections.is_empty() {
            idle.is_watched = false;
            return;
        }
    }
}
