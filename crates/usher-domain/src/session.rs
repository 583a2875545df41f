//! Sessions of people who are signed in.

use chrono::TimeDelta;

use crate::{
    browser::Browser,
    id::{OrganizationId, SessionId, TenantId, UserId},
    timestamp::Timestamp,
};

/// A session of a browser or a client. Its cookie is a token of the keyring over `id`, so the row
/// holds nothing secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: SessionId,
    pub tenant: TenantId,
    pub user: UserId,
    /// The one organization that it is valid for, if a pin opened it.
    pub organization: Option<OrganizationId>,
    /// Where it was opened, by which its owner tells it from others.
    pub browser: Browser,
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
            browser: Browser::default(),
            created_at: now,
            expires_at: now + life,
            version: 1,
        }
    }

    /// The same session, valid for one organization alone.
    #[must_use]
    pub fn bound(self, organization: OrganizationId) -> Self {
        Self { organization: Some(organization), ..self }
    }

    /// The same session, in this browser.
    #[must_use]
    pub fn within(self, browser: Browser) -> Self {
        Self { browser, ..self }
    }

    /// The same session, signed out.
    #[must_use]
    pub fn closed(self, now: Timestamp) -> Self {
        Self { expires_at: now, version: self.version + 1, ..self }
    }

    #[must_use]
    pub fn lasts(&self, now: Timestamp) -> bool {
        // The clocks of two nodes differ: a session that was signed out on one is over on both.
        self.version == 1 && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn who_signs_out_is_out_by_every_clock_and_the_session_ages_from_then() {
        let (id, tenant) = (SessionId(Uuid::nil()), TenantId(Uuid::nil()));
        let (user, now) = (UserId::parse("ada").unwrap(), Timestamp::UNIX_EPOCH);
        let open = Session::open(id, tenant, user, now, TimeDelta::hours(8));
        let (before, at) = (now + TimeDelta::seconds(1), now + TimeDelta::seconds(2));
        assert!(open.lasts(at));
        let closed = open.closed(at);
        assert!(!closed.lasts(at) && !closed.lasts(before));
        assert_eq!(closed.expires_at, at);
    }
}
