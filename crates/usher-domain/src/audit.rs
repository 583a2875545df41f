//! Who did what, when, to whom.

use strum::{EnumString, IntoStaticStr, VariantArray};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
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
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
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
