//! The `profile` rows.

use chrono::TimeDelta;
use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{Profile, ProfileId, TenantId};

use crate::entity::{
    convert::{count, locale, micros, optional, profile_id, word},
    versioned::{Key, Versioned, parsed},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "profile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub address: String,
    /// In microseconds.
    pub lifetime: Option<i64>,
    pub template: Option<String>,
    pub locale: Option<String>,
    pub automatic_since: Option<DateTimeUtc>,
    pub new_only: bool,
    pub repeat: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Profile {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.tenant.0, Conflict::Profile(self.id.clone()))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = parsed(row, "id", ProfileId::parse)?;
        Ok((row.try_get("", "tenant_id")?, Conflict::Profile(id)))
    }
}

impl From<&Profile> for Model {
    fn from(it: &Profile) -> Self {
        Self {
            tenant_id: it.tenant.0,
            id: it.id.to_string(),
            address: it.address.as_str().to_owned(),
            lifetime: it.lifetime.map(micros),
            template: it.template.clone(),
            locale: it.locale.as_ref().map(|it| it.as_str().to_owned()),
            automatic_since: it.automatic_since,
            new_only: it.new_only,
            repeat: it.repeat,
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Profile {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            id: profile_id(&it.id)?,
            address: word(&it.address)?,
            lifetime: it.lifetime.map(TimeDelta::microseconds),
            template: it.template,
            locale: optional(it.locale.as_deref(), locale)?,
            automatic_since: it.automatic_since,
            new_only: it.new_only,
            repeat: it.repeat,
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: count(it.version)?,
        })
    }
}
