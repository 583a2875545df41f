//! The user who could sign in under a name.

use usher_domain::{TenantId, User, UserRef, UserStatus};

use crate::ports::{error::StoreError, users::Users};

/// A name that somebody signs in with: a mailbox or a username.
pub(crate) struct SignInName {
    who: UserRef,
    /// What it is compared by.
    pub(crate) folded: String,
}

impl SignInName {
    pub(crate) fn read(name: &str) -> Self {
        let name: String = name.trim().chars().take(256).collect();
        let who = UserRef::named(&name);
        let folded = match &who {
            UserRef::Mailbox(it) => it.folded().to_owned(),
            UserRef::Id(_) | UserRef::Username(_) => User::folded_username(&name),
        };
        Self { who, folded }
    }
}

/// The user who could sign in under that name.
pub(crate) async fn candidate(
    users: &dyn Users,
    tenant: TenantId,
    name: &SignInName,
) -> Result<Option<User>, StoreError> {
    Ok(users.find(tenant, &name.who).await?.filter(|it| it.status == UserStatus::Active))
}
