//! Reads the audit entries of a tenant.

use async_trait::async_trait;
use usher_application::{Audit, StoreError};
use usher_domain::{Entry, EntryId, TenantId};

use crate::{entity::audit::Entity, shared::number, store::SqlStore};

#[async_trait]
impl Audit for SqlStore {
    async fn list(
        &self,
        tenant: TenantId,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Vec<Entry>, StoreError> {
        // Ids sort by age.
        let older = if after.is_some() { "AND id < $3" } else { "" };
        let sql =
            format!("SELECT * FROM audit WHERE tenant_id = $1 {older} ORDER BY id DESC LIMIT $2");
        let values = [tenant.0.into(), number(limit)];
        let values = values.into_iter().chain(after.map(|it| it.0.into()));
        self.shared.read::<Entity, _>(&sql, values).await
    }
}
