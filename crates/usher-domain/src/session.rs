//! A signed-in person.

use chrono::TimeDelta;

use crate::{
    id::{OrganizationId, SessionId, TenantId, UserId},
    timestamp::Timestamp,
};

/// A session, of a browser or a client: its cookie is a keyring token over `id`, so the row holds nothing secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: SessionId,
    pub tenant: TenantId,
    pub user: UserId,
    /// The one organization that it is good for, when a pin opened it.
    pub organization: Option<OrganizationId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// 1 while it lasts, 2 once signed out.
    pub version: u32,
}

impl Session {
    #[must_use]
    pub fn open(
        id: SessionId,
        tenant: TenantId,
        user: UserId,
        now: Timestamp,
        life: TimeDelta,
    ) -> Self {
        Self {
            id,
            tenant,
            user,
            organization: None,
            created_at: now,
            expires_at: now + life,
            version: 1,
        }
    }

    /// The same session, good for one organization alone.
    #[must_use]
    pub fn bound(self, organization: OrganizationId) -> Self {
        Self { organization: Some(organization), ..self }
    }

    /// The same session, over.
    #[must_use]
    pub fn closed(self, now: Timestamp) -> Self {
        Self { expires_at: now, version: self.version + 1, ..self }
    }

    #[must_use]
    pub fn lasts(&self, now: Timestamp) -> bool {
        // The clocks of two nodes differ: what was signed out on one is over on both.
        self.version == 1 && now < self.expires_at
    }
}
