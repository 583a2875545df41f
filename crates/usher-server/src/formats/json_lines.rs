//! Profiles, organizations, roles and users as one JSON object a line: what `import` reads and `export`
//! writes.

use std::{
    collections::BTreeMap,
    fmt::Display,
    io::{self, BufRead, Read as _},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use usher_application::{
    BadRecord, MembershipRecord, OrganizationRecord, ProfileRecord, RoleRecord, UserRecord,
};
use usher_domain::{
    Document, Domain, Locale, Mailbox, Membership, Organization, OrganizationId, Profile,
    ProfileId, Role, RoleId, User, UserId,
};

use crate::{adapters::passwords, duration::Span};

/// The longest line, in bytes.
pub(crate) const LONGEST: u64 = 1 << 20;

/// A profile. What is left out or null stays as it is.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProfileLine {
    id: String,
    address: Option<String>,
    /// Empty, as the two that follow: none of its own.
    lifetime: Option<String>,
    template: Option<String>,
    locale: Option<String>,
    automatic: Option<bool>,
    new_only: Option<bool>,
    repeat: Option<bool>,
}

/// An organization. What is left out or null stays as it is.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrganizationLine {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_url: Option<String>,
    domains: Option<Vec<DomainLine>>,
    only: Option<Vec<String>>,
    deny: Option<Vec<String>>,
    join: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
    active: Option<bool>,
    /// 0: any number.
    seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
}

/// A domain of an organization.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct DomainLine {
    name: String,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    default: bool,
}

/// A role. What is left out or null stays as it is.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleLine {
    id: String,
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    permissions: Option<Vec<String>>,
}

/// A user. What is left out or null stays as it is.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UserLine {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
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
    /// The one they belong to first of all.
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

/// A membership, whole.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MembershipLine {
    organization: String,
    #[serde(default)]
    roles: Vec<String>,
    /// Comes in, never goes out: only its digest is kept.
    #[serde(skip_serializing)]
    pin: Option<String>,
    #[serde(default)]
    pin_allowed: bool,
}

/// What a file holds: sound records with the numbers of their lines, and what is wrong with the
/// other lines.
#[derive(Debug)]
pub(crate) struct Lines<T> {
    pub records: Vec<T>,
    pub numbers: Vec<usize>,
    pub bad: BTreeMap<usize, String>,
}

/// Reads everything. `seen` is called for each line.
pub(crate) fn read<L, T>(mut from: impl BufRead, mut seen: impl FnMut()) -> io::Result<Lines<T>>
where
    L: DeserializeOwned,
    T: TryFrom<L, Error = String>,
{
    let mut all = Lines { records: Vec::new(), numbers: Vec::new(), bad: BTreeMap::new() };
    let mut line = Vec::new();
    for number in 1.. {
        let read = read_line(&mut from, &mut line)?;
        if read == ReadLine::End {
            break;
        }
        seen();
        if read == ReadLine::TooLong {
            all.bad.insert(number, too_long());
            continue;
        }
        let text = line.strip_prefix("\u{feff}".as_bytes()).filter(|_| number == 1);
        let text = text.unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        match object::<L>(text).and_then(T::try_from) {
            Ok(record) => {
                all.records.push(record);
                all.numbers.push(number);
            }
            Err(why) => drop(all.bad.insert(number, why)),
        }
    }
    Ok(all)
}

/// What was read of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadLine {
    Whole,
    /// Its beginning; the rest was passed over.
    TooLong,
    /// There is none any more.
    End,
}

/// Reads a line together with the break at its end, which only the last one may be without.
pub(crate) fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<ReadLine> {
    line.clear();
    if from.by_ref().take(LONGEST + 1).read_until(b'\n', line)? == 0 {
        return Ok(ReadLine::End);
    }
    if line.ends_with(b"\n") || line.len() as u64 <= LONGEST {
        return Ok(ReadLine::Whole);
    }
    skip_line(from)?;
    Ok(ReadLine::TooLong)
}

pub(crate) fn too_long() -> String {
    format!("the line is longer than {LONGEST} bytes")
}

