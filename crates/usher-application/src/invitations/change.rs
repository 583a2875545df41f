//! Take an invitation back, send it again, or change what it offers.

use std::sync::Arc;

use chrono::TimeDelta;
use usher_domain::{
    Action, Caller, Closed, Entry, EntryId, Invitation, InvitationId, Permission, Refusal,
    ResendPolicy, Subject, Timestamp, redirect,
};

use crate::{
    invitations::invite::{letter_job, roles},
    policy::Policy,
    ports::{
        Ports, StoreError,
        clock::Clock,
        entropy::Entropy,
        invitations::Invitations,
        ledger::{Changes, CommitError, Conflict, Ledger, Seated},
        roles::Roles,
        tenants::Tenants,
    },
    shared::defined_roles::Defined,
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
    /// It had expired, and another one has its seat.
    #[error("the organization has no seat left")]
    NoSeat,
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

    /// As [`Self::run`] with [`ResendPolicy::Rotate`], and it lasts again as long as a new one.
    pub async fn renew(
        &self,
        caller: &Caller,
        id: InvitationId,
    ) -> Result<Invitation, ManageError> {
        let renew = |it: &Invitation, now| {
            let mut again = it.resend(ResendPolicy::Rotate, caller.actor.clone(), now)?;
            again.expires_at = again.expires_at.max(now + again.offer.lifetime);
            again.offer.quiet = false;
            Ok(again)
        };
        self.desk.change(caller, id, Permission::Resend, Action::Resent, renew).await
    }
}

/// Changes what a pending invitation offers.
pub struct ChangeInvitation {
    desk: Desk,
    roles: Arc<dyn Roles>,
    tenants: Arc<dyn Tenants>,
    lifetimes: (TimeDelta, TimeDelta),
}

/// What becomes different about an invitation. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InvitationDraft {
    /// Instead of those there are: at most 50. Each must be defined, and fit the organization.
    pub roles: Option<Vec<String>>,
    pub expires_at: Option<Timestamp>,
    pub redirect: Option<String>,
}

/// Why it was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Manage(#[from] ManageError),
}

impl From<StoreError> for ChangeError {
    fn from(it: StoreError) -> Self {
        Self::Manage(it.into())
    }
}

impl ChangeInvitation {
    #[must_use]
    pub fn new(ports: &Ports, policy: &Policy) -> Self {
        let Ports { roles, tenants, .. } = ports.clone();
        Self { desk: Desk::new(ports), roles, tenants, lifetimes: policy.lifetimes }
    }

    /// Changes one that can still be accepted. Its link and its letters stay as they are.
    pub async fn run(
        &self,
        caller: &Caller,
        id: InvitationId,
        draft: InvitationDraft,
    ) -> Result<Invitation, ChangeError> {
        let found = self.desk.find(caller, id, Permission::Resend).await?;
        let roles = match &draft.roles {
            None => None,
            Some(given) => {
                let given = roles(given).map_err(Refusal::from)?;
                let defined = Defined::of(&*self.roles, caller.tenant, given.iter()).await?;
                defined.fit(caller, &given, found.offer.organization.as_ref())?;
                Some(given)
            }
        };
        let redirect = match &draft.redirect {
            None => None,
            Some(it) => {
                let tenant = self.tenants.find(caller.tenant).await?;
                let allowed = tenant.map(|it| it.redirects).unwrap_or_default();
                Some(redirect(it, &allowed).map_err(Refusal::from)?)
            }
        };
        if let Some(expires_at) = draft.expires_at {
            let (min, max) = self.lifetimes;
            let lifetime = expires_at - self.desk.clock.now();
            if !(min..=max).contains(&lifetime) {
                return Err(Refusal::Lifetime { min, max }.into());
            }
        }
        let change = |it: &Invitation, now| {
            it.open(now)?;
            let mut after = it.touched(caller.actor.clone(), now);
            after.expires_at = draft.expires_at.unwrap_or(after.expires_at);
            if let Some(roles) = &roles {
                after.offer.roles.clone_from(roles);
            }
            after.offer.redirect = redirect.clone().or(after.offer.redirect);
            Ok(after)
        };
        let action = Action::InvitationChanged;
        Ok(self.desk.change(caller, id, Permission::Resend, action, change).await?)
    }
}

/// What all have in common: find, check, change, commit.
struct Desk {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    invitations: Arc<dyn Invitations>,
    ledger: Arc<dyn Ledger>,
}

const ROUNDS: usize = 16;

impl Desk {
    fn new(ports: &Ports) -> Self {
        let Ports { clock, entropy, invitations, ledger, .. } = ports.clone();
        Self { clock, entropy, invitations, ledger }
    }

    /// What the caller may not see does not exist for them.
    async fn find(
        &self,
        caller: &Caller,
        id: InvitationId,
        permission: Permission,
    ) -> Result<Invitation, ManageError> {
        if !caller.may(permission) {
            return Err(ManageError::Forbidden);
        }
        let found = self.invitations.find(caller.tenant, id).await?;
        found.filter(|it| caller.may_with(permission, it)).ok_or(ManageError::Unknown)
    }

    async fn change(
        &self,
        caller: &Caller,
        id: InvitationId,
        permission: Permission,
        action: Action,
        change: impl Fn(&Invitation, Timestamp) -> Result<Invitation, Closed> + Send + Sync,
    ) -> Result<Invitation, ManageError> {
        for _ in 0..ROUNDS {
            let found = self.find(caller, id, permission).await?;
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
            // One that had expired takes a seat again.
            let again = after.offer.organization.clone().filter(|_| after.open(now).is_ok());
            let seated =
                again.map(|organization| Seated { tenant: caller.tenant, organization, now });
            let seated = seated.filter(|_| found.open(now).is_err());
            let changes = Changes {
                seated: seated.into_iter().collect(),
                invitations: vec![after.clone()],
                jobs: job.into_iter().collect(),
                audit: vec![entry],
                ..Changes::default()
            };
            match self.ledger.commit(&changes).await {
                Ok(()) => return Ok(after),
                Err(CommitError::Conflict(losses))
                    if losses.iter().any(|it| matches!(it, Conflict::Seat(_))) =>
                {
                    return Err(ManageError::NoSeat);
                }
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same invitation").into())
    }
}

#[cfg(test)]
mod tests;
