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
