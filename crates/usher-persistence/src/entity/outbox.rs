//! The `outbox` rows.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use usher_application::StoreError;
use usher_domain::{InvitationId, Job, JobId, JobKind, MembershipId, TaskId, TenantId};

use crate::entity::convert::count;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
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

const MAIL_INVITATION: &str = "mail_invitation";
const MAIL_WELCOME: &str = "mail_welcome";
const MAIL_PIN: &str = "mail_pin";
const RUN_TASK: &str = "run_task";

impl From<&Job> for Model {
    fn from(it: &Job) -> Self {
        let (kind, subject_id, letter) = match it.kind {
            JobKind::MailInvitation { invitation, letter } => {
                (MAIL_INVITATION, invitation.0, letter)
            }
            JobKind::MailWelcome { membership, letter } => (MAIL_WELCOME, membership.0, letter),
            JobKind::MailPin { membership, letter } => (MAIL_PIN, membership.0, letter),
            JobKind::RunTask { task, slice } => (RUN_TASK, task.0, slice),
        };
        Self {
            id: it.id.0,
            tenant_id: it.tenant.0,
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
        let kind = match it.kind.as_str() {
            MAIL_INVITATION => JobKind::MailInvitation {
                invitation: InvitationId(it.subject_id),
                letter: count(it.letter)?,
            },
            MAIL_WELCOME => JobKind::MailWelcome {
                membership: MembershipId(it.subject_id),
                letter: count(it.letter)?,
            },
            MAIL_PIN => JobKind::MailPin {
                membership: MembershipId(it.subject_id),
                letter: count(it.letter)?,
            },
            RUN_TASK => JobKind::RunTask { task: TaskId(it.subject_id), slice: count(it.letter)? },
            other => {
                return Err(StoreError::new(format!(
                    "job {} is of the unknown kind `{other}`",
                    it.id
                )));
            }
        };
        Ok(Self {
            id: JobId(it.id),
            tenant: TenantId(it.tenant_id),
            kind,
            due_at: it.due_at,
            attempts: count(it.attempts)?,
        })
    }
}
