//! The page behind the link in the mail: accept, or decline.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use url::{Url, form_urlencoded};
use usher_application::{AcceptError, Acceptor, DeclineError, LookUpError, LookedUp, SignedInUser};
use usher_domain::{Closed, InvalidText, Invitation, PasswordRules, TextRule, WeakPassword};

use super::{
    Fields, Query,
    next::Next,
    sign_in,
    site::{Field, Flaw, Frame, Notice, Site, shown},
};
use crate::{
    layers::CONTENT_POLICY,
    locale::{Language, Reader},
    problem::Problem,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    invitation: String,
}

/// Shows what the link opens, and changes nothing: others than the invitee look at links too.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    reader: Reader,
    jar: CookieJar,
    Query(link): Query<Link>,
) -> Result<Response, Problem> {
    let opened = match Opened::by(&site, &reader, &jar, &link.invitation).await? {
        Ok(opened) => opened,
        Err(unknown) => return Ok(unknown),
    };
    Ok(match opened.found.open {
        Ok(()) => opened.page(None, opened.found.invitation.name.as_deref().unwrap_or_default()),
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
pub(super) async fn answer(
    State(site): State<Arc<Site>>,
    reader: Reader,
    jar: CookieJar,
    Fields(form): Fields<Reply>,
) -> Result<Response, Problem> {
    let opened = match Opened::by(&site, &reader, &jar, &form.invitation).await? {
        Ok(opened) => opened,
        Err(unknown) => return Ok(unknown),
    };
    if let Err(closed) = opened.found.open {
        return Ok(opened.closed(closed));
    }
    if !site.usher.forms.accepts(&context(&form.invitation), &form.nonce) {
        let flaw = Flaw { field: None, text: opened.language.say("form-expired") };
        return Ok((StatusCode::FORBIDDEN, opened.page(Some(&flaw), &form.name)).into_response());
    }
    match form.answer {
        Choice::Accept => opened.accept(&form).await,
        Choice::Decline => opened.decline(&form.invitation).await,
    }
}

/// Which form a nonce is for.
fn context(token: &str) -> String {
    format!("accept {token}")
}

/// What a link opens, for the one who reads it.
struct Opened<'a> {
    site: &'a Site,
    token: &'a str,
    found: LookedUp,
    visitor: Option<SignedInUser>,
    language: Language,
}

impl<'a> Opened<'a> {
    /// What the token opens, or the page that says that it opens nothing.
    async fn by(
        site: &'a Site,
        reader: &Reader,
        jar: &CookieJar,
        token: &'a str,
    ) -> Result<Result<Self, Response>, Problem> {
        let found = match site.usher.look_up.run(token).await {
            Ok(found) => found,
            Err(LookUpError::Unknown) => return Ok(Err(unknown(site, reader))),
            Err(LookUpError::Store(error)) => return Err(error.into()),
        };
        let own = found.invitation.offer.locale.as_ref();
        let language = reader.language(own, Some(&found.tenant.locale));
        let visitor = site.person(jar).await?;
        Ok(Ok(Self { site, token, found, visitor, language }))
    }

    async fn accept(self, form: &Reply) -> Result<Response, Problem> {
        let by = match &self.visitor {
            Some(visitor) => Acceptor::Session(&visitor.session),
            None => Acceptor::Newcomer { name: &form.name, password: Some(&form.password) },
        };
        let error = match self.site.usher.accept.run(self.token, by).await {
            Ok(accepted) => {
                let cookie = accepted.signed_in.map(|it| self.site.cookie(&it.cookie));
                let away = destination(&accepted.invitation);
                let away = away.map(|it| arrival(it, &accepted.invitation));
                let there = away.map_or_else(
                    || self.site.to("/me"),
                    |it| Redirect::to(it.as_str()).into_response(),
                );
                return Ok((cookie, there).into_response());
            }
            Err(error) => error,
        };
        let (status, flaw) = match error {
            AcceptError::Unknown => return Ok(StatusCode::NOT_FOUND.into_response()),
            AcceptError::Store(error) => return Err(error.into()),
            AcceptError::Closed(closed) => return Ok(self.closed(closed)),
            AcceptError::Disabled => {
                return Ok((StatusCode::FORBIDDEN, self.notice("disabled")).into_response());
            }
            AcceptError::Inactive => {
                return Ok((StatusCode::CONFLICT, self.notice("inactive")).into_response());
            }
            AcceptError::Domain => {
                return Ok((StatusCode::FORBIDDEN, self.notice("domain")).into_response());
            }
            AcceptError::SomeoneElse => (StatusCode::FORBIDDEN, None),
            AcceptError::SignInFirst => (StatusCode::CONFLICT, None),
            AcceptError::Name(broken) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Some(self.name_flaw(broken)))
            }
            AcceptError::Password(weak) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Some(self.password_flaw(weak)))
            }
        };
        Ok((status, self.page(flaw.as_ref(), &form.name)).into_response())
    }

    async fn decline(self, token: &str) -> Result<Response, Problem> {
        match self.site.usher.decline.run(token).await {
            Ok(_) => Ok(self.notice("declined-now")),
            Err(DeclineError::Unknown) => Ok(StatusCode::NOT_FOUND.into_response()),
            Err(DeclineError::Closed(closed)) => Ok(self.closed(closed)),
            Err(DeclineError::Store(error)) => Err(error.into()),
        }
    }

    fn name_flaw(&self, broken: InvalidText) -> Flaw {
        let text = match broken.rule {
            TextRule::Empty => self.language.say("name-empty"),
            TextRule::TooLong(max) | TextRule::TooMany(max) => {
                self.language.tell("name-too-long", [("max", max.into())])
            }
            TextRule::Control => self.language.say("name-control"),
            TextRule::Link => self.language.say("name-link"),
        };
        Flaw { field: Some("name"), text }
    }

    fn password_flaw(&self, weak: WeakPassword) -> Flaw {
        let text = match weak {
            WeakPassword::TooShort(min) => {
                self.language.tell("password-too-short", [("min", min.into())])
            }
            WeakPassword::TooLong => {
                self.language.tell("password-too-long", [("max", PasswordRules::MAX.into())])
            }
            WeakPassword::Common => self.language.say("password-common"),
            WeakPassword::Pattern => self.language.say("password-pattern"),
            WeakPassword::Personal => self.language.say("password-personal"),
        };
        Flaw { field: Some("password"), text }
    }

    /// Who invites: a name, or the place itself.
    fn who(&self) -> &str {
        self.inviter().unwrap_or_else(|| self.found.place())
    }

    fn inviter(&self) -> Option<&str> {
        self.found.invitation.offer.inviter.as_ref().map(|it| it.name.as_str())
    }

    fn frame(&self) -> Frame<'_> {
        self.site.frame(self.language.clone(), Some(&self.found.tenant.display_name))
    }

    fn page(&self, flaw: Option<&Flaw>, name: &str) -> Response {
        let LookedUp { invitation, user, .. } = &self.found;
        let language = &self.language;
        let next = Next::Accept(self.token.to_owned());
        let (way, lead) = match (&self.visitor, user) {
            (Some(visitor), Some(user))
                if visitor.session.tenant == user.tenant && visitor.user.id == user.id =>
            {
                let name = user.full_name();
                (Way::SignedIn, language.tell("accept-signed-in", [("name", name.into())]))
            }
            (Some(visitor), _) => {
                let about = [
                    ("name", visitor.user.full_name().into()),
                    ("mailbox", invitation.mailbox.typed().into()),
                    ("who", self.who().into()),
                ];
                (Way::SomeoneElse, language.tell("accept-someone-else", about))
            }
            (None, Some(_)) => {
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("tenant", &self.found.tenant.name)
                    .append_pair("next", &next.to_string())
                    .finish();
                let href = format!("{}/signin?{query}", self.site.base);
                (Way::SignedOut(href), language.say("accept-signed-out"))
            }
            (None, None) => (Way::Newcomer, language.say("accept-newcomer")),
        };
        let fields = if way == Way::Newcomer { self.fields(flaw, name) } else { Vec::new() };
        let nonce = match (&way, &self.visitor) {
            (Way::SomeoneElse, Some(visitor)) => sign_in::sign_out_context(visitor),
            _ => context(self.token),
        };
        let place = || ("place", self.found.place().into());
        let heading = match self.inviter() {
            Some(who) => language.tell("accept-heading", [("who", who.into()), place()]),
            None => language.tell("accept-heading-nobody", [place()]),
        };
        let title = match flaw {
            Some(_) => language.tell("title-with-error", [("title", heading.as_str().into())]),
            None => heading.clone(),
        };
        let authority = invitation.offer.authority.map(|it| language.authority(it));
        let logo = self.found.organization.as_ref().and_then(|it| web(it.logo_url.as_deref()?));
        let page = AcceptPage {
            frame: self.frame(),
            title,
            heading,
            lead,
            roles: self.found.roles.iter().cloned().chain(authority).collect::<Vec<_>>().join(", "),
            until: language.moment(invitation.expires_at),
            logo: logo.as_ref().map(Url::as_str),
            invitation,
            way,
            fields,
            flaw,
            token: self.token,
            nonce: self.site.usher.forms.nonce(&nonce),
            next,
        };
        let mut page = shown(&page);
        if let Some(policy) = allowing(destination(invitation).as_ref(), logo.as_ref()) {
            page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        page
    }

    fn fields<'f>(&self, flaw: Option<&'f Flaw>, name: &'f str) -> Vec<Field<'f>> {
        let min = self.site.usher.policy.passwords.min;
        let hint = self.language.tell("accept-password-hint", [("min", min.into())]);
        vec![
            Field {
                id: "name",
                label: self.language.say("accept-name"),
                hint: None,
                autocomplete: "name",
                typed: Some(name),
                least: None,
                error: Flaw::of(flaw, "name"),
            },
            Field {
                id: "password",
                label: self.language.say("accept-password"),
                hint: Some(hint),
                autocomplete: "new-password",
                typed: None,
                least: Some(min),
                error: Flaw::of(flaw, "password"),
            },
        ]
    }

    /// Why it is too late, and what to do.
    fn closed(&self, closed: Closed) -> Response {
        let page = self.notice(match closed {
            Closed::Expired => "expired",
            Closed::Accepted => "accepted",
            Closed::Declined => "declined",
            Closed::Revoked => "revoked",
            Closed::Superseded => "superseded",
        });
        (StatusCode::GONE, page).into_response()
    }

    fn notice(&self, text: &str) -> Response {
        let until = self.language.moment(self.found.invitation.expires_at);
        let about = [
            ("who", self.who().into()),
            ("place", self.found.place().into()),
            ("until", until.into()),
        ];
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("tenant", &self.found.tenant.name)
            .finish();
        let sign_in =
            || (format!("{}/signin?{query}", self.site.base), self.language.say("sign-in-yes"));
        shown(&Notice {
            title: self.language.say(&format!("{text}-title")),
            text: self.language.tell(&format!("{text}-text"), about),
            frame: self.frame(),
            action: (text == "accepted").then(sign_in),
        })
    }
}

