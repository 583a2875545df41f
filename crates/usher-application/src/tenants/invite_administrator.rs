//! Invite an administrator of a tenant by a link that the operator hands over.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Authority, Caller, Invitation, InvitationId, Mailbox, Offer, Subject, TenantId,
    Timestamp, UsedUp, User, UserRef, UserStatus,
};

use crate::{
    ports::{
        Ports,
        directory::InviteeQuery,
        error::StoreError,
        ledger::{Changes, Conflict},
    },
    shared::{
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        budget::{Budget, Item},
        commit::Decision,
        core::Core,
        letter_jobs::letter_job,
    },
};

/// Invites a first or another administrator to the caller's tenant.
pub struct InviteAdministrator {
    core: Arc<Core>,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteAdministratorError {
    #[error("the caller may not invite administrators")]
    Forbidden,
    #[error(
        "a user with this address has an account already, which a link that is handed over does not \
         open; invite another address"
    )]
    HasAccount,
    #[error(transparent)]
    Quota(#[from] UsedUp),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for InviteAdministratorError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}

/// The invitation of an administrator: to the tenant itself, with all authority, and short, because
/// whoever has its link can become administrator.
pub(crate) fn administrator_invitation(
    core: &Core,
    tenant: TenantId,
    mailbox: Mailbox,
    quiet: bool,
    by: Actor,
    now: Timestamp,
) -> Invitation {
    let (_, longest) = core.policy.lifetimes;
    let lifetime = InviteAdministrator::LIFETIME.min(longest);
    let offer = Offer { authority: Some(Authority::OrgAdmin), quiet, ..Offer::new(lifetime) };
    Invitation::issue(InvitationId(core.ports.entropy.id()), tenant, mailbox, offer, by, now)
}

impl InviteAdministrator {
    /// How long such an invitation lasts at most.
    pub const LIFETIME: TimeDelta = TimeDelta::hours(24);

    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Invites the reader of this mailbox with the authority of an administrator, and revokes the
    /// pending invitation that they have to the tenant, with its links. With `mailed` they get a
    /// letter too.
    pub async fn run(
        &self,
        caller: &Caller,
        mailbox: &Mailbox,
        mailed: bool,
    ) -> Result<Invitation, InviteAdministratorError> {
        if !caller.administers_tenant() || !caller.may_grant(Authority::OrgAdmin) {
            return Err(InviteAdministratorError::Forbidden);
        }
        commit_for(&self.core, caller, "invite administrator", |_: Vec<Conflict>| async move {
            let Ports { clock, directory, entropy, .. } = &self.core.ports;
            let now = clock.now();
            let who = UserRef::Mailbox(mailbox.clone());
            let query = InviteeQuery { who, organization: None };
            let found = directory.resolve(caller.tenant, &[query]).await?;
            let state = found.into_iter().next().unwrap_or_default();
            let has_account =
                |it: &User| matches!(it.status, UserStatus::Active | UserStatus::Disabled);
            if state.user.as_ref().is_some_and(has_account) {
                return Err(InviteAdministratorError::HasAccount);
            }
            let actor = caller.actor.clone();
            let issued = administrator_invitation(
                &self.core,
                caller.tenant,
                mailbox.clone(),
                !mailed,
                actor.clone(),
                now,
            );
            let invitation = Invitation {
                user: state.user.as_ref().map(|it| it.id.clone()),
                name: state.user.as_ref().and_then(User::called),
                ..issued
            };
            let mut budget = Budget::of_caller(&self.core, caller, now, [mailbox]).await?;
            budget.spend(Item::invitation(&invitation))?;
            let revoked = state.pending.and_then(|it| it.revoke(actor, now).ok());
            let invited = state.user.filter(|it| it.status == UserStatus::Unregistered);
            let user = invited.map(|it| User { status: UserStatus::Pending, ..it.touched(now) });
            let trail = Trail::of(caller, now, &**entropy);
            let note = |action, it: &Invitation| trail.note(action, Subject::Invitation(it.id));
            let revocation = revoked.as_ref().map(|it| note(Action::Revoked, it));
            let changes = Changes {
                audit: revocation.into_iter().chain([note(Action::Invited, &invitation)]).collect(),
                jobs: letter_job(&**entropy, &invitation).into_iter().collect(),
                users: user.into_iter().collect(),
                invitations: revoked.into_iter().chain([invitation.clone()]).collect(),
                spent: budget.spent(),
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, invitation))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
