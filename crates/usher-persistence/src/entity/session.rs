//! The `session` rows.

use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{Browser, Session, SessionId, TenantId};

use crate::entity::{
    convert::{count, optional, organization_id, user_id},
    versioned::{Key, Versioned},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: String,
    /// The only organization that the session is valid for, when a pin opened it.
    pub organization_id: Option<String>,
    /// The names of the browser's family and of its operating system, as far as they are known.
    pub browser_family: Option<String>,
    pub browser_system: Option<String>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Session {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.tenant.0, Conflict::Session(self.id))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = SessionId(row.try_get("", "id")?);
        Ok((row.try_get("", "tenant_id")?, Conflict::Session(id)))
    }
}

impl From<&Session> for Model {
    fn from(it: &Session) -> Self {
        Self {
            tenant_id: it.tenant.0,
            id: it.id.0,
            user_id: it.user.to_string(),
            organization_id: it.organization.as_ref().map(ToString::to_string),
            browser_family: it.browser.family.map(|it| it.as_str().to_owned()),
            browser_system: it.browser.system.map(|it| it.as_str().to_owned()),
            created_at: it.created_at,
            expires_at: it.expires_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Session {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: SessionId(it.id),
            tenant: TenantId(it.tenant_id),
            user: user_id(&it.user_id)?,
            organization: optional(it.organization_id.as_deref(), organization_id)?,
            // A later version of usher may write names that this one does not know.
            browser: Browser {
                family: it.browser_family.and_then(|it| it.parse().ok()),
                system: it.browser_system.and_then(|it| it.parse().ok()),
            },
            created_at: it.created_at,
            expires_at: it.expires_at,
            version: count(it.version)?,
        })
    }
}
