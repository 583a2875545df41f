//! The cookies that stand for sessions, and those of browsers that somebody signed in with before.

use std::{fmt, sync::Arc};

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Browser, OrganizationId, Purpose, Session, SessionId, Subject, TenantId,
    Timestamp, Token, User,
};
use uuid::Uuid;

use crate::{
    ports::{
        Ports,
        error::StoreError,
        ledger::{Changes, Conflict},
    },
    shared::{audit_trail::Trail, core::Core, session_room::ended_for_another},
};

/// Makes the cookies that stand for sessions, and those that stand for browsers.
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
    /// What a browser keeps to show, when somebody signs in again, that this user signed in with it
    /// before: wrong attempts from elsewhere do not make it wait. It opens nothing.
    pub device: String,
}

/// What a browser shows when somebody signs in with it. A client of an API shows nothing.
#[derive(Clone, Copy, Default)]
pub struct UserAgent<'a> {
    /// The cookie of the session that it has until now.
    pub session: Option<&'a str>,
    /// What it keeps from an earlier time: [`SignedIn::device`].
    pub device: Option<&'a str>,
    pub browser: Browser,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session.id).finish_non_exhaustive()
    }
}

impl SessionCookies {
    /// How long a browser is known after somebody signed in with it.
    pub const DEVICE_LIFE: TimeDelta = TimeDelta::days(365);

    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// A new session of somebody who knows their password. It holds once it is committed.
    pub(crate) fn open(&self, user: &User, browser: Browser, now: Timestamp) -> SignedIn {
        self.opened(user, None, browser, now)
    }

    /// A new session of somebody who knows their pin: it is valid for this organization alone, and
    /// so is the cookie by which the browser is known. Whoever knows a pin guesses passwords no
    /// faster than others.
    pub(crate) fn open_in(
        &self,
        user: &User,
        organization: &OrganizationId,
        browser: Browser,
        now: Timestamp,
    ) -> SignedIn {
        self.opened(user, Some(organization), browser, now)
    }

    fn opened(
        &self,
        user: &User,
        organization: Option<&OrganizationId>,
        browser: Browser,
        now: Timestamp,
    ) -> SignedIn {
        let id = SessionId(self.core.ports.entropy.id());
        let (at, life) = (user.given_at(now), self.core.policy.session);
        let new = Session::open(id, user.tenant, user.id.clone(), at, life);
        let new = new.within(browser);
        let session = match organization {
            Some(it) => new.bound(it.clone()),
            None => new,
        };
        let cookie = self.core.keyring.token(Purpose::Session, user.tenant, id.0, 1);
        SignedIn { device: self.sealed_device(user, &session), session, cookie }
    }

    /// The changes that open this session, with those that end others for it: the oldest ones
    /// of a user who has as many as there may be, and the one which the browser has until now. Nobody
    /// could sign that out any more, because the new cookie takes the place of the old one. It may be
    /// of somebody else, also in another tenant.
    ///
    /// `met` is what the attempt to write them before met with. Where somebody else ended a session
    /// meanwhile, none is ended for this one: of many that begin at once, all but the first would try
    /// to end the same ones again and again. The next one that begins ends those that are too many.
    pub(crate) async fn replacing(
        &self,
        agent: &UserAgent<'_>,
        new: &Session,
        mut changes: Changes,
        now: Timestamp,
        met: &[Conflict],
    ) -> Result<Changes, StoreError> {
        let Ports { entropy, sessions, .. } = &self.core.ports;
        if !met.iter().any(|it| matches!(it, Conflict::Session(_))) {
            changes.sessions.extend(ended_for_another(&self.core, new, now).await?);
        }
        let Some((tenant, id)) = agent.session.and_then(|it| self.read(it)) else {
            return Ok(changes);
        };
        let found = sessions.find(tenant, id).await?;
        let Some(former) = found.filter(|it| it.lasts(now)) else { return Ok(changes) };
        let actor = Actor::User(former.user.clone());
        let trail = Trail::by(&actor, former.tenant, now, &**entropy);
        changes.audit.push(trail.note(Action::SignedOut, Subject::User(former.user.clone())));
        if changes.sessions.iter().all(|it| (it.tenant, it.id) != (former.tenant, former.id)) {
            changes.sessions.push(former.closed(now));
        }
        Ok(changes)
    }

    /// `base64url(id ‖ time ‖ user ‖ HMAC)`: the id of the session that made the browser known, when
    /// it did, in microseconds, and for whom.
    fn sealed_device(&self, user: &User, session: &Session) -> String {
        let mut bytes = session.id.0.as_bytes().to_vec();
        bytes.extend_from_slice(&session.created_at.timestamp_micros().to_be_bytes());
        bytes.extend_from_slice(user.id.as_str().as_bytes());
        let context = device_context(user.tenant, session.organization.as_ref());
        self.core.keyring.seal(Purpose::Device, &context, &bytes)
    }

