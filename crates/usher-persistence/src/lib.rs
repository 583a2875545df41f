//! The store: SQLite or PostgreSQL, whichever the URL names. One code path for both.

mod audit;
mod cache;
mod credentials;
mod dialect;
mod directory;
mod entity;
mod filter;
mod invitations;
mod ledger;
mod migration;
mod organizations;
mod outbox;
mod profiles;
mod roles;
mod sessions;
mod table;
mod tasks;
mod tenants;
mod users;
mod writer;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult as _, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _, Value,
};
use sea_orm_migration::MigratorTrait as _;
use tokio::{task::JoinSet, time::timeout};
use usher_application::StoreError;
use usher_domain::{Credential, CredentialId, Tenant, TenantId};

use self::{
    cache::Cache,
    dialect::{Dialect, Pools},
    migration::Migrator,
    outbox::News,
    writer::Lanes,
};

/// The longest that a read takes before it counts as failed.
const READ: Duration = Duration::from_secs(10);

/// How to reach the database.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite:PATH`, `sqlite://PATH`, `sqlite::memory:` or `postgres://user:password@host/name`.
    pub url: String,
    /// How many connections to keep at most. A database in memory has one, PostgreSQL five or
    /// more; a worker that waits for news from PostgreSQL takes one besides.
    pub max_connections: u32,
}

impl StoreOptions {
    /// The database at this URL, with up to ten connections.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 10 }
    }
}

/// A store on a SQL database: all the ports that read and write. Cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    shared: Arc<Shared>,
    lanes: Lanes,
    /// Hears from the other nodes, once somebody asked for news.
    listener: Arc<OnceLock<JoinSet<()>>>,
    url: Arc<str>,
}

/// What the store and the tasks that write for it have in common.
struct Shared {
    dialect: Dialect,
    reads: DatabaseConnection,
    writes: DatabaseConnection,
    credentials: Cache<CredentialId, Credential>,
    tenants: Cache<TenantId, Tenant>,
    tenants_by_name: Cache<String, TenantId>,
    news: Arc<News>,
}

impl SqlStore {
    /// Connects, without touching the schema.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let dialect = Dialect::of(&options.url)?;
        let Pools { reads, writes } = dialect
            .connect(&options.url, options.max_connections)
            .await
            .map_err(StoreError::new)?;
        let shared = Arc::new(Shared {
            dialect,
            reads,
            writes,
            credentials: Cache::new(),
            tenants: Cache::new(),
            tenants_by_name: Cache::new(),
            news: Arc::default(),
        });
        Ok(Self {
            lanes: Lanes::open(&shared),
            shared,
            listener: Arc::default(),
            url: options.url.as_str().into(),
        })
    }

    /// A store that is as new, complete with its tables, and gone with the last handle to it.
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
            if let Some(lock) = self.shared.dialect.migration_lock() {
                transaction.execute_unprepared(&lock).await?;
            }
            Migrator::up(&transaction, None).await?;
            transaction.commit().await
        };
        up.await.map_err(StoreError::new)
    }

    /// The names of the migrations that were not applied yet. Only reads.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let pending = bounded(Migrator::get_pending_migrations_read_only(&self.shared.reads));
        Ok(pending.await?.iter().map(|it| it.name().to_owned()).collect())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        bounded(self.shared.reads.ping()).await
    }

    /// Finishes the commits in hand and lets go of the database. What is committed later fails.
    pub async fn close(&self) {
        self.lanes.close().await;
        for pool in [&self.shared.reads, &self.shared.writes] {
            // A pool that fails to close is closed.
            let _ = pool.close_by_ref().await;
        }
    }
}

impl Shared {
    /// Begins to write. SQLite takes its write lock at once, so that writers queue.
    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.writes.begin_with_options(options).await
    }

    fn statement(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        Statement::from_sql_and_values(self.dialect.backend(), sql, values)
    }

    /// The rows that a query finds, as what they stand for.
    async fn read<E, T>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<T>, StoreError>
    where
        E: EntityTrait,
        T: TryFrom<E::Model, Error = StoreError>,
    {
        let rows = bounded(self.reads.query_all_raw(self.statement(sql, values))).await?;
        let model = |row| E::Model::from_query_result(row, "").map_err(StoreError::new);
        rows.iter().map(|row| model(row)?.try_into()).collect()
    }
}

/// A read that ends, even when the network swallows it.
async fn bounded<T>(read: impl Future<Output = Result<T, DbErr>>) -> Result<T, StoreError> {
    timeout(READ, read).await.map_err(StoreError::new)?.map_err(StoreError::new)
}

/// Numbers as both databases have them.
fn number(it: u64) -> Value {
    i64::try_from(it).unwrap_or(i64::MAX).into()
}

/// The most that both databases can count to.
fn small(it: u64) -> u64 {
    Ord::min(it, i64::MAX.unsigned_abs())
}

/// One JSON array, for [`Dialect::rows`].
fn json<T: serde::Serialize>(rows: impl IntoIterator<Item = T>) -> Result<Value, StoreError> {
    let rows: Vec<_> = rows.into_iter().collect();
    Ok(serde_json::to_string(&rows).map_err(StoreError::new)?.into())
}
