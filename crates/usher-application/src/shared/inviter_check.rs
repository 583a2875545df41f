//! Whether whoever invited someone could still do so.

use std::sync::Arc;

use usher_domain::{
    Actor, Authority, Caller, Invitation, OrphanPolicy, TenantId, User, UserId, UserRef, UserStatus,
};

use crate::{ports::error::StoreError, shared::core::Core};

/// Looks at inviters once more, when an invitation is accepted.
#[derive(Clone)]
pub(crate) struct InviterCheck {
    core: Arc<Core>,
}

/// What is left of an inviter.
enum Inviter {
    /// They are gone, or all of their authority is: the policy decides.
    Gone,
    /// They are there, with these authorities.
    There(Vec<Caller>),
}

impl InviterCheck {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Whether the invitation is still worth what it was. One by someone who is there and may not
    /// invite so any more never is; one by someone who is gone is as the policy has it.
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

    /// The user, if they are in.
    async fn user(&self, tenant: TenantId, id: UserId) -> Result<Option<User>, StoreError> {
        let found = self.core.ports.users.find_many(tenant, &[UserRef::Id(id)]).await?;
        Ok(found.into_iter().flatten().find(|it| it.status == UserStatus::Active))
    }
}

#[cfg(test)]
mod tests;
