//! Take an invitation back, or send it again.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Closed, Entry, EntryId, Invitation, InvitationId, Permission, ResendPolicy,
    Subject, Timestamp,
};

use crate::{
    Changes, Clock, CommitError, Entropy, Invitations, Ledger, Policy, Ports, StoreError,
    invite::letter_job,
};

/// Why an invitation stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    #[error("the caller may not do this")]
    Forbidden,
    #[error("there is no such invitation")]
    Unknown,
    #[error(transparent)]
    Closed(#[from] Closed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes an invitation back: its link is void, and letters still under way are not sent.
pub struct RevokeInvitation(Desk);

/// Sends an invitation again.
pub struct ResendInvitation {
    desk: Desk,
    policy: ResendPolicy,
}

impl RevokeInvitation {
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self(Desk::new(ports))
    }

    pub async fn run(&self, caller: &Caller, id: InvitationId) -> Result<Invitation, ManageError> {
        let revoke = |it: &Invitation, now| it.revoke(caller.actor.clone(), now);
        self.0.change(caller, id, Permission::Revoke, Action::Revoked, revoke).await
    }
}

impl ResendInvitation {
    #[must_use]
    pub fn new(ports: &Ports, policy: &Policy) -> Self {
        Self { desk: Desk::new(ports), policy: policy.resend }
    }

    /// Writes another letter. Without a policy the operator's holds. A quiet invitation is mailed
    /// from now on: that is what sending it means.
    pub async fn run(
        &self,
        caller: &Caller,
        id: InvitationId,
        policy: Option<ResendPolicy>,
    ) -> Result<Invitation, ManageError> {
        let policy = policy.unwrap_or(self.policy);
        let resend = |it: &Invitation, now| {
            let mut again = it.resend(policy, caller.actor.clone(), now)?;
            again.offer.quiet = false;
            Ok(again)
        };
        self.desk.change(caller, id, Permission::Resend, Action::Resent, resend).await
    }
}

/// What both have in common: find, check, change, commit.
struct Desk {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    invitations: Arc<dyn Invitations>,
    ledger: Arc<dyn Ledger>,
}

const ROUNDS: usize = 4;

impl Desk {
    fn new(ports: &Ports) -> Self {
        let Ports { clock, entropy, invitations, ledger, .. } = ports.clone();
        Self { clock, entropy, invitations, ledger }
    }

    async fn change(
        &self,
        caller: &Caller,
        id: InvitationId,
        permission: Permission,
        action: Action,
        change: impl Fn(&Invitation, Timestamp) -> Result<Invitation, Closed> + Send + Sync,
    ) -> Result<Invitation, ManageError> {
        if !caller.may(permission) {
            return Err(ManageError::Forbidden);
        }
        for _ in 0..ROUNDS {
            let found = self.invitations.find(caller.tenant, id).await?;
            let found =
                found.filter(|it| caller.may_with(permission, it)).ok_or(ManageError::Unknown)?;
            let now = self.clock.now();
            let after = change(&found, now)?;
            let entry = Entry {
                id: EntryId(self.entropy.id()),
                tenant: caller.tenant,
                at: now,
                actor: caller.actor.clone(),
                action,
                subject: Subject::Invitation(id),
                detail: None,
            };
            let another = after.letters > found.letters;
            let job = another.then(|| letter_job(&*self.entropy, &after)).flatten();
            let changes = Changes {
                invitations: vec![after.clone()],
                jobs: job.into_iter().collect(),
                audit: vec![entry],
                ..Changes::default()
            };
            match self.ledger.commit(&changes).await {
                Ok(()) => return Ok(after),
                Err(CommitError::Lost(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same invitation").into())
    }
}

#[cfg(test)]
mod tests;
