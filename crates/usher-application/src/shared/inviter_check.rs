//! Whether the person or program that issued an invitation could still issue it.

use std::sync::Arc;

use usher_domain::{
    Actor, Authority, Caller, ClientId, Gift, Invitation, Means, OrphanPolicy, Permission,
    TenantId, Timestamp, User, UserId, UserRef, UserStatus,
};

use crate::{
    ports::error::StoreError,
    shared::{core::Core, defined_roles::Defined, means, personal_keys},
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

    /// Whether the invitation is still valid. Whoever chose the roles is asked for them, and whoever
    /// answers for it, which is the creator or to whom it was transferred, for all else. It is not valid if one of them exists and may not give their part any more. What a
    /// key made before it expired is, for nobody took anything back when its time was over. If one of
    /// them is gone, or the user in whose name it is, the operator's policy for orphaned invitations
    /// decides. It gives its `acceptor` no roles that they chose for themselves, unless they manage
    /// members.
    pub(crate) async fn holds(
        &self,
        invitation: &Invitation,
        acceptor: Option<&UserId>,
    ) -> Result<bool, StoreError> {
        let Invitation { tenant, issued_at, roles_by, offer, .. } = invitation;
        let keeps = self.core.policy.orphans != OrphanPolicy::Revoke;
        let is_named_in = match offer.inviter.as_ref().and_then(|it| it.user.clone()) {
            Some(id) => self.user(*tenant, id).await?.is_some(),
            None => true,
        };
        let defined = Defined::of(&*self.core.ports.roles, *tenant, offer.roles.iter()).await?;
        let offers = |it: &Caller| it.may_offer(offer);
        let gives = |it: &Caller| {
            it.may(Permission::Invite)
                && it.reaches(offer.organization.as_ref())
                && acceptor.is_none_or(|acceptor| it.may_give_to(acceptor, &offer.roles))
                && defined.fit_words(it, &offer.roles, offer.organization.as_ref()).is_ok()
        };
        let may = |them: &Inviter, does: &dyn Fn(&Caller) -> bool| match them {
            Inviter::There(callers) => callers.iter().any(does),
            Inviter::Gone => keeps,
        };
        let answers = self.inviter(*tenant, invitation.answers(), *issued_at).await?;
        let may_all = match roles_by {
            None => may(&answers, &|it| offers(it) && gives(it)),
            Some(Gift { by, .. }) => {
                let of_roles = self.inviter(*tenant, by, *issued_at).await?;
                may(&answers, &offers) && may(&of_roles, &gives)
            }
        };
        Ok(may_all && (is_named_in || keeps))
    }

    /// Whether whoever acted as this caller could still act so with the very key or session that they
    /// called with: it is theirs to use, the key has not expired, and it may do as much. What else a
    /// person may use does not matter.
    pub(crate) async fn still_acts(&self, by: &Caller) -> Result<bool, StoreError> {
        let ports = &self.core.ports;
        let Some(means) = &by.means else { return Ok(false) };
        if let Means::Key(id) = means {
            let now = ports.clock.now();
            let id = ClientId { tenant: by.tenant, key: *id };
            if ports.credentials.find(id).await?.is_none_or(|it| it.has_expired(now)) {
                return Ok(false);
            }
        }
        let holder = means::holder(ports, by.tenant, means).await?;
        Ok(holder.is_some_and(|it| it.authority <= by.authority && it.covers(by)))
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
            means: None,
        };
        Ok(match actor {
            Actor::System => Inviter::There(vec![Caller::system(tenant)]),
            Actor::Nobody => Inviter::Gone,
            Actor::Client(id) => {
                let id = ClientId { tenant, key: *id };
                match self.core.ports.credentials.find(id).await? {
                    Some(it) if it.revoked_at.is_none() && !it.has_expired(at) => {
                        Inviter::There(vec![caller(it.authority, it.organization)])
                    }
                    _ => Inviter::Gone,
                }
            }
            Actor::User(id) => {
                let Some(user) = self.user(tenant, id.clone()).await? else {
                    return Ok(Inviter::Gone);
                };
                let keys = personal_keys::live(&self.core.ports, tenant, &[&user], at).await?;
                let of_keys = keys.into_iter().map(|it| caller(it.authority, it.organization));
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
