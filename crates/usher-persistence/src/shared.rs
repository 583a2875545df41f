//! What the ports and the writers of a store have in common: connections, caches, queries.

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult as _, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _, Value,
};
use tokio::time::timeout;
use usher_application::{InviteeQuery, InviteeState, StoreError};
use usher_domain::{Credential, CredentialId, Tenant, TenantId};

use crate::{
    backend::{Backend, news::News},
    cache::Cache,
    together::Together,
};

/// The longest that a read, or a settlement of jobs, takes before it counts as failed.
const READ: Duration = Duration::from_secs(10);

/// What the ports and the writers of a store have in common.
pub(crate) struct Shared {
    pub backend: Backend,
    pub reads: DatabaseConnection,
    pub writes: DatabaseConnection,
    pub credentials: Cache<CredentialId, Credential>,
    pub tenants: Cache<TenantId, Tenant>,
    pub tenants_by_name: Cache<String, TenantId>,
    pub invitees: Together<InviteeQuery, InviteeState>,
    pub news: Arc<News>,
}

impl Shared {
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