    /// Which browser this cookie stands for; `None` unless this user signed in with it in the last
    /// [`Self::DEVICE_LIFE`], with a password or, for an organization, with their pin there, and what
    /// they were given then is still valid.
    pub(crate) fn device(
        &self,
        user: Option<&User>,
        organization: Option<&OrganizationId>,
        cookie: Option<&str>,
        now: Timestamp,
    ) -> Option<Uuid> {
        let (user, cookie) = user.zip(cookie)?;
        let bytes = self.opened_device(user.tenant, organization, cookie)?;
        let (id, rest) = bytes.split_at_checked(16)?;
        let (time, owner) = rest.split_at_checked(8)?;
        let made_at = Timestamp::from_timestamp_micros(i64::from_be_bytes(time.try_into().ok()?))?;
        let is_theirs = owner == user.id.as_str().as_bytes() && user.honours(made_at);
        let is_known = is_theirs && now - made_at < Self::DEVICE_LIFE;
        Uuid::from_slice(id).ok().filter(|_| is_known)
    }

    /// Whether somebody signed in there with the browser that this cookie stands for.
    pub(crate) fn is_device_of(
        &self,
        tenant: TenantId,
        organization: Option<&OrganizationId>,
        cookie: &str,
    ) -> bool {
        self.opened_device(tenant, organization, cookie).is_some()
    }

    fn opened_device(
        &self,
        tenant: TenantId,
        organization: Option<&OrganizationId>,
        cookie: &str,
    ) -> Option<Vec<u8>> {
        self.core.keyring.open(Purpose::Device, &device_context(tenant, organization), cookie)
    }

    /// The session that a cookie stands for, and its tenant.
    pub(crate) fn read(&self, cookie: &str) -> Option<(TenantId, SessionId)> {
        let token = Token::parse(cookie)?;
        let is_proven = self.core.keyring.proves(Purpose::Session, &token, 1);
        is_proven.then_some((token.tenant, SessionId(token.id)))
    }
}

/// What a browser is known at: a tenant, or an organization in it.
fn device_context(tenant: TenantId, organization: Option<&OrganizationId>) -> Vec<u8> {
    let place = organization.map_or("", OrganizationId::as_str);
    [tenant.0.as_bytes().as_slice(), place.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use usher_domain::UserStatus;

    use super::*;
    use crate::{
        policy::Policy,
        testing::{MockPorts, active, core, noon},
    };

    #[test]
    fn a_browser_is_known_for_its_user_and_for_a_year() {
        let ports = MockPorts { now: noon(), ..MockPorts::default() }.into();
        let cookies = SessionCookies::new(&core(&ports, &Policy::at("http://usher.test")));
        let ada = active("ada");
        let signed_in = cookies.open(&ada, Browser::default(), noon());
        let cookie = Some(&*signed_in.device);
        let id = Some(signed_in.session.id.0);
        assert_eq!(cookies.device(Some(&ada), None, cookie, noon()), id);
        let last = noon() + SessionCookies::DEVICE_LIFE - TimeDelta::microseconds(1);
        assert_eq!(cookies.device(Some(&ada), None, cookie, last), id);
        let over = noon() + SessionCookies::DEVICE_LIFE;
        assert_eq!(cookies.device(Some(&ada), None, cookie, over), None);
        let void = User { void_before: Some(noon() + TimeDelta::microseconds(1)), ..ada.clone() };
        let disabled = User { status: UserStatus::Disabled, ..ada.clone() };
        let elsewhere = User { tenant: TenantId(Uuid::max()), ..ada.clone() };
        for other in [Some(void), Some(disabled), Some(elsewhere), Some(active("bob")), None] {
            assert_eq!(cookies.device(other.as_ref(), None, cookie, noon()), None);
        }
        for text in [None, Some(""), Some(&*signed_in.cookie), Some("x")] {
            assert_eq!(cookies.device(Some(&ada), None, text, noon()), None);
        }
        let [team, other] = ["team", "other"].map(|it| OrganizationId::parse(it).unwrap());
        let by_pin = cookies.open_in(&ada, &team, Browser::default(), noon());
        let known = |organization, cookie| {
            cookies.device(Some(&ada), organization, Some(cookie), noon()).is_some()
        };
        assert!(known(Some(&team), &*by_pin.device));
        assert!(!known(Some(&other), &*by_pin.device) && !known(None, &*by_pin.device));
        assert!(!known(Some(&team), &*signed_in.device));
        // The one cookie does not do for the other.
        assert_eq!(cookies.read(&signed_in.device), None);
    }
}
