//! What the link to an invitation opens, and the notices about it.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use url::form_urlencoded;
use usher_application::{LookUpError, LookedUp, SignedInUser};
use usher_domain::Closed;

use super::{
    next::Next,
    paths::SIGN_IN,
    site::Site,
    view::{Frame, Notice, render},
};
use crate::{
    locale::{Language, PreferredLanguages},
    problem::Problem,
};

/// An invitation that a link opens, and who has opened it.
pub(super) struct Opened<'a> {
    pub site: &'a Site,
    pub token: &'a str,
    pub found: LookedUp,
    /// Who is signed in for a whole tenant, which need not be that of the invitation.
    pub signed_in: Option<SignedInUser>,
    pub language: Language,
}

impl<'a> Opened<'a> {
    /// What the token opens; none if usher never made such a token.
    pub(super) async fn find(
        site: &'a Site,
        preferred: &PreferredLanguages,
        jar: &CookieJar,
        token: &'a str,
    ) -> Result<Option<Self>, Problem> {
        let found = match site.usher.invitations.look_up.run(token).await {
            Ok(found) => found,
            Err(LookUpError::Unknown) => return Ok(None),
            Err(LookUpError::Store(error)) => return Err(error.into()),
        };
        let own = found.invitation.offer.locale.as_ref();
        let language = preferred.language(own, Some(&found.tenant.locale));
        let signed_in = site.tenant_user(jar).await?;
        Ok(Some(Self { site, token, found, signed_in, language }))
    }

    /// Who invites: the inviter, or else the organization or tenant.
    pub(super) fn who(&self) -> &str {
        self.inviter().unwrap_or_else(|| self.found.title())
    }

    pub(super) fn inviter(&self) -> Option<&str> {
        self.found.invitation.offer.inviter.as_ref().map(|it| it.name.as_str())
    }

    pub(super) fn frame(&self) -> Frame<'_> {
        self.site.frame(self.language.clone(), Some(&self.found.tenant.display_name))
    }

    /// The address of the page to sign in to the tenant, with these parameters besides.
    pub(super) fn sign_in_address(&self, parameters: &[(&str, &str)]) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("tenant", &self.found.tenant.name)
            .extend_pairs(parameters)
            .finish();
        format!("{}{SIGN_IN}?{query}", self.site.base)
    }

    /// Why the invitation can no longer be accepted, and what to do.
    pub(super) fn closed(&self, closed: Closed) -> Response {
        let page = self.notice(match closed {
            Closed::Expired => "expired",
            Closed::Accepted => "accepted",
            Closed::Declined => "declined",
            Closed::Revoked => "revoked",
            Closed::Superseded => "superseded",
            Closed::Void => "link-void",
            Closed::Readdressed => "readdressed",
        });
        (StatusCode::GONE, page).into_response()
    }

    /// The notice with the texts `{name}-title` and `{name}-text`.
    pub(super) fn notice(&self, name: &str) -> Response {
        let until = self.language.moment(self.found.invitation.expires_at);
        let about = [
            ("who", self.who().into()),
            ("place", self.found.title().into()),
            ("until", until.into()),
        ];
        let next = Next::Accept(self.token.to_owned()).to_string();
        let sign_in = |next: &[_]| (self.sign_in_address(next), self.language.text("sign-in-yes"));
        render(&Notice {
            title: self.language.text(&format!("{name}-title")),
            text: self.language.text_with(&format!("{name}-text"), about),
            frame: self.frame(),
            action: match name {
                "accepted" => Some(sign_in(&[])),
                "mail-first" => Some(sign_in(&[("next", &next)])),
                _ => None,
            },
        })
    }
}

/// The notice for a token that usher never made. It reveals nothing about tenants, organizations or
/// mailboxes.
pub(super) fn unknown(site: &Site, preferred: &PreferredLanguages) -> Response {
    let language = preferred.language(None, None);
    let page = render(&Notice {
        title: language.text("unknown-title"),
        text: language.text("unknown-text"),
        frame: site.frame(language, None),
        action: None,
    });
    (StatusCode::NOT_FOUND, page).into_response()
}
