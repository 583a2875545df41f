//! End a task before it is through.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Completion, Entry, EntryId, Permission, Subject, Task, TaskId, Timestamp,
};

use crate::{
    ports::{
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::core::Core,
    tasks::read::visible,
};

/// Ends tasks: what was done stays done, and the rest is not.
pub struct CancelTask {
    core: Arc<Core>,
}

/// Why a task stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum CancelTaskError {
    #[error("the caller may not end tasks")]
    Forbidden,
    #[error("there is no such task")]
    Unknown,
    #[error("the task is completed already")]
    Completed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A task that runs moves on while it is being ended.
const ROUNDS: usize = 16;

impl CancelTask {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// From now on no slice of it is run; one that is being run is written whole or not at all.
    /// `at` is when it is said to have ended: now, unless given.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, task = %id))]
    pub async fn run(
        &self,
        caller: &Caller,
        id: TaskId,
        how: Completion,
        at: Option<Timestamp>,
    ) -> Result<Task, CancelTaskError> {
        if !caller.may(Permission::Administer) {
            return Err(CancelTaskError::Forbidden);
        }
        for _ in 0..ROUNDS {
            let found = self.core.ports.tasks.find(caller.tenant, id).await?;
            let task = found.filter(|it| visible(caller, it)).ok_or(CancelTaskError::Unknown)?;
            if task.completion.is_some() {
                return Err(CancelTaskError::Completed);
            }
            let now = self.core.ports.clock.now();
            let over = task.completed(how, at.unwrap_or(now), now);
            let entry = Entry {
                id: EntryId(self.core.ports.entropy.id()),
                tenant: caller.tenant,
                at: now,
                actor: caller.actor.clone(),
                action: Action::TaskCleared,
                subject: Subject::Task(id),
                detail: Some(how.as_str().to_owned()),
            };
            let changes =
                Changes { tasks: vec![over.clone()], audit: vec![entry], ..Changes::default() };
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(over),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same task").into())
    }
}

#[cfg(test)]
mod tests;
