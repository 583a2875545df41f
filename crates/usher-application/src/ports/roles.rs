//! Reads roles.

use async_trait::async_trait;
use usher_domain::{Role, RoleId, TenantId};

use crate::ports::error::StoreError;

/// What members may do, as far as it is defined here.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Roles: Send + Sync {
    /// The answers are in the order of `ids`, `None` for unknown ones. One round trip, or none if
    /// there is nothing to ask for.
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[RoleId],
    ) -> Result<Vec<Option<Role>>, StoreError>;

    /// All of a tenant, those of its organizations too, in the order of ids.
    async fn list(&self, tenant: TenantId) -> Result<Vec<Role>, StoreError>;
}
