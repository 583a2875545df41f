//! Accept an invitation, or decline it, by the link in the letter.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use usher_application::{AcceptError, Accepted, Acceptor, DeclineError, UserAgent};
use usher_domain::Entrance;

use super::{
    accept_page::{page, sign_in_page},
    browser::Sender,
    destination,
    field_errors::{name_error, password_error},
    form::{Fields, FormId, Query},
    opened::{Opened, unknown},
    paths::ME,
    site::Site,
    view::FormError,
};
use crate::{locale::PreferredLanguages, problem::Problem};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    invitation: String,
}

/// Shows what the link opens. Nothing changes: mail scanners and previews open links too.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Query(link): Query<Link>,
) -> Result<Response, Problem> {
    let Some(opened) = Opened::find(&site, &preferred, &jar, &link.invitation).await? else {
        return Ok(unknown(&site, &preferred));
    };
    Ok(match opened.found.open {
        Ok(()) => page(&opened, None, opened.found.invitation.name.as_deref().unwrap_or_default()),
        Err(closed) => opened.closed(closed),
    })
}

#[derive(Deserialize)]
pub(super) struct Reply {
    #[serde(default)]
    invitation: String,
    #[serde(default)]
    nonce: String,
    answer: Choice,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Accept,
    Decline,
}

/// Takes the invitee's answer.
pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Sender(browser): Sender,
    Fields(form): Fields<Reply>,
) -> Result<Response, Problem> {
    let Some(opened) = Opened::find(&site, &preferred, &jar, &form.invitation).await? else {
        return Ok(unknown(&site, &preferred));
    };
    if let Err(closed) = opened.found.open {
        return Ok(opened.closed(closed));
    }
    if !FormId::Accept(&form.invitation).accepts(&site, &form.nonce) {
        let error = FormError::of_form(opened.language.text("form-expired"));
        let page = page(&opened, Some(&error), &form.name);
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    match form.answer {
        Choice::Accept => accept(&opened, &form, site.agent(&jar, browser)).await,
        Choice::Decline => decline(&opened).await,
    }
}

async fn accept(
    opened: &Opened<'_>,
    form: &Reply,
    agent: UserAgent<'_>,
) -> Result<Response, Problem> {
    let by = match &opened.signed_in {
        Some(signed_in) => Acceptor::Session(&signed_in.session),
        None => Acceptor::Newcomer { name: &form.name, password: Some(&form.password), agent },
    };
    let error = match opened.site.usher.invitations.accept.run(opened.token, by).await {
        Ok(accepted) => return Ok(welcome(opened.site, &accepted)),
        Err(error) => error,
    };
    let notice = |status: StatusCode, name| Ok((status, opened.notice(name)).into_response());
    let sign_in = || Ok((StatusCode::CONFLICT, sign_in_page(opened)).into_response());
    let again = |status: StatusCode, error: Option<FormError>| {
        Ok((status, page(opened, error.as_ref(), &form.name)).into_response())
    };
    match error {
        AcceptError::Unknown => Ok(StatusCode::NOT_FOUND.into_response()),
        AcceptError::Store(error) => Err(error.into()),
        AcceptError::Closed(closed) => Ok(opened.closed(closed)),
        AcceptError::Disabled => notice(StatusCode::FORBIDDEN, "disabled"),
        AcceptError::Inactive => notice(StatusCode::CONFLICT, "inactive"),
        AcceptError::Domain => notice(StatusCode::FORBIDDEN, "domain"),
        AcceptError::SomeoneElse => again(StatusCode::FORBIDDEN, None),
        AcceptError::SignInFirst => sign_in(),
        // Their page has no fields to choose a name and a password in.
        AcceptError::Name(_) | AcceptError::Password(_)
            if opened.found.entrance == Entrance::SignIn =>
        {
            sign_in()
        }
        AcceptError::MailFirst => notice(StatusCode::CONFLICT, "mail-first"),
        AcceptError::Name(invalid) => {
            let error = name_error(&opened.language, invalid);
            again(StatusCode::UNPROCESSABLE_ENTITY, Some(error))
        }
        AcceptError::Password(weak) => {
            let error = password_error(&opened.language, "password", weak);
            again(StatusCode::UNPROCESSABLE_ENTITY, Some(error))
        }
    }
}

/// Signs in whoever chose a password, and goes on to the product or to `/me`.
fn welcome(site: &Site, accepted: &Accepted) -> Response {
    let cookies = accepted.signed_in.as_ref().map(|it| site.sign_in_cookies(it));
    let next = match destination::of(&accepted.invitation) {
        Some(url) => {
            let url = destination::after_accepting(url, &accepted.invitation);
            Redirect::to(url.as_str()).into_response()
        }
        None => site.redirect(ME),
    };
    (cookies, next).into_response()
}

async fn decline(opened: &Opened<'_>) -> Result<Response, Problem> {
    let by = opened.signed_in.as_ref().map(|it| &it.session);
    match opened.site.usher.invitations.decline.run(opened.token, by).await {
        Ok(_) => Ok(opened.notice("declined-now")),
        Err(DeclineError::Unknown) => Ok(StatusCode::NOT_FOUND.into_response()),
        Err(DeclineError::Closed(closed)) => Ok(opened.closed(closed)),
        Err(DeclineError::Store(error)) => Err(error.into()),
    }
}
