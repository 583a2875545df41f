//! The `audit` rows.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use usher_application::StoreError;
use usher_domain::{Entry, EntryId, RoleId, Subject, TenantId};

use crate::entity::convert::{count, organization_id, profile_id, user_id, word};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: DateTimeUtc,
    pub actor: String,
    pub action: String,
    /// A letter for what it is, and the id: `i` an invitation, `u` a user, `c` a credential, `t` a
    /// task, `p` a profile, `o` an organization, `r` a role, `e` the tenant, without an id.
    pub subject: String,
    pub detail: Option<String>,
    pub source: Option<String>,
    pub count: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Entry> for Model {
    fn from(it: &Entry) -> Self {
        Self {
            tenant_id: it.tenant.0,
            id: it.id.0,
            at: it.at,
            actor: it.actor.to_string(),
            action: it.action.as_str().to_owned(),
            subject: match &it.subject {
                Subject::Invitation(id) => format!("i{id}"),
                Subject::User(id) => format!("u{id}"),
                Subject::Credential(id) => format!("c{id}"),
                Subject::Task(id) => format!("t{id}"),
                Subject::Profile(id) => format!("p{id}"),
                Subject::Organization(id) => format!("o{id}"),
                Subject::Role(id) => format!("r{id}"),
                Subject::Tenant => "e".to_owned(),
            },
            detail: it.detail.clone(),
            source: it.source.clone(),
            count: it.count.into(),
        }
    }
}

impl TryFrom<Model> for Entry {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            id: EntryId(it.id),
            at: it.at,
            actor: it.actor.parse().map_err(StoreError::new)?,
            action: word(&it.action)?,
            subject: match it.subject.split_at_checked(1) {
                Some(("i", id)) => Subject::Invitation(id.parse().map_err(StoreError::new)?),
                Some(("u", id)) => Subject::User(user_id(id)?),
                Some(("c", id)) => Subject::Credential(id.parse().map_err(StoreError::new)?),
                Some(("t", id)) => Subject::Task(id.parse().map_err(StoreError::new)?),
                Some(("p", id)) => Subject::Profile(profile_id(id)?),
                Some(("o", id)) => Subject::Organization(organization_id(id)?),
                Some(("r", id)) => Subject::Role(RoleId::parse(id).map_err(StoreError::new)?),
                Some(("e", "")) => Subject::Tenant,
                _ => {
                    return Err(StoreError::new(
                        "an audit row has a subject that this version does not know",
                    ));
                }
            },
            detail: it.detail,
            source: it.source,
            count: count(it.count)?,
        })
    }
}
