//! Run tasks, a slice at a time, so that they share the workers fairly.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::{StreamExt as _, stream};
use usher_domain::{
    Action, Completion, Invite, Invitee, Job, JobKind, Lane, Reason, RowContent, RowOutcome, Slice,
    Subject, Task, TaskId, TenantId, Timestamp, UserId, UserRef,
};

use crate::{
    invitations::invite::{InviteError, InviteUsers},
    ports::{
        Ports,
        error::StoreError,
        ledger::Changes,
        outbox::{Settlement, Verdict},
    },
    shared::{audit_trail::Trail, commit::commit_once, core::Core, inviter_check::InviterCheck},
    tasks::plan::slice_job,
};

/// Runs what waits in the lane of tasks. A slice is one commit: its invitations, its outcomes, how
/// far the task is, and the job for the slice that follows. Whoever runs a slice that somebody else
/// ran meanwhile loses all of it, so nobody is invited twice. Before each slice it is asked whether
/// whoever submitted the task could still do so.
pub struct RunTasks {
    core: Arc<Core>,
    invite: InviteUsers,
    inviter_check: InviterCheck,
}

/// When it has passed, the worker is taken for dead and another one runs the slice.
const LEASE: TimeDelta = TimeDelta::seconds(10);

/// How often a slice is tried before its task is given up: for about five hours.
const ATTEMPTS: u32 = 14;

