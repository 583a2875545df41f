//! Removes old rows, slice by slice.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait as _, DbErr, Value};
use serde_json::json as object;
use usher_application::{Purged, Purges, StoreError};
use usher_domain::Timestamp;
use uuid::Uuid;

use crate::{
    backend::{Backend, Field},
    shared::number,
    store::SqlStore,
};

/// When an invitation was over, as its index has it.
const INVITATION_OVER: &str = "CASE WHEN status = 'pending' THEN expires_at ELSE updated_at END";

#[async_trait]
impl Purges for SqlStore {
    async fn purge(&self, what: Purged, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let sql = delete(self.shared.backend, what);
        let values = [before.into(), number(limit)];
        if what == Purged::Invitations {
            let sql = format!("{sql} RETURNING tenant_id, id");
            return self.shared.writing(|| self.purge_invitations(&sql, &values)).await;
        }
        let (shared, sql, values) = (&self.shared, &sql, &values);
        let purge = || async move {
            let transaction = shared.begin().await?;
            let done = transaction.execute_raw(shared.statement(sql, values.clone())).await?;
            transaction.commit().await?;
            Ok(done.rows_affected())
        };
        shared.writing(purge).await
    }
}

/// The statement that removes the oldest ones that are too old.
fn delete(backend: Backend, what: Purged) -> String {
    let (table, key, age, others) = match what {
        Purged::Sessions => ("session", "tenant_id, id", "expires_at", ""),
        Purged::Invitations => ("invitation", "tenant_id, id", INVITATION_OVER, ""),
        Purged::Deliveries => ("delivery", "tenant_id, invitation_id, id", "at", ""),
        Purged::DeadJobs => ("outbox", "tenant_id, id", "due_at", "AND dead IS NOT NULL"),
        Purged::Entries => ("audit", "tenant_id, id", "at", ""),
        Purged::Attempts => ("attempt", "tenant_id, key", "expires_at", ""),
        Purged::Counts => ("quota_count", "tenant_id, key", "ends_at", ""),
    };
    format!(
        "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} \
         WHERE {age} < $1 {others} ORDER BY {age} LIMIT $2 {})",
        backend.lock_unlocked()
    )
}

impl SqlStore {
    /// Removes invitations with their deliveries, which begin with their ids.
    async fn purge_invitations(&self, sql: &str, values: &[Value; 2]) -> Result<u64, DbErr> {
        let shared = &self.shared;
        let transaction = shared.begin().await?;
        let gone = transaction.query_all_raw(shared.statement(sql, values.clone())).await?;
        let rows = gone.iter().map(|it| {
            let (tenant, id): (Uuid, Uuid) = (it.try_get("", "tenant_id")?, it.try_get("", "id")?);
            Ok(object!({ "tenant_id": tenant, "id": id }))
        });
        let rows = rows.collect::<Result<Vec<_>, DbErr>>()?;
        let rows = serde_json::to_string(&rows).map_err(|it| DbErr::Custom(it.to_string()))?;
        let fields = [Field::id("tenant_id"), Field::id("id")];
        let deliveries = format!(
            "DELETE FROM delivery WHERE (tenant_id, invitation_id) IN \
             (SELECT tenant_id, id FROM {} AS r)",
            shared.backend.json_rows(1, &fields)
        );
        transaction.execute_raw(shared.statement(&deliveries, [rows.into()])).await?;
        transaction.commit().await?;
        Ok(gone.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use usher_domain::Timestamp;

    use super::*;

    /// SQLite says how it goes about it. PostgreSQL would rather read a table of few rows.
    #[tokio::test]
    async fn what_is_old_is_found_by_an_index() {
        let store = SqlStore::in_memory().await.unwrap();
        for (what, index) in Purged::ALL.into_iter().zip([
            "session_age",
            "invitation_age",
            "delivery_age",
            "outbox_dead",
            "audit_age",
            "attempt_expiry",
            "quota_count_end",
        ]) {
            let sql = format!("EXPLAIN QUERY PLAN {}", delete(Backend::Sqlite, what));
            let values = [Timestamp::default().into(), number(10)];
            let plan = store.shared.reads.query_all_raw(store.shared.statement(&sql, values));
            let steps = plan.await.unwrap().into_iter();
            let steps: Vec<String> = steps.map(|it| it.try_get("", "detail").unwrap()).collect();
            let by_index = format!("INDEX {index} (");
            assert!(steps.iter().any(|it| it.contains(&by_index)), "{what:?}: {steps:?}");
            assert!(!steps.iter().any(|it| it.contains("TEMP B-TREE")), "{what:?}: {steps:?}");
        }
    }
}
