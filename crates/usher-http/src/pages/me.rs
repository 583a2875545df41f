//! Who is signed in, and what they belong to.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use axum_extra::extract::CookieJar;
use usher_application::SignedInUser;
use usher_domain::{Membership, Organization, User};

use super::{
    sign_in::sign_out_context,
    site::{Flaw, Frame, Site, shown},
};
use crate::{locale::Reader, problem::Problem};

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    reader: Reader,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let Some(visitor) = site.visitor(&jar).await? else {
        return Ok(site.to("/signin?next=/me"));
    };
    page(&site, &reader, &visitor, None).await
}

/// The page; `told` names what went wrong with the form on it.
pub(super) async fn page(
    site: &Site,
    reader: &Reader,
    visitor: &SignedInUser,
    told: Option<&str>,
) -> Result<Response, Problem> {
    let language = reader.language(visitor.user.locale.as_ref(), Some(&visitor.tenant.locale));
    let flaw = told.map(|it| Flaw { field: None, text: language.say(it) });
    let organizations = site.usher.visit.belongs_to(visitor).await?;
    // A pin stands for no more than its organization.
    let bound = visitor.session.organization.as_ref().and_then(|_| organizations.first());
    let bound = bound.map(|(it, _)| it.title().to_owned());
    let said = bound.as_deref().map(|it| language.tell("me-bound", [("place", it.into())]));
    let place = bound.as_ref().unwrap_or(&visitor.tenant.display_name);
    Ok(shown(&MePage {
        frame: site.frame(language, Some(place)),
        organizations,
        nonce: site.usher.forms.nonce(&sign_out_context(visitor)),
        user: &visitor.user,
        flaw,
        bound: said,
    }))
}

#[derive(askama::Template)]
#[template(path = "me.html")]
struct MePage<'a> {
    frame: Frame<'a>,
    flaw: Option<Flaw>,
    user: &'a User,
    organizations: Vec<(Organization, Membership)>,
    nonce: String,
    /// What to say when a pin opened it: it is about one organization alone.
    bound: Option<String>,
}
