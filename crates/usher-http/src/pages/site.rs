//! What all pages share: the use cases, where the site is, and the cookie.

use std::sync::Arc;

use axum::{
    http::{HeaderName, HeaderValue, header::SET_COOKIE},
    response::{Html, IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use url::{Host, Url};
use usher_application::{SignedInUser, Usher};

use crate::{locale::Language, problem::Problem};

/// The site, as people reach it.
pub(crate) struct Site {
    pub usher: Arc<Usher>,
    /// The path before every path of ours, when a proxy gives us one: `/usher`. Mostly empty.
    pub base: String,
    /// The origin that browsers name, such as `https://usher.example`.
    pub origin: Option<String>,
    /// Whether browsers reach it in the clear: on this machine only.
    in_the_clear: bool,
}

impl Site {
    pub(crate) fn new(usher: Arc<Usher>) -> Self {
        let url = Url::parse(&usher.policy.public_url).ok();
        let is_here = |it: &Url| match it.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        Self {
            base: url.as_ref().map_or("", |it| it.path().trim_end_matches('/')).to_owned(),
            origin: url.as_ref().map(|it| it.origin().ascii_serialization()),
            in_the_clear: url.is_some_and(|it| it.scheme() == "http" && is_here(&it)),
            usher,
        }
    }

    /// Whose browser this is.
    pub(super) async fn visitor(&self, jar: &CookieJar) -> Result<Option<SignedInUser>, Problem> {
        match jar.get(self.cookie_name()) {
            None => Ok(None),
            Some(cookie) => Ok(self.usher.visit.run(cookie.value()).await?),
        }
    }

    /// Whose browser this is, if they signed in for all that is theirs: a pin is good for one
    /// organization, and stands for nobody beyond it.
    pub(super) async fn person(&self, jar: &CookieJar) -> Result<Option<SignedInUser>, Problem> {
        Ok(self.visitor(jar).await?.filter(|it| it.session.organization.is_none()))
    }

    /// Off to a path of ours.
    pub(super) fn to(&self, path: &str) -> Response {
        Redirect::to(&format!("{}{path}", self.base)).into_response()
    }

    pub(crate) fn frame<'a>(&'a self, language: Language, place: Option<&'a str>) -> Frame<'a> {
        Frame { language, base: &self.base, place }
    }

    /// The header that signs a browser in.
    pub(super) fn cookie(&self, value: &str) -> [(HeaderName, HeaderValue); 1] {
        self.set_cookie(value, self.usher.policy.session.num_seconds())
    }

    /// The header that makes a browser forget.
    pub(super) fn no_cookie(&self) -> [(HeaderName, HeaderValue); 1] {
        self.set_cookie("", 0)
    }

    fn set_cookie(&self, value: &str, seconds: i64) -> [(HeaderName, HeaderValue); 1] {
        let secure = if self.in_the_clear { "" } else { "; Secure" };
        let name = self.cookie_name();
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::try_from(text).expect("a token is base64url");
        header.set_sensitive(true);
        [(SET_COOKIE, header)]
    }

    /// Browsers take the prefix only from this very host, and only when it is secure.
    fn cookie_name(&self) -> &'static str {
        if self.in_the_clear { "usher_session" } else { "__Host-usher_session" }
    }
}

/// What surrounds every page.
pub(crate) struct Frame<'a> {
    pub language: Language,
    pub base: &'a str,
    /// Whose page it is, where that is known.
    pub place: Option<&'a str>,
}

/// What is to be corrected in a form.
pub(super) struct Flaw {
    /// The id of the field; none for the form as a whole.
    pub field: Option<&'static str>,
    pub text: String,
}

/// One field with its label and what is wrong with it.
#[derive(askama::Template)]
#[template(path = "field.html")]
pub(super) struct Field<'a> {
    pub id: &'static str,
    pub label: String,
    pub hint: Option<String>,
    pub autocomplete: &'static str,
    /// What was typed; none for a password, which is never shown again.
    pub typed: Option<&'a str>,
    /// The least number of characters.
    pub least: Option<usize>,
    pub error: Option<&'a str>,
}

impl Flaw {
    /// What is wrong with this field, if it is the one.
    pub(super) fn of<'a>(flaw: Option<&'a Self>, field: &str) -> Option<&'a str> {
        flaw.filter(|it| it.field == Some(field)).map(|it| it.text.as_str())
    }
}

/// A page that says one thing.
#[derive(askama::Template)]
#[template(path = "notice.html")]
pub(crate) struct Notice<'a> {
    pub frame: Frame<'a>,
    pub title: String,
    pub text: String,
    /// Where to go from here, and what that is called.
    pub action: Option<(String, String)>,
}

/// The page as an answer.
pub(crate) fn shown(page: &impl askama::Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page was not rendered");
            Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}
