//! Reads the audit.

use async_trait::async_trait;
use usher_domain::{Entry, EntryId, TenantId};

use crate::ports::error::StoreError;

/// What was done, newest first. Written by [`Ledger::commit`](crate::ports::ledger::Ledger::commit) alone.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Audit: Send + Sync {
    /// Up to `limit` entries, those after `after` (older than it) when given.
    async fn list(
        &self,
        tenant: TenantId,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Vec<Entry>, StoreError>;
}
