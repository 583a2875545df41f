//! Who did what, when, to whom.

use crate::{Actor, CredentialId, EntryId, InvitationId, TenantId, Timestamp, UserId};

/// One line of the audit: written with what it tells of, never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: EntryId,
    pub tenant: TenantId,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: Action,
    pub subject: Subject,
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
}

impl Action {
    pub const ALL: [Self; 11] = [
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
        }
    }
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Invitation(InvitationId),
    User(UserId),
    Credential(CredentialId),
}
