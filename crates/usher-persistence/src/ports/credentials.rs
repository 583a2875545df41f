//! Reads the credentials of API clients.

use std::collections::HashSet;

use async_trait::async_trait;
use serde_json::json as object;
use usher_application::{Credentials, StoreError};
use usher_domain::{ClientId, Credential, TenantId, UserId};

use crate::{backend::Field, entity::credential::Entity, shared::json, store::SqlStore};

#[async_trait]
impl Credentials for SqlStore {
    async fn find(&self, id: ClientId) -> Result<Option<Credential>, StoreError> {
        let cache = &self.shared.credentials;
        let epoch = match cache.get(&id) {
            Ok(known) => return Ok(Some(known)),
            Err(epoch) => epoch,
        };
        let sql = "SELECT * FROM credential WHERE tenant_id = $1 AND id = $2";
        let values = [id.tenant.0.into(), id.key.0.into()];
        let found = self.shared.read::<Entity, Credential>(sql, values).await?.pop();
        if let Some(credential) = &found {
            cache.insert(epoch, id, credential.clone());
        }
        Ok(found)
    }

    async fn list(&self, tenant: TenantId) -> Result<Vec<Credential>, StoreError> {
        let sql = "SELECT * FROM credential WHERE tenant_id = $1 ORDER BY created_at, id";
        self.shared.read::<Entity, _>(sql, [tenant.0.into()]).await
    }

    async fn of_users(
        &self,
        tenant: TenantId,
        users: &[UserId],
    ) -> Result<Vec<Credential>, StoreError> {
        let users: HashSet<_> = users.iter().collect();
        let users = json(users.iter().map(|it| object!({ "id": it.as_str() })))?;
        let condition = "t.tenant_id = $1 AND t.user_id = r.id AND t.revoked_at IS NULL";
        let found =
            self.shared.backend.select_matching("credential", 2, &[Field::text("id")], condition);
        let sql = format!("{found} ORDER BY t.user_id, t.created_at, t.id");
        self.shared.read::<Entity, _>(&sql, [tenant.0.into(), users]).await
    }
}
