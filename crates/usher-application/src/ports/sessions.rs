//! Reads sessions.

use async_trait::async_trait;
use usher_domain::{Session, SessionId, TenantId, Timestamp, UserId};

use crate::ports::error::StoreError;

/// The signed-in browsers.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The session with this id, whether it lasts or not.
    async fn find(&self, tenant: TenantId, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Up to `limit` sessions of a user that were not signed out and last at `now`, newest first.
    async fn list(
        &self,
        tenant: TenantId,
        user: &UserId,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<Session>, StoreError>;
}
