//! The `slice` rows. The rows, outcomes and problems of a slice are one JSON text each, for they are
//! read and written as a whole.

use std::{collections::BTreeMap, num::TryFromIntError};

use chrono::TimeDelta;
use sea_orm::{QueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use usher_application::{
    BadRow, Conflict, Invite, Invitee, InviterRef, Row, RowContent, Slice, StoreError,
};
use usher_domain::{InvitationId, Mailbox, Problem, Reason, RowOutcome, TaskId, TenantId, UserRef};

use crate::entity::{
    convert::{authority, count, locale, micros, optional, organization_id, user_id},
    versioned::{Key, Versioned},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "slice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub version: i64,
    /// A JSON array of [`StoredProblem`]; null if there are none.
    pub problems: Option<String>,
    /// A JSON array of [`StoredRow`].
    pub rows: String,
    /// A JSON array of [`StoredOutcome`].
    pub outcomes: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A row as it is stored. Its line is that of the row before plus one.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredRow {
    /// The line of the row that follows, where it is another one.
    Line(u32),
    /// The invitation of a user by id with nothing else said: most rows are like that.
    User(String),
    Bad {
        bad: String,
        key: String,
        text: String,
    },
    Invite(Box<StoredInvite>),
}

/// The invitation of a row, without what has its default.
#[derive(Serialize, Deserialize)]
struct StoredInvite {
    who: StoredInvitee,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    defined_roles: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    /// In microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lifetime: Option<i64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inviter: Option<StoredInviter>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    quiet: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredInvitee {
    Id(String),
    Username(String),
    /// The user who has this mailbox.
    User(String),
    /// Whoever reads this mailbox.
    Mailbox(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredInviter {
    User(String),
    Name(String),
}

/// The outcome of a row: most often an invitation.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredOutcome {
    Invited(Option<String>),
    Skipped { skipped: String, text: String },
    Failed { failed: String, text: String },
}

/// The line, whom it named, and the reason by its key and text.
type StoredProblem = (u32, String, String, String);

impl Versioned for Slice {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.tenant.0, Conflict::Slice(self.task, self.number))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let task = TaskId(row.try_get("", "task_id")?);
        let number = row.try_get::<i64>("", "number")?;
        let number =
            number.try_into().map_err(|it: TryFromIntError| DbErr::Type(it.to_string()))?;
        Ok((row.try_get("", "tenant_id")?, Conflict::Slice(task, number)))
    }
}

impl From<&Slice> for Model {
    fn from(it: &Slice) -> Self {
        let outcomes = it.outcomes.as_ref().map(|it| it.iter().map(StoredOutcome::from));
        Self {
            tenant_id: it.tenant.0,
            task_id: it.task.0,
            number: it.number.into(),
            version: it.version.into(),
            problems: problems(&it.problems()),
            rows: text(items(&it.rows)),
            outcomes: outcomes.map(text),
        }
    }
}

impl TryFrom<Model> for Slice {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        let outcomes = |text: &str| {
            let all: Vec<StoredOutcome> = parse(text)?;
            all.into_iter().map(TryInto::try_into).collect()
        };
        Ok(Self {
            tenant: TenantId(it.tenant_id),
            task: TaskId(it.task_id),
            number: count(it.number)?,
            rows: read_items(parse(&it.rows)?)?,
            outcomes: optional(it.outcomes.as_deref(), outcomes)?,
            version: count(it.version)?,
        })
    }
}

/// Problems as they are stored; nothing if there are none.
pub(super) fn problems(all: &[Problem]) -> Option<String> {
    let kept = all.iter().map(|it| -> StoredProblem {
        let Reason { key, text } = it.why.clone();
        (it.line, it.who.clone(), key.into_owned(), text)
    });
    (!all.is_empty()).then(|| text(kept))
}

pub(crate) fn read_problems(text: &str) -> Result<Vec<Problem>, StoreError> {
    let all: Vec<StoredProblem> = parse(text)?;
    let problem = |(line, who, key, text)| Problem {
        line,
        who,
        why: Reason { key: String::into(key), text },
    };
    Ok(all.into_iter().map(problem).collect())
}

