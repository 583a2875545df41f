//! Recognizes the browsers that people signed in with before, ahead of the limit for each source.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest as _, Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use usher_domain::Browser;

use super::{
    form::{Fields, MAX_FORM},
    sign_in_form::NamedTenant,
    site::Site,
};
use crate::{problem::Problem, source::KnownBrowser};

/// Who wants to sign in, and where. What else a form has is ignored.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    tenant: NamedTenant,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    name: String,
}

/// For the form where people sign in with a password.
pub(super) async fn by_password(
    State(site): State<Arc<Site>>,
    jar: CookieJar,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    Ok(next.run(recognized(&site, &jar, request, false).await?).await)
}

/// For the form where members sign in with a pin.
pub(super) async fn by_pin(
    State(site): State<Arc<Site>>,
    jar: CookieJar,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    Ok(next.run(recognized(&site, &jar, request, true).await?).await)
}

/// The request, which says so if its browser is known: attempts from there count under its owner.
async fn recognized(
    site: &Site,
    jar: &CookieJar,
    request: Request,
    with_pin: bool,
) -> Result<Request, Problem> {
    let Some(cookie) = site.agent(jar, Browser::default()).device else { return Ok(request) };
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_FORM).await;
    let body = body.map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE))?;
    let copy = Request::from_parts(parts.clone(), Body::from(body.clone()));
    // What the handler could not read either is known to be nobody's.
    if let Ok(Fields(Named { tenant, organization, name })) = Fields::from_request(copy, &()).await
    {
        let organization = with_pin.then_some(organization.as_str());
        let recognize = &site.usher.access.recognize_browser;
        let found = recognize.run(tenant.of(site), organization, &name, cookie).await?;
        if let Some(user) = found {
            parts.extensions.insert(KnownBrowser(user.tenant, user.id));
        }
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}
