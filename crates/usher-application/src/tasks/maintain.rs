//! What is to be done now and then: old tasks go, and expired invitations are repeated.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{Caller, Completion, TaskKind, UserStatus};

use crate::{
    ports::{
        error::StoreError,
        invitations::Filter,
        ledger::{Changes, CommitError},
        tasks::TaskCondition,
        users::UserCondition,
    },
    shared::core::Core,
    tasks::submit::SubmitTask,
};

/// Keeps house for all tenants. Any number of nodes may do so at the same time.
pub struct MaintainTasks {
    core: Arc<Core>,
    submit: SubmitTask,
}

/// How long it may take to write a task down.
const DRAFT: TimeDelta = TimeDelta::days(1);

/// How many tasks are removed in one commit.
const TASKS: u64 = 20;

impl MaintainTasks {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), submit: SubmitTask::new(core) }
    }

    /// Removes tasks beyond the operator's retention, ends those that were never submitted, and
    /// has expired invitations repeated where the user's profile says so.
    pub async fn run(&self) -> Result<(), StoreError> {
        let now = self.core.ports.clock.now();
        loop {
            let forgotten =
                self.core.ports.tasks.older_than(now - self.core.policy.retention, TASKS).await?;
            if forgotten.is_empty() {
                break;
            }
            self.commit(Changes { forgotten, ..Changes::default() }).await?;
        }
        let abandoned = self.core.ports.tasks.abandoned(now - DRAFT, 1000).await?;
        let ended = abandoned.into_iter().map(|it| it.completed(Completion::Terminated, now, now));
        for task in ended {
            self.commit(Changes { tasks: vec![task], ..Changes::default() }).await?;
        }
        for profile in self.core.ports.profiles.repeating().await? {
            let at_work = Filter::And(vec![
                Filter::Is(TaskCondition::Kind(TaskKind::Repeat)),
                Filter::Is(TaskCondition::Completion(None)),
            ]);
            if self.core.ports.tasks.count(profile.tenant, &at_work).await? > 0 {
                continue;
            }
            let filter = Filter::And(vec![
                Filter::Is(UserCondition::Profile(profile.id)),
                Filter::Is(UserCondition::Status(UserStatus::Pending)),
                Filter::Is(UserCondition::InviteeState(UserStatus::Unregistered)),
                Filter::Is(UserCondition::Reachable),
            ]);
            let caller = Caller::system(profile.tenant);
            let submitted =
                self.submit.everybody(&caller, TaskKind::Repeat, &filter, Changes::default());
            match submitted.await {
                Ok(()) | Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Another node may have been here just now.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        match self.core.ports.ledger.commit(&changes).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
