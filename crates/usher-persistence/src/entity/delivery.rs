//! The `delivery` rows.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use usher_application::StoreError;
use usher_domain::{
    AccountLettersId, Delivery, DeliveryId, InvitationId, Matter, MembershipId, TenantId,
};

use crate::entity::convert::{count, word};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    /// The id of the invitation, the membership or the letter about an account, as `about` says.
    pub invitation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub about: String,
    pub letter: i64,
    pub attempt: i64,
    pub at: DateTimeUtc,
    pub outcome: String,
    pub answer: String,
}

impl ActiveModelBehavior for ActiveModel {}

const INVITATION: &str = "invitation";
const MEMBERSHIP: &str = "membership";
const ACCOUNT: &str = "account";

impl From<&Delivery> for Model {
    fn from(it: &Delivery) -> Self {
        let about = match it.matter {
            Matter::Invitation(_) => INVITATION,
            Matter::Membership(_) => MEMBERSHIP,
            Matter::Account(_) => ACCOUNT,
        };
        Self {
            tenant_id: it.tenant.0,
            invitation_id: it.matter.id(),
            id: it.id.0,
            about: about.to_owned(),
            letter: it.letter.into(),
            attempt: it.attempt.into(),
            at: it.at,
            outcome: it.outcome.as_str().to_owned(),
            answer: it.answer.clone(),
        }
    }
}

impl TryFrom<Model> for Delivery {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            matter: match it.about.as_str() {
                INVITATION => Matter::Invitation(InvitationId(it.invitation_id)),
                MEMBERSHIP => Matter::Membership(MembershipId(it.invitation_id)),
                ACCOUNT => Matter::Account(AccountLettersId(it.invitation_id)),
                other => {
                    return Err(StoreError::new(format!(
                        "a delivery is about `{other}`, which this version does not know"
                    )));
                }
            },
            id: DeliveryId(it.id),
            letter: count(it.letter)?,
            attempt: count(it.attempt)?,
            at: it.at,
            outcome: word(&it.outcome)?,
            answer: it.answer,
        })
    }
}
