//! The HTTP adapter: the dialects, the pages of invitees and health checks, over the use cases.

mod basic;
mod dialect;
mod error_pages;
mod health;
mod layers;
mod locale;
mod options;
mod pages;
mod problem;
mod security;
#[cfg(test)]
mod testing;
mod weighted;

use std::sync::Arc;

use axum::Router;
use usher_application::Usher;

use crate::pages::site::Site;

pub use crate::{
    health::Health,
    options::{Experimental, Options},
};

/// All routes, with the layers around them.
pub fn router(usher: Arc<Usher>, health: Health, options: Options) -> Router {
    let site = Arc::new(Site::new(usher.clone()));
    let dialects = Router::new()
        .merge(dialect::confidence::router())
        .merge(dialect::loginradius::router(&usher))
        .merge(dialect::sailpoint::router(&usher, options))
        .merge(dialect::soajs::router())
        .with_state(usher);
    let all = dialects.merge(pages::router(site.clone())).merge(health::router(health));
    layers::around(all, site)
}
