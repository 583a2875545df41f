//! Choose another password by the link in the letter.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use usher_application::ResetPasswordError;
use usher_domain::{Mailbox, Tenant, User};

use super::{
    browser::Sender,
    field_errors::password_error,
    forgot,
    form::{Fields, FormId, Query},
    paths::{ME, RESET},
    sign_in_form::NamedTenant,
    site::Site,
    view::{Field, FormError, FormPage, Notice, render, title},
};
use crate::{
    locale::{Language, PreferredLanguages},
    problem::Problem,
};

#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    tenant: NamedTenant,
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(flatten)]
    link: Link,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    password: String,
}

/// Shows the form. Nothing changes: mail scanners and previews open links too.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    Query(link): Query<Link>,
) -> Result<Response, Problem> {
    Ok(match site.usher.access.reset_password.look_up(&link.token).await? {
        Some((user, tenant)) => {
            let language = preferred.language(user.locale.as_ref(), Some(&tenant.locale));
            page(&site, &language, &link, &user, &tenant, None)
        }
        None => void(&site, &preferred, link.tenant.of(&site)),
    })
}

pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Sender(browser): Sender,
    Fields(Choice { link, nonce, password }): Fields<Choice>,
) -> Result<Response, Problem> {
    let reset = &site.usher.access.reset_password;
    let Some((user, tenant)) = reset.look_up(&link.token).await? else {
        return Ok(void(&site, &preferred, link.tenant.of(&site)));
    };
    let language = preferred.language(user.locale.as_ref(), Some(&tenant.locale));
    let again = |status: StatusCode, error| {
        (status, page(&site, &language, &link, &user, &tenant, Some(&error))).into_response()
    };
    if !FormId::Reset(&link.token).accepts(&site, &nonce) {
        let error = FormError::of_form(language.text("form-expired"));
        return Ok(again(StatusCode::FORBIDDEN, error));
    }
    match reset.run(&link.token, &password, &site.agent(&jar, browser)).await {
        Ok(it) => Ok((site.sign_in_cookies(&it), site.redirect(ME)).into_response()),
        Err(ResetPasswordError::Void) => Ok(void(&site, &preferred, link.tenant.of(&site))),
        Err(ResetPasswordError::Store(error)) => Err(error.into()),
        Err(ResetPasswordError::Weak(weak)) => {
            let error = password_error(&language, "password", weak);
            Ok(again(StatusCode::UNPROCESSABLE_ENTITY, error))
        }
    }
}

fn page(
    site: &Site,
    language: &Language,
    link: &Link,
    user: &User,
    tenant: &Tenant,
    form_error: Option<&FormError>,
) -> Response {
    let heading = language.text("reset-title");
    let min = site.usher.policy.passwords.min;
    let field = Field::new_password(language, "password", language.text("password-new"), min);
    render(&FormPage {
        frame: site.frame(language.clone(), Some(&tenant.display_name)),
        title: title(language, &heading, form_error),
        heading: &heading,
        lead: Some(&language.text("reset-lead")),
        form_error,
        path: RESET,
        nonce: FormId::Reset(&link.token).nonce(site),
        hidden: &[("token", link.token.clone()), ("tenant", link.tenant.of(site).to_owned())],
        username: user.mailbox.as_ref().map(Mailbox::typed),
        fields: vec![field.with_error(form_error)],
        button: language.text("reset-yes"),
        link: None,
    })
}

/// The notice for a link that is not good any more, or never was. It reveals nothing.
fn void(site: &Site, preferred: &PreferredLanguages, tenant: &str) -> Response {
    let language = preferred.language(None, None);
    let page = render(&Notice {
        title: language.text("void-title"),
        text: language.text("reset-void-text"),
        action: Some((forgot::address(site, tenant), language.text("forgot-yes"))),
        frame: site.frame(language, None),
    });
    (StatusCode::GONE, page).into_response()
}
