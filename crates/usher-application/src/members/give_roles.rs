//! Give a user roles in an organization, or in the tenant itself.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Entry, EntryId, Membership, MembershipId, OrganizationId, Permission, Refusal,
    Subject, Timestamp, User, UserId, UserRef, check_roles, merge_roles,
};

use crate::{
    members::add::entry,
    ports::{
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::{
        admission::Admission,
        core::Core,
        defined_roles::Defined,
        member_lookup::{LocatedMember, MemberLookup, MembersError},
    },
};

/// Gives users roles that are defined.
pub struct GiveRoles {
    core: Arc<Core>,
    roll: MemberLookup,
    porter: Admission,
}

/// Why nobody was given a role.
#[derive(Debug, thiserror::Error)]
pub enum GiveRolesError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// They have all of these already.
    #[error("the user has these roles already")]
    Held,
    #[error(transparent)]
    Members(#[from] MembersError),
}

impl From<StoreError> for GiveRolesError {
    fn from(it: StoreError) -> Self {
        Self::Members(it.into())
    }
}

const ROUNDS: usize = 8;

impl GiveRoles {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), roll: MemberLookup::new(core), porter: Admission::new(core) }
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
        let names = [UserRef::Id(user.clone()).into()];
        for _ in 0..ROUNDS {
            let what = Permission::ManageMembers;
            let (place, found) = self.roll.call(caller, what, organization, &names).await?;
            self.are_defined(caller, Some(organization), roles).await?;
            let found = found.into_iter().next().flatten().ok_or(Refusal::UnknownUser)?;
            let now = self.core.ports.clock.now();
            let mut doors = self.porter.doors(caller.tenant, vec![place], now).await?;
            let LocatedMember { user, membership, .. } = found;
            let (action, after) = match membership {
                Some(held) if roles.is_empty() => return Ok(held),
                Some(held) => {
                    let roles = more(&held.roles, roles)?;
                    (Action::MemberChanged, Membership { roles, ..held }.touched())
                }
                None => {
                    doors.admit(organization, user.mailbox.as_ref())?;
                    doors.seat(organization)?;
                    let (id, place) =
                        (MembershipId(self.core.ports.entropy.id()), organization.clone());
                    let new = Membership::new(id, user.tenant, user.id, place, now);
                    let roles = merge_roles(Vec::new(), roles);
                    (Action::MemberAdded, Membership { roles, ..new })
                }
            };
            let changes = Changes {
                audit: vec![entry(&*self.core.ports.entropy, caller, action, &after, now)],
                seated: doors.seated(caller.tenant, now),
                memberships: vec![after.clone()],
                ..Changes::default()
            };
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(after),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same membership").into())
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
        for _ in 0..ROUNDS {
            let found =
                self.roll.people(caller.tenant, &[UserRef::Id(user.clone()).into()]).await?;
            let found = found.into_iter().next().flatten().ok_or(Refusal::UnknownUser)?;
            self.are_defined(caller, None, roles).await?;
            let now = self.core.ports.clock.now();
            if roles.is_empty() {
                return Ok(found);
            }
            let roles = more(&found.roles, roles)?;
            let after = User { roles, ..found.touched(now) };
            let audit = vec![self.entry(caller, &after, now)];
            let users = vec![after.clone()];
            match self
                .core
                .ports
                .ledger
                .commit(&Changes { users, audit, ..Changes::default() })
                .await
            {
                Ok(()) => return Ok(after),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same user").into())
    }

    async fn are_defined(
        &self,
        caller: &Caller,
        organization: Option<&OrganizationId>,
        roles: &[String],
    ) -> Result<(), GiveRolesError> {
        check_roles(roles).map_err(Refusal::from)?;
        let defined = Defined::of(&*self.core.ports.roles, caller.tenant, roles.iter()).await?;
        Ok(defined.fit(caller, roles, organization)?)
    }

    fn entry(&self, caller: &Caller, user: &User, now: Timestamp) -> Entry {
        Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: caller.tenant,
            at: now,
            actor: caller.actor.clone(),
            action: Action::MemberChanged,
            subject: Subject::User(user.id.clone()),
            detail: None,
        }
    }
}

/// Those that are held and those that come.
fn more(held: &[String], come: &[String]) -> Result<Vec<String>, GiveRolesError> {
    let all = merge_roles(held.to_vec(), come);
    if all == held {
        return Err(GiveRolesError::Held);
    }
    check_roles(&all).map_err(Refusal::from)?;
    Ok(all)
}

#[cfg(test)]
mod tests;
