//! Whether what somebody called with is still theirs to use.

use usher_domain::{Actor, Authority, Caller, ClientId, Means, Session, TenantId, UserRef};

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
            let found = credentials.find(ClientId { tenant, key: *id }).await?;
            let Some(key) = found.filter(|it| it.revoked_at.is_none()) else { return Ok(None) };
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use usher_domain::{Credential, CredentialId, CredentialSecret, Session, SessionId, User};
    use uuid::Uuid;

    use super::*;
    use crate::testing::{
        MockPorts, TENANT, active,
        fake_store::{FakeStore, place, with_pin},
        membership, noon,
    };

    const ELSEWHERE: TenantId = TenantId(Uuid::from_u128(0xbad));

    fn session(tenant: TenantId) -> Session {
        let id = SessionId(Uuid::from_u128(5));
        Session::open(id, tenant, active("ada").id, noon(), TimeDelta::hours(1))
    }

    #[tokio::test]
    async fn a_key_holds_what_belongs_to_its_tenant_until_it_is_revoked() {
        let key = || Credential {
            id: CredentialId(Uuid::from_u128(0xc)),
            tenant: TENANT,
            secret_digest: CredentialSecret::from([3; 32]).digest(),
            authority: Authority::Inviter,
            user: None,
            organization: None,
            created_at: noon(),
            made_by: Actor::System,
            revoked_at: None,
            expires_at: None,
            version: 1,
        };
        for (what, key, holds) in [
            ("good", key(), true),
            ("revoked", Credential { revoked_at: Some(noon()), ..key() }, false),
            ("of another tenant", Credential { tenant: ELSEWHERE, ..key() }, false),
        ] {
            let (mut ports, means) = (MockPorts::default(), Means::Key(key.id));
            let found = move |id| Ok((id == key.client_id()).then_some(key));
            ports.credentials.expect_find().return_once(found);
            let found = holder(&ports.into(), TENANT, &means).await.unwrap();
            assert_eq!(found.map(|it| it.authority), holds.then_some(Authority::Inviter), "{what}");
        }
    }

    #[tokio::test]
    async fn a_session_holds_what_its_person_may_do_there_and_by_a_pin_no_more_than_invite() {
        let ada = User { authority: Some(Authority::OrgAdmin), ..active("ada") };
        let later = Some(noon() + TimeDelta::seconds(1));
        let held = vec![with_pin("1234", membership("ada", "team"))];
        let by_pin = || session(TENANT).bound(place("team"));
        let voided = || User { void_before: later, ..ada.clone() };
        for (what, user, session, expected) in [
            ("by password", ada.clone(), session(TENANT), Some((Authority::OrgAdmin, None))),
            ("by pin", ada.clone(), by_pin(), Some((Authority::Inviter, Some(place("team"))))),
            ("by a pin that is gone", ada.clone(), session(TENANT).bound(place("other")), None),
            ("void", voided(), session(TENANT), None),
            ("of another tenant", ada.clone(), session(ELSEWHERE), None),
            ("without authority", active("ada"), session(TENANT), None),
        ] {
            let world = FakeStore::of(vec![user], held.clone());
            let found = holder(&world.ports, TENANT, &Means::Session(session)).await.unwrap();
            assert_eq!(found.map(|it| (it.authority, it.organization)), expected, "{what}");
        }
    }
}
