//! The page that shows an invitation and asks for the answer.

use axum::{http::header::CONTENT_SECURITY_POLICY, response::Response};
use url::Url;
use usher_application::{LookedUp, SignedInUser};
use usher_domain::{Entrance, Invitation, LinkKind, Membership, Organization, Status, User};

use super::{
    destination,
    form::FormId,
    next::Next,
    opened::Opened,
    view::{Field, FormError, Frame, render, title},
};

/// The page for an invitation that can be accepted, with the name that was typed before.
pub(super) fn page(opened: &Opened<'_>, error: Option<&FormError>, name: &str) -> Response {
    let next = Next::Accept(opened.token.to_owned());
    let viewer = Viewer::of(opened, &next);
    page_for(opened, viewer, error, name)
}

/// The page for an invitation whose invitee must sign in.
pub(super) fn sign_in_page(opened: &Opened<'_>) -> Response {
    let next = Next::Accept(opened.token.to_owned());
    page_for(opened, Viewer::SignedOut(sign_in_address(opened, &next)), None, "")
}

fn page_for(
    opened: &Opened<'_>,
    viewer: Viewer<'_>,
    error: Option<&FormError>,
    name: &str,
) -> Response {
    let page = AcceptPage::of(opened, viewer, error, name);
    let destination = destination::of(page.invitation);
    let mut response = render(&page);
    if let Some(policy) = destination::content_policy(destination.as_ref(), page.logo.as_ref()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What an account has that is taken back.
struct Account<'a> {
    held: &'a [(Organization, Membership)],
    /// A sentence about the authority that it has, if any.
    authority: Option<String>,
}

/// Who looks at the page, which decides how they can accept.
enum Viewer<'a> {
    /// Somebody without an account: they accept with a name and a password. If the link does not
    /// tell who has one, they may sign in at this address instead.
    Newcomer(Option<String>),
    /// Somebody who reads the mailbox of an account that nobody had proven to be theirs: they take it
    /// back with a name and a password. Whoever knows its password signs in at this address.
    Recovering { account: Account<'a>, sign_in: Option<String> },
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
            (None, user) => Self::signed_out(opened, user.as_ref(), next),
        }
    }

    fn signed_out(opened: &'a Opened<'_>, user: Option<&User>, next: &Next) -> Self {
        let LookedUp { kind, entrance, held, .. } = &opened.found;
        let sign_in = || sign_in_address(opened, next);
        match entrance {
            Entrance::SignIn => Self::SignedOut(sign_in()),
            Entrance::Recover => Self::Recovering {
                account: Account { held, authority: authority_text(opened, user) },
                sign_in: user.filter(|it| it.signs_in()).map(|_| sign_in()),
            },
            Entrance::Join | Entrance::Return | Entrance::Mail | Entrance::Shut => {
                Self::Newcomer((*kind == LinkKind::HandedOver).then(sign_in))
            }
        }
    }

    /// Where somebody who sees a form for a new password signs in, if they may have an account.
    fn own_account(&self) -> Option<&str> {
        match self {
            Self::Newcomer(address) | Self::Recovering { sign_in: address, .. } => {
                address.as_deref()
            }
            Self::SignedOut(_) | Self::Invitee(_) | Self::SomeoneElse(_) => None,
        }
    }

    /// What they have to do.
    fn lead(&self, opened: &Opened<'_>) -> String {
        let language = &opened.language;
        match self {
            Self::Newcomer(_) => language.text("accept-newcomer"),
            Self::Recovering { .. } => language.text("accept-recover"),
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
    /// Whether they may also decline: not what somebody accepted already.
    declines: bool,
    fields: Vec<Field<'a>>,
    form_error: Option<&'a FormError>,
    token: &'a str,
    nonce: String,
    next: Next,
}

impl<'a> AcceptPage<'a> {
    fn of(
        opened: &'a Opened<'_>,
        viewer: Viewer<'a>,
        form_error: Option<&'a FormError>,
        name: &'a str,
    ) -> Self {
        let Opened { found, language, token, .. } = opened;
        let next = Next::Accept((*token).to_owned());
        let form = match &viewer {
            Viewer::SomeoneElse(signed_in) => FormId::Account(signed_in.session.id),
            _ => FormId::Accept(token),
        };
        let fields = match &viewer {
            Viewer::Newcomer(_) | Viewer::Recovering { .. } => {
                newcomer_fields(opened, form_error, name)
            }
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
            declines: found.invitation.status == Status::Pending,
            fields,
            form_error,
            token,
            nonce: form.nonce(opened.site),
            next,
        }
    }
}

fn authority_text(opened: &Opened<'_>, user: Option<&User>) -> Option<String> {
    let authority = opened.language.authority(user?.authority?);
    Some(opened.language.text_with("accept-recover-authority", [("authority", authority.into())]))
}

fn sign_in_address(opened: &Opened<'_>, next: &Next) -> String {
    opened.sign_in_address(&[("next", &next.to_string())])
}

fn newcomer_fields<'a>(
    opened: &Opened<'_>,
    error: Option<&'a FormError>,
    name: &'a str,
) -> Vec<Field<'a>> {
    let language = &opened.language;
    let min = opened.site.usher.policy.passwords.min;
    vec![
        Field::text("name", language.text("accept-name"), "name", name).with_error(error),
        Field::new_password(language, "password", language.text("accept-password"), min)
            .with_error(error),
    ]
}
