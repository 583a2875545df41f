//! The `membership` rows.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use usher_application::StoreError;
use usher_domain::{Membership, TenantId};

use super::{Roles, count, given, hex, organization_id, unhex, user_id};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub roles: Roles,
    /// The digest in hexadecimal.
    pub pin: Option<String>,
    pub pin_allowed: bool,
    pub joined_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Membership> for Model {
    fn from(it: &Membership) -> Self {
        Self {
            tenant_id: it.tenant.0,
            user_id: it.user.to_string(),
            organization_id: it.organization.to_string(),
            roles: Roles(it.roles.clone()),
            pin: it.pin.as_deref().map(hex),
            pin_allowed: it.pin_allowed,
            joined_at: it.joined_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Membership {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            user: user_id(&it.user_id)?,
            organization: organization_id(&it.organization_id)?,
            roles: it.roles.0,
            pin: given(it.pin.as_deref(), unhex)?,
            pin_allowed: it.pin_allowed,
            joined_at: it.joined_at,
            version: count(it.version)?,
        })
    }
}
