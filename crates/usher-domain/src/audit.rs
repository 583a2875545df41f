//! The audit trail: who did what, when and to whom.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{
    authority::Actor,
    id::{
        CredentialId, EntryId, InvitationId, OrganizationId, ProfileId, RoleId, TaskId, TenantId,
        UserId,
    },
    timestamp::Timestamp,
};

/// One entry of the audit trail. It is committed together with the change that it records, or within a
/// minute if it records what changed nothing, and is never changed itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: EntryId,
    pub tenant: TenantId,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: Action,
    pub subject: Subject,
    /// Further information, such as a reason. It contains no address and no secret.
    pub detail: Option<String>,
    /// Where it came from, as far as the operator wants to know: an address or a network. Known of
    /// what was refused, and of exports.
    pub source: Option<String>,
    /// How often it was done within a minute, from `at` on: more than once only where `action` is one
    /// of those that are [counted](Action::is_counted).
    pub count: u32,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
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
    /// A row of a task failed, and nobody was invited for it.
    InviteFailed,
    /// A user was made one who can be invited again.
    Reset,
    /// Somebody showed that they read the user's mailbox, which nobody had shown before.
    MailboxProven,
    /// Whoever reads the mailbox of an account took it over from those who had not shown that they
    /// do.
    AccountRecovered,
    /// A user chose another password: they knew the one before, or read their mailbox.
    PasswordChanged,
    TaskSubmitted,
    /// A task was ended before all of its rows were run.
    TaskCleared,
    ProfileChanged,
    /// A user was added without an invitation.
    UserAdded,
    /// A user cannot sign in any more: whoever made them had no right to.
    UserDisabled,
    /// A user became a member of an organization; the detail is the organization's id.
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
    /// Somebody tried to sign in or to use a key, and what they showed was wrong.
    SignInFailed,
    /// Somebody tried more often than they may, and has to wait.
    Throttled,
    /// Somebody's password was not looked at, because too many others waited.
    Crowded,
    /// A caller had too little authority for something, or asked for what is beyond them.
    Denied,
    /// Data was read as a whole; the detail says which.
    Exported,
}

impl Action {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Whether several of the same within a minute are one entry.
    #[must_use]
    pub fn is_counted(self) -> bool {
        matches!(
            self,
            Self::SignInFailed | Self::Throttled | Self::Crowded | Self::Denied | Self::Exported
        )
    }

    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What an action was done to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
