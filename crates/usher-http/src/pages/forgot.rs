//! Ask for a link to choose another password.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use url::form_urlencoded;

use super::{
    form::{Fields, FormId, Query},
    paths::FORGOT,
    sign_in_form::NamedTenant,
    site::Site,
    view::{Field, FormError, FormPage, Notice, render, title},
};
use crate::{
    locale::{Language, PreferredLanguages},
    problem::Problem,
};

#[derive(Deserialize)]
pub(super) struct Target {
    #[serde(default)]
    tenant: NamedTenant,
}

#[derive(Deserialize)]
pub(super) struct Request {
    #[serde(flatten)]
    target: Target,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    name: String,
}

/// Where somebody of this tenant asks for a link.
pub(super) fn address(site: &Site, tenant: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("tenant", tenant).finish();
    format!("{}{FORGOT}?{query}", site.base)
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    Query(target): Query<Target>,
) -> Result<Response, Problem> {
    let (language, owner) = described(&site, &preferred, &target).await?;
    Ok(page(&site, &language, owner.as_deref(), &target, "", None))
}

/// The answer is the same for every address, and is given before the address is looked up.
pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    Fields(Request { target, nonce, name }): Fields<Request>,
) -> Result<Response, Problem> {
    let (language, owner) = described(&site, &preferred, &target).await?;
    if !FormId::Forgot.accepts(&site, &nonce) {
        let error = FormError::of_form(language.text("form-expired"));
        let page = page(&site, &language, owner.as_deref(), &target, &name, Some(&error));
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    ask(&site, target.tenant.of(&site).to_owned(), name);
    Ok(render(&Notice {
        title: language.text("forgot-sent-title"),
        text: language.text("forgot-sent-text"),
        frame: site.frame(language, owner.as_deref()),
        action: None,
    }))
}

/// Looks the address up and has the letter sent, after the answer. Where too many ask at the same
/// time, some of them have to ask again.
fn ask(site: &Site, tenant: String, name: String) {
    let Ok(permit) = site.unasked.clone().try_acquire_owned() else {
        tracing::warn!("too many people ask for another password at the same time");
        return;
    };
    let usher = site.usher.clone();
    tokio::spawn(async move {
        if let Err(error) = usher.access.reset_password.request(&tenant, &name).await {
            tracing::error!(%error, "a letter about a forgotten password could not be decided on");
        }
        drop(permit);
    });
}

async fn described(
    site: &Site,
    preferred: &PreferredLanguages,
    target: &Target,
) -> Result<(Language, Option<String>), Problem> {
    let found = site.usher.access.describe_sign_in.run(target.tenant.of(site), None).await?;
    let language = preferred.language(None, found.as_ref().map(|it| &it.locale));
    Ok((language, found.map(|it| it.display_name)))
}

fn page(
    site: &Site,
    language: &Language,
    owner: Option<&str>,
    target: &Target,
    name: &str,
    form_error: Option<&FormError>,
) -> Response {
    let heading = language.text("forgot-title");
    render(&FormPage {
        title: title(language, &heading, form_error),
        heading: &heading,
        lead: Some(&language.text("forgot-lead")),
        form_error,
        path: FORGOT,
        nonce: FormId::Forgot.nonce(site),
        hidden: &[("tenant", target.tenant.of(site).to_owned())],
        username: None,
        fields: vec![Field::text("name", language.text("forgot-mailbox"), "email", name)],
        button: language.text("forgot-yes"),
        link: None,
        frame: site.frame(language.clone(), owner),
    })
}
