//! Reads the profiles that say how users are invited.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde_json::json as object;
use usher_application::{Profiles, StoreError};
use usher_domain::{Profile, ProfileId, TenantId};

use crate::{
    backend::Field,
    entity::profile::Entity,
    shared::{Shared, json},
    store::SqlStore,
};

#[async_trait]
impl Profiles for SqlStore {
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[ProfileId],
    ) -> Result<Vec<Option<Profile>>, StoreError> {
        let found = self.shared.profiles_by_id(tenant, ids.iter().collect()).await?;
        Ok(ids.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn list(&self, tenant: TenantId) -> Result<Vec<Profile>, StoreError> {
        let sql = "SELECT * FROM profile WHERE tenant_id = $1 ORDER BY id";
        self.shared.read::<Entity, _>(sql, [tenant.0.into()]).await
    }

    async fn repeating(&self) -> Result<Vec<Profile>, StoreError> {
        let sql = "SELECT * FROM profile WHERE \"repeat\" ORDER BY tenant_id, id";
        self.shared.read::<Entity, _>(sql, []).await
    }
}

impl Shared {
    /// Reads these in one round trip, or in none if there are none to read.
    pub(crate) async fn profiles_by_id(
        &self,
        tenant: TenantId,
        ids: HashSet<&ProfileId>,
    ) -> Result<HashMap<ProfileId, Profile>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let asked = json(ids.iter().map(|it| object!({ "id": it.as_str() })))?;
        let condition = "t.tenant_id = $1 AND t.id = r.id";
        let sql = self.backend.select_matching("profile", 2, &[Field::text("id")], condition);
        let found = self.read::<Entity, Profile>(&sql, [tenant.0.into(), asked]).await?;
        Ok(found.into_iter().map(|it| (it.id.clone(), it)).collect())
    }
}
