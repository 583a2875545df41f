//! The `organization` rows.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use usher_application::StoreError;
use usher_domain::{Organization, SignInRecord, TenantId};

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
    pub parent_id: Option<String>,
    pub failures: i64,
    pub not_before: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Organization> for Model {
    fn from(it: &Organization) -> Self {
        Self {
            tenant_id: it.tenant.0,
            id: it.id.to_string(),
            code: it.code.clone(),
            name: it.name.clone(),
            parent_id: it.parent.as_ref().map(ToString::to_string),
            failures: it.sign_in.failures.into(),
            not_before: it.sign_in.not_before,
            created_at: it.created_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Organization {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            id: organization_id(&it.id)?,
            code: it.code,
            name: it.name,
            parent: given(it.parent_id.as_deref(), organization_id)?,
            sign_in: SignInRecord { failures: count(it.failures)?, not_before: it.not_before },
            created_at: it.created_at,
            version: count(it.version)?,
        })
    }
}
