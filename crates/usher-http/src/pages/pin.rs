//! Sign in to one organization with a pin.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{
    browser::Sender,
    form::{Fields, FormId, Query},
    paths::{ME, PIN},
    sign_in_form::{NamedTenant, Secret, SignInForm},
    site::Site,
};
use crate::{locale::PreferredLanguages, problem::Problem};

const PIN_SECRET: Secret = Secret {
    form: FormId::PinSignIn,
    path: PIN,
    field: "pin",
    label: "pin-pin",
    autocomplete: "off",
    wrong: "pin-wrong",
};

/// Where somebody wants to sign in.
#[derive(Deserialize)]
pub(super) struct Target {
    #[serde(default)]
    tenant: NamedTenant,
    #[serde(default)]
    organization: String,
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    Query(target): Query<Target>,
) -> Result<Response, Problem> {
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
    pin: String,
}

pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Sender(browser): Sender,
    Fields(Attempt { target, nonce, name, pin }): Fields<Attempt>,
) -> Result<Response, Problem> {
    let Target { tenant, organization } = &target;
    let agent = site.agent(&jar, browser);
    let attempt =
        site.usher.access.pin_sign_in.run(tenant.of(&site), organization, &name, &pin, &agent);
    let form = form(&site, &preferred, &target).await?;
    form.submit(&nonce, &name, Box::pin(attempt), ME).await
}

async fn form<'a>(
    site: &'a Site,
    preferred: &PreferredLanguages,
    target: &Target,
) -> Result<SignInForm<'a>, Problem> {
    let describe = &site.usher.access.describe_sign_in;
    let found = describe.run(target.tenant.of(site), Some(&target.organization)).await?;
    let language = preferred.language(None, found.as_ref().map(|it| &it.locale));
    let organization = found.as_ref().and_then(|it| it.organization_title.clone());
    let mut hidden = vec![("tenant", target.tenant.of(site).to_owned())];
    let named = target.organization.clone();
    // Whoever has no link with the id says where they want to go, by its code or its id, and is told
    // nothing of it: codes can be guessed.
    let place = match organization {
        Some(_) => {
            hidden.push(("organization", named));
            None
        }
        None => Some(named),
    };
    let heading = match &organization {
        Some(name) => language.text_with("pin-title", [("place", name.into())]),
        None => language.text("sign-in-title"),
    };
    Ok(SignInForm {
        site,
        secret: &PIN_SECRET,
        heading,
        owner: organization.or_else(|| Some(found?.display_name)),
        lead: None,
        hidden,
        place,
        link: None,
        language,
    })
}
