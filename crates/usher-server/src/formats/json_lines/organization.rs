//! An organization as one line of JSON.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use usher_application::OrganizationRecord;
use usher_domain::{Domain, Organization, OrganizationId};

use crate::formats::fields::{one_line, parse_document, parse_field, parse_optional};

/// An organization. A field that is missing or null stays as it is.
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
    /// 0 means that there is no limit.
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

impl TryFrom<OrganizationLine> for OrganizationRecord {
    type Error = String;

    fn try_from(it: OrganizationLine) -> Result<Self, String> {
        let domain = |it: DomainLine| {
            let name = parse_field("domains.name", &it.name, Domain::parse)?;
            Ok::<_, String>(Domain { name, verified: it.verified, default: it.default })
        };
        let domains = it.domains.map(|it| it.into_iter().map(domain).collect()).transpose()?;
        let names = |field, given: Option<Vec<String>>| {
            let read = |it: Vec<String>| {
                it.iter().map(|it| parse_field(field, it, Domain::parse)).collect::<Result<_, _>>()
            };
            given.map(read).transpose()
        };
        let logo = it.logo_url.as_deref();
        if logo.is_some_and(|it| !it.starts_with("https://") || it.contains(char::is_whitespace)) {
            return Err("`logoUrl` must be an https address".to_owned());
        }
        Ok(Self {
            id: parse_field("id", &it.id, OrganizationId::parse)?,
            code: it.code,
            name: it.name,
            display_name: it.display_name,
            logo_url: it.logo_url,
            domains,
            only: names("only", it.only)?,
            deny: names("deny", it.deny)?,
            join: it.join,
            metadata: it.metadata.map(|it| parse_document("metadata", &it)).transpose()?,
            active: it.active,
            seats: it.seats.map(|it| Some(it).filter(|it| *it > 0)),
            parent: parse_optional("parent", it.parent.as_deref(), OrganizationId::parse)?,
        })
    }
}

/// With every field that has a value.
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
            metadata: one_line(&it.metadata),
            active: Some(it.active),
            seats: Some(it.seats.unwrap_or(0)),
            parent: it.parent.as_ref().map(ToString::to_string),
        }
    }
}
