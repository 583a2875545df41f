//! Whether the person or program that issued an invitation could still issue it.

use std::sync::Arc;

use usher_domain::{
    Actor, Authority, Caller, Invitation, OrphanPolicy, TenantId, User, UserId, UserRef, UserStatus,
};

use crate::{ports::error::StoreError, shared::core::Core};

/// Checks the inviters of an invitation once more when it is accepted.
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

    /// Whether the invitation is still valid. It is not if its inviter exists and may not issue such
    /// an invitation any more. If its inviter is gone, the operator's policy for orphaned invitations
    /// decides.
    pub(crate) async fn holds(&self, invitation: &Invitation) -> Result<bool, StoreError> {
        let named = match invitation.offer.inviter.as_ref().and_then(|it| it.user.clone()) {
            Some(id) => self.user(invitation.tenant, id).await?.is_some(),
            None => true,
        };
        let gone = self.core.policy.orphans != OrphanPolicy::Revoke;
        Ok(match self.inviter(invitation).await? {
            Inviter::There(callers) => {
                callers.iter().any(|it| it.may_offer(&invitation.offer)) && (named || gone)
            }
            Inviter::Gone => gone,
        })
    }

    async fn inviter(&self, invitation: &Invitation) -> Result<Inviter, StoreError> {
        let tenant = invitation.tenant;
        let caller = |authority: Authority, organization| Caller {
            tenant,
            authority,
            actor: invitation.creator.clone(),
            name: None,
            organization,
        };
        Ok(match &invitation.creator {
            Actor::System => Inviter::There(vec![Caller::system(tenant)]),
            Actor::Client(id) => match self.core.ports.credentials.find(*id).await? {
                Some(it) if it.revoked_at.is_none() => {
                    Inviter::There(vec![caller(it.authority, it.organization)])
                }
                _ => Inviter::Gone,
            },
            Actor::User(id) => {
                let Some(user) = self.user(tenant, id.clone()).await? else {
                    return Ok(Inviter::Gone);
                };
                let keys = self.core.ports.credentials.list(tenant).await?.into_iter();
                let theirs = keys.filter(|it| {
                    it.user.as_ref() == Some(id)
                        && it.revoked_at.is_none()
                        && user.honours(it.created_at)
                });
                let of_keys = theirs.map(|it| caller(it.authority, it.organization));
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

#[cfg(test)]
mod tests;
