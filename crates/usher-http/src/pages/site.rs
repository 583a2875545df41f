//! The state of all pages: the use cases, the address of the site, and the session cookie.

use std::sync::Arc;

use axum::{
    http::{HeaderName, HeaderValue, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::{CookieJar, cookie::Cookie};
use tokio::sync::Semaphore;
use url::{Host, Url};
use usher_application::{SessionCookies, SignedIn, SignedInUser, UserAgent, Usher};
use usher_domain::Browser;

use super::view::Frame;
use crate::{locale::Language, problem::Problem};

/// The site, as browsers reach it.
pub(crate) struct Site {
    pub usher: Arc<Usher>,
    /// The path before every path of ours, where a proxy gives us one: `/usher`. Mostly empty.
    pub base: String,
    /// The origin that browsers name, such as `https://usher.example`.
    pub origin: Option<String>,
    /// How many letters may be asked for at the same time by people who are not signed in.
    pub unasked: Arc<Semaphore>,
    /// Whether browsers reach the site by HTTPS.
    pub is_https: bool,
    /// Whether browsers reach the site by plain HTTP. Accepted for localhost only.
    is_plain_http: bool,
}

impl Site {
    pub(crate) fn new(usher: Arc<Usher>) -> Self {
        let url = Url::parse(&usher.policy.public_url).ok();
        Self {
            base: url.as_ref().map_or("", |it| it.path().trim_end_matches('/')).to_owned(),
            unasked: Arc::new(Semaphore::new(16)),
            origin: url.as_ref().map(|it| it.origin().ascii_serialization()),
            is_https: url.as_ref().is_some_and(|it| it.scheme() == "https"),
            is_plain_http: url.is_some_and(|it| is_plain_http_here(&it)),
            usher,
        }
    }

    /// Whether the pages are at this origin, for a request to this host. A site that is reached by plain
    /// HTTP on this machine may be opened by any name of the machine and by a port that is forwarded to
    /// it: there the origin is that of the host, which no page of another site has.
    pub(super) fn is_at(&self, origin: &str, host: Option<&str>) -> bool {
        let is_of_host = || host.is_some_and(|it| origin.strip_prefix("http://") == Some(it));
        let is_here = || Url::parse(origin).is_ok_and(|it| is_plain_http_here(&it));
        self.origin.as_deref() == Some(origin) || (self.is_plain_http && is_of_host() && is_here())
    }

    /// Who is signed in with this browser, be it for one organization only.
    pub(super) async fn signed_in_user(
        &self,
        jar: &CookieJar,
    ) -> Result<Option<SignedInUser>, Problem> {
        match jar.get(self.cookie_name()) {
            None => Ok(None),
            Some(cookie) => Ok(self.usher.access.sessions.run(cookie.value()).await?),
        }
    }

    /// Who is signed in with this browser for the whole tenant. A pin signs in for one organization,
    /// and is no proof beyond it.
    pub(super) async fn tenant_user(
        &self,
        jar: &CookieJar,
    ) -> Result<Option<SignedInUser>, Problem> {
        Ok(self.signed_in_user(jar).await?.filter(|it| it.session.organization.is_none()))
    }

    /// Redirects to a path of this site.
    pub(super) fn redirect(&self, path: &str) -> Response {
        Redirect::to(&format!("{}{path}", self.base)).into_response()
    }

    pub(crate) fn frame<'a>(&'a self, language: Language, owner: Option<&'a str>) -> Frame<'a> {
        Frame { language, base: &self.base, owner }
    }

    /// What a browser shows of itself to whoever signs in with it.
    pub(super) fn agent<'a>(&self, jar: &'a CookieJar, browser: Browser) -> UserAgent<'a> {
        UserAgent {
            session: jar.get(self.cookie_name()).map(Cookie::value),
            device: jar.get(self.device_cookie_name()).map(Cookie::value),
            browser,
        }
    }

    /// The headers that sign a browser in, and make it known.
    pub(super) fn sign_in_cookies(&self, it: &SignedIn) -> AppendHeaders<[SetCookie; 2]> {
        let known = SessionCookies::DEVICE_LIFE.num_seconds();
        AppendHeaders([
            self.session_cookie(&it.cookie, self.usher.policy.session.num_seconds()),
            self.set_cookie(self.device_cookie_name(), &it.device, known),
        ])
    }

    /// The header that makes a browser delete its session cookie.
    pub(super) fn expired_cookie(&self) -> [SetCookie; 1] {
        [self.session_cookie("", 0)]
    }

    fn session_cookie(&self, value: &str, seconds: i64) -> SetCookie {
        self.set_cookie(self.cookie_name(), value, seconds)
    }

    fn set_cookie(&self, name: &str, value: &str, seconds: i64) -> SetCookie {
        let secure = if self.is_plain_http { "" } else { "; Secure" };
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::try_from(text).expect("a token is base64url");
        header.set_sensitive(true);
        (SET_COOKIE, header)
    }

    /// Browsers accept the prefix `__Host-` only from this very host, and only over HTTPS.
    fn cookie_name(&self) -> &'static str {
        if self.is_plain_http { "usher_session" } else { "__Host-usher_session" }
    }

    fn device_cookie_name(&self) -> &'static str {
        if self.is_plain_http { "usher_device" } else { "__Host-usher_device" }
    }
}

/// Whether a URL is one of plain HTTP on this machine.
fn is_plain_http_here(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    is_here && url.scheme() == "http"
}

type SetCookie = (HeaderName, HeaderValue);
