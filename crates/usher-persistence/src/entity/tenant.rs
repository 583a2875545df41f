//! The `tenant` rows.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use usher_application::StoreError;
use usher_domain::{Tenant, TenantId};

use super::locale;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub name: String,
    pub display_name: String,
    pub locale: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Tenant> for Model {
    fn from(it: &Tenant) -> Self {
        Self {
            id: it.id.0,
            name: it.name.clone(),
            display_name: it.display_name.clone(),
            locale: it.locale.as_str().to_owned(),
            created_at: it.created_at,
        }
    }
}

impl TryFrom<Model> for Tenant {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: TenantId(it.id),
            name: it.name,
            display_name: it.display_name,
            locale: locale(&it.locale)?,
            created_at: it.created_at,
        })
    }
}
