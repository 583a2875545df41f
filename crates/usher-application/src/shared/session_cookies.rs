//! The cookies that stand for sessions.

use std::{fmt, sync::Arc};

use usher_domain::{Purpose, Session, SessionId, Timestamp, Token, User};

use crate::shared::core::Core;

/// Makes the cookies that stand for sessions.
#[derive(Clone)]
pub struct SessionCookies {
    core: Arc<Core>,
}

/// A session and the cookie that stands for it.
#[derive(Clone)]
pub struct SignedIn {
    pub session: Session,
    /// Secret.
    pub cookie: String,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session.id).finish_non_exhaustive()
    }
}

impl SessionCookies {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// A new session. It holds once it is committed.
    pub(crate) fn open(&self, user: &User, now: Timestamp) -> SignedIn {
        let id = SessionId(self.core.ports.entropy.id());
        let session =
            Session::open(id, user.tenant, user.id.clone(), now, self.core.policy.session);
        SignedIn { session, cookie: self.core.keyring.token(Purpose::Session, id.0, 1) }
    }

    pub(crate) fn read(&self, cookie: &str) -> Option<SessionId> {
        let token = Token::parse(cookie)?;
        self.core.keyring.proves(Purpose::Session, &token, 1).then_some(SessionId(token.id))
    }
}
