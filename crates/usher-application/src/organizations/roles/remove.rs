//! Remove a role.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Invitation, Membership, OrphanPolicy, Permission, Role, RoleId, Subject,
    Timestamp, User,
};

use crate::{
    organizations::roles::{error::RoleError, read::ReadRoles},
    ports::{
        Ports,
        error::StoreError,
        invitations::{Filter, InvitationCondition},
        ledger::Changes,
        users::{Documents, UserCondition},
    },
    shared::{
        audit_trail::Trail,
        bounds::commit_for,
        commit::Decision,
        core::Core,
        orphans::{OrphanedInvitations, Transfer, not_closed},
    },
};

/// Removes roles.
pub struct RemoveRole {
    core: Arc<Core>,
    read: ReadRoles,
    orphans: OrphanedInvitations,
}

/// The most users that are read at once.
const PAGE: u64 = 1_000;

impl RemoveRole {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            read: ReadRoles::new(core),
            orphans: OrphanedInvitations::new(core),
        }
    }

    /// Removes a role: its definition, and from all who have it. The invitations that offer it are
    /// revoked if that is the operator's policy, and otherwise go on without it.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, role = %id))]
    pub async fn run(&self, caller: &Caller, id: &RoleId) -> Result<Role, RoleError> {
        if !caller.may(Permission::Administer) {
            return Err(RoleError::Forbidden);
        }
        commit_for(&self.core, caller, "remove role", |_| async move {
            let role = self.read.find(caller, id).await?;
            if !caller.reaches(role.organization.as_ref()) {
                return Err(RoleError::Forbidden);
            }
            let changes = self.changes(caller, &role).await?;
            Ok(Decision::Commit(changes, role))
        })
        .await
    }

    async fn changes(&self, caller: &Caller, role: &Role) -> Result<Changes, StoreError> {
        let Ports { clock, entropy, organizations, .. } = &self.core.ports;
        let (id, now) = (role.id.as_str(), clock.now());
        let mut bearers = organizations.bearers(caller.tenant, id).await?;
        // One that is for an organization alone is no role anywhere else, whatever is called so.
        bearers.retain(|it| role.fits(Some(&it.organization)));
        let without = |mut it: Membership| {
            it.roles.retain(|role| role != id);
            it.touched()
        };
        let trail = Trail::of(caller, now, &**entropy);
        let mut changes = Changes {
            users: self.users_without(role, now).await?,
            memberships: bearers.into_iter().map(without).collect(),
            audit: vec![trail.note(Action::RoleRemoved, Subject::Role(role.id.clone()))],
            removed_roles: vec![role.clone()],
            ..Changes::default()
        };
        let place = role.organization.clone().map(InvitationCondition::Organization);
        let place = place.map_or(Filter::Everything, Filter::Is);
        let offer_it =
            Filter::And(vec![Filter::Is(InvitationCondition::Role(id.to_owned())), place]);
        // Nothing is left that offers it, expired invitations included: they can be sent again, and
        // nobody could tell what is left from a role that is just a word.
        let (policy, offer_it) = (Self::policy(self.core.policy.orphans), not_closed(offer_it));
        let without = |mut it: Invitation| {
            it.offer.roles.retain(|role| role != id);
            Some(it)
        };
        let transfer = Transfer { policy, to: None, is_edit: false, how: without };
        self.orphans.settle_excess(caller, offer_it.clone(), &transfer).await?;
        let left = self.orphans.left_by(caller, offer_it, now).await?;
        self.orphans.settle(caller, policy, left, now, &mut changes, without);
        Ok(changes)
    }

    /// What becomes of invitations that offer it: those that are kept go on without it.
    fn policy(orphans: OrphanPolicy) -> OrphanPolicy {
        match orphans {
            OrphanPolicy::Keep | OrphanPolicy::Transfer => OrphanPolicy::Transfer,
            OrphanPolicy::Revoke => OrphanPolicy::Revoke,
        }
    }

    /// Those who had it in the tenant itself.
    async fn users_without(&self, role: &Role, now: Timestamp) -> Result<Vec<User>, StoreError> {
        if role.organization.is_some() {
            return Ok(Vec::new());
        }
        let id = role.id.as_str();
        let filter = Filter::Is(UserCondition::Role(id.to_owned()));
        let users = &self.core.ports.users;
        let mut all: Vec<User> = Vec::new();
        loop {
            let after = all.last().map(|it| it.id.clone());
            let found = users.search_by_id(role.tenant, &filter, after, PAGE, Documents::With, now);
            let found = found.await?;
            let is_last = (found.len() as u64) < PAGE;
            all.extend(found.into_iter().map(|it| {
                let mut user = it.touched(now);
                user.roles.retain(|it| it != id);
                user
            }));
            if is_last {
                return Ok(all);
            }
        }
    }
}

#[cfg(test)]
mod tests;
