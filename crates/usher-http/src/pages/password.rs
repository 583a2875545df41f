//! Change one's password, on the page of whoever is signed in.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use usher_application::ChangePasswordError;

use super::{
    field_errors::password_error,
    form::{Fields, FormId},
    me::{self, Saying},
    paths::ME,
    sign_in_form::{wait_text, whole_seconds},
    site::Site,
    view::FormError,
};
use crate::{locale::PreferredLanguages, problem::Problem};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Change {
    nonce: String,
    password: String,
    new_password: String,
}

pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Fields(Change { nonce, password, new_password }): Fields<Change>,
) -> Result<Response, Problem> {
    let Some(who) = site.tenant_user(&jar).await? else { return Ok(site.redirect(ME)) };
    let again = async |status: StatusCode, said| {
        let page = me::page(&site, &preferred, &who, said).await?;
        Ok((status, page).into_response())
    };
    if !FormId::Account(who.session.id).accepts(&site, &nonce) {
        return again(StatusCode::FORBIDDEN, Saying::Wrong("form-expired")).await;
    }
    let language = preferred.language(who.user.locale.as_ref(), Some(&who.tenant.locale));
    let change = &site.usher.access.change_password;
    match change.run(&who, &password, &new_password).await {
        Ok(it) => Ok((site.sign_in_cookies(&it), site.redirect(ME)).into_response()),
        Err(ChangePasswordError::Store(error)) => Err(error.into()),
        Err(ChangePasswordError::Wrong) => {
            let text = language.text("password-wrong");
            let error = FormError { field: Some("password"), text };
            again(StatusCode::UNPROCESSABLE_ENTITY, Saying::Error(error)).await
        }
        Err(ChangePasswordError::Weak(weak)) => {
            let error = password_error(&language, "new-password", weak);
            again(StatusCode::UNPROCESSABLE_ENTITY, Saying::Error(error)).await
        }
        Err(ChangePasswordError::Wait(wait)) => {
            let seconds = whole_seconds(wait);
            let error = FormError::of_form(wait_text(&language, seconds));
            let page = again(StatusCode::TOO_MANY_REQUESTS, Saying::Error(error)).await?;
            Ok(([(RETRY_AFTER, seconds.to_string())], page).into_response())
        }
    }
}
