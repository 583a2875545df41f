//! What the ports and the writers of a store have in common: connections, caches, queries.

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult as _, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _, Value,
};
use tokio::{sync::Semaphore, time::timeout};
use usher_application::StoreError;
use usher_domain::{Credential, CredentialId, Tenant, TenantId};

use crate::{
    backend::{Backend, failure::was_too_long, news::News},
    cache::Cache,
};

/// The longest that a read, or a settlement of jobs, takes before it counts as failed.
const READ: Duration = Duration::from_secs(10);

/// What the ports and the writers of a store have in common.
pub(crate) struct Shared {
    pub backend: Backend,
    pub reads: DatabaseConnection,
    pub searches: Searches,
    pub writes: DatabaseConnection,
    pub credentials: Cache<CredentialId, Credential>,
    pub tenants: Cache<TenantId, Tenant>,
    pub tenants_by_name: Cache<String, TenantId>,
    pub news: Arc<News>,
}

/// The connections for searches: for reads that may walk over all that there is. They are few, so that
/// no flood of searches takes the time and the connections of anything else.
pub(crate) struct Searches {
    pub pool: DatabaseConnection,
    places: Semaphore,
    longest: Duration,
}

impl Searches {
    pub(crate) fn new(pool: DatabaseConnection, places: u32, longest: Duration) -> Self {
        let places = usize::try_from(places).unwrap_or(Semaphore::MAX_PERMITS);
        Self { pool, places: Semaphore::new(places), longest }
    }
}

/// Whether a read may walk over all that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// An index leads it.
    Lookup,
    Search,
}

impl Effort {
    pub(crate) fn of(is_search: bool) -> Self {
        if is_search { Self::Search } else { Self::Lookup }
    }
}

impl Shared {
    /// The connections for a read.
    pub(crate) fn readers(&self, effort: Effort) -> &DatabaseConnection {
        match effort {
            Effort::Lookup => &self.reads,
            Effort::Search => &self.searches.pool,
        }
    }

    /// Awaits a read on [`Self::readers`].
    pub(crate) async fn found<T>(
        &self,
        effort: Effort,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, StoreError> {
        if effort == Effort::Lookup {
            return bounded(read).await;
        }
        let place = timeout(self.searches.longest, self.searches.places.acquire());
        let place = place.await.map_err(|_| StoreError::many_searches())?;
        let _place = place.map_err(StoreError::new)?;
        match timeout(READ, read).await.map_err(StoreError::new)? {
            Err(error) if was_too_long(self.backend, &error) => Err(StoreError::too_broad()),
            outcome => outcome.map_err(StoreError::new),
        }
    }

    /// Begins a transaction that writes. SQLite takes its write lock at once, so that writers queue
    /// for it instead of failing later.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.writes.begin_with_options(options).await
    }

    pub(crate) fn statement(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Statement {
        Statement::from_sql_and_values(self.backend.builder(), sql, values)
    }

    /// The rows that a query finds, as values of the domain.
    pub(crate) async fn read<E, T>(
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

/// A read that fails after a while, even when the network never answers.
pub(crate) async fn bounded<T>(
    read: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, StoreError> {
    timeout(READ, read).await.map_err(StoreError::new)?.map_err(StoreError::new)
}

/// Whoever leaves out more than this many rows of a list has all of them read.
const FAR: u64 = 10_000;

/// Whether a page of a list is so far down that finding it is a search.
pub(crate) fn is_far(skip: u64) -> bool {
    skip > FAR
}

/// A number as both databases store it. One that is too large becomes the largest.
pub(crate) fn number(it: u64) -> Value {
    i64::try_from(it).unwrap_or(i64::MAX).into()
}

/// A limit or an offset that both databases can take.
pub(crate) fn small(it: u64) -> u64 {
    Ord::min(it, i64::MAX.unsigned_abs())
}

/// Rows as one JSON array, for [`Backend::json_rows`].
pub(crate) fn json<T: serde::Serialize>(
    rows: impl IntoIterator<Item = T>,
) -> Result<Value, StoreError> {
    let rows: Vec<_> = rows.into_iter().collect();
    Ok(serde_json::to_string(&rows).map_err(StoreError::new)?.into())
}
