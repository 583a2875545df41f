//! The cookies that stand for sessions.

use std::{fmt, sync::Arc};

use chrono::TimeDelta;
use usher_domain::{Keyring, Purpose, Session, SessionId, Timestamp, Token, User};

use crate::{
    policy::Policy,
    ports::{Ports, entropy::Entropy},
};

/// Makes the cookies that stand for sessions.
#[derive(Clone)]
pub struct SessionCookies {
    entropy: Arc<dyn Entropy>,
    keyring: Keyring,
    life: TimeDelta,
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
    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring, policy: &Policy) -> Self {
        let entropy = ports.entropy.clone();
        Self { entropy, keyring: keyring.clone(), life: policy.session }
    }

    /// A new session. It holds once it is committed.
    pub(crate) fn open(&self, user: &User, now: Timestamp) -> SignedIn {
        let id = SessionId(self.entropy.id());
        let session = Session::open(id, user.tenant, user.id.clone(), now, self.life);
        SignedIn { session, cookie: self.keyring.token(Purpose::Session, id.0, 1) }
    }

    pub(crate) fn read(&self, cookie: &str) -> Option<SessionId> {
        let token = Token::parse(cookie)?;
        self.keyring.proves(Purpose::Session, &token, 1).then_some(SessionId(token.id))
    }
}