fn skip_line(from: &mut impl BufRead) -> io::Result<()> {
    loop {
        let held = from.fill_buf()?;
        let (used, over) = match held.iter().position(|it| *it == b'\n') {
            Some(at) => (at + 1, true),
            None => (held.len(), held.is_empty()),
        };
        from.consume(used);
        if over {
            return Ok(());
        }
    }
}

/// Reads an object. The fields in an array, in the order of ours, would pass otherwise.
fn object<L: DeserializeOwned>(text: &[u8]) -> Result<L, String> {
    if !text.starts_with(b"{") {
        return Err("a line must be a JSON object".to_owned());
    }
    serde_json::from_slice(text).map_err(|it| wrong(&it))
}

/// Each line is a document of its own, so the column is all there is to tell.
fn wrong(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let what = told.rsplit_once(" at line ").map_or(&*told, |(what, _)| what);
    format!("{what} at column {}", error.column())
}

impl TryFrom<ProfileLine> for ProfileRecord {
    type Error = String;

    fn try_from(it: ProfileLine) -> Result<Self, String> {
        let lifetime = |it| maybe("lifetime", filled(it), |it| it.parse().map(|Span(it)| it));
        let locale = |it| maybe("locale", filled(it), Locale::parse);
        Ok(Self {
            id: named("id", &it.id, ProfileId::parse)?,
            address: maybe("address", it.address.as_deref(), str::parse)?,
            lifetime: it.lifetime.as_deref().map(lifetime).transpose()?,
            template: it.template.map(|it| filled(&it).map(str::to_owned)),
            locale: it.locale.as_deref().map(locale).transpose()?,
            automatic: it.automatic,
            new_only: it.new_only,
            repeat: it.repeat,
        })
    }
}

impl TryFrom<OrganizationLine> for OrganizationRecord {
    type Error = String;

    fn try_from(it: OrganizationLine) -> Result<Self, String> {
        let domain = |it: DomainLine| {
            let name = named("domains.name", &it.name, Domain::parse)?;
            Ok::<_, String>(Domain { name, verified: it.verified, default: it.default })
        };
        let domains = it.domains.map(|it| it.into_iter().map(domain).collect()).transpose()?;
        let names = |field, given: Option<Vec<String>>| {
            let read = |it: Vec<String>| {
                it.iter().map(|it| named(field, it, Domain::parse)).collect::<Result<_, _>>()
            };
            given.map(read).transpose()
        };
        let logo = it.logo_url.as_deref();
        if logo.is_some_and(|it| !it.starts_with("https://") || it.contains(char::is_whitespace)) {
            return Err("`logoUrl` must be an https address".to_owned());
        }
        Ok(Self {
            id: named("id", &it.id, OrganizationId::parse)?,
            code: it.code,
            name: it.name,
            display_name: it.display_name,
            logo_url: it.logo_url,
            domains,
            only: names("only", it.only)?,
            deny: names("deny", it.deny)?,
            join: it.join,
            metadata: it.metadata.map(|it| document("metadata", &it)).transpose()?,
            active: it.active,
            seats: it.seats.map(|it| Some(it).filter(|it| *it > 0)),
            parent: maybe("parent", it.parent.as_deref(), OrganizationId::parse)?,
        })
    }
}

impl TryFrom<RoleLine> for RoleRecord {
    type Error = String;

    fn try_from(it: RoleLine) -> Result<Self, String> {
        Ok(Self {
            id: named("id", &it.id, RoleId::parse)?,
            name: it.name,
            organization: maybe("organization", it.organization.as_deref(), OrganizationId::parse)?,
            description: it.description,
            permissions: it.permissions,
        })
    }
}

/// Complete, but for what is not there at all.
impl From<Organization> for OrganizationLine {
    fn from(it: Organization) -> Self {
        let domain =
            |it: Domain| DomainLine { name: it.name, verified: it.verified, default: it.default };
        Self {
            id: it.id.to_string(),
            code: it.code,
            name: Some(it.name),
            display_name: it.display_name,
            logo_url: it.logo_url,
            domains: Some(it.domains.into_iter().map(domain).collect()),
            only: Some(it.policies.only),
            deny: Some(it.policies.deny),
            join: Some(it.policies.join),
            metadata: RawValue::from_string(it.metadata.0).ok(),
            active: Some(it.active),
            seats: Some(it.seats.unwrap_or(0)),
            parent: it.parent.as_ref().map(ToString::to_string),
        }
    }
}

