//! The HTTP adapter: the dialects and the invitee's pages over one set of use cases.

mod basic_auth;
mod dialect;
mod health;
mod layers;
mod pages;
mod problem;
mod request;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use axum::Router;
use usher_application::Usher;

use crate::pages::Site;

pub use health::Health;

/// What an operator may choose of the dialects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub experimental: Experimental,
    /// How many requests a key may make of each API at once, and again in every ten seconds; none:
    /// any number.
    pub rate: Option<u32>,
}

/// What becomes of a request that uses an experiment without saying so, where the original has
/// clients say so in a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Experimental {
    #[default]
    Accept,
    Demand,
}

/// The whole HTTP surface.
pub fn router(usher: Arc<Usher>, health: Health, options: Options) -> Router {
    let site = Arc::new(Site::new(usher.clone()));
    let all = dialect::router(usher, options)
        .merge(pages::router(site.clone()))
        .merge(health::router(health));
    layers::around(all, site)
}
