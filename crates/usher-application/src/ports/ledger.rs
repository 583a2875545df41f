//! The only way to write.

use async_trait::async_trait;
use usher_domain::{
    Credential, CredentialId, Entry, Invitation, InvitationId, Job, Lane, Membership, Organization,
    OrganizationId, Profile, ProfileId, Quota, QuotaKey, Role, RoleId, Session, SessionId, Slice,
    Task, TaskId, Tenant, TenantId, Timestamp, User, UserId,
};

use crate::ports::error::StoreError;

/// Everything one use case wants written. A plain value: build it, look at it, commit it.
///
/// What carries a `version` is inserted when that is 1; otherwise it replaces the version before.
/// Jobs and audit entries are only ever inserted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    pub tenants: Vec<Tenant>,
    pub organizations: Vec<Organization>,
    pub users: Vec<User>,
    pub memberships: Vec<Membership>,
    pub invitations: Vec<Invitation>,
    pub credentials: Vec<Credential>,
    pub sessions: Vec<Session>,
    pub profiles: Vec<Profile>,
    pub roles: Vec<Role>,
    pub tasks: Vec<Task>,
    pub slices: Vec<Slice>,
    pub jobs: Vec<Job>,
    pub audit: Vec<Entry>,
    /// Memberships that go, as they were read: one that was changed since, or is gone, is lost.
    pub removed: Vec<Membership>,
    /// Roles that go, as they were read.
    pub removed_roles: Vec<Role>,
    /// Organizations that go, as they were read, with all of their memberships and roles. Those
    /// right below have none above them any more, and whoever was at home there has no home: both
    /// are changed by that, and have another version.
    pub removed_organizations: Vec<Organization>,
    /// Organizations that must have a seat for everybody once all of this is written. One without
    /// a number of seats has, and so has one that is not there.
    pub seated: Vec<Seated>,
    /// Tenants that must not have more tasks than these once all of this is written.
    pub queued: Vec<Queued>,
    /// What is counted: there are never more than there may be, whoever counts at the same time.
    pub spent: Vec<Spending>,
    /// Tasks that go, with all of their slices. One that is gone already is no loss.
    pub forgotten: Vec<(TenantId, TaskId)>,
}

impl Changes {
    /// Whether each letter that they have mailed is counted for a mailbox.
    #[must_use]
    pub fn count_their_letters(&self) -> bool {
        let letters = self.jobs.iter().filter(|it| it.kind.lane() == Lane::Letters).count();
        let of_mailboxes = [Quota::Mailbox, Quota::Requested];
        let counted = self.spent.iter().filter(|it| of_mailboxes.contains(&it.quota));
        letters as u64 == counted.map(|it| u64::from(it.amount)).sum::<u64>()
    }
}

/// The most tasks of a tenant that are not completed, without those that usher submits by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    pub tenant: TenantId,
    pub most: u32,
}

/// So much more is counted under a key: in the window that goes on at `now`, or in a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    pub tenant: TenantId,
    pub quota: Quota,
    pub key: QuotaKey,
    pub amount: u32,
    /// The most that there may be in the window. `None`: there is no bound, and nothing is stored.
    pub most: Option<u32>,
    pub now: Timestamp,
}

/// An organization whose seats are counted at a moment: members, and invitations that are pending
/// and not expired by then, but for those of users who are members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    pub tenant: TenantId,
    pub organization: OrganizationId,
    pub now: Timestamp,
}

/// The only way to write.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Writes all of `changes` or none of them, durably, and wakes the outbox when there are
    /// jobs. Within one commit what makes room (a membership that goes, an invitation that is no
    /// longer pending, a pin that is given up) comes before what takes it. A commit that is no
    /// longer waited for still happens whole or not at all. [`StoreError::may_be_written`] says of an
    /// error whether that is left open; of every other one it is known that nothing was written.
    async fn commit(&self, changes: &Changes) -> Result<(), CommitError>;
}

/// Why nothing was written, or why nobody knows that anything was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Someone else was first. Names at least one of the things that were sent: those that exist
    /// already, have another version by now, or would take a place that is taken (an invitation's
    /// tenant, organization and mailbox; a user's mailbox or username; an organization's code;
    /// a pin in an organization; a role's name).
    #[error("lost the race for {} of the changes", .0.len())]
    Conflict(Vec<Conflict>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was not written, and so nothing else was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conflict {
    Tenant(TenantId),
    Organization(OrganizationId),
    User(UserId),
    Membership(UserId, OrganizationId),
    Invitation(InvitationId),
    Credential(CredentialId),
    Session(SessionId),
    Profile(ProfileId),
    Role(RoleId),
    /// There would be more in the organization than it has seats.
    Seat(OrganizationId),
    /// More would be counted under the key than there may be.
    Quota(QuotaKey),
    Task(TaskId),
    /// There would be more tasks of the tenant than there may be.
    Queue(TenantId),
    Slice(TaskId, u32),
}
