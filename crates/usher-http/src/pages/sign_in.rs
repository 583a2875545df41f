//! Sign in to a tenant with a password.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{
    browser::Sender,
    forgot,
    form::{Fields, FormId, Query},
    next::Next,
    paths::SIGN_IN,
    sign_in_form::{NamedTenant, Secret, SignInForm},
    site::Site,
};
use crate::{locale::PreferredLanguages, problem::Problem};

const PASSWORD: Secret = Secret {
    form: FormId::SignIn,
    path: SIGN_IN,
    field: "password",
    label: "sign-in-password",
    autocomplete: "current-password",
    wrong: "sign-in-wrong",
};

/// Where somebody wants to sign in, and where to go then.
#[derive(Deserialize)]
pub(super) struct Target {
    #[serde(default)]
    tenant: NamedTenant,
    #[serde(default)]
    next: Next,
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Query(target): Query<Target>,
) -> Result<Response, Problem> {
    if site.tenant_user(&jar).await?.is_some() {
        return Ok(site.redirect(&target.next.to_string()));
    }
    Ok(form(&site, &preferred, &target).await?.page(None, ""))
}

#[derive(Deserialize)]
pub(super) struct Attempt {
    #[serde(flatten)]
    target: Target,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Sender(browser): Sender,
    Fields(Attempt { target, nonce, name, password }): Fields<Attempt>,
) -> Result<Response, Problem> {
    let agent = site.agent(&jar, browser);
    let attempt = site.usher.access.sign_in.run(target.tenant.of(&site), &name, &password, &agent);
    let form = form(&site, &preferred, &target).await?;
    form.submit(&nonce, &name, Box::pin(attempt), &target.next.to_string()).await
}

async fn form<'a>(
    site: &'a Site,
    preferred: &PreferredLanguages,
    target: &Target,
) -> Result<SignInForm<'a>, Problem> {
    let found = site.usher.access.describe_sign_in.run(target.tenant.of(site), None).await?;
    let language = preferred.language(None, found.as_ref().map(|it| &it.locale));
    let (tenant, next) = (target.tenant.of(site), &target.next);
    Ok(SignInForm {
        site,
        secret: &PASSWORD,
        heading: language.text("sign-in-title"),
        owner: found.map(|it| it.display_name),
        lead: next.is_accept().then(|| language.text("sign-in-to-accept")),
        hidden: vec![("tenant", tenant.to_owned()), ("next", next.to_string())],
        place: None,
        link: Some((forgot::address(site, tenant), language.text("sign-in-forgot"))),
        language,
    })
}
