//! The `tenant` rows.

use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{RedirectRule, Tenant, TenantId};

use crate::entity::{
    columns::Texts,
    convert::{count, locale},
    versioned::{Key, Versioned},
};

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
    #[sea_orm(column_type = "JsonBinary")]
    pub redirects: Texts,
    pub created_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Tenant {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.id.0, Conflict::Tenant(self.id))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = row.try_get("", "id")?;
        Ok((id, Conflict::Tenant(TenantId(id))))
    }
}

impl From<&Tenant> for Model {
    fn from(it: &Tenant) -> Self {
        Self {
            id: it.id.0,
            name: it.name.clone(),
            display_name: it.display_name.clone(),
            locale: it.locale.as_str().to_owned(),
            redirects: Texts(it.redirects.iter().map(ToString::to_string).collect()),
            created_at: it.created_at,
            version: it.version.into(),
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
            redirects: it.redirects.0.iter().map(|it| rule(it)).collect::<Result<_, _>>()?,
            created_at: it.created_at,
            version: count(it.version)?,
        })
    }
}

fn rule(text: &str) -> Result<RedirectRule, StoreError> {
    RedirectRule::parse(text).map_err(StoreError::new)
}
