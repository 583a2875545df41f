//! The `role` rows.

use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{Role, RoleId, TenantId};

use crate::entity::{
    columns::Texts,
    convert::{authority, count, optional, organization_id},
    versioned::{Key, Removable, Versioned, parsed},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "role")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub organization_id: Option<String>,
    pub name: String,
    /// What names are compared by.
    pub name_folded: String,
    pub description: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub permissions: Texts,
    pub given_by: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Role {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.tenant.0, Conflict::Role(self.id.clone()))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = parsed(row, "id", RoleId::parse)?;
        Ok((row.try_get("", "tenant_id")?, Conflict::Role(id)))
    }
}

impl Removable for Role {}

impl From<&Role> for Model {
    fn from(it: &Role) -> Self {
        Self {
            tenant_id: it.tenant.0,
            id: it.id.to_string(),
            organization_id: it.organization.as_ref().map(ToString::to_string),
            name: it.name.clone(),
            name_folded: it.name.to_lowercase(),
            description: it.description.clone(),
            permissions: Texts(it.permissions.clone()),
            given_by: it.given_by.to_string(),
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Role {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: RoleId::parse(&it.id).map_err(StoreError::new)?,
            tenant: TenantId(it.tenant_id),
            organization: optional(it.organization_id.as_deref(), organization_id)?,
            name: it.name,
            description: it.description,
            permissions: it.permissions.0,
            given_by: authority(&it.given_by)?,
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: count(it.version)?,
        })
    }
}
