//! End a task before it is through.

use std::sync::Arc;

use usher_domain::{Action, Caller, Completion, Permission, Subject, Task, TaskId, Timestamp};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        commit::Decision,
        core::Core,
    },
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
    #[error("the task is completed already, so it cannot be ended")]
    Completed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for CancelTaskError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}

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
        let Ports { clock, entropy, tasks, .. } = &self.core.ports;
        // A task that runs may move on while it is being ended.
        commit_for(&self.core, caller, "cancel task", |_| async move {
            let found = tasks.find(caller.tenant, id).await?;
            let task = found.filter(|it| visible(caller, it)).ok_or(CancelTaskError::Unknown)?;
            if task.completion.is_some() {
                return Err(CancelTaskError::Completed);
            }
            let now = clock.now();
            let ended = task.completed(how, at.unwrap_or(now), now);
            let detail = how.as_str().to_owned();
            let trail = Trail::of(caller, now, &**entropy);
            let changes = Changes {
                tasks: vec![ended.clone()],
                audit: vec![trail.note_with(Action::TaskCleared, Subject::Task(id), detail)],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, ended))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
