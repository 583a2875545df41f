//! Whether the key of a person is still theirs to use.

use usher_domain::{Credential, Timestamp, User};

use crate::ports::{error::StoreError, organizations::Organizations};

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
    if key.revoked_at.is_some() || key.has_expired(at) || !user.honours(key.created_at) {
        return Ok(false);
    }
    let Some(organization) = &key.organization else { return Ok(true) };
    if user.home.as_ref() == Some(organization) {
        return Ok(true);
    }
    let held = organizations.membership(key.tenant, &user.id, organization).await?;
    Ok(held.is_some_and(|it| it.joined_at <= key.created_at))
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
