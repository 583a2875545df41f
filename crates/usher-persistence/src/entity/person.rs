//! The `person` rows: the users, for `user` is a reserved word of SQL.

use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{AccountLetter, AccountLetterId, Document, Mailbox, TenantId, User, UserId};

use crate::entity::{
    columns::Texts,
    convert::{authority, count, locale, optional, organization_id, profile_id, user_id, word},
    versioned::{Key, Versioned, parsed},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub status: String,
    pub username: Option<String>,
    /// What usernames are compared by.
    pub username_folded: Option<String>,
    pub mailbox: Option<String>,
    /// What mailboxes are compared by.
    pub mailbox_folded: Option<String>,
    pub personal_mailbox: Option<String>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub display_name: Option<String>,
    /// What users are sorted by; null for a user without any name.
    pub name_folded: Option<String>,
    pub locale: Option<String>,
    pub password: Option<String>,
    pub authority: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub roles: Texts,
    pub home_id: Option<String>,
    pub invitation_profile: Option<String>,
    pub profile: String,
    pub attributes: String,
    pub mailbox_proven_at: Option<DateTimeUtc>,
    pub void_before: Option<DateTimeUtc>,
    /// Of the latest letter about the account; the next two are null together with it.
    pub letter_id: Option<Uuid>,
    pub letter_kind: Option<String>,
    pub letter_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// A username as it is compared.
pub(crate) fn folded(username: &str) -> String {
    username.to_lowercase()
}

impl Versioned for User {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.tenant.0, Conflict::User(self.id.clone()))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = parsed(row, "id", UserId::parse)?;
        Ok((row.try_get("", "tenant_id")?, Conflict::User(id)))
    }
}

impl From<&User> for Model {
    fn from(it: &User) -> Self {
        let typed = |it: &Option<Mailbox>| it.as_ref().map(|it| it.typed().to_owned());
        Self {
            tenant_id: it.tenant.0,
            id: it.id.to_string(),
            status: it.status.as_str().to_owned(),
            username: it.username.clone(),
            username_folded: it.username.as_deref().map(folded),
            mailbox: typed(&it.mailbox),
            mailbox_folded: it.mailbox.as_ref().map(|it| it.folded().to_owned()),
            personal_mailbox: typed(&it.personal_mailbox),
            phone: it.phone.clone(),
            first_name: it.first_name.clone(),
            last_name: it.last_name.clone(),
            display_name: it.display_name.clone(),
            name_folded: Some(it.full_name().to_ascii_lowercase()).filter(|it| !it.is_empty()),
            locale: it.locale.as_ref().map(|it| it.as_str().to_owned()),
            password: it.password.clone(),
            authority: it.authority.as_ref().map(ToString::to_string),
            roles: Texts(it.roles.clone()),
            home_id: it.home.as_ref().map(ToString::to_string),
            invitation_profile: it.invitation_profile.as_ref().map(ToString::to_string),
            profile: it.profile.0.clone(),
            attributes: it.attributes.0.clone(),
            mailbox_proven_at: it.mailbox_proven_at,
            void_before: it.void_before,
            letter_id: it.letter.map(|it| it.id.0),
            letter_kind: it.letter.map(|it| it.kind.as_str().to_owned()),
            letter_at: it.letter.map(|it| it.at),
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for User {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        let mailbox = |text: &str| Mailbox::parse(text).map_err(StoreError::new);
        let letter = match (it.letter_id, &it.letter_kind, it.letter_at) {
            (Some(id), Some(kind), Some(at)) => {
                Some(AccountLetter { id: AccountLetterId(id), kind: word(kind)?, at })
            }
            _ => None,
        };
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            id: user_id(&it.id)?,
            status: word(&it.status)?,
            username: it.username,
            mailbox: optional(it.mailbox.as_deref(), mailbox)?,
            personal_mailbox: optional(it.personal_mailbox.as_deref(), mailbox)?,
            phone: it.phone,
            first_name: it.first_name,
            last_name: it.last_name,
            display_name: it.display_name,
            locale: optional(it.locale.as_deref(), locale)?,
            password: it.password,
            authority: optional(it.authority.as_deref(), authority)?,
            roles: it.roles.0,
            home: optional(it.home_id.as_deref(), organization_id)?,
            invitation_profile: optional(it.invitation_profile.as_deref(), profile_id)?,
            profile: Document(it.profile),
            attributes: Document(it.attributes),
            mailbox_proven_at: it.mailbox_proven_at,
            void_before: it.void_before,
            letter,
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: count(it.version)?,
        })
    }
}
