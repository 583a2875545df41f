//! The `organization` rows.

use sea_orm::{FromJsonQueryResult, QueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};
use usher_application::{Conflict, StoreError};
use usher_domain::{Document, Domain, Organization, OrganizationId, Policies, TenantId};

use crate::entity::{
    convert::{count, optional, organization_id},
    versioned::{Key, Removable, Versioned, parsed},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub code: Option<String>,
    /// What a code is compared by that people write in another case.
    pub code_folded: Option<String>,
    pub name: String,
    pub display_name: Option<String>,
    pub logo_url: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub domains: Domains,
    #[sea_orm(column_type = "JsonBinary")]
    pub policies: StoredPolicies,
    pub metadata: String,
    pub active: bool,
    pub seats: Option<i64>,
    pub parent_id: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// Domains as a JSON array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Domains(Vec<StoredDomain>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredDomain {
    name: String,
    verified: bool,
    default: bool,
}

/// Policies as a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct StoredPolicies {
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    #[serde(default)]
    join: bool,
    /// A JSON document as text, so that the database does not normalize it.
    #[serde(default)]
    foreign: Option<String>,
}

impl Versioned for Organization {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.tenant.0, Conflict::Organization(self.id.clone()))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = parsed(row, "id", OrganizationId::parse)?;
        Ok((row.try_get("", "tenant_id")?, Conflict::Organization(id)))
    }
}

impl Removable for Organization {
    /// Its memberships and roles are deleted; organizations below it and users at home in it lose
    /// that reference.
    const CASCADE: &'static [&'static str] = &[
        // The version is there because the partial index asks for it.
        "DELETE FROM membership WHERE version > 0 AND (tenant_id, organization_id) IN REMOVED",
        "DELETE FROM role WHERE (tenant_id, organization_id) IN REMOVED",
        "UPDATE organization SET parent_id = NULL, version = version + 1 \
         WHERE parent_id IS NOT NULL AND (tenant_id, parent_id) IN REMOVED",
        "UPDATE person SET home_id = NULL, version = version + 1 \
         WHERE home_id IS NOT NULL AND (tenant_id, home_id) IN REMOVED",
    ];
}

impl From<&Organization> for Model {
    fn from(it: &Organization) -> Self {
        let stored = |it: &Domain| StoredDomain {
            name: it.name.clone(),
            verified: it.verified,
            default: it.default,
        };
        let Policies { only, deny, join, foreign } = it.policies.clone();
        Self {
            tenant_id: it.tenant.0,
            id: it.id.to_string(),
            code: it.code.clone(),
            code_folded: it.code.as_deref().map(Organization::folded_code),
            name: it.name.clone(),
            display_name: it.display_name.clone(),
            logo_url: it.logo_url.clone(),
            domains: Domains(it.domains.iter().map(stored).collect()),
            policies: StoredPolicies { only, deny, join, foreign: Some(foreign.0) },
            metadata: it.metadata.0.clone(),
            active: it.active,
            seats: it.seats.map(Into::into),
            parent_id: it.parent.as_ref().map(ToString::to_string),
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Organization {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        let stored =
            |it: StoredDomain| Domain { name: it.name, verified: it.verified, default: it.default };
        let StoredPolicies { only, deny, join, foreign } = it.policies;
        let foreign = foreign.map(Document).unwrap_or_default();
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            id: organization_id(&it.id)?,
            code: it.code,
            name: it.name,
            display_name: it.display_name,
            logo_url: it.logo_url,
            domains: it.domains.0.into_iter().map(stored).collect(),
            policies: Policies { only, deny, join, foreign },
            metadata: Document(it.metadata),
            active: it.active,
            seats: it.seats.map(count).transpose()?,
            parent: optional(it.parent_id.as_deref(), organization_id)?,
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: count(it.version)?,
        })
    }
}
