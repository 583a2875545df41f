//! The page that shows an invitation and asks for the answer.

use axum::{http::header::CONTENT_SECURITY_POLICY, response::Response};
use url::Url;
use usher_application::SignedInUser;
use usher_domain::{Invitation, User};

use super::{
    destination,
    form::FormId,
    next::Next,
    opened::Opened,
    view::{Field, FormError, Frame, render, title},
};

/// The page for an invitation that can be accepted, with the name that was typed before.
pub(super) fn page(opened: &Opened<'_>, error: Option<&FormError>, name: &str) -> Response {
    let page = AcceptPage::of(opened, error, name);
    let destination = destination::of(page.invitation);
    let mut response = render(&page);
    if let Some(policy) = destination::content_policy(destination.as_ref(), page.logo.as_ref()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Who looks at the page, which decides how they can accept.
enum Viewer<'a> {
    /// Somebody without an account: they accept with a name and a password.
    Newcomer,
    /// The invitee has an account and is not signed in: they sign in first, at this address.
    SignedOut(String),
    /// The invitee, signed in: they accept with a click.
    Invitee(&'a User),
    /// Somebody signed in who is not the invitee: they cannot accept until they sign out.
    SomeoneElse(&'a SignedInUser),
}

impl<'a> Viewer<'a> {
    fn of(opened: &'a Opened<'_>, next: &Next) -> Self {
        match (&opened.signed_in, &opened.found.user) {
            (Some(it), Some(user)) if it.session.tenant == user.tenant && it.user.id == user.id => {
                Self::Invitee(user)
            }
            (Some(signed_in), _) => Self::SomeoneElse(signed_in),
            (None, Some(_)) => {
                Self::SignedOut(opened.sign_in_address(&[("next", &next.to_string())]))
            }
            (None, None) => Self::Newcomer,
        }
    }

    /// What they have to do.
    fn lead(&self, opened: &Opened<'_>) -> String {
        let language = &opened.language;
        match self {
            Self::Newcomer => language.text("accept-newcomer"),
            Self::SignedOut(_) => language.text("accept-signed-out"),
            Self::Invitee(user) => {
                language.text_with("accept-signed-in", [("name", user.full_name().into())])
            }
            Self::SomeoneElse(signed_in) => {
                let about = [
                    ("name", signed_in.user.full_name().into()),
                    ("mailbox", opened.found.invitation.mailbox.typed().into()),
                    ("who", opened.who().into()),
                ];
                language.text_with("accept-someone-else", about)
            }
        }
    }
}

#[derive(askama::Template)]
#[template(path = "accept.html")]
struct AcceptPage<'a> {
    frame: Frame<'a>,
    title: String,
    heading: String,
    lead: String,
    roles: String,
    until: String,
    /// The organization's; the only thing on any page that a browser may load from another site.
    logo: Option<Url>,
    invitation: &'a Invitation,
    viewer: Viewer<'a>,
    fields: Vec<Field<'a>>,
    form_error: Option<&'a FormError>,
    token: &'a str,
    nonce: String,
    next: Next,
}

impl<'a> AcceptPage<'a> {
    fn of(opened: &'a Opened<'_>, form_error: Option<&'a FormError>, name: &'a str) -> Self {
        let Opened { found, language, token, .. } = opened;
        let next = Next::Accept((*token).to_owned());
        let viewer = Viewer::of(opened, &next);
        let form = match &viewer {
            Viewer::SomeoneElse(signed_in) => FormId::SignOut(signed_in.session.id),
            _ => FormId::Accept(token),
        };
        let fields = match &viewer {
            Viewer::Newcomer => newcomer_fields(opened, form_error, name),
            _ => Vec::new(),
        };
        let organization = || ("place", found.title().into());
        let heading = match opened.inviter() {
            Some(who) => {
                language.text_with("accept-heading", [("who", who.into()), organization()])
            }
            None => language.text_with("accept-heading-nobody", [organization()]),
        };
        let authority = found.invitation.offer.authority.map(|it| language.authority(it));
        Self {
            frame: opened.frame(),
            title: title(language, &heading, form_error),
            heading,
            lead: viewer.lead(opened),
            roles: found.roles.iter().cloned().chain(authority).collect::<Vec<_>>().join(", "),
            until: language.moment(found.invitation.expires_at),
            logo: found.organization.as_ref().and_then(destination::logo),
            invitation: &found.invitation,
            viewer,
            fields,
            form_error,
            token,
            nonce: form.nonce(opened.site),
            next,
        }
    }
}

fn newcomer_fields<'a>(
    opened: &Opened<'_>,
    error: Option<&'a FormError>,
    name: &'a str,
) -> Vec<Field<'a>> {
    let language = &opened.language;
    let min = opened.site.usher.policy.passwords.min;
    vec![
        Field {
            id: "name",
            label: language.text("accept-name"),
            hint: None,
            autocomplete: "name",
            typed: Some(name),
            min_length: None,
            error: FormError::about(error, "name"),
        },
        Field {
            id: "password",
            label: language.text("accept-password"),
            hint: Some(language.text_with("accept-password-hint", [("min", min.into())])),
            autocomplete: "new-password",
            typed: None,
            min_length: Some(min),
            error: FormError::about(error, "password"),
        },
    ]
}
