//! Reads sessions.

use async_trait::async_trait;
use usher_domain::{Session, SessionId, TenantId, Timestamp, UserId};

use crate::ports::error::StoreError;

/// The signed-in browsers.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Sessions: Send + Sync {
    /// A session by its id alone: the id was proven by the keyring, and names the tenant.
    async fn find(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Up to `limit` sessions of a user that were not signed out and last at `now`, newest first.
    async fn list(
        &self,
        tenant: TenantId,
        user: &UserId,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<Session>, StoreError>;
}
