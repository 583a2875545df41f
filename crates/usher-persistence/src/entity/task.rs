//! The `task` rows.

use sea_orm::{QueryResult, entity::prelude::*};
use serde::Serialize;
use usher_application::{Conflict, StoreError};
use usher_domain::{Caller, Means, Tally, Task, TaskId, TenantId};

use crate::entity::{
    convert::{authority, count, hex, optional, organization_id, unhex, word},
    slice,
    versioned::{Key, Versioned},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub creator: String,
    pub authority: String,
    /// The creator's name.
    pub launcher: Option<String>,
    /// The only organization that the creator may act for, if any.
    pub organization_id: Option<String>,
    /// What the creator called with, in hexadecimal.
    pub means: Option<String>,
    pub kind: String,
    pub rehearsal: bool,
    pub submitted: bool,
    pub rows: i64,
    pub slices: i64,
    pub next: i64,
    pub invited: i64,
    pub skipped: i64,
    pub failed: i64,
    /// The first problems, in the format of those of a slice.
    pub problems: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub completed_at: Option<DateTimeUtc>,
    pub completion: Option<String>,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Versioned for Task {
    type Row = Model;

    fn version(&self) -> u32 {
        self.version
    }

    fn key(&self) -> Key {
        (self.by.tenant.0, Conflict::Task(self.id))
    }

    fn stored_key(row: &QueryResult) -> Result<Key, DbErr> {
        let id = TaskId(row.try_get("", "id")?);
        Ok((row.try_get("", "tenant_id")?, Conflict::Task(id)))
    }
}

impl From<&Task> for Model {
    fn from(it: &Task) -> Self {
        Self {
            tenant_id: it.by.tenant.0,
            id: it.id.0,
            creator: it.by.actor.to_string(),
            authority: it.by.authority.to_string(),
            launcher: it.by.name.clone(),
            organization_id: it.by.organization.as_ref().map(ToString::to_string),
            means: it.by.means.as_ref().map(|it| hex(&it.to_bytes())),
            kind: it.kind.as_str().to_owned(),
            rehearsal: it.rehearsal,
            submitted: it.submitted,
            rows: it.rows.into(),
            slices: it.slices.into(),
            next: it.next.into(),
            invited: it.tally.invited.into(),
            skipped: it.tally.skipped.into(),
            failed: it.tally.failed.into(),
            problems: slice::problems(&it.problems),
            created_at: it.created_at,
            updated_at: it.updated_at,
            started_at: it.started_at,
            completed_at: it.completed_at,
            completion: it.completion.map(|it| it.as_str().to_owned()),
            version: it.version.into(),
        }
    }
}

impl TryFrom<Model> for Task {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: TaskId(it.id),
            by: Caller {
                tenant: TenantId(it.tenant_id),
                authority: authority(&it.authority)?,
                actor: it.creator.parse().map_err(StoreError::new)?,
                name: it.launcher,
                organization: optional(it.organization_id.as_deref(), organization_id)?,
                means: optional(it.means.as_deref(), means)?,
            },
            kind: word(&it.kind)?,
            rehearsal: it.rehearsal,
            submitted: it.submitted,
            rows: count(it.rows)?,
            slices: count(it.slices)?,
            next: count(it.next)?,
            tally: Tally {
                invited: count(it.invited)?,
                skipped: count(it.skipped)?,
                failed: count(it.failed)?,
            },
            problems: optional(it.problems.as_deref(), slice::read_problems)?.unwrap_or_default(),
            created_at: it.created_at,
            updated_at: it.updated_at,
            started_at: it.started_at,
            completed_at: it.completed_at,
            completion: optional(it.completion.as_deref(), word)?,
            version: count(it.version)?,
        })
    }
}

fn means(text: &str) -> Result<Means, StoreError> {
    let read = Means::from_bytes(&unhex(text)?);
    read.ok_or_else(|| StoreError::new("a row of a task does not say what its creator called with"))
}
