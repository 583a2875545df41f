//! Make a user invitable again.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Closed, Entry, EntryId, Invitation, OrphanPolicy, Permission, Subject,
    Timestamp, User, UserId, UserRef,
};

use crate::{
    ports::{
        error::StoreError,
        invitations::{Filter, InvitationCondition, Page, TextField, TextMatch},
        ledger::{Changes, CommitError},
    },
    shared::{
        core::Core,
        orphans::{OrphanedInvitations, Transfer, taken_over_by},
    },
};

/// Takes a user back to where they were before they were invited.
pub struct ResetUser {
    core: Arc<Core>,
    estate: OrphanedInvitations,
}

/// Why a user stays as they are.
#[derive(Debug, thiserror::Error)]
pub enum ResetUserError {
    #[error("the caller may not reset users")]
    Forbidden,
    #[error("there is no such user")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

const ROUNDS: usize = 4;

impl ResetUser {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), estate: OrphanedInvitations::new(core) }
    }

    /// Their password and their authority are gone, their sessions and keys are void, and the
    /// invitations that wait for them are revoked. What they belong to stays. What they invited
    /// others to is as the operator's policy for orphans has it.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, user = %id))]
    pub async fn run(&self, caller: &Caller, id: &UserId) -> Result<User, ResetUserError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(ResetUserError::Forbidden);
        }
        for _ in 0..ROUNDS {
            let who = UserRef::Id(id.clone());
            let found = self.core.ports.users.find_many(caller.tenant, &[who]).await?;
            let user = found.into_iter().flatten().next().ok_or(ResetUserError::Unknown)?;
            let now = self.core.ports.clock.now();
            let revoked = self.pending(caller, &user, now).await?;
            let user = user.reset(now);
            let entry = |action, subject| Entry {
                id: EntryId(self.core.ports.entropy.id()),
                tenant: caller.tenant,
                at: now,
                actor: caller.actor.clone(),
                action,
                subject,
                detail: None,
            };
            let mut audit = vec![entry(Action::Reset, Subject::User(user.id.clone()))];
            audit.extend(
                revoked.iter().map(|it| entry(Action::Revoked, Subject::Invitation(it.id))),
            );
            let mut changes = Changes {
                users: vec![user.clone()],
                invitations: revoked,
                audit,
                ..Changes::default()
            };
            if self.core.policy.orphans != OrphanPolicy::Keep {
                let users = std::slice::from_ref(id);
                let how = |it| taken_over_by(caller, it);
                let transfer = Transfer { policy: self.core.policy.orphans, to: None, how };
                self.estate.settle_excess_of(caller, users, &Filter::Everything, &transfer).await?;
                let left = self.estate.invited_by(caller, users, &Filter::Everything, now).await?;
                let left = left.into_iter().filter(|it| !is_among(it, &changes.invitations));
                let left = left.collect();
                let taken_over_by = |it| taken_over_by(caller, it);
                self.estate.settle(
                    caller,
                    self.core.policy.orphans,
                    left,
                    now,
                    &mut changes,
                    taken_over_by,
                );
            }
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(user),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same user").into())
    }

    /// The invitations that would let them in, revoked.
    async fn pending(
        &self,
        caller: &Caller,
        user: &User,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let mailboxes = [&user.mailbox, &user.personal_mailbox].into_iter().flatten();
        let is = |field, text: &str| {
            Filter::Is(InvitationCondition::Text(field, TextMatch::Equals(text.to_owned())))
        };
        let to = mailboxes.map(|it| is(TextField::Mailbox, it.folded()));
        let to = to.chain([is(TextField::Invitee, user.id.as_str())]);
        let filter = Filter::And(vec![
            Filter::Or(to.collect()),
            Filter::Is(InvitationCondition::State(usher_domain::State::Pending)),
        ]);
        let page = Page { after: None, skip: 0, limit: 1000 };
        let found = self.core.ports.invitations.list(caller.tenant, &filter, page, now).await?;
        let revoked = found
            .into_iter()
            .filter(|it| it.user.as_ref().is_none_or(|it| *it == user.id))
            .map(|it| it.revoke(caller.actor.clone(), now))
            .collect::<Result<Vec<_>, Closed>>();
        revoked.map_err(StoreError::new)
    }
}

fn is_among(it: &Invitation, all: &[Invitation]) -> bool {
    all.iter().any(|other| other.id == it.id)
}

#[cfg(test)]
mod tests;
