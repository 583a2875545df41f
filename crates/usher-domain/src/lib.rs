//! The domain of usher: invitations, the people and organizations around them, and the rules that
//! they obey. No I/O, no async, no serde, no clock.

mod account_letter;
mod attempt;
mod audit;
mod authority;
mod caller;
mod characters;
mod credential;
mod delivery;
mod document;
mod id;
mod invitation;
mod job;
mod keyring;
mod letter;
mod link;
mod locale;
mod mailbox;
mod membership;
mod offer;
mod organization;
mod password;
mod password_hash;
mod pin;
mod policies;
mod profile;
mod redirect;
mod refusal;
mod request;
mod role;
mod session;
mod slice;
mod task;
mod tenant;
mod text;
mod timestamp;
mod user;

pub use account_letter::{AccountLetter, AccountLetterKind, AccountLetters};
pub use attempt::{Allowance, AttemptRecord, Attempted, Counter};
pub use audit::{Action, Entry, Subject};
pub use authority::{Actor, Authority, Permission, UnknownAuthority};
pub use caller::Caller;
pub use characters::{is_control, is_hidden, is_host_dot, is_in_host_label};
pub use credential::{Credential, CredentialSecret};
pub use delivery::{Delivery, DeliveryOutcome};
pub use document::Document;
pub use id::{
    AccountLettersId, CredentialId, DeliveryId, EntryId, InvalidId, InvitationId, JobId,
    MembershipId, OrganizationId, ProfileId, RoleId, SessionId, TaskId, TenantId, UserId,
};
pub use invitation::{Closed, Invitation, State, Status};
pub use job::{Job, JobKind, Lane};
pub use keyring::{InvalidKey, Key, Keyring, Purpose, Token};
pub use letter::{Letter, LetterKind, Matter};
pub use link::{Entrance, LinkKind};
pub use locale::{InvalidLocale, Locale};
pub use mailbox::{InvalidMailbox, Mailbox};
pub use membership::Membership;
pub use offer::{Inviter, Offer};
pub use organization::{Domain, InvalidDomain, Organization, Policies};
pub use password::{PasswordRules, WeakPassword};
pub use password_hash::{BadPasswordHash, check_password_hash};
pub use pin::{InvalidPinRules, Pin, PinRules, PinSeed};
pub use policies::{OrphanPolicy, ResendPolicy, UnknownOrphanPolicy, UnknownResendPolicy};
pub use profile::{Address, Profile, UnknownAddress};
pub use redirect::{InvalidRedirect, RedirectRule, redirect};
pub use refusal::Refusal;
pub use request::{Invite, Invitee, InviterRef, parse_labels};
pub use role::{Role, check_permissions, merge_roles, parse_roles};
pub use session::Session;
pub use slice::{BadRow, Row, RowContent, Slice};
pub use task::{Completion, Problem, Reason, RowOutcome, Tally, Task, TaskKind};
pub use tenant::Tenant;
pub use text::{InvalidText, TextRule, line, paragraphs};
pub use timestamp::Timestamp;
pub use user::{UnknownUserStatus, User, UserRef, UserStatus};
