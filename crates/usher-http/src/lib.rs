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

pub use health::Health;

/// The whole HTTP surface.
pub fn router(usher: Arc<Usher>, health: Health) -> Router {
    let first = usher.ports.entropy.id();
    let own = Router::new()
        .merge(dialect::confidence::router())
        .merge(pages::router())
        .with_state(usher);
    layers::around(own.merge(health::router(health)), first)
}
