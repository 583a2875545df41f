//! Looks up tenants.

use async_trait::async_trait;
use usher_application::{StoreError, Tenants};
use usher_domain::{Tenant, TenantId};

use crate::{entity::tenant::Entity, store::SqlStore};

#[async_trait]
impl Tenants for SqlStore {
    async fn find(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        let epoch = match self.shared.tenants.get(&id) {
            Ok(known) => return Ok(Some(known)),
            Err(epoch) => epoch,
        };
        let sql = "SELECT * FROM tenant WHERE id = $1";
        let found = self.shared.read::<Entity, Tenant>(sql, [id.0.into()]).await?.pop();
        if let Some(tenant) = &found {
            self.shared.tenants.remember(epoch, id, tenant.clone());
        }
        Ok(found)
    }

    async fn named(&self, name: &str) -> Result<Option<Tenant>, StoreError> {
        // Not every database can keep NUL, so none is called that.
        if name.contains('\0') {
            return Ok(None);
        }
        let name = name.to_owned();
        let known = self.shared.tenants_by_name.get(&name);
        if let Ok(id) = known
            && let Some(tenant) = self.find(id).await?.filter(|it| it.name == name)
        {
            return Ok(Some(tenant));
        }
        let sql = "SELECT * FROM tenant WHERE name = $1";
        let found = self.shared.read::<Entity, Tenant>(sql, [name.as_str().into()]).await?.pop();
        if let Some(tenant) = &found {
            // Whoever is called that is looked up by id, so this need never be forgotten.
            let epoch = known.err().unwrap_or_default();
            self.shared.tenants_by_name.remember(epoch, name, tenant.id);
        }
        Ok(found)
    }
}
