//! Prove that one reads one's mailbox, by the link in the letter.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use url::form_urlencoded;
use usher_application::{AccountLetterError, ConfirmMailboxError, SignedInUser};
use usher_domain::whole_seconds;

use super::{
    form::{Fields, FormId, Query},
    me::{self, Saying},
    next::Next,
    paths::{CONFIRM, ME, SIGN_IN},
    sign_in_form::NamedTenant,
    site::Site,
    view::{FormError, FormPage, Notice, render},
};
use crate::{locale::PreferredLanguages, problem::Problem};

#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    tenant: NamedTenant,
    #[serde(default)]
    token: String,
    #[serde(default)]
    nonce: String,
}

/// Whoever is not signed in signs in first, and comes back here.
fn sign_in(site: &Site, link: &Link) -> Response {
    let next = Next::from(format!("{CONFIRM}?token={}", link.token)).to_string();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("tenant", link.tenant.of(site)), ("next", &next)])
        .finish();
    site.redirect(&format!("{SIGN_IN}?{query}"))
}

/// Shows the form. Nothing changes: mail scanners and previews open links too.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Query(link): Query<Link>,
) -> Result<Response, Problem> {
    let Some(who) = site.tenant_user(&jar).await? else { return Ok(sign_in(&site, &link)) };
    match site.usher.access.confirm_mailbox.look_up(&link.token, &who).await {
        Ok(()) => Ok(page(&site, &preferred, &link, &who)),
        Err(error) => failed(&site, &preferred, &who, error),
    }
}

pub(super) async fn submit(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Fields(link): Fields<Link>,
) -> Result<Response, Problem> {
    let Some(who) = site.tenant_user(&jar).await? else { return Ok(sign_in(&site, &link)) };
    if !FormId::Confirm(&link.token).accepts(&site, &link.nonce) {
        let page = page(&site, &preferred, &link, &who);
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    match site.usher.access.confirm_mailbox.run(&link.token, &who).await {
        Ok(()) => Ok(site.redirect(ME)),
        Err(error) => failed(&site, &preferred, &who, error),
    }
}

#[derive(Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    nonce: String,
}

/// Has the link mailed to whoever is signed in.
pub(super) async fn request(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    jar: CookieJar,
    Fields(Wish { nonce }): Fields<Wish>,
) -> Result<Response, Problem> {
    let Some(who) = site.tenant_user(&jar).await? else { return Ok(site.redirect(ME)) };
    if !FormId::Account(who.session.id).accepts(&site, &nonce) {
        let page = me::page(&site, &preferred, &who, Saying::Wrong("form-expired")).await?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    let seconds = match site.usher.access.confirm_mailbox.request(&who).await {
        Ok(()) => return me::page(&site, &preferred, &who, Saying::Done("me-confirm-sent")).await,
        Err(AccountLetterError::Recent(wait)) => whole_seconds(wait),
        Err(AccountLetterError::UsedUp(used_up)) => used_up.wait(),
        Err(AccountLetterError::Store(error)) => return Err(error.into()),
        Err(AccountLetterError::Nowhere | AccountLetterError::Forbidden) => {
            let page =
                me::page(&site, &preferred, &who, Saying::Wrong("me-confirm-nowhere")).await?;
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
    };
    let language = preferred.language(who.user.locale.as_ref(), Some(&who.tenant.locale));
    let text = language.text_with("me-confirm-later", [("when", language.when(seconds).into())]);
    let said = Saying::Error(FormError::of_form(text));
    let page = me::page(&site, &preferred, &who, said).await?;
    let later = [(RETRY_AFTER, seconds.to_string())];
    Ok((StatusCode::TOO_MANY_REQUESTS, later, page).into_response())
}

fn page(
    site: &Site,
    preferred: &PreferredLanguages,
    link: &Link,
    SignedInUser { user, tenant, .. }: &SignedInUser,
) -> Response {
    let language = preferred.language(user.locale.as_ref(), Some(&tenant.locale));
    let heading = language.text("confirm-title");
    let mailbox = user.mailbox.as_ref().map_or("", |it| it.typed());
    let about = [("name", user.full_name().into()), ("mailbox", mailbox.into())];
    render(&FormPage {
        title: heading.clone(),
        heading: &heading,
        lead: Some(&language.text_with("confirm-lead", about)),
        form_error: None,
        path: CONFIRM,
        nonce: FormId::Confirm(&link.token).nonce(site),
        hidden: &[("token", link.token.clone())],
        username: None,
        fields: Vec::new(),
        button: language.text("confirm-yes"),
        link: None,
        frame: site.frame(language.clone(), Some(&tenant.display_name)),
    })
}

fn failed(
    site: &Site,
    preferred: &PreferredLanguages,
    SignedInUser { user, tenant, .. }: &SignedInUser,
    error: ConfirmMailboxError,
) -> Result<Response, Problem> {
    let (status, text) = match error {
        ConfirmMailboxError::Void => (StatusCode::GONE, "confirm-void-text"),
        ConfirmMailboxError::SomeoneElse => (StatusCode::FORBIDDEN, "confirm-someone-else"),
        ConfirmMailboxError::Store(error) => return Err(error.into()),
    };
    let language = preferred.language(user.locale.as_ref(), Some(&tenant.locale));
    let page = render(&Notice {
        title: language.text("void-title"),
        text: language.text_with(text, [("name", user.full_name().into())]),
        action: Some((format!("{}{ME}", site.base), language.text("me-title"))),
        frame: site.frame(language, Some(&tenant.display_name)),
    });
    Ok((status, page).into_response())
}
