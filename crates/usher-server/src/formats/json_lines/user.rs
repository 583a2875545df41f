//! A user with their memberships as one line of JSON.

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use usher_application::{MembershipRecord, UserRecord};
use usher_domain::{
    Locale, Mailbox, Membership, OrganizationId, ProfileId, Timestamp, User, UserId,
};

use crate::formats::fields::{non_empty, one_line, parse_document, parse_field, parse_optional};

/// A user. A field that is missing or null stays as it is.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UserLine {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// When somebody proved to read `email`, or the empty text if nobody did. It is always exported,
    /// because an import without it vouches for the address.
    email_proven_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
    /// The id of their home organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memberships: Option<Vec<MembershipLine>>,
}

/// A membership. It replaces the one that is there, so a missing field has its default.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MembershipLine {
    organization: String,
    #[serde(default)]
    roles: Vec<String>,
    /// Imported but never exported, because only its digest is stored.
    #[serde(skip_serializing)]
    pin: Option<String>,
    #[serde(default)]
    pin_allowed: bool,
}

impl TryFrom<UserLine> for UserRecord {
    type Error = String;

    fn try_from(it: UserLine) -> Result<Self, String> {
        let memberships = it.memberships.unwrap_or_default();
        Ok(Self {
            id: parse_field("id", &it.id, UserId::parse)?,
            username: it.username,
            mailbox: parse_optional("email", it.email.as_deref(), Mailbox::parse)?,
            mailbox_proven_at: it.email_proven_at.as_deref().map(proven_at).transpose()?,
            personal_mailbox: parse_optional(
                "personalEmail",
                it.personal_email.as_deref(),
                Mailbox::parse,
            )?,
            phone: it.phone,
            first_name: it.first_name,
            last_name: it.last_name,
            display_name: it.display_name,
            locale: parse_optional("locale", it.locale.as_deref(), Locale::parse)?,
            status: parse_optional("status", it.status.as_deref(), str::parse)?,
            password: it.password_hash,
            home: parse_optional(
                "organization",
                it.organization.as_deref(),
                OrganizationId::parse,
            )?,
            invitation_profile: parse_optional(
                "invitationProfile",
                it.invitation_profile.as_deref(),
                ProfileId::parse,
            )?,
            profile: it.profile.map(|it| parse_document("profile", &it)).transpose()?,
            attributes: it.attributes.map(|it| parse_document("attributes", &it)).transpose()?,
            memberships: memberships
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// A time as RFC 3339 writes it; none for the empty text.
fn proven_at(text: &str) -> Result<Option<Timestamp>, String> {
    parse_optional("emailProvenAt", non_empty(text), |it| {
        let parsed = it.parse::<Timestamp>();
        parsed.map_err(|_| "must be a time such as 2026-01-02T12:00:00Z, or empty")
    })
}

fn rfc3339(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl TryFrom<MembershipLine> for MembershipRecord {
    type Error = String;

    fn try_from(it: MembershipLine) -> Result<Self, String> {
        Ok(Self {
            organization: parse_field(
                "memberships.organization",
                &it.organization,
                OrganizationId::parse,
            )?,
            roles: it.roles,
            pin: it.pin,
            pin_allowed: it.pin_allowed,
        })
    }
}

impl From<(User, Vec<Membership>)> for UserLine {
    fn from((it, memberships): (User, Vec<Membership>)) -> Self {
        let typed = |it: Mailbox| it.typed().to_owned();
        Self {
            id: it.id.to_string(),
            username: it.username,
            email: it.mailbox.map(typed),
            email_proven_at: Some(it.mailbox_proven_at.map_or(String::new(), rfc3339)),
            personal_email: it.personal_mailbox.map(typed),
            phone: it.phone,
            first_name: it.first_name,
            last_name: it.last_name,
            display_name: it.display_name,
            locale: it.locale.map(|it| it.as_str().to_owned()),
            status: Some(it.status.as_str().to_owned()),
            password_hash: it.password,
            organization: it.home.map(|it| it.to_string()),
            invitation_profile: it.invitation_profile.map(|it| it.to_string()),
            profile: one_line(&it.profile),
            attributes: one_line(&it.attributes),
            memberships: Some(memberships.into_iter().map(Into::into).collect()),
        }
    }
}

impl From<Membership> for MembershipLine {
    fn from(it: Membership) -> Self {
        Self {
            organization: it.organization.to_string(),
            roles: it.roles,
            pin: None,
            pin_allowed: it.pin_allowed,
        }
    }
}
