//! Give a user roles in an organization, or in the tenant itself.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Membership, MembershipId, OrganizationId, Permission, Refusal, Subject, User,
    UserId, UserRef, merge_roles, parse_roles,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        admission::{Admission, Newcomer},
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        commit::Decision,
        core::Core,
        defined_roles::Defined,
        member_lookup::{LocatedMember, MemberLookup, MembersError},
        powers::Powers,
        sight,
    },
};

/// Gives users roles that are defined.
pub struct GiveRoles {
    core: Arc<Core>,
    lookup: MemberLookup,
    admission: Admission,
}

/// Why nobody was given a role.
#[derive(Debug, thiserror::Error)]
pub enum GiveRolesError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// They have all of these already.
    #[error("the user has all of these roles already")]
    Held,
    #[error(transparent)]
    Members(#[from] MembersError),
}

impl From<OutOfBounds> for GiveRolesError {
    fn from(_: OutOfBounds) -> Self {
        Self::Members(MembersError::Forbidden)
    }
}

impl From<StoreError> for GiveRolesError {
    fn from(it: StoreError) -> Self {
        Self::Members(it.into())
    }
}

impl GiveRoles {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            lookup: MemberLookup::new(core),
            admission: Admission::new(core),
        }
    }

    /// Adds these roles to those that the user has in the organization: at most 50 altogether. Who
    /// is no member becomes one. What changes nothing is not written.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, user = %user))]
    pub async fn within(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        user: &UserId,
        roles: &[String],
    ) -> Result<Membership, GiveRolesError> {
        let Ports { clock, entropy, .. } = &self.core.ports;
        let names = &[Some(UserRef::Id(user.clone()))];
        commit_for(&self.core, caller, "give roles in an organization", |_| async move {
            let what = Permission::ManageMembers;
            let (within, found) = self.lookup.find(caller, what, organization, names).await?;
            let given = self.defined(caller, Some(organization), roles).await?;
            let found = found.into_iter().next().flatten().ok_or(Refusal::UnknownUser)?;
            // What authority somebody has is told of nobody whom the caller could not add.
            if found.membership.is_none() {
                let who = UserRef::Id(user.clone());
                let addable = sight::addable(&self.core, caller, &[(&who, &found.user)]).await?;
                if addable.is_empty() {
                    return Err(Refusal::UnknownUser.into());
                }
            }
            let powers = Powers::of(&self.core, caller, [&found.user]).await?;
            if !powers.let_change(caller, &found.user, Some(&within)) {
                return Err(Refusal::UserAuthority(found.user.id).into());
            }
            let now = clock.now();
            let gift = caller.gift(now);
            let mut seats = self.admission.doors(caller.tenant, vec![within], now).await?;
            let LocatedMember { user, membership, .. } = found;
            let (action, after) = match membership {
                Some(held) if given.is_empty() => return Ok(Decision::Done(held)),
                Some(held) => {
                    check_more(&held.roles, &given)?;
                    (Action::MemberChanged, held.with_more_roles(&given, &gift).touched())
                }
                None => {
                    let (id, mailbox) = (MembershipId(entropy.id()), user.mailbox.as_ref());
                    let newcomer = Newcomer { id, user: &user.id, mailbox, organization };
                    let new = seats.join(newcomer, &gift)?;
                    (Action::MemberAdded, new.with_roles(given, &gift))
                }
            };
            let trail = Trail::of(caller, now, &**entropy);
            let changes = Changes {
                audit: vec![trail.note_membership(action, &after)],
                seated: seats.seated(caller.tenant, now),
                memberships: vec![after.clone()],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, after))
        })
        .await
    }

    /// Adds these roles to those that the user has in the tenant itself: at most 50 altogether.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, user = %user))]
    pub async fn tenant(
        &self,
        caller: &Caller,
        user: &UserId,
        roles: &[String],
    ) -> Result<User, GiveRolesError> {
        if !caller.may(Permission::ManageMembers) || caller.organization.is_some() {
            return Err(MembersError::Forbidden.into());
        }
        let Ports { clock, entropy, .. } = &self.core.ports;
        let names = &[Some(UserRef::Id(user.clone()))];
        commit_for(&self.core, caller, "give roles in the tenant", |_| async move {
            let found = self.lookup.people(caller.tenant, names).await?;
            let found = found.into_iter().next().flatten().ok_or(Refusal::UnknownUser)?;
            let powers = Powers::of(&self.core, caller, [&found]).await?;
            if !powers.let_change(caller, &found, None) {
                return Err(Refusal::UserAuthority(found.id).into());
            }
            let given = self.defined(caller, None, roles).await?;
            if given.is_empty() {
                return Ok(Decision::Done(found));
            }
            let now = clock.now();
            check_more(&found.roles, &given)?;
            let after = found.touched(now).with_more_roles(&given, &caller.gift(now));
            let trail = Trail::of(caller, now, &**entropy);
            let changes = Changes {
                audit: vec![trail.note(Action::MemberChanged, Subject::User(after.id.clone()))],
                users: vec![after.clone()],
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, after))
        })
        .await
    }

    /// These roles as they are stored, each of which can be given there.
    async fn defined(
        &self,
        caller: &Caller,
        organization: Option<&OrganizationId>,
        given: &[String],
    ) -> Result<Vec<String>, GiveRolesError> {
        let given = parse_roles(given).map_err(Refusal::from)?;
        let defined = Defined::of(&*self.core.ports.roles, caller.tenant, given.iter()).await?;
        defined.fit(caller, &given, organization)?;
        Ok(given)
    }
}

/// Whether some of those that come are new, and all together are not too many.
fn check_more(held: &[String], come: &[String]) -> Result<(), GiveRolesError> {
    let all = merge_roles(held.to_vec(), come);
    if all == held {
        return Err(GiveRolesError::Held);
    }
    parse_roles(&all).map_err(Refusal::from)?;
    Ok(())
}

#[cfg(test)]
mod tests;
