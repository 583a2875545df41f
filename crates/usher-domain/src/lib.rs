//! What an invitation is, and the rules it obeys: no I/O, no async, no serde, no clock.

mod audit;
mod caller;
mod credential;
mod delivery;
mod id;
mod invitation;
mod keyring;
mod letter;
mod locale;
mod mailbox;
mod membership;
mod organization;
mod outbox;
mod password;
mod pin;
mod profile;
mod redirect;
mod refusal;
mod role;
mod session;
mod task;
mod tenant;
mod text;
mod user;

pub use audit::{Action, Entry, Subject};
pub use caller::{Actor, Authority, Caller, Permission, UnknownAuthority};
pub use credential::{Credential, CredentialSecret};
pub use delivery::{Delivery, DeliveryOutcome};
pub use id::{
    CredentialId, DeliveryId, EntryId, InvalidId, InvitationId, JobId, MembershipId,
    OrganizationId, ProfileId, RoleId, SessionId, TaskId, TenantId, UserId,
};
pub use invitation::{
    Closed, Invitation, Inviter, Offer, OrphanPolicy, ResendPolicy, State, Status,
    UnknownOrphanPolicy, UnknownResendPolicy,
};
pub use keyring::{InvalidKey, Key, Keyring, Purpose, Token};
pub use letter::{Letter, LetterKind, Matter};
pub use locale::{InvalidLocale, Locale};
pub use mailbox::{InvalidMailbox, Mailbox};
pub use membership::Membership;
pub use organization::{Domain, InvalidDomain, Organization, Policies};
pub use outbox::{Job, JobKind, Lane};
pub use password::{PasswordRules, WeakPassword};
pub use pin::{InvalidPinRules, Pin, PinRules, PinSeed};
pub use profile::{Address, Profile, UnknownAddress};
pub use redirect::{InvalidRedirect, RedirectRule, redirect};
pub use refusal::Refusal;
pub use role::Role;
pub use session::Session;
pub use task::{Completion, Problem, Reason, RowOutcome, Tally, Task, TaskKind, UnknownCompletion};
pub use tenant::Tenant;
pub use text::{InvalidText, TextRule, line, paragraphs};
pub use user::{Document, SignInRecord, UnknownUserStatus, User, UserRef, UserStatus};

/// An instant in UTC, to the microsecond. Always handed in, never taken from the machine.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
