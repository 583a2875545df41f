//! Maintain the tasks of all tenants: purge old ones, end abandoned drafts, repeat invitations.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{Caller, Completion, Profile, TaskKind, Timestamp, UserStatus};

use crate::{
    ports::{
        Ports,
        error::StoreError,
        invitations::Filter,
        ledger::{Changes, CommitError},
        tasks::TaskCondition,
        users::UserCondition,
    },
    shared::{commit::commit_once, core::Core},
    tasks::submit::SubmitTask,
};

/// Maintains the tasks of all tenants. Any number of nodes may do so at the same time.
pub struct MaintainTasks {
    core: Arc<Core>,
    submit: SubmitTask,
}

/// How long a task may stay a draft.
const DRAFT: TimeDelta = TimeDelta::days(1);
/// How many drafts are ended in one run. Those beyond it are ended in the next one.
const DRAFTS: u64 = 1000;
/// How many tasks are removed in one commit.
const PURGED_AT_ONCE: u64 = 20;

impl MaintainTasks {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), submit: SubmitTask::new(core) }
    }

    /// Removes tasks beyond the operator's retention, ends those that were never submitted, and
    /// has expired invitations repeated where the user's profile says so.
    pub async fn run(&self) -> Result<(), StoreError> {
        let now = self.core.ports.clock.now();
        if let Some(kept) = self.core.policy.retention.tasks {
            self.purge(now - kept).await?;
        }
        self.end_drafts(now).await?;
        for profile in self.core.ports.profiles.repeating().await? {
            self.repeat(&profile).await?;
        }
        Ok(())
    }

    /// Removes all tasks that were created before that.
    async fn purge(&self, before: Timestamp) -> Result<(), StoreError> {
        loop {
            let forgotten = self.core.ports.tasks.older_than(before, PURGED_AT_ONCE).await?;
            if forgotten.is_empty() {
                return Ok(());
            }
            self.commit(Changes { forgotten, ..Changes::default() }).await?;
        }
    }

    /// Ends the drafts that nobody has submitted for [`DRAFT`].
    async fn end_drafts(&self, now: Timestamp) -> Result<(), StoreError> {
        for task in self.core.ports.tasks.abandoned(now - DRAFT, DRAFTS).await? {
            let ended = task.completed(Completion::Terminated, now, now);
            self.commit(Changes { tasks: vec![ended], ..Changes::default() }).await?;
        }
        Ok(())
    }

    /// Submits a task for the users of the profile whose invitations have expired, unless one of
    /// the tenant is still at work.
    async fn repeat(&self, profile: &Profile) -> Result<(), StoreError> {
        let Ports { tasks, .. } = &self.core.ports;
        let at_work = Filter::And(vec![
            Filter::Is(TaskCondition::Kind(TaskKind::Repeat)),
            Filter::Is(TaskCondition::Completion(None)),
        ]);
        if tasks.count(profile.tenant, &at_work).await? > 0 {
            return Ok(());
        }
        let expired = Filter::And(vec![
            Filter::Is(UserCondition::Profile(profile.id.clone())),
            Filter::Is(UserCondition::Status(UserStatus::Pending)),
            Filter::Is(UserCondition::EffectiveStatus(UserStatus::Unregistered)),
            Filter::Is(UserCondition::Reachable),
        ]);
        let caller = Caller::system(profile.tenant);
        let nothing = Changes::default();
        match self.submit.everybody(&caller, TaskKind::Repeat, &expired, nothing).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Another node may have done the same just now.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        commit_once(&*self.core.ports.ledger, &changes).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
