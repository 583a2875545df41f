//! What the ports and the writers of a store have in common: connections, caches, queries.

use std::{pin::pin, sync::Arc, time::Duration};

use sea_orm::{
    ConnAcquireErr, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait, FromQueryResult as _, QueryResult, RuntimeErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait as _, Value,
    sqlx::{Connection as _, postgres::PgConnection},
};
use tokio::{
    sync::{Mutex, Semaphore},
    time::timeout,
};
use usher_application::{InviteeQuery, InviteeState, StoreError};
use usher_domain::{ClientId, Credential, Tenant, TenantId};

use crate::{
    backend::{
        Backend,
        announcer::Announcer,
        connect::Remote,
        failure::{Failure, is_read_only, was_too_long},
        news::News,
        trust::Trusts,
        upkeep::Upkeep,
    },
    cache::Cache,
    together::Together,
};

/// The longest that a read, or a settlement of jobs, takes before it counts as failed.
const READ: Duration = Duration::from_secs(10);
/// How often something short that writes is tried again after another transaction was in the way.
const RETRIES: u32 = 5;
/// How long is waited to hear why there is no connection.
const KNOCK: Duration = Duration::from_secs(1);

/// What the ports and the writers of a store have in common.
pub(crate) struct Shared {
    pub backend: Backend,
    pub reads: DatabaseConnection,
    pub searches: Searches,
    pub writes: DatabaseConnection,
    pub trusts: Trusts,
    /// What a transaction that writes begins with, where sessions are not the store's own.
    pub prelude: Option<String>,
    pub remote: Option<Remote>,
    /// Held while somebody finds out why there is no connection.
    pub knocking: Mutex<()>,
    pub credentials: Cache<ClientId, Credential>,
    pub tenants: Cache<TenantId, Tenant>,
    pub tenants_by_name: Cache<String, TenantId>,
    pub invitees: Together<InviteeQuery, InviteeState>,
    pub news: Arc<News>,
    pub announcer: Announcer,
    pub upkeep: Upkeep,
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
            return self.bounded(read).await;
        }
        let place = timeout(self.searches.longest, self.searches.places.acquire());
        let place = place.await.map_err(|_| StoreError::many_searches())?;
        let _place = place.map_err(StoreError::new)?;
        match self.in_time(read).await? {
            Err(error) if was_too_long(self.backend, &error) => Err(StoreError::too_broad()),
            Err(error) => Err(StoreError::new(self.heeded(error).await)),
            Ok(found) => Ok(found),
        }
    }

    /// Begins a transaction that writes. SQLite takes its write lock at once, so that writers queue
    /// for it instead of failing later.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writes.begin_with_options(options).await?;
        if let Some(prelude) = &self.prelude {
            transaction.execute_unprepared(prelude).await?;
        }
        Ok(transaction)
    }

    /// Runs one statement that writes.
    pub(crate) async fn write(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if self.prelude.is_none() {
            return self.writes.query_all_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let rows = transaction.query_all_raw(statement).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// Does something short that writes, and again when another transaction was in the way. It fails
    /// after a while, as [`Self::bounded`].
    pub(crate) async fn writing<T, F>(&self, write: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        let write = async {
            let mut retries_left = RETRIES;
            loop {
                match write().await {
                    Err(error) if retries_left > 0 && self.is_interference(&error) => {
                        retries_left -= 1;
                    }
                    outcome => return outcome,
                }
            }
        };
        self.bounded(write).await
    }

    fn is_interference(&self, error: &DbErr) -> bool {
        Failure::of(self.backend, error) == Failure::Interference
    }

    /// A read that fails after a while, even when the network never answers.
    pub(crate) async fn bounded<T>(
        &self,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, StoreError> {
        match self.in_time(read).await? {
            Ok(found) => Ok(found),
            Err(error) => Err(StoreError::new(self.heeded(error).await)),
        }
    }

    /// The outcome of a read, if it ends in time.
    async fn in_time<T>(
        &self,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<Result<T, DbErr>, StoreError> {
        let mut read = pin!(read);
        timeout(READ, &mut read).await.map_err(|elapsed| {
            // Before the connection goes back.
            self.trusts.doubt();
            StoreError::new(elapsed)
        })
    }

    /// What an error says of the connections is heeded, and where it only says that there was none
    /// in time, it becomes what the server says to whoever connects.
    pub(crate) async fn heeded(&self, error: DbErr) -> DbErr {
        if is_read_only(&error) {
            self.trusts.withdraw();
        }
        let DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) = error else { return error };
        let (Some(remote), Ok(_alone)) = (&self.remote, self.knocking.try_lock()) else {
            return error;
        };
        match timeout(KNOCK, PgConnection::connect_with(&remote.options)).await {
            Ok(Err(why)) => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(why))),
            Ok(Ok(connection)) => {
                let _ = connection.close().await;
                error
            }
            Err(_) => error,
        }
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
        let rows = self.bounded(self.reads.query_all_raw(self.statement(sql, values))).await?;
        let model = |row| E::Model::from_query_result(row, "").map_err(StoreError::new);
        rows.iter().map(|row| model(row)?.try_into()).collect()
    }
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
