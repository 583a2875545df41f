//! Sign in, and out.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use usher_application::{SignInError, SignedInUser};
use usher_domain::Tenant;

use super::{
    Fields, Query, me,
    next::Next,
    site::{Field, Flaw, Frame, Site, shown},
};
use crate::{
    locale::{Language, Reader},
    problem::Problem,
};

/// Which form a nonce is for.
const CONTEXT: &str = "signin";

#[derive(Deserialize)]
pub(super) struct Ask {
    #[serde(default = "usual")]
    tenant: String,
    #[serde(default)]
    next: Next,
}

/// The tenant that a new server has.
pub(super) fn usual() -> String {
    "default".to_owned()
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    reader: Reader,
    jar: CookieJar,
    Query(ask): Query<Ask>,
) -> Result<Response, Problem> {
    if site.person(&jar).await?.is_some() {
        return Ok(site.to(&ask.next.to_string()));
    }
    let desk = Desk::of(&site, &reader, ask).await?;
    Ok(desk.page(None, ""))
}

#[derive(Deserialize)]
pub(super) struct Attempt {
    #[serde(flatten)]
    ask: Ask,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn sign_in(
    State(site): State<Arc<Site>>,
    reader: Reader,
    Fields(attempt): Fields<Attempt>,
) -> Result<Response, Problem> {
    let desk = Desk::of(&site, &reader, attempt.ask).await?;
    if !site.usher.forms.accepts(CONTEXT, &attempt.nonce) {
        let text = desk.language.say("form-expired");
        return Ok((StatusCode::FORBIDDEN, desk.page(Some(text), &attempt.name)).into_response());
    }
    let tried = site.usher.sign_in.run(&desk.ask.tenant, &attempt.name, &attempt.password).await;
    match tried {
        Ok(signed_in) => {
            let there = site.to(&desk.ask.next.to_string());
            Ok((site.cookie(&signed_in.cookie), there).into_response())
        }
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(error) => {
            let page = |text| desk.page(Some(text), &attempt.name);
            Ok(refused(&desk.language, &error, "sign-in-wrong", page))
        }
    }
}

/// The page again, with what was wrong: `wrong` names the text for what does not fit together.
pub(super) fn refused(
    language: &Language,
    error: &SignInError,
    wrong: &str,
    page: impl FnOnce(String) -> Response,
) -> Response {
    match error {
        SignInError::Wait(wait) => {
            let seconds = u64::try_from(wait.num_milliseconds()).unwrap_or(0).div_ceil(1000);
            let later = [(RETRY_AFTER, seconds.to_string())];
            let page = page(patience(language, seconds));
            (StatusCode::TOO_MANY_REQUESTS, later, page).into_response()
        }
        _ => (StatusCode::UNAUTHORIZED, page(language.say(wrong))).into_response(),
    }
}

/// How long to wait, in words.
fn patience(language: &Language, seconds: u64) -> String {
    match seconds {
        0..120 => language.tell("sign-in-wait-seconds", [("n", seconds.into())]),
        _ => language.tell("sign-in-wait-minutes", [("n", seconds.div_ceil(60).into())]),
    }
}

/// Where a tenant's people sign in.
struct Desk<'a> {
    site: &'a Site,
    ask: Ask,
    tenant: Option<Tenant>,
    language: Language,
}

impl<'a> Desk<'a> {
    async fn of(site: &'a Site, reader: &Reader, ask: Ask) -> Result<Self, Problem> {
        let tenant = site.usher.ports.tenants.named(&ask.tenant).await?;
        let language = reader.language(None, tenant.as_ref().map(|it| &it.locale));
        Ok(Self { site, ask, tenant, language })
    }

    fn page(&self, error: Option<String>, name: &str) -> Response {
        let title = self.language.say("sign-in-title");
        let flaw = error.map(|text| Flaw { field: None, text });
        let field = |id, label, autocomplete, typed| Field {
            id,
            label: self.language.say(label),
            hint: None,
            autocomplete,
            typed,
            least: None,
            error: None,
        };
        let place = self.tenant.as_ref().map(|it| it.display_name.as_str());
        shown(&SignInPage {
            frame: self.site.frame(self.language.clone(), place),
            title: match flaw {
                Some(_) => self.language.tell("title-with-error", [("title", title.into())]),
                None => title,
            },
            nonce: self.site.usher.forms.nonce(CONTEXT),
            tenant: &self.ask.tenant,
            next: &self.ask.next,
            name: field("name", "sign-in-name", "username", Some(name)),
            password: field("password", "sign-in-password", "current-password", None),
            flaw,
        })
    }
}

#[derive(askama::Template)]
#[template(path = "signin.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    title: String,
    flaw: Option<Flaw>,
    nonce: String,
    tenant: &'a str,
    next: &'a Next,
    name: Field<'a>,
    password: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Leave {
    nonce: String,
    next: Next,
}

/// Which form a nonce is for, and whose session it ends.
pub(super) fn sign_out_context(visitor: &SignedInUser) -> String {
    format!("signout {}", visitor.session.id)
}

pub(super) async fn sign_out(
    State(site): State<Arc<Site>>,
    reader: Reader,
    jar: CookieJar,
    Fields(leave): Fields<Leave>,
) -> Result<Response, Problem> {
    if let Some(visitor) = site.visitor(&jar).await? {
        if !site.usher.forms.accepts(&sign_out_context(&visitor), &leave.nonce) {
            let page = me::page(&site, &reader, &visitor, Some("form-expired")).await?;
            return Ok((StatusCode::FORBIDDEN, page).into_response());
        }
        site.usher.visit.sign_out(&visitor).await?;
    }
    Ok((site.no_cookie(), site.to(&leave.next.to_string())).into_response())
}
