//! The `person` rows: the users, for `user` is a reserved word of SQL.

use sea_orm::{FromJsonQueryResult, QueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};
use usher_application::{Conflict, StoreError};
use usher_domain::{
    AccountLetter, AccountLetters, AccountLettersId, Document, Mailbox, TenantId, User, UserId,
};

use crate::entity::{
    columns::Texts,
    convert::{authority, count, locale, optional, organization_id, profile_id, user_id, word},
    gift::StoredGifts,
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
    /// By which the letters about the account are found; null for whoever was never written one.
    pub letters_id: Option<Uuid>,
    #[sea_orm(column_type = "JsonBinary")]
    pub letters: StoredLetters,
    #[sea_orm(column_type = "JsonBinary")]
    pub gifts: StoredGifts,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// The letters about an account as a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct StoredLetters {
    count: u32,
    latest: Vec<StoredLetter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredLetter {
    kind: String,
    number: u32,
    at: DateTimeUtc,
    link: u32,
    link_since: DateTimeUtc,
}

impl From<&AccountLetters> for StoredLetters {
    fn from(it: &AccountLetters) -> Self {
        let stored = |it: &AccountLetter| StoredLetter {
            kind: it.kind.as_str().to_owned(),
            number: it.number,
            at: it.at,
            link: it.link,
            link_since: it.link_since,
        };
        Self { count: it.count, latest: it.latest.iter().map(stored).collect() }
    }
}

impl StoredLetters {
    fn read(self, id: AccountLettersId) -> Result<AccountLetters, StoreError> {
        let letter = |it: StoredLetter| {
            let StoredLetter { kind, number, at, link, link_since } = it;
            Ok(AccountLetter { kind: word(&kind)?, number, at, link, link_since })
        };
        let latest = self.latest.into_iter().map(letter).collect::<Result<_, StoreError>>()?;
        Ok(AccountLetters { id, count: self.count, latest })
    }
}

/// A username as it is compared.
pub(crate) fn folded(username: &str) -> String {
    User::folded_username(username)
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
            letters_id: it.letters.as_ref().map(|it| it.id.0),
            letters: it.letters.as_ref().map(StoredLetters::from).unwrap_or_default(),
            gifts: (&it.gifts).into(),
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
        let letters = match it.letters_id {
            Some(id) => Some(it.letters.read(AccountLettersId(id))?),
            None => None,
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
            letters,
            gifts: it.gifts.try_into()?,
            created_at: it.created_at,
            updated_at: it.updated_at,
            version: count(it.version)?,
        })
    }
}
