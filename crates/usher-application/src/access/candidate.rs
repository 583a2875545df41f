//! The user who could sign in under a name.

use usher_domain::{TenantId, User, UserRef, UserStatus};

use crate::ports::{error::StoreError, users::Users};

/// The user who could sign in under that name: a mailbox or a username.
pub(crate) async fn candidate(
    users: &dyn Users,
    tenant: TenantId,
    name: &str,
) -> Result<Option<User>, StoreError> {
    let name: String = name.trim().chars().take(256).collect();
    let who = UserRef::named(&name);
    Ok(users.find(tenant, &who).await?.filter(|it| it.status == UserStatus::Active))
}
