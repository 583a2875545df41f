//! Reads profiles.

use async_trait::async_trait;
use usher_domain::{Profile, ProfileId, TenantId};

use crate::ports::error::StoreError;

/// How users of each kind are invited.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Profiles: Send + Sync {
    /// The answers are in the order of `ids`, `None` for unknown ones. One round trip.
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[ProfileId],
    ) -> Result<Vec<Option<Profile>>, StoreError>;

    /// All of a tenant, in the order of ids.
    async fn list(&self, tenant: TenantId) -> Result<Vec<Profile>, StoreError>;

    /// Any tenant's profiles that have invitations repeated, for the housekeeping alone.
    async fn repeating(&self) -> Result<Vec<Profile>, StoreError>;
}
