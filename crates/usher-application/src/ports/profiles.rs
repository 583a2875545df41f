//! Reads profiles.

use std::slice;

use async_trait::async_trait;
use usher_domain::{Profile, ProfileId, TenantId};

use crate::ports::error::StoreError;

/// How users of each kind are invited.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Profiles: Send + Sync {
    /// The profiles with these ids. The answers are in the order of `ids`, `None` for unknown ones. One round trip.
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[ProfileId],
    ) -> Result<Vec<Option<Profile>>, StoreError>;

    /// All profiles of a tenant, in the order of ids. Only for commands: nothing bounds how many there
    /// are.
    async fn list(&self, tenant: TenantId) -> Result<Vec<Profile>, StoreError>;

    /// The profiles of all tenants that repeat expired invitations. Only for the maintenance that
    /// every worker does once an hour.
    async fn repeating(&self) -> Result<Vec<Profile>, StoreError>;
}

// Not a method of the trait: a mock would want an answer of its own for it.
impl dyn Profiles + '_ {
    /// As [`Profiles::find_many`], for one.
    pub async fn find(
        &self,
        tenant: TenantId,
        id: &ProfileId,
    ) -> Result<Option<Profile>, StoreError> {
        let found = self.find_many(tenant, slice::from_ref(id)).await?;
        Ok(found.into_iter().flatten().next())
    }
}
