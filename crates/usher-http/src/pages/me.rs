//! The page of whoever is signed in: who they are, and what they belong to.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use axum_extra::extract::CookieJar;
use usher_application::SignedInUser;
use usher_domain::{
    Browser, BrowserFamily, Membership, OperatingSystem, Organization, OrganizationId, Session,
    SessionId, User,
};

use super::{
    form::FormId,
    paths::{ME, SIGN_IN},
    site::Site,
    view::{Field, FormError, Frame, render},
};
use crate::{
    locale::{Language, PreferredLanguages},
    problem::Problem,
};

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let Some(signed_in) = site.signed_in_user(&jar).await? else {
        return Ok(site.redirect(&format!("{SIGN_IN}?next={ME}")));
    };
    page(&site, &preferred, &signed_in, Saying::Nothing).await
}

/// What the page says besides.
pub(super) enum Saying {
    Nothing,
    /// The name of the text for what was done.
    Done(&'static str),
    /// The name of the text for what is wrong with a form.
    Wrong(&'static str),
    Error(FormError),
}

/// The page of whoever is signed in.
pub(super) async fn page(
    site: &Site,
    preferred: &PreferredLanguages,
    signed_in: &SignedInUser,
    said: Saying,
) -> Result<Response, Problem> {
    let SignedInUser { session, user, tenant } = signed_in;
    let language = preferred.language(user.locale.as_ref(), Some(&tenant.locale));
    let (done, form_error) = match said {
        Saying::Nothing => (None, None),
        Saying::Done(name) => (Some(language.text(name)), None),
        Saying::Wrong(name) => (None, Some(FormError::of_form(language.text(name)))),
        Saying::Error(error) => (None, Some(error)),
    };
    let organizations = site.usher.access.sessions.belongs_to(signed_in).await?;
    // A session that a pin opened is good for one organization, and shows no other.
    let bound_to = session.organization.as_ref().and_then(|_| organizations.first());
    let bound_to = bound_to.map(|(it, _)| it.title().to_owned());
    let bound =
        bound_to.as_deref().map(|it| language.text_with("me-bound", [("place", it.into())]));
    let is_whole = session.organization.is_none();
    let sessions = if is_whole {
        listed(site, &language, signed_in, &organizations).await?
    } else {
        Vec::new()
    };
    let roles =
        if is_whole { site.usher.access.sessions.roles_of(signed_in).await? } else { Vec::new() };
    let has_password = is_whole && user.password.is_some();
    let fields =
        if has_password { fields(site, &language, form_error.as_ref()) } else { Vec::new() };
    let is_unproven = is_whole && user.mailbox.is_some() && user.mailbox_proven_at.is_none();
    Ok(render(&MePage {
        frame: site.frame(language, Some(bound_to.as_ref().unwrap_or(&tenant.display_name))),
        organizations,
        roles,
        nonce: FormId::Account(session.id).nonce(site),
        user,
        form_error: form_error.as_ref(),
        done,
        bound,
        is_unproven,
        fields,
        sessions,
    }))
}

/// A session in the list.
struct Listed {
    id: SessionId,
    browser: String,
    since: String,
    is_this: bool,
    /// What to say of one that a pin opened.
    pin: Option<String>,
}

async fn listed(
    site: &Site,
    language: &Language,
    signed_in: &SignedInUser,
    organizations: &[(Organization, Membership)],
) -> Result<Vec<Listed>, Problem> {
    let all = site.usher.access.sessions.all_of(signed_in).await?;
    let place = |id: &OrganizationId| {
        let found = organizations.iter().find(|(it, _)| it.id == *id);
        found.map_or_else(|| id.to_string(), |(it, _)| it.title().to_owned())
    };
    let listed = |it: Session| Listed {
        id: it.id,
        browser: browser_text(language, it.browser),
        since: language
            .text_with("sessions-since", [("moment", language.moment(it.created_at).into())]),
        is_this: it.id == signed_in.session.id,
        pin: it
            .organization
            .map(|it| language.text_with("sessions-pin", [("place", place(&it).into())])),
    };
    Ok(all.into_iter().map(listed).collect())
}

/// What to call a browser.
fn browser_text(language: &Language, Browser { family, system }: Browser) -> String {
    match (family.map(BrowserFamily::as_str), system.map(OperatingSystem::as_str)) {
        (Some(family), Some(system)) => {
            let about = [("browser", family.into()), ("system", system.into())];
            language.text_with("sessions-browser", about)
        }
        (Some(family), None) => family.to_owned(),
        (None, Some(system)) => language.text_with("sessions-system", [("system", system.into())]),
        (None, None) => language.text("sessions-unknown"),
    }
}

/// The fields of the form for another password.
fn fields<'a>(site: &Site, language: &Language, error: Option<&'a FormError>) -> Vec<Field<'a>> {
    let min = site.usher.policy.passwords.min;
    let old = language.text("password-old");
    vec![
        Field::secret(language, "password", old, "current-password").with_error(error),
        Field::new_password(language, "new-password", language.text("password-new"), min)
            .with_error(error),
    ]
}

#[derive(askama::Template)]
#[template(path = "me.html")]
struct MePage<'a> {
    frame: Frame<'a>,
    form_error: Option<&'a FormError>,
    /// What to say of what was done.
    done: Option<String>,
    user: &'a User,
    organizations: Vec<(Organization, Membership)>,
    /// Those in the tenant itself, by name.
    roles: Vec<String>,
    nonce: String,
    /// What to say of a session that is bound to one organization.
    bound: Option<String>,
    /// Whether nobody has proven yet to read the user's mailbox.
    is_unproven: bool,
    /// Of the form for another password; none for who has none.
    fields: Vec<Field<'a>>,
    sessions: Vec<Listed>,
}
