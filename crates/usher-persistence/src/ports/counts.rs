//! Reads what was counted under quotas.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait as _;
use std::collections::HashMap;
use usher_application::{Counts, StoreError};
use usher_domain::{QuotaCount, QuotaKey, TenantId, Timestamp};
use uuid::Uuid;

use crate::{backend::Field, shared::json, store::SqlStore};

#[async_trait]
impl Counts for SqlStore {
    async fn counted(
        &self,
        tenant: TenantId,
        keys: &[QuotaKey],
        now: Timestamp,
    ) -> Result<Vec<Option<QuotaCount>>, StoreError> {
        let condition = "t.tenant_id = $2 AND t.key = r.key AND t.ends_at > $3";
        let sql =
            self.shared.backend.select_matching("quota_count", 1, &[Field::id("key")], condition);
        let rows = json(keys.iter().map(|it| serde_json::json!({ "key": it.0 })))?;
        let statement = self.shared.statement(&sql, [rows, tenant.0.into(), now.into()]);
        let found = self.shared.bounded(self.shared.reads.query_all_raw(statement)).await?;
        let mut counts = HashMap::with_capacity(found.len());
        for row in found {
            let key: Uuid = row.try_get("", "key").map_err(StoreError::new)?;
            let spent: i64 = row.try_get("", "spent").map_err(StoreError::new)?;
            let until: DateTime<Utc> = row.try_get("", "ends_at").map_err(StoreError::new)?;
            counts.insert(key, QuotaCount { spent: spent.unsigned_abs(), until });
        }
        Ok(keys.iter().map(|it| counts.get(&it.0).copied()).collect())
    }
}
