//! Reads roles.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde_json::json as object;
use usher_application::{Roles, StoreError};
use usher_domain::{Role, RoleId, TenantId};

use crate::{backend::Field, entity::role::Entity, shared::json, store::SqlStore};

#[async_trait]
impl Roles for SqlStore {
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[RoleId],
    ) -> Result<Vec<Option<Role>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let asked: HashSet<_> = ids.iter().collect();
        let asked = json(asked.iter().map(|it| object!({ "id": it.as_str() })))?;
        let condition = "t.tenant_id = $1 AND t.id = r.id";
        let sql = self.shared.backend.select_matching("role", 2, &[Field::text("id")], condition);
        let found = self.shared.read::<Entity, Role>(&sql, [tenant.0.into(), asked]).await?;
        let found: HashMap<_, _> = found.into_iter().map(|it| (it.id.clone(), it)).collect();
        Ok(ids.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn list(&self, tenant: TenantId) -> Result<Vec<Role>, StoreError> {
        let sql = "SELECT * FROM role WHERE tenant_id = $1 ORDER BY id";
        self.shared.read::<Entity, _>(sql, [tenant.0.into()]).await
    }
}
