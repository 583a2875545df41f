//! Submit a task: a batch of rows, large or small, to be carried out later.

use std::{
    collections::{HashMap, hash_map::Entry as Slot},
    sync::Arc,
};

use usher_domain::{
    Action, Caller, Entry, EntryId, Invite, Invitee, Job, JobId, JobKind, OrganizationId,
    Permission, Row, RowContent, Slice, Subject, Task, TaskId, TaskKind, Timestamp, UserRef,
    UserStatus,
};

use crate::{
    ports::{
        entropy::Entropy,
        error::StoreError,
        invitations::Filter,
        ledger::{Changes, CommitError},
        users::UserCondition,
    },
    shared::core::Core,
};

/// Takes batches on. What each row comes to is told by the task.
pub struct SubmitTask {
    core: Arc<Core>,
}

/// Why a batch was not taken on.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("the caller may not invite there")]
    Forbidden,
    #[error("at most {limit} can be submitted at once")]
    TooMany { limit: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Slices that are committed together while a long task is written down.
const AT_ONCE: usize = 8;

impl SubmitTask {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Takes on up to [`Policy::batch`] rows, or nothing. However many they are, few of them are
    /// held at a time.
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
            submission.push(row).await.map_err(unlost)?;
        }
        submission.submit().await
    }

    /// Takes on everybody who is unregistered and has an address to be invited at, in the order of
    /// their ids and up to `limit` of them. Of a caller who is bound to an organization only its
    /// members would be, whom nobody but the tenant itself could invite: that is forbidden.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn uninvited(&self, caller: &Caller, limit: u64) -> Result<Task, SubmitError> {
        allowed(caller, &[])?;
        if !caller.reaches(None) {
            return Err(SubmitError::Forbidden);
        }
        let now = self.core.ports.clock.now();
        let filter = Filter::And(vec![
            Filter::Is(UserCondition::InviteeState(UserStatus::Unregistered)),
            Filter::Is(UserCondition::Reachable),
        ]);
        let found =
            self.core.ports.users.search(caller.tenant, &filter, &[], 0, limit, now).await?;
        let rows = found.into_iter().zip(1..).map(|(it, line)| {
            Row::invite(line, Invite::new(Invitee::User(UserRef::Id(it.user.id))))
        });
        let rows = rows.collect();
        let (task, changes) =
            submitted(&*self.core.ports.entropy, caller, TaskKind::Invite, rows, now);
        self.commit(&changes).await?;
        Ok(task)
    }

    /// Takes on everybody who matches, together with what belongs to it; or that alone, if nobody
    /// does.
    pub(crate) async fn everybody(
        &self,
        caller: &Caller,
        kind: TaskKind,
        filter: &Filter<UserCondition>,
        changes: Changes,
    ) -> Result<(), CommitError> {
        let now = self.core.ports.clock.now();
        let mut submission = self.draft(caller, kind, false);
        let mut line = 0;
        loop {
            let limit = (AT_ONCE * Slice::ROWS) as u64;
            let tenant = caller.tenant;
            let found =
                self.core.ports.users.search(tenant, filter, &[], line.into(), limit, now).await?;
            let is_last = (found.len() as u64) < limit;
            for it in found {
                line += 1;
                let who = Invitee::User(UserRef::Id(it.user.id));
                submission.push(Row::invite(line, Invite::new(who))).await?;
            }
            if is_last {
                break;
            }
        }
        if line == 0 {
            return self.core.ports.ledger.commit(&changes).await;
        }
        submission.finish(changes).await.map(drop)
    }

    /// Begins a task of any length, to be written down bit by bit.
    pub fn open(&self, caller: &Caller, rehearsal: bool) -> Result<Submission<'_>, SubmitError> {
        allowed(caller, &[])?;
        Ok(self.draft(caller, TaskKind::Invite, rehearsal))
    }

    fn draft(&self, caller: &Caller, kind: TaskKind, rehearsal: bool) -> Submission<'_> {
        let id = TaskId(self.core.ports.entropy.id());
        let task = Task::draft(id, caller.clone(), kind, rehearsal, self.core.ports.clock.now());
        Submission { desk: self, task, waiting: Vec::new(), seen: HashMap::new() }
    }

    async fn commit(&self, changes: &Changes) -> Result<(), StoreError> {
        self.core.ports.ledger.commit(changes).await.map_err(unlost)
    }
}

/// A task on its way in. What is dropped before [`Self::submit`] never runs.
pub struct Submission<'a> {
    desk: &'a SubmitTask,
    task: Task,
    waiting: Vec<Row>,
    /// The line that named somebody first.
    seen: HashMap<(Option<OrganizationId>, UserRef), u32>,
}

