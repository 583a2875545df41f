//! Whether the person or program that issued an invitation could still issue it.

use std::sync::Arc;

use usher_domain::{
    Actor, Authority, Caller, Invitation, OrganizationId, OrphanPolicy, TenantId, Timestamp, User,
    UserId, UserRef, UserStatus,
};

use crate::{
    ports::{Ports, error::StoreError},
    shared::{core::Core, defined_roles::Defined, personal_keys},
};

/// Checks inviters once more: when an invitation is accepted, and before each slice of a task.
#[derive(Clone)]
pub(crate) struct InviterCheck {
    core: Arc<Core>,
}

/// Who issued an invitation, as far as they still exist.
enum Inviter {
    /// They do not exist any more, or have no authority any more: the policy decides.
    Gone,
    /// They exist, with each of these authorities.
    There(Vec<Caller>),
}

impl InviterCheck {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Whether the invitation is still valid. What a key made before it expired is, for nobody took
    /// anything back when its time was over. It is not if its inviter exists and may not issue such
    /// an invitation any more. If its inviter is gone, the operator's policy for orphaned invitations
    /// decides.
    pub(crate) async fn holds(&self, invitation: &Invitation) -> Result<bool, StoreError> {
        let named = match invitation.offer.inviter.as_ref().and_then(|it| it.user.clone()) {
            Some(id) => self.user(invitation.tenant, id).await?.is_some(),
            None => true,
        };
        let gone = self.core.policy.orphans != OrphanPolicy::Revoke;
        Ok(
            match self.inviter(invitation.tenant, &invitation.creator, invitation.issued_at).await?
            {
                Inviter::There(callers) => {
                    let offer = &invitation.offer;
                    let roles = &*self.core.ports.roles;
                    let defined = Defined::of(roles, invitation.tenant, offer.roles.iter()).await?;
                    let gives = |it: &Caller| {
                        defined.fit_words(it, &offer.roles, offer.organization.as_ref()).is_ok()
                    };
                    callers.iter().any(|it| it.may_offer(offer) && gives(it)) && (named || gone)
                }
                // Whoever revokes a key wants nothing of what was handed over with it: it may have been
                // stolen. What was mailed went to whom it is for.
                Inviter::Gone => gone && (invitation.letters > 0 || !is_key(&invitation.creator)),
            },
        )
    }

    /// Whether whoever acted as this caller could still act so: they are there, with that authority,
    /// and a person is still a member of the organization that they are bound to.
    pub(crate) async fn still_acts(&self, by: &Caller) -> Result<bool, StoreError> {
        let now = self.core.ports.clock.now();
        let Inviter::There(callers) = self.inviter(by.tenant, &by.actor, now).await? else {
            return Ok(false);
        };
        let covers = |it: &Caller| it.authority <= by.authority && it.covers(by);
        if !callers.iter().any(covers) {
            return Ok(false);
        }
        match (&by.actor, &by.organization) {
            (Actor::User(id), Some(bound)) => self.belongs(by.tenant, id, bound).await,
            _ => Ok(true),
        }
    }

    /// Whether the user is a member of the organization, or at home there.
    async fn belongs(
        &self,
        tenant: TenantId,
        id: &UserId,
        organization: &OrganizationId,
    ) -> Result<bool, StoreError> {
        let user = self.user(tenant, id.clone()).await?;
        if user.is_some_and(|it| it.home.as_ref() == Some(organization)) {
            return Ok(true);
        }
        let organizations = &self.core.ports.organizations;
        Ok(organizations.membership(tenant, id, organization).await?.is_some())
    }

    /// The inviter, with the keys that had not expired at that time.
    async fn inviter(
        &self,
        tenant: TenantId,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Inviter, StoreError> {
        let caller = |authority: Authority, organization| Caller {
            tenant,
            authority,
            actor: actor.clone(),
            name: None,
            organization,
        };
        Ok(match actor {
            Actor::System => Inviter::There(vec![Caller::system(tenant)]),
            Actor::Client(id) => match self.core.ports.credentials.find(*id).await? {
                Some(it) if it.revoked_at.is_none() && !it.has_expired(at) => {
                    Inviter::There(vec![caller(it.authority, it.organization)])
                }
                _ => Inviter::Gone,
            },
            Actor::User(id) => {
                let Some(user) = self.user(tenant, id.clone()).await? else {
                    return Ok(Inviter::Gone);
                };
                let Ports { credentials, organizations, .. } = &self.core.ports;
                let keys = credentials.list(tenant).await?.into_iter();
                let mut of_keys = Vec::new();
                for it in keys.filter(|it| it.user.as_ref() == Some(id)) {
                    if personal_keys::is_honoured(&**organizations, &it, &user, at).await? {
                        of_keys.push(caller(it.authority, it.organization));
                    }
                }
                let own = user.authority.map(|it| caller(it, None));
                let callers: Vec<_> = own.into_iter().chain(of_keys).collect();
                if callers.is_empty() { Inviter::Gone } else { Inviter::There(callers) }
            }
        })
    }

    /// The user, if they are active.
    async fn user(&self, tenant: TenantId, id: UserId) -> Result<Option<User>, StoreError> {
        let found = self.core.ports.users.find(tenant, &UserRef::Id(id)).await?;
        Ok(found.filter(|it| it.status == UserStatus::Active))
    }
}

/// Whether it is a key of a program, or of the operator.
fn is_key(actor: &Actor) -> bool {
    matches!(actor, Actor::Client(_))
}

#[cfg(test)]
mod tests;
