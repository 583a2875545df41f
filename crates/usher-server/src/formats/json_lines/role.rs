//! A role as one line of JSON.

use serde::{Deserialize, Serialize};
use usher_application::RoleRecord;
use usher_domain::{OrganizationId, Role, RoleId};

use crate::formats::fields::{parse_field, parse_optional};

/// A role. A field that is missing or null stays as it is.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RoleLine {
    id: String,
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    permissions: Option<Vec<String>>,
    given_by: Option<String>,
}

impl TryFrom<RoleLine> for RoleRecord {
    type Error = String;

    fn try_from(it: RoleLine) -> Result<Self, String> {
        Ok(Self {
            id: parse_field("id", &it.id, RoleId::parse)?,
            name: it.name,
            organization: parse_optional(
                "organization",
                it.organization.as_deref(),
                OrganizationId::parse,
            )?,
            description: it.description,
            permissions: it.permissions,
            given_by: parse_optional("givenBy", it.given_by.as_deref(), str::parse)?,
        })
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
            given_by: Some(it.given_by.to_string()),
        }
    }
}
