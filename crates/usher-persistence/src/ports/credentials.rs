//! Reads the credentials of API clients.

use async_trait::async_trait;
use usher_application::{Credentials, StoreError};
use usher_domain::{Credential, CredentialId, TenantId, UserId};

use crate::{entity::credential::Entity, store::SqlStore};

#[async_trait]
impl Credentials for SqlStore {
    async fn find(&self, id: CredentialId) -> Result<Option<Credential>, StoreError> {
        let cache = &self.shared.credentials;
        let epoch = match cache.get(&id) {
            Ok(known) => return Ok(Some(known)),
            Err(epoch) => epoch,
        };
        let sql = "SELECT * FROM credential WHERE id = $1";
        let found = self.shared.read::<Entity, Credential>(sql, [id.0.into()]).await?.pop();
        if let Some(credential) = &found {
            cache.insert(epoch, id, credential.clone());
        }
        Ok(found)
    }

    async fn of_user(
        &self,
        tenant: TenantId,
        user: &UserId,
    ) -> Result<Vec<Credential>, StoreError> {
        let sql = "SELECT * FROM credential WHERE tenant_id = $1 AND user_id = $2 \
                   ORDER BY created_at, id";
        self.shared.read::<Entity, _>(sql, [tenant.0.into(), user.as_str().into()]).await
    }

    async fn list(&self, tenant: TenantId) -> Result<Vec<Credential>, StoreError> {
        let sql = "SELECT * FROM credential WHERE tenant_id = $1 ORDER BY created_at, id";
        self.shared.read::<Entity, _>(sql, [tenant.0.into()]).await
    }
}
