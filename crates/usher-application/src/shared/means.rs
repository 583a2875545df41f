//! Whether what somebody called with is still theirs to use.

use usher_domain::{Actor, Authority, Caller, Means, Session, TenantId, UserRef};

use crate::{
    ports::{Ports, error::StoreError, organizations::Organizations},
    shared::personal_keys,
};

/// Whether the membership that a session is bound to still honours it; one that is bound to none
/// needs no honouring.
pub(crate) async fn is_honoured(
    organizations: &dyn Organizations,
    session: &Session,
) -> Result<bool, StoreError> {
    let Some(organization) = &session.organization else { return Ok(true) };
    let held = organizations.membership(session.tenant, &session.user, organization).await?;
    Ok(held.is_some_and(|it| it.honours(session)))
}

/// The most that somebody may do whom a pin signed in: a pin is short, and others may look on.
pub(crate) const BY_PIN: Authority = Authority::Inviter;

/// Who called with this in the tenant, with what they may do now. `None` if nobody could call with it
/// any more: the key was revoked, or a key or session would be void for another reason than that its time
/// is over or that its person signed out.
pub(crate) async fn holder(
    ports: &Ports,
    tenant: TenantId,
    means: &Means,
) -> Result<Option<Caller>, StoreError> {
    let Ports { credentials, organizations, users, .. } = ports;
    let caller = |actor, authority, organization| {
        Some(Caller { tenant, authority, actor, name: None, organization, means: None })
    };
    match means {
        Means::Machine => Ok(Some(Caller::system(tenant))),
        Means::Key(id) => {
            let found = credentials.find(*id).await?;
            let Some(key) = found.filter(|it| it.tenant == tenant && it.revoked_at.is_none())
            else {
                return Ok(None);
            };
            let Some(owner) = key.user.clone() else {
                return Ok(caller(Actor::Client(key.id), key.authority, key.organization));
            };
            let Some(owner) = users.find(tenant, &UserRef::Id(owner)).await? else {
                return Ok(None);
            };
            let while_good = key.created_at;
            if !personal_keys::is_honoured(&**organizations, &key, &owner, while_good).await? {
                return Ok(None);
            }
            Ok(caller(Actor::User(owner.id), key.authority, key.organization))
        }
        Means::Session(session) => {
            let found = users.find(tenant, &UserRef::Id(session.user.clone())).await?;
            let Some(user) = found.filter(|it| it.honours(session.created_at)) else {
                return Ok(None);
            };
            if session.tenant != tenant || !is_honoured(&**organizations, session).await? {
                return Ok(None);
            }
            let place = session.organization.clone();
            let capped = |it: Authority| if place.is_some() { it.max(BY_PIN) } else { it };
            let authority = user.authority.map(capped);
            Ok(authority.and_then(|it| caller(Actor::User(user.id), it, place.clone())))
        }
    }
}
