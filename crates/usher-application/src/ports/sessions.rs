//! Reads sessions.

use async_trait::async_trait;
use usher_domain::{Session, SessionId};

use crate::ports::error::StoreError;

/// The signed-in browsers.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Sessions: Send + Sync {
    /// A session by its id alone: the id was proven by the keyring, and names the tenant.
    async fn find(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
}
