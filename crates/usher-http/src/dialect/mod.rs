//! One folder for each wire protocol, with `router()` as its only way in.
//!
//! A dialect turns its wire types into calls of use cases and their answers back. It knows the
//! domain; the domain does not know it, and dialects do not know each other. What they have in
//! common is in [`crate::request`], [`state`] and [`rate_limit`].

mod confidence;
mod loginradius;
mod rate_limit;
mod sailpoint;
mod soajs;
mod state;

use std::sync::Arc;

use axum::Router;
use usher_application::Usher;

use self::{rate_limit::RateLimit, state::DialectState};
use crate::options::Options;

/// All dialects over one set of use cases.
pub(crate) fn router(usher: Arc<Usher>, options: Options) -> Router {
    let Options { experimental, rate } = options;
    let rate_limit = Arc::new(RateLimit::new(rate, usher.clock()));
    let state = DialectState { usher, rate_limit };
    Router::new()
        .merge(confidence::router())
        .merge(loginradius::router(&state))
        .merge(sailpoint::router(&state, experimental))
        .merge(soajs::router())
        .with_state(state)
}