impl Submission<'_> {
    /// Adds rows. Whoever stands there a second time becomes a bad row.
    pub async fn add(&mut self, rows: impl IntoIterator<Item = Row>) -> Result<(), SubmitError> {
        for row in rows {
            allowed(&self.task.by, std::slice::from_ref(&row))?;
            let row = self.once(row);
            self.push(row).await.map_err(unlost)?;
        }
        Ok(())
    }

    /// Hands the task over to the workers.
    pub async fn submit(self) -> Result<Task, SubmitError> {
        Ok(self.finish(Changes::default()).await.map_err(unlost)?)
    }

    async fn push(&mut self, row: Row) -> Result<(), CommitError> {
        self.waiting.push(row);
        if self.waiting.len() >= AT_ONCE * Slice::ROWS {
            self.write(Changes::default()).await?;
        }
        Ok(())
    }

    async fn finish(mut self, mut changes: Changes) -> Result<Task, CommitError> {
        self.task.submitted = true;
        let now = self.desk.core.ports.clock.now();
        let rows = self.task.rows as usize + self.waiting.len();
        let (job, entry) = launch(&*self.desk.core.ports.entropy, &self.task, rows, now);
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
        match self.seen.entry((invite.organization.clone(), who)) {
            Slot::Vacant(slot) => {
                slot.insert(row.line);
                row
            }
            Slot::Occupied(slot) => {
                let text = format!("the same as in line {}", slot.get());
                Row::bad(row.line, &row.who(), "double", text)
            }
        }
    }

    /// The task as it is written down now.
    async fn write(&mut self, changes: Changes) -> Result<Task, CommitError> {
        let rows = std::mem::take(&mut self.waiting);
        let slices = sliced(&mut self.task, rows);
        let written = self.task.clone();
        self.desk
            .core
            .ports
            .ledger
            .commit(&Changes { tasks: vec![written.clone()], slices, ..changes })
            .await?;
        self.task = written.clone().touched(self.desk.core.ports.clock.now());
        Ok(written)
    }
}

/// Nobody else knows of a new task, so nobody can be in its way.
fn unlost(error: CommitError) -> StoreError {
    match error {
        CommitError::Conflict(_) => StoreError::new("a new task has lost its place"),
        CommitError::Store(error) => error,
    }
}

/// A task that is written down whole, and all that is committed with it.
pub(crate) fn submitted(
    entropy: &dyn Entropy,
    caller: &Caller,
    kind: TaskKind,
    rows: Vec<Row>,
    now: Timestamp,
) -> (Task, Changes) {
    let id = TaskId(entropy.id());
    let mut task = Task { submitted: true, ..Task::draft(id, caller.clone(), kind, false, now) };
    let slices = sliced(&mut task, rows);
    let (job, entry) = launch(entropy, &task, task.rows as usize, now);
    let changes = Changes {
        tasks: vec![task.clone()],
        slices,
        jobs: vec![job],
        audit: vec![entry],
        ..Changes::default()
    };
    (task, changes)
}

/// The job that runs the first slice, and a word of who wants it.
fn launch(entropy: &dyn Entropy, task: &Task, rows: usize, now: Timestamp) -> (Job, Entry) {
    let entry = Entry {
        id: EntryId(entropy.id()),
        tenant: task.by.tenant,
        at: now,
        actor: task.by.actor.clone(),
        action: Action::TaskSubmitted,
        subject: Subject::Task(task.id),
        detail: Some(format!("{rows} rows")),
    };
    (slice_job(entropy, task, now), entry)
}

/// The job that runs the slice which is next.
pub(crate) fn slice_job(entropy: &dyn Entropy, task: &Task, now: Timestamp) -> Job {
    let kind = JobKind::RunTask { task: task.id, slice: task.next };
    Job::new(JobId(entropy.id()), task.by.tenant, kind, now)
}

/// The rows in slices; the task grows by them.
fn sliced(task: &mut Task, rows: Vec<Row>) -> Vec<Slice> {
    let mut slices = Vec::with_capacity(rows.len().div_ceil(Slice::ROWS));
    let mut rows = rows.into_iter();
    loop {
        let some: Vec<_> = rows.by_ref().take(Slice::ROWS).collect();
        if some.is_empty() {
            return slices;
        }
        task.rows = task.rows.saturating_add(u32::try_from(some.len()).unwrap_or(u32::MAX));
        slices.push(Slice {
            tenant: task.by.tenant,
            task: task.id,
            number: task.slices,
            rows: some,
            outcomes: None,
            version: 1,
        });
        task.slices += 1;
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
