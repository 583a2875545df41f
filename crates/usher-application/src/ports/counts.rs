//! Reads what was counted of the letters and invitations of a tenant.

use async_trait::async_trait;
use usher_domain::{QuotaCount, QuotaKey, TenantId, Timestamp};

use crate::ports::error::StoreError;

/// What was counted. Only [`Ledger::commit`](crate::ports::ledger::Ledger::commit) counts.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Counts: Send + Sync {
    /// What was counted under each of these keys in the window that goes on at `now`, in the order of
    /// the keys; `None` where none goes on. However many keys there are, it is one round trip.
    async fn counted(
        &self,
        tenant: TenantId,
        keys: &[QuotaKey],
        now: Timestamp,
    ) -> Result<Vec<Option<QuotaCount>>, StoreError>;
}
