//! A signed-in browser.

use chrono::TimeDelta;

use crate::{SessionId, TenantId, Timestamp, UserId};

/// A session: its cookie is a keyring token over `id`, so the row holds nothing secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: SessionId,
    pub tenant: TenantId,
    pub user: UserId,
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
        Self { id, tenant, user, created_at: now, expires_at: now + life, version: 1 }
    }

    /// The same session, over.
    #[must_use]
    pub fn closed(self, now: Timestamp) -> Self {
        Self { expires_at: now, version: self.version + 1, ..self }
    }

    #[must_use]
    pub fn lasts(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}
