//! All routes, with the layers around them.

use std::sync::Arc;

use axum::{Router, http::StatusCode, middleware::from_fn};
use usher_application::Usher;

use crate::{
    dialect,
    guard::guarded,
    health::{self, Health},
    layers,
    observe::Observer,
    options::Options,
    pages::{self, site::Site},
    problem::Problem,
    source::SourceLimit,
};

/// A first request for an operator who has just started usher: posted to this path as JSON, with a
/// bearer token of the form `ID.SECRET`, it creates an invitation.
pub const FIRST_INVITATION_PATH: &str = "/v1/userInvitations";
pub const FIRST_INVITATION_BODY: &str =
    r#"{"invitedEmail":"ada@example.com","inviter":"Your name"}"#;

/// The whole HTTP surface.
pub fn router(usher: Arc<Usher>, health: Health, options: Options) -> Router {
    let Options { experimental, rate, sign_in_rate, trusted_proxies, source, query_secrets } =
        options;
    let site = Arc::new(Site::new(usher.clone()));
    let limit = SourceLimit::new(sign_in_rate, trusted_proxies, source, usher.clock());
    let observer = Observer { usher: usher.clone(), sources: limit.clone() };
    let dialects = dialect::router(usher, experimental, query_secrets, rate, limit.clone());
    let others = pages::router(site.clone(), limit)
        .merge(health::router(health))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(from_fn(guarded::<Problem>));
    layers::around(dialects.merge(others), site, observer)
}

#[cfg(test)]
mod tests;
