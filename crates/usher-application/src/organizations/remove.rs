//! Remove an organization.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{
    Action, Caller, Invitation, InvitationId, Organization, OrganizationId, OrphanPolicy, Subject,
};

use crate::{
    organizations::{error::OrganizationError, read::ReadOrganizations},
    ports::{
        Ports,
        error::StoreError,
        invitations::{Filter, InvitationCondition},
        ledger::{Changes, Conflict, Seated},
    },
    shared::{
        audit_trail::Trail,
        bounds::commit_for,
        commit::Decision,
        core::Core,
        orphans::{OrphanedInvitations, Transfer, open},
    },
};

/// Removes organizations.
pub struct RemoveOrganization {
    core: Arc<Core>,
    read: ReadOrganizations,
    orphans: OrphanedInvitations,
}

/// What kept invitations from moving to the organization above, in the attempts before.
#[derive(Clone, Default)]
struct Obstacles {
    /// It has no seat for each of them.
    no_seats: bool,
    /// The invitee is invited there already, or somebody else changed the invitation.
    invitations: HashSet<InvitationId>,
}

impl RemoveOrganization {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            read: ReadOrganizations::new(core),
            orphans: OrphanedInvitations::new(core),
        }
    }

    /// Removes an organization for good, with its memberships and roles; no organization stands
    /// below it any more, and nobody is at home there. Keys that are bound to it are revoked.
    ///
    /// Invitations to it go to the organization above, without roles that are only its own, where
    /// the operator's policy is to transfer them, and there is one with a seat for each of them.
    /// Others are revoked, and so is one for someone who has one to the organization above.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, organization = %id))]
    pub async fn run(
        &self,
        caller: &Caller,
        id: &OrganizationId,
    ) -> Result<Organization, OrganizationError> {
        if !caller.administers_tenant() {
            return Err(OrganizationError::Forbidden);
        }
        let mut obstacles = Obstacles::default();
        commit_for(&self.core, caller, "remove organization", |conflicts| {
            obstacles.note(&conflicts);
            let obstacles = obstacles.clone();
            async move {
                let gone = self.read.find(caller, id).await?;
                let changes = self.changes(caller, &gone, &obstacles).await?;
                Ok(Decision::Commit(changes, gone))
            }
        })
        .await
    }

    async fn changes(
        &self,
        caller: &Caller,
        gone: &Organization,
        obstacles: &Obstacles,
    ) -> Result<Changes, StoreError> {
        let Ports { clock, credentials, entropy, .. } = &self.core.ports;
        let above = self.above(gone).await?.filter(|_| !obstacles.no_seats);
        let now = clock.now();
        let keys = credentials.list(caller.tenant).await?.into_iter();
        let bound = keys.filter(|it| it.organization.as_ref() == Some(&gone.id));
        let live = bound.filter(|it| it.revoked_at.is_none());
        let subject = Subject::Organization(gone.id.clone());
        let trail = Trail::of(caller, now, &**entropy);
        let mut changes = Changes {
            audit: vec![trail.note(Action::OrganizationRemoved, subject)],
            credentials: live.map(|it| it.revoked(now)).collect(),
            removed_organizations: vec![gone.clone()],
            ..Changes::default()
        };
        let to_it = open(Filter::Is(InvitationCondition::Organization(gone.id.clone())));
        let policy = match &above {
            Some(_) if self.core.policy.orphans == OrphanPolicy::Transfer => OrphanPolicy::Transfer,
            _ => OrphanPolicy::Revoke,
        };
        let own = self.own_roles(gone).await?;
        let moved = |mut it: Invitation| {
            it.offer.organization.clone_from(&above);
            it.offer.roles.retain(|it| !own.contains(it));
            (!obstacles.invitations.contains(&it.id)).then_some(it)
        };
        let transfer = Transfer { policy, to: above.as_ref(), is_edit: false, how: &moved };
        self.orphans.settle_excess(caller, to_it.clone(), &transfer).await?;
        let left = self.orphans.left_by(caller, to_it, now).await?;
        self.orphans.settle(caller, policy, left, now, &mut changes, moved);
        let is_moved = |it: &Invitation| it.offer.organization == above;
        let seated = above.clone().filter(|_| changes.invitations.iter().any(is_moved));
        let seated = seated.map(|organization| Seated { tenant: caller.tenant, organization, now });
        changes.seated.extend(seated);
        Ok(changes)
    }

    /// The organization above, if it is there.
    async fn above(&self, it: &Organization) -> Result<Option<OrganizationId>, StoreError> {
        let Some(above) = &it.parent else { return Ok(None) };
        let organizations = &self.core.ports.organizations;
        Ok(organizations.find(it.tenant, above).await?.map(|it| it.id))
    }

    /// The roles that are for this organization alone.
    async fn own_roles(&self, organization: &Organization) -> Result<HashSet<String>, StoreError> {
        let all = self.core.ports.roles.list(organization.tenant).await?.into_iter();
        let own = all.filter(|it| it.organization.as_ref() == Some(&organization.id));
        Ok(own.map(|it| it.id.to_string()).collect())
    }
}

impl Obstacles {
    fn note(&mut self, conflicts: &[Conflict]) {
        for it in conflicts {
            match it {
                Conflict::Seat(_) => self.no_seats = true,
                Conflict::Invitation(id) => {
                    self.invitations.insert(*id);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
