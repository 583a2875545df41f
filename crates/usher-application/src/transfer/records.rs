//! The records of an import, and what can be wrong with them.

use std::fmt;

use chrono::TimeDelta;
use usher_domain::{
    Address, Authority, BadPasswordHash, Document, Domain, InvalidText, Locale, Mailbox,
    OrganizationId, ProfileId, RoleId, TextRule, Timestamp, UserId, UserStatus,
};

/// What every record has: the id by which it is inserted or updated.
pub(crate) trait Record {
    type Id: std::hash::Hash + Eq + Clone;

    fn id(&self) -> &Self::Id;
}

/// An organization as it is imported. What is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct OrganizationRecord {
    pub id: OrganizationId,
    pub code: Option<String>,
    pub name: Option<String>,
    pub display_name: Option<String>,
    /// An https address.
    pub logo_url: Option<String>,
    pub domains: Option<Vec<Domain>>,
    /// Domains as [`Domain::parse`] writes them.
    pub only: Option<Vec<String>>,
    pub deny: Option<Vec<String>>,
    pub join: Option<bool>,
    pub metadata: Option<Document>,
    pub active: Option<bool>,
    /// `Some(None)`: any number.
    pub seats: Option<Option<u32>>,
    pub parent: Option<OrganizationId>,
}

impl OrganizationRecord {
    /// An organization of which nothing is said.
    #[must_use]
    pub fn of(id: OrganizationId) -> Self {
        Self {
            id,
            code: None,
            name: None,
            display_name: None,
            logo_url: None,
            domains: None,
            only: None,
            deny: None,
            join: None,
            metadata: None,
            active: None,
            seats: None,
            parent: None,
        }
    }
}

impl Record for OrganizationRecord {
    type Id = OrganizationId;

    fn id(&self) -> &OrganizationId {
        &self.id
    }
}

/// A role as it is imported. What is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct RoleRecord {
    pub id: RoleId,
    pub name: Option<String>,
    /// The one that it is for; of a role that is there already it cannot be changed.
    pub organization: Option<OrganizationId>,
    pub description: Option<String>,
    pub permissions: Option<Vec<String>>,
    /// Which authority a caller needs at least to give it.
    pub given_by: Option<Authority>,
}

impl Record for RoleRecord {
    type Id = RoleId;

    fn id(&self) -> &RoleId {
        &self.id
    }
}

/// A profile as it is imported. What is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct ProfileRecord {
    pub id: ProfileId,
    pub address: Option<Address>,
    /// `Some(None)`: as long as the operator's policy has it.
    pub lifetime: Option<Option<TimeDelta>>,
    /// `Some(None)`: the one that comes with usher.
    pub template: Option<Option<String>>,
    pub locale: Option<Option<Locale>>,
    pub automatic: Option<bool>,
    pub new_only: Option<bool>,
    pub repeat: Option<bool>,
}

impl Record for ProfileRecord {
    type Id = ProfileId;

    fn id(&self) -> &ProfileId {
        &self.id
    }
}

/// A user as they are imported. What is `None` stays as it is; memberships are added to those
/// there are, or replace the one in the same organization.
#[derive(Clone)]
pub struct UserRecord {
    pub id: UserId,
    pub username: Option<String>,
    pub mailbox: Option<Mailbox>,
    /// `Some(None)`: nobody has proven it. Unless it is given, the import vouches for the mailbox:
    /// see [`ImportUsers`](crate::transfer::users::ImportUsers).
    pub mailbox_proven_at: Option<Option<Timestamp>>,
    pub personal_mailbox: Option<Mailbox>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub display_name: Option<String>,
    pub locale: Option<Locale>,
    pub status: Option<UserStatus>,
    /// A PHC string of argon2, or bcrypt's form.
    pub password: Option<String>,
    pub home: Option<OrganizationId>,
    pub invitation_profile: Option<ProfileId>,
    pub profile: Option<Document>,
    pub attributes: Option<Document>,
    pub memberships: Vec<MembershipRecord>,
}

impl Record for UserRecord {
    type Id = UserId;

    fn id(&self) -> &UserId {
        &self.id
    }
}

/// A membership as it is imported.
#[derive(Clone)]
pub struct MembershipRecord {
    pub organization: OrganizationId,
    pub roles: Vec<String>,
    /// In the clear; only its keyed digest is kept.
    pub pin: Option<String>,
    pub pin_allowed: bool,
}

/// A field of a record that something can be wrong with. A file format may call it otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordField {
    Id,
    Code,
    Name,
    DisplayName,
    Description,
    Permissions,
    Parent,
    /// The organization that a role is for.
    Organization,
    Username,
    Mailbox,
    Phone,
    FirstName,
    LastName,
    Home,
    Memberships,
    MembershipRoles,
    Profile,
    Attributes,
    Metadata,
}

impl RecordField {
    /// The name of the field in the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Code => "code",
            Self::Name => "name",
            Self::DisplayName => "display_name",
            Self::Description => "description",
            Self::Permissions => "permissions",
            Self::Parent => "parent",
            Self::Organization => "organization",
            Self::Username => "username",
            Self::Mailbox => "mailbox",
            Self::Phone => "phone",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Home => "home",
            Self::Memberships => "memberships",
            Self::MembershipRoles => "memberships.roles",
            Self::Profile => "profile",
            Self::Attributes => "attributes",
            Self::Metadata => "metadata",
        }
    }
}

impl fmt::Display for RecordField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a record. The texts name the fields as [`RecordField::as_str`] does; whoever
/// reads a file format writes texts with the names of that format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    #[error("`id` is the same as in an earlier record")]
    Double,
    #[error("`{0}` is missing, and there is none yet")]
    Missing(RecordField),
    #[error("`{0}` names an organization that does not exist")]
    UnknownOrganization(RecordField),
    #[error("`invitation_profile` names a profile that does not exist")]
    UnknownProfile,
    #[error("`template` names a template that does not exist")]
    UnknownTemplate,
    #[error("`lifetime` must be between {} s and {} s", .min.num_seconds(), .max.num_seconds())]
    Lifetime { min: TimeDelta, max: TimeDelta },
    /// Another record of the import, or something in the store, has the same.
    #[error("`{0}` is taken by another one")]
    Taken(RecordField),
    /// Something in the store has one of those already.
    #[error("the mailbox, username, code, name or pin is taken by another one")]
    Conflict,
    /// Some of those who hold it are named.
    #[error(
        "`{field}` would make a role of `{word}`, or look like it, which is a word so far and is held by \
         {}: take it from them, or adopt it as this role", .by.join(", ")
    )]
    Held { field: RecordField, word: String, by: Vec<String> },
    #[error("`organization` of a role cannot be changed")]
    Moved,
    #[error("`password` {0}")]
    PasswordHash(BadPasswordHash),
    #[error("`{0}` must not be longer than {max} bytes", max = Document::MAX)]
    Document(RecordField),
    #[error("`pin` must be 4 to 12 letters or digits")]
    Pin,
    #[error("`{field}` {rule}")]
    Text { field: RecordField, rule: TextRule },
}

impl BadRecord {
    /// The text in this field breaks a rule.
    pub(crate) fn text(field: RecordField) -> impl Fn(InvalidText) -> Self {
        move |it| Self::Text { field, rule: it.rule }
    }
}
