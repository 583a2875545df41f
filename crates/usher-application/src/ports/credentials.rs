//! Looks up client ids.

use async_trait::async_trait;
use usher_domain::{ClientId, Credential, TenantId, UserId};

use crate::ports::error::StoreError;

/// The keys for the APIs. Issued and revoked by [`Ledger::commit`](crate::ports::ledger::Ledger::commit).
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The credential with this client id, which names the tenant. May be as old as a second when it
    /// was revoked on another node, and never when it was revoked on this one.
    async fn find(&self, id: ClientId) -> Result<Option<Credential>, StoreError>;

    /// All credentials of a tenant, oldest first, revoked ones too. Only for commands: nothing bounds
    /// how many there are.
    async fn list(&self, tenant: TenantId) -> Result<Vec<Credential>, StoreError>;

    /// The credentials of these users that were not revoked, by the ids of the users and then oldest
    /// first. One round trip.
    async fn of_users(
        &self,
        tenant: TenantId,
        users: &[UserId],
    ) -> Result<Vec<Credential>, StoreError>;
}