fn items(rows: &[Row]) -> Vec<StoredRow> {
    let mut next = 1;
    let mut items = Vec::with_capacity(rows.len() + 1);
    for row in rows {
        if row.line != next {
            items.push(StoredRow::Line(row.line));
        }
        next = row.line.wrapping_add(1);
        items.push(StoredRow::from(&row.what));
    }
    items
}

fn read_items(items: Vec<StoredRow>) -> Result<Vec<Row>, StoreError> {
    let mut next: u32 = 1;
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        let what = match item {
            StoredRow::Line(line) => {
                next = line;
                continue;
            }
            StoredRow::User(id) => {
                let who = Invitee::User(UserRef::Id(user_id(&id)?));
                RowContent::Invite(Box::new(Invite::new(who)))
            }
            StoredRow::Bad { bad, key, text } => {
                RowContent::Bad(BadRow { who: bad, why: Reason { key: key.into(), text } })
            }
            StoredRow::Invite(it) => RowContent::Invite(Box::new((*it).try_into()?)),
        };
        rows.push(Row { line: next, what });
        next = next.wrapping_add(1);
    }
    Ok(rows)
}

impl From<&RowContent> for StoredRow {
    fn from(it: &RowContent) -> Self {
        match it {
            RowContent::Bad(BadRow { who, why }) => {
                let Reason { key, text } = why.clone();
                Self::Bad { bad: who.clone(), key: key.into_owned(), text }
            }
            RowContent::Invite(invite) => match &invite.who {
                Invitee::User(UserRef::Id(id)) if **invite == Invite::new(invite.who.clone()) => {
                    Self::User(id.to_string())
                }
                _ => Self::Invite(Box::new(StoredInvite::from(&**invite))),
            },
        }
    }
}

impl From<&Invite> for StoredInvite {
    fn from(it: &Invite) -> Self {
        let typed = |it: &Mailbox| it.typed().to_owned();
        let (who, name) = match &it.who {
            Invitee::User(UserRef::Id(id)) => (StoredInvitee::Id(id.to_string()), None),
            Invitee::User(UserRef::Username(name)) => (StoredInvitee::Username(name.clone()), None),
            Invitee::User(UserRef::Mailbox(mailbox)) => (StoredInvitee::User(typed(mailbox)), None),
            Invitee::Mailbox { mailbox, name } => {
                (StoredInvitee::Mailbox(typed(mailbox)), name.clone())
            }
        };
        Self {
            who,
            name,
            organization: it.organization.as_ref().map(ToString::to_string),
            roles: it.roles.clone(),
            defined_roles: it.defined_roles,
            authority: it.authority.as_ref().map(ToString::to_string),
            lifetime: it.lifetime.map(micros),
            labels: it.labels.clone(),
            message: it.message.clone(),
            locale: it.locale.as_ref().map(|it| it.as_str().to_owned()),
            redirect: it.redirect.clone(),
            inviter: it.inviter.as_ref().map(|it| match it {
                InviterRef::User(id) => StoredInviter::User(id.to_string()),
                InviterRef::Name(name) => StoredInviter::Name(name.clone()),
            }),
            quiet: it.quiet,
        }
    }
}

impl TryFrom<StoredInvite> for Invite {
    type Error = StoreError;

    fn try_from(it: StoredInvite) -> Result<Self, StoreError> {
        let mailbox = |text: &str| Mailbox::parse(text).map_err(StoreError::new);
        let who = match it.who {
            StoredInvitee::Id(id) => Invitee::User(UserRef::Id(user_id(&id)?)),
            StoredInvitee::Username(name) => Invitee::User(UserRef::Username(name)),
            StoredInvitee::User(text) => Invitee::User(UserRef::Mailbox(mailbox(&text)?)),
            StoredInvitee::Mailbox(text) => {
                Invitee::Mailbox { mailbox: mailbox(&text)?, name: it.name }
            }
        };
        let inviter = |it| -> Result<_, StoreError> {
            Ok(match it {
                StoredInviter::User(id) => InviterRef::User(user_id(&id)?),
                StoredInviter::Name(name) => InviterRef::Name(name),
            })
        };
        Ok(Self {
            who,
            organization: optional(it.organization.as_deref(), organization_id)?,
            roles: it.roles,
            defined_roles: it.defined_roles,
            authority: optional(it.authority.as_deref(), authority)?,
            lifetime: it.lifetime.map(TimeDelta::microseconds),
            labels: it.labels,
            message: it.message,
            locale: optional(it.locale.as_deref(), locale)?,
            redirect: it.redirect,
            inviter: it.inviter.map(inviter).transpose()?,
            quiet: it.quiet,
        })
    }
}

