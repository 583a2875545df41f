//! End memberships of an organization.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{
    Action, Caller, Membership, OrganizationId, OrphanPolicy, Permission, Refusal, Timestamp,
    UserId,
};

use crate::{
    members::add::entry,
    ports::{
        error::StoreError,
        invitations::{Filter, InvitationCondition},
        ledger::{Changes, CommitError},
    },
    shared::{
        core::Core,
        member_lookup::{LocatedMember, MemberLookup, MembersError, UserRefs},
        orphans::{OrphanedInvitations, Transfer, taken_over_by},
    },
};

/// Ends memberships: roles and pin go with them, and so does what a pin opened.
pub struct RemoveMembers {
    core: Arc<Core>,
    roll: MemberLookup,
    estate: OrphanedInvitations,
}

const ROUNDS: usize = 8;

impl RemoveMembers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            roll: MemberLookup::new(core),
            estate: OrphanedInvitations::new(core),
        }
    }

    /// Removes each or says why not, in the order asked. The home that people belong to first of
    /// all is not left so.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, batch = names.len()))]
    pub async fn run(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        names: &[UserRefs],
    ) -> Result<Vec<Result<Membership, Refusal>>, MembersError> {
        if names.len() > self.core.policy.batch {
            return Err(MembersError::TooMany { limit: self.core.policy.batch });
        }
        for _ in 0..ROUNDS {
            let what = Permission::ManageMembers;
            let (_, found) = self.roll.call(caller, what, organization, names).await?;
            let mut seen = HashSet::new();
            let leaving = |it| leaving(it, organization, &mut seen);
            let decided: Vec<_> = found.into_iter().map(leaving).collect();
            let now = self.core.ports.clock.now();
            let removed: Vec<Membership> = decided.iter().flatten().cloned().collect();
            let audit = removed
                .iter()
                .map(|it| entry(&*self.core.ports.entropy, caller, Action::MemberRemoved, it, now))
                .collect();
            let mut changes = Changes { audit, removed, ..Changes::default() };
            self.orphan(caller, organization, now, &mut changes).await?;
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(decided),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same memberships").into())
    }

    /// What those who go have invited to the organization in their names.
    async fn orphan(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        now: Timestamp,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        if self.core.policy.orphans == OrphanPolicy::Keep || changes.removed.is_empty() {
            return Ok(());
        }
        let users: Vec<_> = changes.removed.iter().map(|it| it.user.clone()).collect();
        let to_it = Filter::Is(InvitationCondition::Organization(organization.clone()));
        let how = |it| taken_over_by(caller, it);
        let transfer = Transfer { policy: self.core.policy.orphans, to: None, how };
        self.estate.settle_excess_of(caller, &users, &to_it, &transfer).await?;
        let left = self.estate.invited_by(caller, &users, &to_it, now).await?;
        let taken_over_by = |it| taken_over_by(caller, it);
        self.estate.settle(caller, self.core.policy.orphans, left, now, changes, taken_over_by);
        Ok(())
    }
}

fn leaving(
    found: Option<LocatedMember>,
    organization: &OrganizationId,
    seen: &mut HashSet<UserId>,
) -> Result<Membership, Refusal> {
    let LocatedMember { user, membership, .. } = found.ok_or(Refusal::UnknownUser)?;
    if user.home.as_ref() == Some(organization) {
        return Err(Refusal::AtHome(user.id));
    }
    match membership {
        Some(it) if seen.insert(user.id.clone()) => Ok(it),
        _ => Err(Refusal::NotMember(user.id)),
    }
}

#[cfg(test)]
mod tests;
