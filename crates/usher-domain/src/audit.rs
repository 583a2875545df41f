//! Who did what, when, to whom.

use crate::{
    authority::Actor,
    id::{
        CredentialId, EntryId, InvitationId, OrganizationId, ProfileId, RoleId, TaskId, TenantId,
        UserId,
    },
    timestamp::Timestamp,
};

/// One line of the audit: written with what it tells of, never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: EntryId,
    pub tenant: TenantId,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: Action,
    pub subject: Subject,
    /// What else there is to say, such as why; no address and no secret.
    pub detail: Option<String>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Invited,
    Accepted,
    Declined,
    Revoked,
    Resent,
    Lapsed,
    SignedIn,
    SignedOut,
    CredentialCreated,
    CredentialRevoked,
    Imported,
    /// A row of a task was not invited, and something is wrong with it.
    InviteFailed,
    /// A user is unregistered again.
    Reset,
    TaskSubmitted,
    /// A task was ended before it was through.
    TaskCleared,
    ProfileChanged,
    /// A user was added by hand.
    UserAdded,
    /// A user belongs to an organization from now on; the detail is its id.
    MemberAdded,
    MemberChanged,
    MemberRemoved,
    OrganizationCreated,
    OrganizationChanged,
    OrganizationRemoved,
    RoleCreated,
    RoleChanged,
    RoleRemoved,
    /// What an invitation offers was changed.
    InvitationChanged,
    /// Where the tenant's invitations may lead was changed.
    TenantChanged,
}

impl Action {
    pub const ALL: [Self; 28] = [
        Self::Invited,
        Self::Accepted,
        Self::Declined,
        Self::Revoked,
        Self::Resent,
        Self::Lapsed,
        Self::SignedIn,
        Self::SignedOut,
        Self::CredentialCreated,
        Self::CredentialRevoked,
        Self::Imported,
        Self::InviteFailed,
        Self::Reset,
        Self::TaskSubmitted,
        Self::TaskCleared,
        Self::ProfileChanged,
        Self::UserAdded,
        Self::MemberAdded,
        Self::MemberChanged,
        Self::MemberRemoved,
        Self::OrganizationCreated,
        Self::OrganizationChanged,
        Self::OrganizationRemoved,
        Self::RoleCreated,
        Self::RoleChanged,
        Self::RoleRemoved,
        Self::InvitationChanged,
        Self::TenantChanged,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Resent => "resent",
            Self::Lapsed => "lapsed",
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::CredentialCreated => "credential_created",
            Self::CredentialRevoked => "credential_revoked",
            Self::Imported => "imported",
            Self::InviteFailed => "invite_failed",
            Self::Reset => "reset",
            Self::TaskSubmitted => "task_submitted",
            Self::TaskCleared => "task_cleared",
            Self::ProfileChanged => "profile_changed",
            Self::UserAdded => "user_added",
            Self::MemberAdded => "member_added",
            Self::MemberChanged => "member_changed",
            Self::MemberRemoved => "member_removed",
            Self::OrganizationCreated => "organization_created",
            Self::OrganizationChanged => "organization_changed",
            Self::OrganizationRemoved => "organization_removed",
            Self::RoleCreated => "role_created",
            Self::RoleChanged => "role_changed",
            Self::RoleRemoved => "role_removed",
            Self::InvitationChanged => "invitation_changed",
            Self::TenantChanged => "tenant_changed",
        }
    }
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Invitation(InvitationId),
    User(UserId),
    Credential(CredentialId),
    Task(TaskId),
    Profile(ProfileId),
    Organization(OrganizationId),
    Role(RoleId),
    Tenant,
}
