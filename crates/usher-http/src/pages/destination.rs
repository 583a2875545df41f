//! The address to redirect to after an invitation was accepted, and the content policy for it.

use axum::http::HeaderValue;
use url::Url;
use usher_domain::{Invitation, Organization};

use super::script;

/// The address that the invitation leads to; none if it names none, or none on the web.
pub(super) fn of(invitation: &Invitation) -> Option<Url> {
    web_address(invitation.offer.redirect.as_ref()?)
}

/// The address of the organization's logo; none if it has none, or none on the web.
pub(super) fn logo(organization: &Organization) -> Option<Url> {
    web_address(organization.logo_url.as_deref()?)
}

fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (["http", "https"].contains(&url.scheme()) && url.has_host()).then_some(url)
}

/// The address with the parameters `invitation`, `status` and `organization` added, by which the
/// product recognizes the invitation.
pub(super) fn after_accepting(mut url: Url, accepted: &Invitation) -> Url {
    let mut query = url.query_pairs_mut();
    query.append_pair("invitation", &accepted.id.to_string()).append_pair("status", "accepted");
    if let Some(organization) = &accepted.offer.organization {
        query.append_pair("organization", organization.as_str());
    }
    drop(query);
    url
}

/// The content policy of a page whose form may lead to `destination`, for browsers apply
/// `form-action` to redirects as well, and which shows `logo`. None where the usual policy will do.
pub(super) fn content_policy(destination: Option<&Url>, logo: Option<&Url>) -> Option<HeaderValue> {
    // Other characters could add a rule to the policy.
    let is_safe =
        |it: &String| it.bytes().all(|it| it.is_ascii_alphanumeric() || b":/.-[]".contains(&it));
    let mut policy = script::content_policy_text().to_owned();
    for (rule, url) in [("form-action 'self'", destination), ("img-src 'self'", logo)] {
        let origin = url.map(|it| it.origin().ascii_serialization()).filter(is_safe);
        if let Some(origin) = origin {
            policy = policy.replace(rule, &format!("{rule} {origin}"));
        }
    }
    HeaderValue::try_from(policy).ok().filter(|_| destination.or(logo).is_some())
}
