//! Submit a task: a batch of rows, large or small, to be carried out later.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use usher_domain::{
    Caller, Invite, Invitee, OrganizationId, Permission, Row, RowContent, Slice, Task, TaskId,
    TaskKind, UserRef, UserStatus,
};

use crate::{
    ports::{
        Ports,
        error::StoreError,
        invitations::Filter,
        ledger::{Changes, CommitError, Conflict, Queued},
        users::{Documents, UserCondition},
    },
    shared::{commit::write, core::Core},
    tasks::plan::{append, first_job, whole_task},
};

/// Accepts batches. The task says what each row came to.
pub struct SubmitTask {
    core: Arc<Core>,
}

/// Why a batch was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("the caller may not invite there")]
    Forbidden,
    #[error("at most {limit} rows can be submitted at once")]
    TooMany { limit: usize },
    /// So many tasks of the tenant are not completed yet.
    #[error("at most {limit} tasks can wait or run at once: try again when one is completed")]
    Crowded { limit: u32 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Slices that are committed together while a long task is written.
const SLICES_AT_ONCE: usize = 8;

impl SubmitTask {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Accepts up to [`Policy::batch`](crate::policy::Policy::batch) rows, or nothing. However many
    /// they are, few of them are held in memory at a time.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn run<R>(&self, caller: &Caller, rows: R) -> Result<Task, SubmitError>
    where
        R: IntoIterator<Item = Row, IntoIter: ExactSizeIterator + Send> + Send,
    {
        allowed(caller, &[])?;
        let rows = rows.into_iter();
        if rows.len() > self.core.policy.batch {
            return Err(SubmitError::TooMany { limit: self.core.policy.batch });
        }
        let mut submission = self.draft(caller, TaskKind::Invite, false);
        for row in rows {
            allowed(caller, std::slice::from_ref(&row))?;
            submission.push(row).await?;
        }
        submission.submit().await
    }

    /// Accepts everybody who is unregistered and has an address to be invited at, in the order of
    /// their ids and up to `limit` of them. Of a caller who is bound to an organization only its
    /// members would be, whom nobody but the tenant itself could invite: that is forbidden.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn uninvited(&self, caller: &Caller, limit: u64) -> Result<Task, SubmitError> {
        allowed(caller, &[])?;
        if !caller.reaches(None) {
            return Err(SubmitError::Forbidden);
        }
        let Ports { clock, entropy, ledger, users, .. } = &self.core.ports;
        let now = clock.now();
        let filter = Filter::And(vec![
            Filter::Is(UserCondition::EffectiveStatus(UserStatus::Unregistered)),
            Filter::Is(UserCondition::Reachable),
        ]);
        let found = users
            .search_by_id(caller.tenant, &filter, None, limit, Documents::Without, now)
            .await?;
        let rows = found
            .into_iter()
            .zip(1..)
            .map(|(it, line)| Row::invite(line, Invite::new(Invitee::User(UserRef::Id(it.id)))));
        let rows = rows.collect();
        let (task, changes) = whole_task(&**entropy, caller, TaskKind::Invite, rows, now);
        let changes = Changes { queued: queued(&self.core, &task), ..changes };
        write(&**ledger, &changes).await.map_err(|it| refused(&self.core, it))?;
        Ok(task)
    }

    /// Writes `changes` and, in the same commit, submits a task for everybody who matches; only
    /// `changes` if nobody does. Whoever comes to match or matches no more while the users are read
    /// page by page makes nobody else be left out.
    pub(crate) async fn everybody(
        &self,
        caller: &Caller,
        kind: TaskKind,
        filter: &Filter<UserCondition>,
        changes: Changes,
    ) -> Result<(), CommitError> {
        let Ports { clock, ledger, users, .. } = &self.core.ports;
        let now = clock.now();
        let limit = (SLICES_AT_ONCE * Slice::ROWS) as u64;
        let mut submission = self.draft(caller, kind, false);
        let (mut line, mut after) = (0, None);
        loop {
            let page =
                users.search_by_id(caller.tenant, filter, after, limit, Documents::Without, now);
            let page = page.await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            let is_last = (page.len() as u64) < limit;
            for it in page {
                line += 1;
                let who = Invitee::User(UserRef::Id(it.id));
                submission.hold(Row::invite(line, Invite::new(who))).await?;
            }
            if is_last {
                break;
            }
        }
        if line == 0 {
            return write(&**ledger, &changes).await;
        }
        submission.finish(changes).await.map(drop)
    }

    /// Begins a task of any length, whose rows are added bit by bit.
    pub fn open(&self, caller: &Caller, rehearsal: bool) -> Result<Submission<'_>, SubmitError> {
        allowed(caller, &[])?;
        Ok(self.draft(caller, TaskKind::Invite, rehearsal))
    }

    fn draft(&self, caller: &Caller, kind: TaskKind, rehearsal: bool) -> Submission<'_> {
        let Ports { clock, entropy, .. } = &self.core.ports;
        let task = Task::draft(TaskId(entropy.id()), caller.clone(), kind, rehearsal, clock.now());
        Submission { core: &self.core, task, waiting: Vec::new(), first_lines: HashMap::new() }
    }
}

