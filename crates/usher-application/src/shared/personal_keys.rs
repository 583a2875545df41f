//! Whether the key of a person is still theirs to use, and which keys people have that are.

use usher_domain::{Credential, Membership, TenantId, Timestamp, User};

use crate::ports::{Ports, error::StoreError, organizations::Organizations};

/// Whether this key of this user opens anything at that time: it has not expired, the user is in and was
/// not reset, disabled or given another password since the key was made, and a key that is bound to an
/// organization ends with their membership there, even if they come back. Whoever is at home there is a
/// member by that.
pub(crate) async fn is_honoured(
    organizations: &dyn Organizations,
    key: &Credential,
    user: &User,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let held = match &key.organization {
        Some(place) if is_good(key, user, at) && user.home.as_ref() != Some(place) => {
            organizations.membership(key.tenant, &user.id, place).await?
        }
        _ => None,
    };
    Ok(opens(key, user, held.as_ref(), at))
}

/// The keys of these users that open anything at that time: see [`is_honoured`]. However many they are,
/// the store is asked twice.
pub(crate) async fn live(
    Ports { credentials, organizations, .. }: &Ports,
    tenant: TenantId,
    users: &[&User],
    at: Timestamp,
) -> Result<Vec<Credential>, StoreError> {
    let ids: Vec<_> = users.iter().map(|it| it.id.clone()).collect();
    let keys = credentials.of_users(tenant, &ids).await?;
    let seats = keys.iter().map(|it| Some((it.user.clone()?, it.organization.clone()?)));
    let bound: Vec<_> = seats.clone().flatten().collect();
    let mut held = match bound.as_slice() {
        [] => Vec::new(),
        _ => organizations.seats(tenant, &bound).await?,
    }
    .into_iter();
    let held: Vec<_> = seats.map(|it| it.and_then(|_| held.next().flatten())).collect();
    let is_live = |key: &Credential, held: Option<&Membership>| {
        let owner = users.iter().find(|it| Some(&it.id) == key.user.as_ref());
        owner.is_some_and(|it| opens(key, it, held, at))
    };
    let live = keys.iter().zip(&held).filter(|(key, held)| is_live(key, held.as_ref()));
    Ok(live.map(|(key, _)| key.clone()).collect())
}

/// Whether the key opens anything for a user who holds this membership in the organization that it is
/// bound to.
fn opens(key: &Credential, user: &User, held: Option<&Membership>, at: Timestamp) -> bool {
    let is_at_home = key.organization.is_none() || user.home == key.organization;
    is_good(key, user, at) && (is_at_home || held.is_some_and(|it| it.joined_at <= key.created_at))
}

/// Whether the key is good apart from what its user belongs to.
fn is_good(key: &Credential, user: &User, at: Timestamp) -> bool {
    key.revoked_at.is_none() && !key.has_expired(at) && user.honours(key.created_at)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use usher_domain::{Actor, Authority, CredentialId, CredentialSecret, Membership};
    use uuid::Uuid;

    use super::*;
    use crate::testing::{
        TENANT, active,
        fake_store::{FakeStore, from, place},
        membership, noon,
    };

    #[tokio::test]
    async fn a_bound_key_is_good_where_its_owner_was_a_member_when_it_was_made_or_is_at_home() {
        let key = Credential {
            id: CredentialId(Uuid::from_u128(0xc)),
            tenant: TENANT,
            secret_digest: CredentialSecret::from([3; 32]).digest(),
            authority: Authority::Inviter,
            user: Some(active("ada").id),
            organization: Some(place("team")),
            created_at: noon(),
            made_by: Actor::System,
            revoked_at: None,
            expires_at: None,
            version: 1,
        };
        let later = noon() + TimeDelta::seconds(1);
        let held = || membership("ada", "team");
        for (what, home, membership, is_good) in [
            ("a member", None, Some(held()), true),
            ("a member again", None, Some(Membership { joined_at: later, ..held() }), false),
            ("a member elsewhere", None, Some(membership("ada", "other")), false),
            ("no member", None, None, false),
            ("at home there", Some("team"), None, true),
            ("at home elsewhere", Some("other"), None, false),
        ] {
            let ada = home.map_or(active("ada"), |it| from(it, active("ada")));
            let world = FakeStore::of(vec![ada.clone()], membership.into_iter().collect());
            let organizations = &*world.ports.organizations;
            let found = is_honoured(organizations, &key, &ada, later).await.unwrap();
            assert_eq!(found, is_good, "{what}");
        }
    }
}
