//! One folder for each wire protocol, with `router()` as its only way in.
//!
//! A dialect turns its wire types into calls of use cases and their answers back. It knows the
//! domain; the domain does not know it, and dialects do not know each other. What they have in
//! common is in [`crate::request`] and [`state`].

mod confidence;
mod loginradius;
mod sailpoint;
mod soajs;
mod state;

use std::{sync::Arc, time::Duration};

use axum::Router;
use usher_application::Usher;

use self::state::DialectState;
use crate::{
    options::{Experimental, QuerySecrets},
    rate_limit::{Rate, RateLimit},
    source::SourceLimit,
};

/// The time that the setting `http.rate` counts requests in.
const SPAN: Duration = Duration::from_secs(10);

/// All dialects over one set of use cases.
pub(crate) fn router(
    usher: Arc<Usher>,
    experimental: Experimental,
    query_secrets: QuerySecrets,
    rate: Option<u32>,
    source_limit: SourceLimit,
) -> Router {
    let rate = rate.map(|count| Rate { count, span: SPAN });
    let rate_limit = Arc::new(RateLimit::new(rate, usher.clock()));
    let state = DialectState { usher, rate_limit, source_limit, query_secrets };
    Router::new()
        .merge(confidence::router(&state.source_limit))
        .merge(loginradius::router(&state))
        .merge(sailpoint::router(&state, experimental))
        .merge(soajs::router(&state.source_limit))
        .with_state(state)
}
