//! Reads users.

use async_trait::async_trait;
use usher_domain::{TenantId, User, UserId, UserRef};

use super::StoreError;

/// The users of a tenant.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Users: Send + Sync {
    /// The answers are in the order of `who`, `None` for unknown ones. One round trip.
    async fn find_many(
        &self,
        tenant: TenantId,
        who: &[UserRef],
    ) -> Result<Vec<Option<User>>, StoreError>;

    /// Up to `limit` users with ids after `after`, in the order of ids.
    async fn list(
        &self,
        tenant: TenantId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError>;
}
