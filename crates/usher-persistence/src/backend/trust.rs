//! Which connections to PostgreSQL still lead to a server that answers, and that can be written to.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sea_orm::sqlx::{
    Connection as _, pool::PoolConnectionMetadata as Metadata, postgres::PgConnection,
};
use tokio::time::timeout;

/// How long a connection may be idle before it is tested when it is used again.
const IDLE: Duration = Duration::from_secs(1);
/// How long the test may take. A network that swallows what it is given answers nothing at all.
const TEST: Duration = Duration::from_secs(1);
/// How long connections are tested whenever they are used, after something did not end in time.
const DOUBT: Duration = Duration::from_secs(10);
/// The least time between two moments at which all connections that read go, so that a server that
/// stays read-only is not flooded with new ones.
const REST: Duration = Duration::from_millis(250);

/// What is known of the pools of a store.
#[derive(Clone)]
pub(crate) struct Trusts {
    pub reads: Arc<Trust>,
    pub writes: Arc<Trust>,
}

impl Trusts {
    pub(crate) fn new() -> Self {
        let of = |rest| Arc::new(Trust { rest, known: Mutex::default() });
        Self { reads: of(REST), writes: of(Duration::ZERO) }
    }

    /// No connection that is open now is used again: they lead to a server that is of no use.
    pub(crate) fn withdraw(&self) {
        self.reads.withdraw();
        self.writes.withdraw();
    }

    /// Something did not end in time: for a while, connections are tested before they are used.
    pub(crate) fn doubt(&self) {
        for it in [&self.reads, &self.writes] {
            it.known().doubted = Some(Instant::now());
        }
    }
}

/// What is known of the connections of a pool. One that was made before trust was withdrawn is closed
/// instead of being used again.
pub(crate) struct Trust {
    rest: Duration,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    withdrawn: Option<Instant>,
    doubted: Option<Instant>,
}

impl Trust {
    fn withdraw(&self) {
        let mut known = self.known();
        if known.withdrawn.is_none_or(|it| it.elapsed() >= self.rest) {
            known.withdrawn = Some(Instant::now());
        }
    }

    /// Whether an idle connection can be used.
    pub(crate) async fn admits(&self, connection: &mut PgConnection, metadata: Metadata) -> bool {
        let is_tested = metadata.idle_for > IDLE || self.is_in_doubt();
        self.holds(&metadata) && (!is_tested || self.test(connection).await)
    }

    /// Whether a connection that was used can be used again. Its user may have gone away in the
    /// middle, and sqlx waits for the rest of the answer, however long that takes.
    pub(crate) async fn takes_back(
        &self,
        connection: &mut PgConnection,
        metadata: Metadata,
    ) -> bool {
        self.holds(&metadata) && (!self.is_in_doubt() || self.test(connection).await)
    }

    fn holds(&self, metadata: &Metadata) -> bool {
        self.known().withdrawn.is_none_or(|it| metadata.age < it.elapsed())
    }

    fn is_in_doubt(&self) -> bool {
        self.known().doubted.is_some_and(|it| it.elapsed() < DOUBT)
    }

    /// Withdraws trust from all connections if this one does not answer: those of the same age were
    /// made to the same server, by the same way.
    async fn test(&self, connection: &mut PgConnection) -> bool {
        let answers = matches!(timeout(TEST, connection.ping()).await, Ok(Ok(())));
        if !answers {
            self.withdraw();
        }
        answers
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
