//! The `outbox` rows.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use usher_application::StoreError;
use usher_domain::{Job, JobId, JobKind, TenantId};

use crate::entity::convert::count;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub lane: String,
    pub kind: String,
    /// The id of the invitation or the membership that a letter is about, or of the task.
    pub subject_id: Uuid,
    /// The number of the letter, or of the task's slice.
    pub letter: i64,
    /// When the job is due; for a claimed job, the end of the lease.
    pub due_at: DateTimeUtc,
    /// When the job was due before the last claim.
    pub waited_from: Option<DateTimeUtc>,
    pub attempts: i64,
    /// Why the job can never succeed, once that is known.
    pub dead: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Job> for Model {
    fn from(it: &Job) -> Self {
        let (kind, subject_id, letter) = it.kind.parts();
        Self {
            tenant_id: it.tenant.0,
            id: it.id.0,
            lane: it.kind.lane().as_str().to_owned(),
            kind: kind.to_owned(),
            subject_id,
            letter: letter.into(),
            due_at: it.due_at,
            waited_from: None,
            attempts: it.attempts.into(),
            dead: None,
        }
    }
}

impl TryFrom<Model> for Job {
    type Error = StoreError;

    fn try_from(it: Model) -> Result<Self, StoreError> {
        let kind = JobKind::from_parts(&it.kind, it.subject_id, count(it.letter)?);
        let kind = kind.ok_or_else(|| {
            StoreError::new(format!("job {} is of the unknown kind `{}`", it.id, it.kind))
        })?;
        Ok(Self {
            id: JobId(it.id),
            tenant: TenantId(it.tenant_id),
            kind,
            due_at: it.due_at,
            attempts: count(it.attempts)?,
        })
    }
}
