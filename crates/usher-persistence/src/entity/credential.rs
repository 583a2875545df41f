//! The `credential` rows.

use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{Credential, CredentialId, TenantId};

use crate::entity::{
    convert::{authority, count, hex, optional, organization_id, unhex, user_id},
    versioned::{Key, Versioned},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "credential")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The SHA-256 in hexadecimal.
    pub secret_digest: String,
    pub authority: String,
    pub user_id: Option<String>,
    pub organization_id: Option<String>,
    pub made_by: String,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    pub expires_at: Option<DateTimeUtc>,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Credential {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.tenant.0, Conflict::Credential(self.id))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = CredentialId(row.try_get("", "id")?);
        Ok((row.try_get("", "tenant_id")?, Conflict::Credential(id)))
    }
}

impl From<&Credential> for Model {
    fn from(it: &Credential) -> Self {
        Self {
            tenant_id: it.tenant.0,
            id: it.id.0,
            secret_digest: hex(&it.secret_digest),
            authority: it.authority.to_string(),
            user_id: it.user.as_ref().map(ToString::to_string),
            organization_id: it.organization.as_ref().map(ToString::to_string),
            made_by: it.made_by.to_string(),
            created_at: it.created_at,
            revoked_at: it.revoked_at,
            expires_at: it.expires_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Credential {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        let digest = unhex(&it.secret_digest)?;
        Ok(Self {
            id: CredentialId(it.id),
            tenant: TenantId(it.tenant_id),
            secret_digest: digest
                .try_into()
                .map_err(|_| StoreError::new("a row holds a digest that is not 32 bytes long"))?,
            authority: authority(&it.authority)?,
            user: optional(it.user_id.as_deref(), user_id)?,
            organization: optional(it.organization_id.as_deref(), organization_id)?,
            made_by: it.made_by.parse().map_err(StoreError::new)?,
            created_at: it.created_at,
            revoked_at: it.revoked_at,
            expires_at: it.expires_at,
            version: count(it.version)?,
        })
    }
}