impl From<&RowOutcome> for StoredOutcome {
    fn from(it: &RowOutcome) -> Self {
        match it.clone() {
            RowOutcome::Invited(id) => Self::Invited(id.map(|it| it.to_string())),
            RowOutcome::Skipped(Reason { key, text }) => {
                Self::Skipped { skipped: key.into_owned(), text }
            }
            RowOutcome::Failed(Reason { key, text }) => {
                Self::Failed { failed: key.into_owned(), text }
            }
        }
    }
}

impl TryFrom<StoredOutcome> for RowOutcome {
    type Error = StoreError;

    fn try_from(it: StoredOutcome) -> Result<Self, StoreError> {
        let id = |it: String| it.parse::<InvitationId>().map_err(StoreError::new);
        Ok(match it {
            StoredOutcome::Invited(it) => Self::Invited(it.map(id).transpose()?),
            StoredOutcome::Skipped { skipped, text } => {
                Self::Skipped(Reason { key: skipped.into(), text })
            }
            StoredOutcome::Failed { failed, text } => {
                Self::Failed(Reason { key: failed.into(), text })
            }
        })
    }
}

/// A JSON array. Writing texts and numbers cannot fail.
fn text<T: Serialize>(all: impl IntoIterator<Item = T>) -> String {
    serde_json::to_string(&all.into_iter().collect::<Vec<_>>()).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(StoreError::new)
}

#[cfg(test)]
mod tests {
    use usher_domain::UserId;

    use super::*;

    fn row(line: u32, who: UserRef) -> Row {
        Row::invite(line, Invite::new(Invitee::User(who)))
    }

    fn by_id(line: u32, id: &str) -> Row {
        row(line, UserRef::Id(UserId::parse(id).unwrap()))
    }

    /// A slice has hundreds of rows, and a task hundreds of slices.
    #[test]
    fn a_row_in_the_usual_way_is_no_longer_than_its_id() {
        let rows = [by_id(501, "ada"), by_id(502, "bob"), by_id(504, "cyd")];
        assert_eq!(text(items(&rows)), r#"[501,"ada","bob",504,"cyd"]"#);
        assert_eq!(text(items(&rows[1..1])), "[]");
        assert_eq!(text(items(&[by_id(1, "ada")])), r#"["ada"]"#);
        let named = row(1, UserRef::Username("ada".to_owned()));
        assert_eq!(text(items(&[named])), r#"[{"who":{"username":"ada"}}]"#);
    }

    #[test]
    fn what_went_well_is_no_longer_than_the_id_of_the_invitation() {
        let id = InvitationId(Uuid::from_u128(0xabc));
        let outcomes = [RowOutcome::Invited(Some(id)), RowOutcome::Invited(None)];
        let kept = text(outcomes.iter().map(StoredOutcome::from));
        assert_eq!(kept, format!("[\"{id}\",null]"));
    }

    #[test]
    fn problems_are_kept_when_there_are_any() {
        let bad = || Row::bad(7, "ada", "row", "no");
        let slice = |outcomes: Option<Vec<RowOutcome>>| Slice {
            tenant: TenantId(Uuid::nil()),
            task: TaskId(Uuid::nil()),
            number: 0,
            rows: vec![bad()],
            outcomes,
            version: 1,
        };
        let failed = RowOutcome::Failed(Reason { key: "row".into(), text: "no".to_owned() });
        assert_eq!(Model::from(&slice(None)).problems, None);
        assert_eq!(Model::from(&slice(Some(vec![RowOutcome::Invited(None)]))).problems, None);
        let kept = Model::from(&slice(Some(vec![failed]))).problems;
        assert_eq!(kept.as_deref(), Some(r#"[[7,"ada","row","no"]]"#));
    }
}