/// Says nothing of what there is: not whether the tenant, the place or the mailbox exists.
fn unknown(site: &Site, reader: &Reader) -> Response {
    let language = reader.language(None, None);
    let page = shown(&Notice {
        title: language.say("unknown-title"),
        text: language.say("unknown-text"),
        frame: site.frame(language, None),
        action: None,
    });
    (StatusCode::NOT_FOUND, page).into_response()
}

/// Where the product takes over.
fn destination(invitation: &Invitation) -> Option<Url> {
    web(invitation.offer.redirect.as_ref()?)
}

fn web(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (["http", "https"].contains(&url.scheme()) && url.has_host()).then_some(url)
}

/// There, with what came of the invitation added to its own query.
fn arrival(mut there: Url, accepted: &Invitation) -> Url {
    let mut query = there.query_pairs_mut();
    query.append_pair("invitation", &accepted.id.to_string()).append_pair("status", "accepted");
    if let Some(organization) = &accepted.offer.organization {
        query.append_pair("organization", organization.as_str());
    }
    drop(query);
    there
}

/// The policy under which a form's answer may lead there, for browsers check redirects as well, and
/// a logo may be shown. None where the usual one does.
fn allowing(there: Option<&Url>, logo: Option<&Url>) -> Option<HeaderValue> {
    let plain =
        |it: &String| it.bytes().all(|it| it.is_ascii_alphanumeric() || b":/.-[]".contains(&it));
    let mut policy = CONTENT_POLICY.to_owned();
    for (rule, url) in [("form-action 'self'", there), ("img-src 'self'", logo)] {
        let origin = url.map(|it| it.origin().ascii_serialization()).filter(plain);
        if let Some(origin) = origin {
            policy = policy.replace(rule, &format!("{rule} {origin}"));
        }
    }
    HeaderValue::try_from(policy).ok().filter(|_| there.or(logo).is_some())
}

/// How the reader can accept.
#[derive(PartialEq)]
enum Way {
    /// With a name and a password.
    Newcomer,
    /// An account exists: by signing in there.
    SignedOut(String),
    SignedIn,
    /// Not at all, as long as they are signed in as who they are.
    SomeoneElse,
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
    /// The organization's; the only thing on any page that may come from elsewhere.
    logo: Option<&'a str>,
    invitation: &'a Invitation,
    way: Way,
    fields: Vec<Field<'a>>,
    flaw: Option<&'a Flaw>,
    token: &'a str,
    nonce: String,
    next: Next,
}
