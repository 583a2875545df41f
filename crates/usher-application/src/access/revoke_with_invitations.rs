//! Revoke a key together with what it made: after it was stolen.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Caller, Completion, Credential, CredentialId, Subject, Task, TaskId,
};

use crate::{
    access::credentials::{CredentialError, ManageCredentials},
    ports::{
        Ports,
        invitations::{Filter, InvitationCondition, TimeField},
        ledger::Changes,
        tasks::{TaskCondition, TaskRange},
    },
    shared::{
        audit_trail::Trail, bounds::commit_for, commit::Decision, core::Core,
        orphans::OrphanedInvitations,
    },
};

/// Revokes keys with the invitations and tasks that they made.
pub struct RevokeWithInvitations {
    core: Arc<Core>,
    credentials: ManageCredentials,
    orphans: OrphanedInvitations,
}

/// What was revoked.
#[derive(Clone, Debug)]
pub struct RevokedKey {
    pub credential: Credential,
    /// How many tasks were ended.
    pub tasks: u64,
    /// How many pending invitations were revoked.
    pub invitations: u64,
}

/// The most tasks that are read at once.
const PAGE: u64 = 100;

impl RevokeWithInvitations {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            credentials: ManageCredentials::new(core),
            orphans: OrphanedInvitations::new(core),
        }
    }

    /// Revokes the key, then ends its tasks, then revokes its pending invitations, a thousand a commit.
    /// What a person made is not told apart by their keys: it is all that they made since this key
    /// was made, within the organization that it is bound to. If this fails half way, running it
    /// again does the rest.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, key = %id))]
    pub async fn run(
        &self,
        caller: &Caller,
        id: CredentialId,
    ) -> Result<RevokedKey, CredentialError> {
        let credential = self.credentials.revoke(caller, id).await?;
        let tasks = self.end_tasks(caller, &credential).await?;
        let invitations = self.orphans.revoke_all(caller, invitations_of(&credential)).await?;
        Ok(RevokedKey { credential, tasks, invitations })
    }

    async fn end_tasks(&self, caller: &Caller, key: &Credential) -> Result<u64, CredentialError> {
        let filter = tasks_of(key);
        let mut range = TaskRange { limit: PAGE, ..TaskRange::default() };
        let mut ended = 0;
        loop {
            let found = self.core.ports.tasks.list(caller.tenant, &filter, range).await?;
            range.after = found.last().map(Into::into);
            let is_last = (found.len() as u64) < PAGE;
            let is_of_key =
                |it: &Task| key.organization.is_none() || it.by.organization == key.organization;
            for it in found.iter().filter(|it| is_of_key(it)) {
                ended += u64::from(self.end(caller, it.id).await?);
            }
            if is_last {
                return Ok(ended);
            }
        }
    }

    /// Whether the task was not over already.
    async fn end(&self, caller: &Caller, id: TaskId) -> Result<bool, CredentialError> {
        let Ports { clock, entropy, tasks, .. } = &self.core.ports;
        commit_for(&self.core, caller, "end the task of a key", |_| async move {
            let found = tasks.find(caller.tenant, id).await?;
            let Some(task) = found.filter(|it| it.completion.is_none()) else {
                return Ok(Decision::Done(false));
            };
            let (now, how) = (clock.now(), Completion::Terminated);
            let trail = Trail::of(caller, now, &**entropy);
            let detail = how.as_str().to_owned();
            let entry = trail.note_with(Action::TaskCleared, Subject::Task(id), detail);
            let changes = Changes {
                tasks: vec![task.completed(how, now, now)],
                audit: vec![entry],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, true))
        })
        .await
    }
}

/// In whose name the key acts.
fn actor(key: &Credential) -> Actor {
    key.user.clone().map_or(Actor::Client(key.id), Actor::User)
}

fn invitations_of(key: &Credential) -> Filter {
    let place = key.organization.clone().map(InvitationCondition::Organization);
    let since = InvitationCondition::Time(TimeField::Issued, Some(key.created_at), None);
    let all = [InvitationCondition::Creator(actor(key)), since];
    Filter::And(all.into_iter().chain(place).map(Filter::Is).collect())
}

fn tasks_of(key: &Credential) -> Filter<TaskCondition> {
    let all = [
        TaskCondition::Creator(actor(key)),
        TaskCondition::CreatedFrom(key.created_at),
        TaskCondition::Completion(None),
    ];
    Filter::And(all.map(Filter::Is).into())
}