impl RunTasks {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            invite: InviteUsers::new(core),
            inviter_check: InviterCheck::new(core),
        }
    }

    /// Runs up to `limit` slices side by side, of as many tenants as there are. Returns how many it
    /// found: with less than `limit`, there is time to wait for news.
    pub async fn turn(&self, limit: usize) -> Result<usize, StoreError> {
        let Ports { clock, outbox, .. } = &self.core.ports;
        let jobs = outbox.claim(Lane::Tasks, clock.now(), LEASE, limit as u64).await?;
        let found = jobs.len();
        let run = |job| async move {
            let settlement = self.run(job).await;
            outbox.settle(&[settlement]).await
        };
        let mut settled = stream::iter(jobs).map(run).buffer_unordered(limit.max(1)).boxed();
        while let Some(settled) = settled.next().await {
            settled?;
        }
        Ok(found)
    }

    async fn run(&self, job: Job) -> Settlement {
        let settled = |job, verdict| Settlement { job, verdict, delivery: None };
        let JobKind::RunTask { task, slice } = job.kind else {
            let why = "it is not a job of this lane".to_owned();
            return settled(job, Verdict::Dead { why });
        };
        let outcome = match self.slice(job.tenant, task, slice).await {
            Err(error) if job.attempts >= ATTEMPTS => {
                tracing::error!(%task, slice, error = causes(&error), "a task is given up");
                self.give_up(job.tenant, task).await
            }
            outcome => outcome,
        };
        match outcome {
            Ok(()) => settled(job, Verdict::Done),
            Err(error) => {
                tracing::warn!(%task, slice, attempt = job.attempts, error = causes(&error), "a slice was not run");
                let now = self.core.ports.clock.now();
                let at = job.retry_at(now, Timestamp::MAX_UTC).unwrap_or(now);
                settled(job, Verdict::Retry { at })
            }
        }
    }

    /// Runs one slice, unless it was run or its task is over.
    async fn slice(&self, tenant: TenantId, id: TaskId, number: u32) -> Result<(), StoreError> {
        let Some(task) = self.core.ports.tasks.find(tenant, id).await? else { return Ok(()) };
        if task.completion.is_some() || !task.submitted || task.next != number {
            return Ok(());
        }
        let began = self.core.ports.clock.now();
        let Some(slice) = self.core.ports.tasks.slices(tenant, id, number, 1).await?.pop() else {
            // Nobody was to be invited.
            let done = task.completed(Completion::Success, began, began);
            let done = Task { started_at: done.started_at.or(Some(began)), ..done };
            return self.commit(Changes { tasks: vec![done], ..Changes::default() }).await;
        };
        if !self.inviter_check.still_acts(&task.by).await? {
            return self.forsake(&task, &slice, began).await;
        }
        let invites: Vec<_> = slice
            .rows
            .iter()
            .filter_map(|it| match &it.what {
                RowContent::Invite(invite) => Some(Invite::clone(invite)),
                RowContent::Bad(_) => None,
            })
            .collect();
        let ran = if task.rehearsal {
            match self.invite.foretell(&task.by, &invites, Slice::ROWS).await {
                Ok(outcomes) => {
                    let outcomes = outcomes.iter().map(|it| match it {
                        Ok(_) => RowOutcome::Invited(None),
                        Err(refusal) => RowOutcome::from(refusal),
                    });
                    let mut changes = Changes::default();
                    self.advance(&task, &slice, outcomes.collect(), began, &mut changes);
                    return self.commit(changes).await;
                }
                Err(error) => Err(error),
            }
        } else {
            let along = |outcomes, changes: &mut Changes| {
                self.advance(&task, &slice, outcomes, began, changes);
            };
            self.invite.run_along(&task.by, &invites, along).await
        };
        match ran {
            // Lost: somebody else ran it, or ended the task.
            Ok(_) => Ok(()),
            Err(InviteError::Store(error)) => Err(error),
            Err(error @ (InviteError::Forbidden | InviteError::TooMany { .. })) => {
                tracing::error!(task = %id, error = %error, "a task cannot be carried out");
                let now = self.core.ports.clock.now();
                let over = task.completed(Completion::Error, now, now);
                self.commit(Changes { tasks: vec![over], ..Changes::default() }).await
            }
        }
    }

    /// Nobody in a slice is invited whose task was submitted by somebody who could not submit it any
    /// more: each row is told so.
    async fn forsake(
        &self,
        task: &Task,
        slice: &Slice,
        began: Timestamp,
    ) -> Result<(), StoreError> {
        tracing::warn!(task = %task.id, slice = slice.number, "whoever submitted a task may not invite any more");
        let why = Reason {
            key: "submitter".into(),
            text: "not run: whoever submitted the task may not invite there any more".to_owned(),
        };
        let mut changes = Changes::default();
        let outcomes = vec![RowOutcome::Failed(why); slice.rows.len()];
        self.advance(task, slice, outcomes, began, &mut changes);
        self.commit(changes).await
    }

    /// What a slice that was run means for its task.
    fn advance(
        &self,
        task: &Task,
        slice: &Slice,
        invited: Vec<RowOutcome>,
        began: Timestamp,
        changes: &mut Changes,
    ) {
        let now = self.core.ports.clock.now();
        let mut invited = invited.into_iter();
        let outcome = |it: &RowContent| match it {
            RowContent::Invite(_) => invited.next(),
            RowContent::Bad(bad) => Some(RowOutcome::Failed(bad.why.clone())),
        };
        let outcomes: Vec<_> = slice.rows.iter().map(|it| &it.what).filter_map(outcome).collect();
        let ran =
            Slice { outcomes: Some(outcomes.clone()), version: slice.version + 1, ..slice.clone() };
        let problems = ran.problems();
        let task = task.clone().advanced(&outcomes, &problems, began, now);
        let entropy = &*self.core.ports.entropy;
        if !task.rehearsal {
            let trail = Trail::of(&task.by, now, entropy);
            let failed = slice.rows.iter().zip(&outcomes).filter_map(|(row, outcome)| {
                let RowOutcome::Failed(why) = outcome else { return None };
                let detail = format!("row {} of task {}: {}", row.line, task.id, why.text);
                Some(trail.note_with(Action::InviteFailed, subject(&task, &row.what), detail))
            });
            changes.audit.extend(failed);
        }
        if task.completion.is_none() {
            changes.jobs.push(slice_job(entropy, &task, now));
        }
        changes.tasks.push(task);
        changes.slices.push(ran);
    }

    async fn give_up(&self, tenant: TenantId, id: TaskId) -> Result<(), StoreError> {
        let Some(task) = self.core.ports.tasks.find(tenant, id).await? else { return Ok(()) };
        if task.completion.is_some() {
            return Ok(());
        }
        let now = self.core.ports.clock.now();
        let over = task.completed(Completion::Interrupted, now, now);
        self.commit(Changes { tasks: vec![over], ..Changes::default() }).await
    }

    /// Whoever was first has decided.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        commit_once(&*self.core.ports.ledger, &changes).await.map(drop)
    }
}

/// Whom a row that failed was about, as far as it is not an address.
fn subject(task: &Task, row: &RowContent) -> Subject {
    match row {
        RowContent::Invite(invite) => match &invite.who {
            Invitee::User(UserRef::Id(id)) => Subject::User(UserId::clone(id)),
            Invitee::User(UserRef::Username(_) | UserRef::Mailbox(_)) | Invitee::Mailbox { .. } => {
                Subject::Task(task.id)
            }
        },
        RowContent::Bad(_) => Subject::Task(task.id),
    }
}

/// An error and its causes, on one line. It holds no address, for statements are not part of it.
fn causes(error: &StoreError) -> String {
    let first: &dyn std::error::Error = error;
    let all = std::iter::successors(Some(first), |it| it.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests;