/// A task that is being written. What is dropped before [`Self::submit`] never runs.
pub struct Submission<'a> {
    core: &'a Core,
    task: Task,
    waiting: Vec<Row>,
    /// The line that named each user first.
    first_lines: HashMap<(Option<OrganizationId>, UserRef), u32>,
}

impl Submission<'_> {
    /// Adds rows. Whoever is named a second time becomes a bad row.
    pub async fn add(&mut self, rows: impl IntoIterator<Item = Row>) -> Result<(), SubmitError> {
        for row in rows {
            allowed(&self.task.by, std::slice::from_ref(&row))?;
            let row = self.once(row);
            self.push(row).await?;
        }
        Ok(())
    }

    /// Makes the task run.
    pub async fn submit(self) -> Result<Task, SubmitError> {
        let core = self.core;
        self.finish(Changes::default()).await.map_err(|it| refused(core, it))
    }

    async fn push(&mut self, row: Row) -> Result<(), SubmitError> {
        self.hold(row).await.map_err(|it| refused(self.core, it))
    }

    async fn hold(&mut self, row: Row) -> Result<(), CommitError> {
        self.waiting.push(row);
        if self.waiting.len() >= SLICES_AT_ONCE * Slice::ROWS {
            self.write(Changes::default()).await?;
        }
        Ok(())
    }

    async fn finish(mut self, mut changes: Changes) -> Result<Task, CommitError> {
        self.task.submitted = true;
        let Ports { clock, entropy, .. } = &self.core.ports;
        let rows = self.task.rows as usize + self.waiting.len();
        let (job, entry) = first_job(&**entropy, &self.task, rows, clock.now());
        changes.jobs.push(job);
        changes.audit.push(entry);
        self.write(changes).await
    }

    fn once(&mut self, row: Row) -> Row {
        let RowContent::Invite(invite) = &row.what else { return row };
        let who = match &invite.who {
            Invitee::User(who) => who.clone(),
            Invitee::Mailbox { mailbox, .. } => UserRef::Mailbox(mailbox.clone()),
        };
        match self.first_lines.entry((invite.organization.clone(), who)) {
            Entry::Vacant(entry) => {
                entry.insert(row.line);
                row
            }
            Entry::Occupied(entry) => {
                let text = format!("the same as in line {}", entry.get());
                Row::bad(row.line, &row.who(), "double", text)
            }
        }
    }

    /// Writes the rows that wait. Returns the task as it is written now.
    async fn write(&mut self, changes: Changes) -> Result<Task, CommitError> {
        let Ports { clock, ledger, .. } = &self.core.ports;
        let slices = append(&mut self.task, std::mem::take(&mut self.waiting));
        let written = self.task.clone();
        let queued = queued(self.core, &written);
        let tasks = vec![written.clone()];
        write(&**ledger, &Changes { tasks, slices, queued, ..changes }).await?;
        self.task = written.clone().touched(clock.now());
        Ok(written)
    }
}

/// The bound that a new task must keep. Usher's own have none: nobody would be there to try again.
fn queued(core: &Core, task: &Task) -> Vec<Queued> {
    let most = core.policy.quotas.tasks;
    let is_bound = task.version == 1 && task.kind == TaskKind::Invite && most > 0;
    is_bound.then_some(Queued { tenant: task.by.tenant, most }).into_iter().collect()
}

/// Nobody else knows of a task that is being written, so no conflict is expected but that there are
/// too many.
fn refused(core: &Core, error: CommitError) -> SubmitError {
    match error {
        CommitError::Conflict(met) if met.iter().any(|it| matches!(it, Conflict::Queue(_))) => {
            SubmitError::Crowded { limit: core.policy.quotas.tasks }
        }
        CommitError::Conflict(_) => {
            StoreError::new("somebody else has changed a task that is new").into()
        }
        CommitError::Store(error) => error.into(),
    }
}

/// Whether the caller may have all of these invited.
fn allowed(caller: &Caller, rows: &[Row]) -> Result<(), SubmitError> {
    let within = rows.iter().all(|it| match &it.what {
        RowContent::Invite(invite) => caller.reaches(invite.organization.as_ref()),
        RowContent::Bad(_) => true,
    });
    (caller.may(Permission::Invite) && within).then_some(()).ok_or(SubmitError::Forbidden)
}

#[cfg(test)]
mod tests;
