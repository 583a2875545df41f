//! The `organization` rows.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};
use usher_application::StoreError;
use usher_domain::{Document, Domain, Organization, Policies, SignInRecord, TenantId};

use super::{count, given, organization_id};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub code: Option<String>,
    pub name: String,
    pub display_name: Option<String>,
    pub logo_url: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub domains: Domains,
    #[sea_orm(column_type = "JsonBinary")]
    pub policies: Rules,
    pub metadata: String,
    pub active: bool,
    pub seats: Option<i64>,
    pub parent_id: Option<String>,
    pub failures: i64,
    pub not_before: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// Domains as a JSON array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Domains(Vec<Owned>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Owned {
    name: String,
    verified: bool,
    default: bool,
}

/// Policies as a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Rules {
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    #[serde(default)]
    join: bool,
    /// A JSON document as text: what is not ours is not normalized.
    #[serde(default)]
    foreign: Option<String>,
}

impl From<&Organization> for Model {
    fn from(it: &Organization) -> Self {
        let owned = |it: &Domain| Owned {
            name: it.name.clone(),
            verified: it.verified,
            default: it.default,
        };
        let Policies { only, deny, join, foreign } = it.policies.clone();
        Self {
            tenant_id: it.tenant.0,
            id: it.id.to_string(),
            code: it.code.clone(),
            name: it.name.clone(),
            display_name: it.display_name.clone(),
            logo_url: it.logo_url.clone(),
            domains: Domains(it.domains.iter().map(owned).collect()),
            policies: Rules { only, deny, join, foreign: Some(foreign.0) },
            metadata: it.metadata.0.clone(),
            active: it.active,
            seats: it.seats.map(Into::into),
            parent_id: it.parent.as_ref().map(ToString::to_string),
            failures: it.sign_in.failures.into(),
            not_before: it.sign_in.not_before,
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Organization {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        let owned =
            |it: Owned| Domain { name: it.name, verified: it.verified, default: it.default };
        let Rules { only, deny, join, foreign } = it.policies;
        let foreign = foreign.map(Document).unwrap_or_default();
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            id: organization_id(&it.id)?,
            code: it.code,
            name: it.name,
            display_name: it.display_name,
            logo_url: it.logo_url,
            domains: it.domains.0.into_iter().map(owned).collect(),
            policies: Policies { only, deny, join, foreign },
            metadata: Document(it.metadata),
            active: it.active,
            seats: it.seats.map(count).transpose()?,
            parent: given(it.parent_id.as_deref(), organization_id)?,
            sign_in: SignInRecord { failures: count(it.failures)?, not_before: it.not_before },
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: count(it.version)?,
        })
    }
}
