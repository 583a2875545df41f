//! The page of whoever is signed in: who they are, and what they belong to.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use axum_extra::extract::CookieJar;
use usher_application::SignedInUser;
use usher_domain::{Membership, Organization, User};

use super::{
    form::FormId,
    paths::{ME, SIGN_IN},
    site::Site,
    view::{FormError, Frame, render},
};
use crate::{locale::PreferredLanguages, problem::Problem};

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let Some(signed_in) = site.signed_in_user(&jar).await? else {
        return Ok(site.redirect(&format!("{SIGN_IN}?next={ME}")));
    };
    page(&site, &preferred, &signed_in, None).await
}

/// The page; `error` is the name of the text for what is wrong with its form.
pub(super) async fn page(
    site: &Site,
    preferred: &PreferredLanguages,
    signed_in: &SignedInUser,
    error: Option<&str>,
) -> Result<Response, Problem> {
    let SignedInUser { session, user, tenant } = signed_in;
    let language = preferred.language(user.locale.as_ref(), Some(&tenant.locale));
    let form_error = error.map(|it| FormError::of_form(language.text(it)));
    let organizations = site.usher.access.sessions.belongs_to(signed_in).await?;
    // A session that a pin opened is good for one organization, and shows no other.
    let bound_to = session.organization.as_ref().and_then(|_| organizations.first());
    let bound_to = bound_to.map(|(it, _)| it.title().to_owned());
    let bound =
        bound_to.as_deref().map(|it| language.text_with("me-bound", [("place", it.into())]));
    Ok(render(&MePage {
        frame: site.frame(language, Some(bound_to.as_ref().unwrap_or(&tenant.display_name))),
        organizations,
        nonce: FormId::SignOut(session.id).nonce(site),
        user,
        form_error,
        bound,
    }))
}

#[derive(askama::Template)]
#[template(path = "me.html")]
struct MePage<'a> {
    frame: Frame<'a>,
    form_error: Option<FormError>,
    user: &'a User,
    organizations: Vec<(Organization, Membership)>,
    nonce: String,
    /// What to say of a session that is bound to one organization.
    bound: Option<String>,
}
