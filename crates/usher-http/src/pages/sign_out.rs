//! Sign out.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{
    form::{Fields, FormId},
    me::{self, Saying},
    next::Next,
    site::Site,
};
use crate::{locale::PreferredLanguages, problem::Problem};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SignOut {
    nonce: String,
    next: Next,
}

pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Fields(SignOut { nonce, next }): Fields<SignOut>,
) -> Result<Response, Problem> {
    if let Some(signed_in) = site.signed_in_user(&jar).await? {
        if !FormId::Account(signed_in.session.id).accepts(&site, &nonce) {
            let page =
                me::page(&site, &preferred, &signed_in, Saying::Wrong("form-expired")).await?;
            return Ok((StatusCode::FORBIDDEN, page).into_response());
        }
        site.usher.access.sessions.sign_out(&signed_in).await?;
    }
    Ok((site.expired_cookie(), site.redirect(&next.to_string())).into_response())
}
