//! What changing, resending and revoking an invitation have in common.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Closed, Invitation, InvitationId, Permission, Subject, Timestamp, UsedUp,
};

use crate::{
    ports::{
        error::StoreError,
        ledger::{Changes, Conflict, Seated},
    },
    shared::{
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        budget::{Budget, Item},
        commit::Decision,
        core::Core,
        defined_roles::Defined,
        letter_jobs::letter_job,
    },
};

/// Why an invitation stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// Also with an invitation that the caller could not make.
    #[error("the caller may not do this, or could not give what the invitation offers")]
    Forbidden,
    #[error("there is no such invitation")]
    Unknown,
    #[error(transparent)]
    Closed(#[from] Closed),
    /// There were as many letters as there may be.
    #[error(transparent)]
    Quota(#[from] UsedUp),
    /// It had expired, and its seat was given to somebody else.
    #[error("the organization has no seat left")]
    NoSeat,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for ManageError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}

/// Finds an invitation, checks that the caller may change it, changes it, and commits that.
pub(crate) struct InvitationEditor {
    pub(crate) core: Arc<Core>,
}

impl InvitationEditor {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The invitation, if the caller may do this with it. What the caller may not see does not exist
    /// for them.
    pub(crate) async fn find(
        &self,
        caller: &Caller,
        id: InvitationId,
        permission: Permission,
    ) -> Result<Invitation, ManageError> {
        if !caller.may(permission) {
            return Err(ManageError::Forbidden);
        }
        let found = self.core.ports.invitations.find(caller.tenant, id).await?;
        found.filter(|it| caller.may_with(permission, it)).ok_or(ManageError::Unknown)
    }

    /// Commits what `change` makes of the invitation, with an audit entry for each of `actions`, and
    /// with a letter if `change` decided on one. Whoever could not give all that it offers, before and
    /// afterwards, changes nothing about it: it is as if they made it.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        id: InvitationId,
        permission: Permission,
        actions: &[Action],
        change: impl Fn(&Invitation, Timestamp) -> Result<Invitation, Closed> + Send + Sync,
    ) -> Result<Invitation, ManageError> {
        let change = &change;
        commit_for(&self.core, caller, "change invitation", |conflicts| async move {
            if conflicts.iter().any(|it| matches!(it, Conflict::Seat(_))) {
                return Err(ManageError::NoSeat);
            }
            let found = self.find(caller, id, permission).await?;
            let now = self.core.ports.clock.now();
            let after = change(&found, now)?;
            if !self.could_make(caller, [&found, &after]).await? {
                return Err(ManageError::Forbidden);
            }
            let trail = Trail::of(caller, now, &*self.core.ports.entropy);
            let entry = |it: &Action| trail.note(*it, Subject::Invitation(id));
            let another = after.letters > found.letters;
            let job = another.then(|| letter_job(&*self.core.ports.entropy, &after)).flatten();
            let mut spent = Vec::new();
            if job.is_some() {
                let mut budget = Budget::of_another_letter(&self.core, caller, now, &found).await?;
                budget.spend(Item::again(&found))?;
                spent = budget.spent();
            }
            // One that had expired takes a seat again.
            let again = after.offer.organization.clone().filter(|_| after.open(now).is_ok());
            let seated =
                again.map(|organization| Seated { tenant: caller.tenant, organization, now });
            let seated = seated.filter(|_| found.open(now).is_err());
            let changes = Changes {
                seated: seated.into_iter().collect(),
                invitations: vec![after.clone()],
                jobs: job.into_iter().collect(),
                spent,
                audit: actions.iter().map(entry).collect(),
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, after))
        })
        .await
    }

    /// Whether the caller could give all that these offer.
    async fn could_make(&self, caller: &Caller, all: [&Invitation; 2]) -> Result<bool, StoreError> {
        let named = all.iter().flat_map(|it| &it.offer.roles);
        let defined = Defined::of(&*self.core.ports.roles, caller.tenant, named).await?;
        Ok(all.iter().all(|it| defined.could_be_offered_by(caller, &it.offer)))
    }
}

#[cfg(test)]
mod tests;
