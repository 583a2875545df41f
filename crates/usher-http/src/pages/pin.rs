//! Sign in to one organization with a pin.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use usher_application::SignInError;
use usher_domain::{Organization, OrganizationId, Tenant};

use super::{
    Fields, Query,
    sign_in::{refused, usual},
    site::{Field, Flaw, Frame, Site, shown},
};
use crate::{
    locale::{Language, Reader},
    problem::Problem,
};

/// Which form a nonce is for.
const CONTEXT: &str = "pin";

#[derive(Deserialize)]
pub(super) struct Ask {
    #[serde(default = "usual")]
    tenant: String,
    #[serde(default)]
    organization: String,
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    reader: Reader,
    Query(ask): Query<Ask>,
) -> Result<Response, Problem> {
    Ok(Door::of(&site, &reader, ask).await?.page(None, ""))
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
    pin: String,
}

pub(super) async fn sign_in(
    State(site): State<Arc<Site>>,
    reader: Reader,
    Fields(attempt): Fields<Attempt>,
) -> Result<Response, Problem> {
    let door = Door::of(&site, &reader, attempt.ask).await?;
    if !site.usher.forms.accepts(CONTEXT, &attempt.nonce) {
        let text = door.language.say("form-expired");
        return Ok((StatusCode::FORBIDDEN, door.page(Some(text), &attempt.name)).into_response());
    }
    let Ask { tenant, organization } = &door.ask;
    let tried = site.usher.pin_sign_in.run(tenant, organization, &attempt.name, &attempt.pin).await;
    match tried {
        Ok(signed_in) => Ok((site.cookie(&signed_in.cookie), site.to("/me")).into_response()),
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(error) => {
            let page = |text| door.page(Some(text), &attempt.name);
            Ok(refused(&door.language, &error, "pin-wrong", page))
        }
    }
}

/// Where an organization's people sign in.
struct Door<'a> {
    site: &'a Site,
    ask: Ask,
    tenant: Option<Tenant>,
    /// Found by its id alone: names and codes are not for strangers to try.
    organization: Option<Organization>,
    language: Language,
}

impl<'a> Door<'a> {
    async fn of(site: &'a Site, reader: &Reader, ask: Ask) -> Result<Self, Problem> {
        let ports = &site.usher.ports;
        let tenant = ports.tenants.named(&ask.tenant).await?;
        let organization = match (&tenant, OrganizationId::parse(&ask.organization)) {
            (Some(tenant), Ok(id)) => {
                ports.organizations.find_many(tenant.id, &[id]).await?.into_iter().flatten().next()
            }
            _ => None,
        };
        let language = reader.language(None, tenant.as_ref().map(|it| &it.locale));
        Ok(Self { site, ask, tenant, organization, language })
    }

    fn page(&self, error: Option<String>, name: &str) -> Response {
        let place = self.organization.as_ref().map(Organization::title);
        let title = match place {
            Some(place) => self.language.tell("pin-title", [("place", place.into())]),
            None => self.language.say("sign-in-title"),
        };
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
        let place = place.or_else(|| Some(self.tenant.as_ref()?.display_name.as_str()));
        shown(&PinPage {
            frame: self.site.frame(self.language.clone(), place),
            heading: title.clone(),
            title: match flaw {
                Some(_) => self.language.tell("title-with-error", [("title", title.into())]),
                None => title,
            },
            nonce: self.site.usher.forms.nonce(CONTEXT),
            ask: &self.ask,
            name: field("name", "sign-in-name", "username", Some(name)),
            pin: field("pin", "pin-pin", "off", None),
            flaw,
        })
    }
}

#[derive(askama::Template)]
#[template(path = "pin.html")]
struct PinPage<'a> {
    frame: Frame<'a>,
    heading: String,
    title: String,
    flaw: Option<Flaw>,
    nonce: String,
    ask: &'a Ask,
    name: Field<'a>,
    pin: Field<'a>,
}
