//! Reads the audit.

use async_trait::async_trait;
use usher_domain::{Action, Entry, EntryId, TenantId, UserId};

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

    /// As [`Audit::list`], of those entries that the filter lets pass. By the entries that pass, and not by
    /// all that there are, it takes its time.
    async fn matching(
        &self,
        tenant: TenantId,
        filter: &AuditFilter,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Vec<Entry>, StoreError>;
}

/// Which entries. Without anything in it, all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// One of these was done; any act if there are none.
    pub actions: Vec<Action>,
    /// This user did it, or it was done to them or to an invitation of which it is known that it is for
    /// them.
    pub user: Option<UserId>,
}
