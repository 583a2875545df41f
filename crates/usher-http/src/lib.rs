//! The HTTP adapter: the dialects and the invitee's pages over one set of use cases.

mod dialect;
mod health;
mod layers;
mod pages;
mod problem;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use axum::Router;
use usher_application::Usher;

use crate::pages::Site;

pub use health::Health;

/// The whole HTTP surface.
pub fn router(usher: Arc<Usher>, health: Health) -> Router {
    let site = Arc::new(Site::new(usher.clone()));
    let dialects = Router::new().merge(dialect::confidence::router()).with_state(usher);
    let all = dialects.merge(pages::router(site.clone())).merge(health::router(health));
    layers::around(all, site)
}
