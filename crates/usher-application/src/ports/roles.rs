//! Reads roles.

use std::slice;

use async_trait::async_trait;
use usher_domain::{Role, RoleId, TenantId};

use crate::ports::error::StoreError;

/// What members may do, as far as it is defined here.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Roles: Send + Sync {
    /// The roles with these ids. The answers are in the order of `ids`, `None` for unknown ones. One
    /// round trip, or none if there is nothing to ask for.
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[RoleId],
    ) -> Result<Vec<Option<Role>>, StoreError>;

    /// All roles of a tenant and of its organizations, in the order of ids.
    async fn list(&self, tenant: TenantId) -> Result<Vec<Role>, StoreError>;
}

// Not a method of the trait: a mock would want an answer of its own for it.
impl dyn Roles + '_ {
    /// As [`Roles::find_many`], for one.
    pub async fn find(&self, tenant: TenantId, id: &RoleId) -> Result<Option<Role>, StoreError> {
        let found = self.find_many(tenant, slice::from_ref(id)).await?;
        Ok(found.into_iter().flatten().next())
    }
}
