//! End one's sessions, on the page of whoever is signed in.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use usher_domain::SessionId;

use super::{
    form::{Fields, FormId},
    me::{self, Saying},
    paths::ME,
    site::Site,
};
use crate::{locale::PreferredLanguages, problem::Problem};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct End {
    nonce: String,
    /// The id of the session to end, or `others`.
    session: String,
}

pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Fields(End { nonce, session }): Fields<End>,
) -> Result<Response, Problem> {
    let Some(who) = site.tenant_user(&jar).await? else { return Ok(site.redirect(ME)) };
    if !FormId::Account(who.session.id).accepts(&site, &nonce) {
        let page = me::page(&site, &preferred, &who, Saying::Wrong("form-expired")).await?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    let sessions = &site.usher.access.sessions;
    match (session.as_str(), session.parse::<SessionId>()) {
        ("others", _) => sessions.end_others(&who).await?,
        (_, Ok(id)) => sessions.end(&who, id).await?,
        (_, Err(_)) => {}
    }
    Ok(site.redirect(ME))
}