impl From<Role> for RoleLine {
    fn from(it: Role) -> Self {
        Self {
            id: it.id.to_string(),
            name: Some(it.name),
            organization: it.organization.as_ref().map(ToString::to_string),
            description: it.description,
            permissions: Some(it.permissions),
        }
    }
}

impl TryFrom<UserLine> for UserRecord {
    type Error = String;

    fn try_from(it: UserLine) -> Result<Self, String> {
        if it.password_hash.as_deref().is_some_and(|it| !passwords::is_usable(it)) {
            return Err(BadRecord::PasswordHash.to_string());
        }
        let memberships = it.memberships.unwrap_or_default();
        Ok(Self {
            id: named("id", &it.id, UserId::parse)?,
            username: it.username,
            mailbox: maybe("email", it.email.as_deref(), Mailbox::parse)?,
            personal_mailbox: maybe("personalEmail", it.personal_email.as_deref(), Mailbox::parse)?,
            phone: it.phone,
            first_name: it.first_name,
            last_name: it.last_name,
            display_name: it.display_name,
            locale: maybe("locale", it.locale.as_deref(), Locale::parse)?,
            status: maybe("status", it.status.as_deref(), str::parse)?,
            password: it.password_hash,
            home: maybe("organization", it.organization.as_deref(), OrganizationId::parse)?,
            invitation_profile: maybe(
                "invitationProfile",
                it.invitation_profile.as_deref(),
                ProfileId::parse,
            )?,
            profile: it.profile.map(|it| document("profile", &it)).transpose()?,
            attributes: it.attributes.map(|it| document("attributes", &it)).transpose()?,
            memberships: memberships
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<MembershipLine> for MembershipRecord {
    type Error = String;

    fn try_from(it: MembershipLine) -> Result<Self, String> {
        Ok(Self {
            organization: named(
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

pub(crate) fn named<T, E: Display>(
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, String> {
    parse(text).map_err(|error| format!("`{field}`: {error}"))
}

fn maybe<T, E: Display>(
    field: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    text.map(|it| named(field, it, parse)).transpose()
}

/// The empty text says that there is to be none.
fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|it| !it.is_empty())
}

/// Kept as given, as long as everybody can read it.
fn document(field: &str, raw: &RawValue) -> Result<Document, String> {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(raw.get())
        .map(|_| Document(raw.get().to_owned()))
        .map_err(|_| format!("`{field}` must be an object, nested less than 128 deep"))
}

/// Complete, so that it makes the same profile of whatever is there.
impl From<Profile> for ProfileLine {
    fn from(it: Profile) -> Self {
        Self {
            id: it.id.to_string(),
            address: Some(it.address.as_str().to_owned()),
            lifetime: Some(it.lifetime.map_or(String::new(), |it| Span(it).to_string())),
            template: Some(it.template.unwrap_or_default()),
            locale: Some(it.locale.map_or(String::new(), |it| it.as_str().to_owned())),
            automatic: Some(it.automatic_since.is_some()),
            new_only: Some(it.new_only),
            repeat: Some(it.repeat),
        }
    }
}

impl From<(User, Vec<Membership>)> for UserLine {
    fn from((it, memberships): (User, Vec<Membership>)) -> Self {
        // Outside of texts a line break in JSON is white space.
        let raw = |it: Document| RawValue::from_string(it.0.replace(['\n', '\r'], " ")).ok();
        let typed = |it: Mailbox| it.typed().to_owned();
        Self {
            id: it.id.to_string(),
            username: it.username,
            email: it.mailbox.map(typed),
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
            profile: raw(it.profile),
            attributes: raw(it.attributes),
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

#[cfg(test)]
mod tests;
