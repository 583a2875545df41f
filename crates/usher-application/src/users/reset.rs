//! Make a user invitable again.

use std::{collections::HashSet, slice, sync::Arc};

use usher_domain::{
    Action, Caller, Invitation, OrphanPolicy, State, Subject, Timestamp, User, UserId, UserRef,
};

use crate::{
    ports::{
        Ports,
        error::StoreError,
        invitations::{Cursor, Filter, InvitationCondition, Page, TextField, TextMatch},
        ledger::Changes,
    },
    shared::{
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        commit::Decision,
        core::Core,
        orphans::{OrphanedInvitations, Transfer, taken_over_by},
        powers::Powers,
    },
};

/// Takes a user back to where they were before they were invited.
pub struct ResetUser {
    core: Arc<Core>,
    orphans: OrphanedInvitations,
}

/// Why a user stays as they are.
#[derive(Debug, thiserror::Error)]
pub enum ResetUserError {
    #[error("the caller may not reset users")]
    Forbidden,
    #[error("there is no user with this id")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for ResetUserError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}

/// The most invitations that are read at once.
const PAGE: u64 = 1_000;

impl ResetUser {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), orphans: OrphanedInvitations::new(core) }
    }

    /// Their password and their authority are gone, their sessions and keys are void, and the
    /// pending invitations for them are revoked. What they belong to stays. What they invited others
    /// to is as the operator's policy for orphans has it.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, user = %id))]
    pub async fn run(&self, caller: &Caller, id: &UserId) -> Result<User, ResetUserError> {
        if !caller.administers_tenant() {
            return Err(ResetUserError::Forbidden);
        }
        let Ports { clock, users, .. } = &self.core.ports;
        commit_for(&self.core, caller, "reset user", |_| async move {
            let found = users.find(caller.tenant, &UserRef::Id(id.clone())).await?;
            let user = found.ok_or(ResetUserError::Unknown)?;
            let powers = Powers::of(&self.core, caller, [&user]).await?;
            if !powers.let_change(caller, &user, None) {
                return Err(ResetUserError::Forbidden);
            }
            let now = clock.now();
            let revoked = self.revoked(caller, &user, now).await?;
            let user = user.reset(now);
            let changes = self.changes(caller, &user, revoked, now).await?;
            Ok(Decision::Commit(changes, user))
        })
        .await
    }

    async fn changes(
        &self,
        caller: &Caller,
        user: &User,
        revoked: Vec<Invitation>,
        now: Timestamp,
    ) -> Result<Changes, StoreError> {
        let trail = Trail::of(caller, now, &*self.core.ports.entropy);
        let mut audit = vec![trail.note(Action::Reset, Subject::User(user.id.clone()))];
        let note = |it: &Invitation| trail.note(Action::Revoked, Subject::Invitation(it.id));
        audit.extend(revoked.iter().map(note));
        let settled: HashSet<_> = revoked.iter().map(|it| it.id).collect();
        let users = vec![user.clone()];
        let mut changes = Changes { users, invitations: revoked, audit, ..Changes::default() };
        let policy = self.core.policy.orphans;
        if policy != OrphanPolicy::Keep {
            let users = slice::from_ref(&user.id);
            let how = |it| taken_over_by(caller, it);
            let transfer = Transfer { policy, to: None, is_edit: true, how };
            self.orphans.settle_excess_of(caller, users, &Filter::Everything, &transfer).await?;
            let mut left = self.orphans.invited_by(caller, users, &Filter::Everything, now).await?;
            left.retain(|it| !settled.contains(&it.id));
            self.orphans.settle(caller, policy, left, now, &mut changes, how);
        }
        Ok(changes)
    }

    /// All pending invitations that would let them in, revoked.
    async fn revoked(
        &self,
        caller: &Caller,
        user: &User,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let mailboxes = [&user.mailbox, &user.personal_mailbox].into_iter().flatten();
        let is = |text: &str| TextMatch::Equals(text.to_owned());
        let to = mailboxes
            .map(|it| InvitationCondition::Text(TextField::Mailbox, is(it.folded())))
            .chain([InvitationCondition::Invitee(user.id.clone())])
            .map(Filter::Is);
        let is_pending = Filter::Is(InvitationCondition::State(State::Pending));
        let filter = Filter::And(vec![Filter::Or(to.collect()), is_pending]);
        let mut revoked = Vec::new();
        let mut after = None;
        loop {
            let page = Page { after, skip: 0, limit: PAGE };
            let found = self.core.ports.invitations.list(caller.tenant, &filter, page, now).await?;
            after = found.last().map(|it| Cursor { issued_at: it.issued_at, id: it.id });
            let is_last = (found.len() as u64) < PAGE;
            let is_theirs = |it: &Invitation| it.user.as_ref().is_none_or(|it| *it == user.id);
            for it in found.into_iter().filter(is_theirs) {
                revoked.push(it.revoke(caller.actor.clone(), now).map_err(StoreError::new)?);
            }
            if is_last {
                return Ok(revoked);
            }
        }
    }
}

#[cfg(test)]
mod tests;
