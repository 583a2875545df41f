//! The store: opening, migrating and closing it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use sea_orm::ConnectionTrait as _;
use sea_orm_migration::MigratorTrait as _;
use tokio::task::JoinSet;
use usher_application::StoreError;

use crate::{
    backend::{
        Backend,
        connect::{Pools, connect},
    },
    cache::Cache,
    commit::queue::CommitQueues,
    migration::Migrator,
    shared::{Shared, bounded},
    together::Together,
};

/// Where the database is, and how many connections to it there may be.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite:PATH`, `sqlite://PATH`, `sqlite::memory:` or `postgres://user:password@host/name`.
    pub url: String,
    /// The most connections to keep. A database in memory has one, PostgreSQL at least five; a
    /// worker that waits for news from PostgreSQL has one in addition.
    pub max_connections: u32,
    /// How long the database may work on a read before it gives up.
    pub longest_read: Duration,
}

/// A bit less than the time after which nobody waits for a read any more.
const LONGEST_READ: Duration = Duration::from_secs(9);

impl StoreOptions {
    /// The database at this URL, with up to ten connections, and nine seconds for a read.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 10, longest_read: LONGEST_READ }
    }
}

/// A store on a SQL database, which implements all store ports. Cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    pub(crate) shared: Arc<Shared>,
    pub(crate) queues: CommitQueues,
    /// Listens to the other nodes, once somebody asked for news.
    pub(crate) listener: Arc<OnceLock<JoinSet<()>>>,
    pub(crate) url: Arc<str>,
}

impl SqlStore {
    /// Connects, without touching the schema.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let backend = Backend::of(&options.url)?;
        let StoreOptions { url, max_connections, longest_read } = options;
        let pools = connect(backend, url, *max_connections, *longest_read).await;
        let Pools { reads, writes } = pools.map_err(StoreError::new)?;
        let shared = Arc::new(Shared {
            backend,
            reads,
            writes,
            credentials: Cache::new(),
            tenants: Cache::new(),
            tenants_by_name: Cache::new(),
            invitees: Together::default(),
            news: Arc::default(),
        });
        Ok(Self {
            queues: CommitQueues::open(&shared),
            shared,
            listener: Arc::default(),
            url: options.url.as_str().into(),
        })
    }

    /// A new store in memory, with all tables. It is gone with the last handle to it.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let store = Self::open(&StoreOptions::new("sqlite::memory:")).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Brings the schema up to date: completely or, on an error, not at all. Nodes that start at
    /// the same time take turns.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let up = async {
            let transaction = self.shared.begin().await?;
            if let Some(unlimited) = self.shared.backend.without_limits() {
                transaction.execute_unprepared(unlimited).await?;
            }
            if let Some(lock) = self.shared.backend.migration_lock() {
                transaction.execute_unprepared(&lock).await?;
            }
            Migrator::up(&transaction, None).await?;
            transaction.commit().await
        };
        up.await.map_err(StoreError::new)
    }

    /// The names of the migrations that are not applied yet. It only reads.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let pending = bounded(Migrator::get_pending_migrations_read_only(&self.shared.reads));
        Ok(pending.await?.iter().map(|it| it.name().to_owned()).collect())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        bounded(self.shared.reads.ping()).await
    }

    /// Finishes the commits in hand and closes all connections. Whatever is called later fails.
    pub async fn close(&self) {
        self.queues.close().await;
        for pool in [&self.shared.reads, &self.shared.writes] {
            // A pool whose closing fails is closed all the same.
            let _ = pool.close_by_ref().await;
        }
    }
}
