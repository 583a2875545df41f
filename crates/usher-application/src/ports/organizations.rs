//! Reads organizations and who is in them.

use async_trait::async_trait;
use usher_domain::{
    Membership, MembershipId, Organization, OrganizationId, TenantId, Timestamp, UserId,
};

use crate::ports::error::StoreError;

/// The organizations of a tenant, and their memberships.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Organizations: Send + Sync {
    /// The answers are in the order of `ids`, `None` for unknown ones. One round trip.
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[OrganizationId],
    ) -> Result<Vec<Option<Organization>>, StoreError>;

    /// By id, then by code, then by exact name: how people name one at the command line.
    async fn named(&self, tenant: TenantId, text: &str)
    -> Result<Option<Organization>, StoreError>;

    /// Up to `limit` organizations with ids after `after`, in the order of ids.
    async fn list(
        &self,
        tenant: TenantId,
        after: Option<OrganizationId>,
        limit: u64,
    ) -> Result<Vec<Organization>, StoreError>;

    /// The memberships of these users, by user and then by organization. One round trip.
    async fn memberships(
        &self,
        tenant: TenantId,
        users: &[UserId],
    ) -> Result<Vec<Membership>, StoreError>;

    /// The membership of each of these users in that organization, in the order asked, `None` for
    /// who is no member. One round trip.
    async fn seats(
        &self,
        tenant: TenantId,
        seats: &[(UserId, OrganizationId)],
    ) -> Result<Vec<Option<Membership>>, StoreError>;

    /// The members of an organization whose pins have these digests, in any order. One round trip.
    async fn holders(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        digests: &[Vec<u8>],
    ) -> Result<Vec<Membership>, StoreError>;

    /// All members of an organization, by user.
    async fn members(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
    ) -> Result<Vec<Membership>, StoreError>;

    /// Who has this role anywhere in the tenant, by user and then by organization.
    async fn bearers(&self, tenant: TenantId, role: &str) -> Result<Vec<Membership>, StoreError>;

    /// How many seats of these organizations are taken: by members, and by invitations that are
    /// pending and not expired. In the order asked. One round trip.
    async fn taken(
        &self,
        tenant: TenantId,
        ids: &[OrganizationId],
        now: Timestamp,
    ) -> Result<Vec<u64>, StoreError>;

    /// The active organizations that have this as a verified domain of theirs and let whoever
    /// proves an address there join.
    async fn joined_by(
        &self,
        tenant: TenantId,
        domain: &str,
    ) -> Result<Vec<Organization>, StoreError>;

    /// Any tenant's memberships, for ids that the outbox vouches for. The answers are in the order
    /// of `ids`. One round trip.
    async fn proven(&self, ids: &[MembershipId]) -> Result<Vec<Option<Membership>>, StoreError>;
}
