//! All routes, with the layers around them.

use std::sync::Arc;

use axum::Router;
use usher_application::Usher;

use crate::{
    dialect,
    health::{self, Health},
    layers,
    options::Options,
    pages::{self, site::Site},
};

/// A first request for an operator who has just started usher: posted to this path as JSON, with a
/// bearer token of the form `ID.SECRET`, it creates an invitation.
pub const FIRST_INVITATION_PATH: &str = "/v1/userInvitations";
pub const FIRST_INVITATION_BODY: &str =
    r#"{"invitedEmail":"ada@example.com","inviter":"Your name"}"#;

/// The whole HTTP surface.
pub fn router(usher: Arc<Usher>, health: Health, options: Options) -> Router {
    let site = Arc::new(Site::new(usher.clone()));
    let dialects = dialect::router(usher, options);
    let all = dialects.merge(pages::router(site.clone())).merge(health::router(health));
    layers::around(all, site)
}

#[cfg(test)]
mod tests;
