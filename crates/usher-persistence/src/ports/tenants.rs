//! Reads tenants.

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
            self.shared.tenants.insert(epoch, id, tenant.clone());
        }
        Ok(found)
    }

    async fn named(&self, name: &str) -> Result<Option<Tenant>, StoreError> {
        // PostgreSQL cannot store NUL, so no tenant has such a name.
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
            // The tenant is then found by id and its name compared, so a name that has changed does
            // no harm here.
            let epoch = known.err().unwrap_or_default();
            self.shared.tenants_by_name.insert(epoch, name, tenant.id);
        }
        Ok(found)
    }
}
