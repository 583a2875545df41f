//! The `invitation` rows.

use chrono::TimeDelta;
use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{Actor, Gift, Invitation, InvitationId, Inviter, Mailbox, Offer, TenantId};

use crate::entity::{
    columns::{Labels, Texts},
    convert::{authority, count, locale, micros, optional, organization_id, user_id, word},
    versioned::{Key, Versioned},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub mailbox: String,
    /// What mailboxes are compared by.
    pub mailbox_folded: String,
    pub user_id: Option<String>,
    pub name: Option<String>,
    pub organization_id: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub roles: Texts,
    pub authority: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub labels: Labels,
    pub redirect: Option<String>,
    pub message: Option<String>,
    pub locale: Option<String>,
    pub template: Option<String>,
    pub inviter_id: Option<String>,
    pub inviter: Option<String>,
    /// In microseconds.
    pub lifetime: i64,
    pub quiet: bool,
    pub creator: String,
    pub creator_at: DateTimeUtc,
    /// The creator answers for it, unless somebody took it over.
    pub taken_over_by: Option<String>,
    pub updater: String,
    /// The creator, unless somebody else chose the roles.
    pub roles_by: Option<String>,
    pub roles_at: Option<DateTimeUtc>,
    pub issued_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub letters: i64,
    pub mailed_at: DateTimeUtc,
    pub generation: i64,
    pub previous_until: Option<DateTimeUtc>,
    pub status: String,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Invitation {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.tenant.0, Conflict::Invitation(self.id))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = InvitationId(row.try_get("", "id")?);
        Ok((row.try_get("", "tenant_id")?, Conflict::Invitation(id)))
    }
}

impl From<&Invitation> for Model {
    fn from(it: &Invitation) -> Self {
        let offer = &it.offer;
        let inviter = offer.inviter.as_ref();
        Self {
            tenant_id: it.tenant.0,
            id: it.id.0,
            mailbox: it.mailbox.typed().to_owned(),
            mailbox_folded: it.mailbox.folded().to_owned(),
            user_id: it.user.as_ref().map(ToString::to_string),
            name: it.name.clone(),
            organization_id: offer.organization.as_ref().map(ToString::to_string),
            roles: Texts(offer.roles.clone()),
            authority: offer.authority.as_ref().map(ToString::to_string),
            labels: Labels(offer.labels.clone()),
            redirect: offer.redirect.clone(),
            message: offer.message.clone(),
            locale: offer.locale.as_ref().map(|it| it.as_str().to_owned()),
            template: offer.template.clone(),
            inviter_id: inviter.and_then(|it| it.user.as_ref()).map(ToString::to_string),
            inviter: inviter.map(|it| it.name.clone()),
            lifetime: micros(offer.lifetime),
            quiet: offer.quiet,
            creator: it.creator.to_string(),
            creator_at: it.creator_at,
            taken_over_by: it.taken_over_by.as_ref().map(ToString::to_string),
            updater: it.updater.to_string(),
            roles_by: it.roles_by.as_ref().map(|it| it.by.to_string()),
            roles_at: it.roles_by.as_ref().map(|it| it.at),
            issued_at: it.issued_at,
            updated_at: it.updated_at,
            expires_at: it.expires_at,
            letters: it.letters.into(),
            mailed_at: it.mailed_at,
            generation: it.generation.into(),
            previous_until: it.previous_until,
            status: it.status.as_str().to_owned(),
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Invitation {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        let inviter_id = optional(it.inviter_id.as_deref(), user_id)?;
        let actor = |it: &str| it.parse::<Actor>().map_err(StoreError::new);
        let roles_by = optional(it.roles_by.as_deref(), actor)?;
        Ok(Self {
            id: InvitationId(it.id),
            tenant: TenantId(it.tenant_id),
            mailbox: Mailbox::parse(&it.mailbox).map_err(StoreError::new)?,
            user: optional(it.user_id.as_deref(), user_id)?,
            name: it.name,
            offer: Offer {
                organization: optional(it.organization_id.as_deref(), organization_id)?,
                roles: it.roles.0,
                authority: optional(it.authority.as_deref(), authority)?,
                labels: it.labels.0,
                redirect: it.redirect,
                message: it.message,
                locale: optional(it.locale.as_deref(), locale)?,
                template: it.template,
                inviter: it.inviter.map(|name| Inviter { user: inviter_id, name }),
                lifetime: TimeDelta::microseconds(it.lifetime),
                quiet: it.quiet,
            },
            creator: it.creator.parse().map_err(StoreError::new)?,
            creator_at: it.creator_at,
            taken_over_by: optional(it.taken_over_by.as_deref(), actor)?,
            updater: it.updater.parse().map_err(StoreError::new)?,
            roles_by: roles_by.zip(it.roles_at).map(|(by, at)| Gift::new(by, at)),
            issued_at: it.issued_at,
            updated_at: it.updated_at,
            expires_at: it.expires_at,
            letters: count(it.letters)?,
            mailed_at: it.mailed_at,
            generation: count(it.generation)?,
            previous_until: it.previous_until,
            status: word(&it.status)?,
            version: count(it.version)?,
        })
    }
}
