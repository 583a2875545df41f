//! End memberships of an organization.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{
    Action, Caller, Membership, OrganizationId, OrphanPolicy, Permission, Refusal, Timestamp, User,
    UserId, UserRef,
};

use crate::{
    ports::{
        Ports,
        error::StoreError,
        invitations::{Filter, InvitationCondition},
        ledger::Changes,
    },
    shared::{
        audit_trail::Trail,
        bounds::commit_for,
        commit::Decision,
        core::Core,
        defined_roles::Defined,
        member_lookup::{LocatedMember, MemberLookup, MembersError},
        orphans::{OrphanedInvitations, Transfer, taken_over_by},
        powers::Powers,
    },
};

/// Ends memberships: roles and pin go with them, and so does what a pin opened.
pub struct RemoveMembers {
    core: Arc<Core>,
    lookup: MemberLookup,
    orphans: OrphanedInvitations,
}

impl RemoveMembers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            lookup: MemberLookup::new(core),
            orphans: OrphanedInvitations::new(core),
        }
    }

    /// Removes each member or says why not, in the order asked. Nobody leaves the organization that
    /// is their home.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, batch = names.len()))]
    pub async fn run(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        names: &[Option<UserRef>],
    ) -> Result<Vec<Result<Membership, Refusal>>, MembersError> {
        let limit = self.core.policy.batch;
        if names.len() > limit {
            return Err(MembersError::TooMany { limit });
        }
        let Ports { clock, entropy, .. } = &self.core.ports;
        commit_for(&self.core, caller, "remove members", |_| async move {
            let what = Permission::ManageMembers;
            let (within, found) = self.lookup.find(caller, what, organization, names).await?;
            let people = found.iter().flatten().filter(|it| it.belongs_to(organization));
            let powers = Powers::of(&self.core, caller, people.map(|it| &it.user)).await?;
            let may_change = |it: &User| powers.let_change(caller, it, Some(&within));
            let held = found.iter().flatten().filter_map(|it| it.membership.as_ref());
            let held = held.flat_map(|it| &it.roles);
            let defined = Defined::of(&*self.core.ports.roles, caller.tenant, held).await?;
            let mut seen = HashSet::new();
            let leaving = |it| {
                let membership = leaving(it, may_change, organization, &mut seen)?;
                defined.may_be_taken_by(caller, &membership.roles)?;
                Ok(membership)
            };
            let decided: Vec<_> = found.into_iter().map(leaving).collect();
            let now = clock.now();
            let removed: Vec<Membership> = decided.iter().flatten().cloned().collect();
            let trail = Trail::of(caller, now, &**entropy);
            let note = |it| trail.note_membership(Action::MemberRemoved, it);
            let audit = removed.iter().map(note).collect();
            let mut changes = Changes { audit, removed, ..Changes::default() };
            self.settle_invitations(caller, organization, now, &mut changes).await?;
            Ok(Decision::Commit(changes, decided))
        })
        .await
    }

    /// Settles the invitations to the organization that those who go have issued, or that are in
    /// their names.
    async fn settle_invitations(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        now: Timestamp,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let policy = self.core.policy.orphans;
        if policy == OrphanPolicy::Keep || changes.removed.is_empty() {
            return Ok(());
        }
        let users: Vec<_> = changes.removed.iter().map(|it| it.user.clone()).collect();
        let to_it = Filter::Is(InvitationCondition::Organization(organization.clone()));
        let how = |it| taken_over_by(caller, it);
        let transfer = Transfer { policy, to: None, is_edit: true, how };
        self.orphans.settle_excess_of(caller, &users, &to_it, &transfer).await?;
        let left = self.orphans.invited_by(caller, &users, &to_it, now).await?;
        self.orphans.settle(caller, policy, left, now, changes, how);
        Ok(())
    }
}

fn leaving(
    found: Option<LocatedMember>,
    may_change: impl Fn(&User) -> bool,
    organization: &OrganizationId,
    seen: &mut HashSet<UserId>,
) -> Result<Membership, Refusal> {
    let found = found.ok_or(Refusal::UnknownUser)?;
    // What authority somebody has is told of members alone.
    if !found.belongs_to(organization) {
        return Err(Refusal::NotMember(found.user.id));
    }
    let LocatedMember { user, membership, .. } = found;
    if !may_change(&user) {
        return Err(Refusal::UserAuthority(user.id));
    }
    if user.home.as_ref() == Some(organization) {
        return Err(Refusal::AtHome(Some(user.id)));
    }
    match membership {
        Some(it) if seen.insert(user.id.clone()) => Ok(it),
        _ => Err(Refusal::NotMember(user.id)),
    }
}

#[cfg(test)]
mod tests;
