//! The `membership` rows.

use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{Membership, MembershipId, OrganizationId, Pin, PinSeed, TenantId, UserId};

use crate::entity::{
    columns::Texts,
    convert::{count, hex, optional, organization_id, unhex, user_id},
    gift::StoredGifts,
    versioned::{Key, Removable, Versioned, parsed},
};

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
    pub id: Uuid,
    #[sea_orm(column_type = "JsonBinary")]
    pub roles: Texts,
    /// The digest of the pin in hexadecimal.
    pub pin: Option<String>,
    /// Null, like the step, when the pin was imported.
    pub pin_seed: Option<Uuid>,
    pub pin_step: Option<i64>,
    pub pin_allowed: bool,
    pub joined_at: DateTimeUtc,
    #[sea_orm(column_type = "JsonBinary")]
    pub gifts: StoredGifts,
    pub letters: i64,
    pub mailed_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Membership {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        let conflict = Conflict::Membership(self.user.clone(), self.organization.clone());
        (self.tenant.0, conflict)
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let user = parsed(row, "user_id", UserId::parse)?;
        let organization = parsed(row, "organization_id", OrganizationId::parse)?;
        Ok((row.try_get("", "tenant_id")?, Conflict::Membership(user, organization)))
    }
}

impl Removable for Membership {}

impl From<&Membership> for Model {
    fn from(it: &Membership) -> Self {
        let seed = it.pin.as_ref().and_then(|it| it.seed);
        Self {
            tenant_id: it.tenant.0,
            user_id: it.user.to_string(),
            organization_id: it.organization.to_string(),
            id: it.id.0,
            roles: Texts(it.roles.clone()),
            pin: it.pin.as_ref().map(|it| hex(&it.digest)),
            pin_seed: seed.map(|it| it.id),
            pin_step: seed.map(|it| it.step.into()),
            pin_allowed: it.pin_allowed,
            joined_at: it.joined_at,
            gifts: (&it.gifts).into(),
            letters: it.letters.into(),
            mailed_at: it.mailed_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Membership {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        let seed = match it.pin_seed.zip(it.pin_step) {
            Some((id, step)) => Some(PinSeed { id, step: count(step)? }),
            None => None,
        };
        let pin = optional(it.pin.as_deref(), unhex)?.map(|digest| Pin { digest, seed });
        Ok(Self {
            id: MembershipId(it.id),
            tenant: TenantId(it.tenant_id),
            user: user_id(&it.user_id)?,
            organization: organization_id(&it.organization_id)?,
            roles: it.roles.0,
            pin,
            pin_allowed: it.pin_allowed,
            joined_at: it.joined_at,
            gifts: it.gifts.try_into()?,
            letters: count(it.letters)?,
            mailed_at: it.mailed_at,
            version: count(it.version)?,
        })
    }
}
