//! Whether what somebody called with is still theirs to use.

use usher_domain::{Means, Session, TenantId, UserRef};

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

/// Whether what somebody was shown who called with this in the tenant is still good: not if the key
/// was revoked, or a key or session would be void for another reason than that its time is over or that
/// its person signed out.
pub(crate) async fn are_good(
    ports: &Ports,
    tenant: TenantId,
    means: &Means,
) -> Result<bool, StoreError> {
    let Ports { credentials, organizations, users, .. } = ports;
    match means {
        Means::Machine => Ok(true),
        Means::Key(id) => {
            let found = credentials.find(*id).await?;
            let Some(key) = found.filter(|it| it.tenant == tenant && it.revoked_at.is_none())
            else {
                return Ok(false);
            };
            let Some(owner) = key.user.clone() else { return Ok(true) };
            match users.find(tenant, &UserRef::Id(owner)).await? {
                Some(owner) => {
                    let while_good = key.created_at;
                    personal_keys::is_honoured(&**organizations, &key, &owner, while_good).await
                }
                None => Ok(false),
            }
        }
        Means::Session(session) => {
            let found = users.find(tenant, &UserRef::Id(session.user.clone())).await?;
            let honours = found.is_some_and(|it| it.honours(session.created_at));
            Ok(honours
                && session.tenant == tenant
                && is_honoured(&**organizations, session).await?)
        }
    }
}
