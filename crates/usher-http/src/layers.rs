//! The layers around every route: a request id, a trace, the bound of bodies, and security headers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::{from_fn_with_state, map_request_with_state, map_response_with_state},
};
use sha2::{Digest as _, Sha256};
use tower::ServiceBuilder;
use tower_http::{
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::TraceLayer,
};
use tracing::{Span, field::Empty};
use uuid::Uuid;

use crate::{
    body_limit::body_limit,
    error_pages,
    observe::{Observer, observe},
    pages::site::Site,
    security,
    source::SourceLimit,
};

/// The most bytes that a request's body may have; a router inside may set a lower limit.
pub(crate) const MAX_BODY: usize = 1 << 20;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts all layers around the routes.
pub(crate) fn around(router: Router, site: Arc<Site>, observer: Observer) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_request(())
        .on_response(log_answer)
        .on_failure(());
    let ids = RequestIds { secret: site.usher.random_id(), count: Arc::default() };
    router.layer(
        ServiceBuilder::new()
            .layer(map_response_with_state(site.is_https, security::add_headers))
            .layer(map_request_with_state(observer.sources.clone(), keep_ids_of_proxies))
            .layer(SetRequestIdLayer::new(REQUEST_ID, ids))
            .layer(trace)
            .layer(PropagateRequestIdLayer::new(REQUEST_ID))
            .layer(from_fn_with_state(observer, observe))
            .layer(from_fn_with_state(site, error_pages::add_body))
            .layer(body_limit(MAX_BODY)),
    )
}

/// Makes ids that no two requests, nodes and runs have in common, and of which none tells another one:
/// whoever sees some of them learns nothing of how many requests there were in between.
#[derive(Clone)]
struct RequestIds {
    /// Of this run.
    secret: Uuid,
    count: Arc<AtomicU64>,
}

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        // To ask the system for chance each time would take longer.
        let digest = Sha256::new().chain_update(self.secret).chain_update(count.to_be_bytes());
        let id = Uuid::from_slice(&digest.finalize()[..16]).ok()?;
        HeaderValue::try_from(id.simple().to_string()).ok().map(RequestId::new)
    }
}

/// Removes an id that comes from no trusted proxy, is too long, or has characters which do not belong
/// into a log.
async fn keep_ids_of_proxies(State(sources): State<SourceLimit>, mut request: Request) -> Request {
    let fits = |it: &HeaderValue| {
        let fits = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
        (1..=64).contains(&it.len()) && it.as_bytes().iter().all(|it| fits(*it))
    };
    let is_good = request.headers().get(REQUEST_ID).is_some_and(fits);
    if !(is_good && sources.is_proxy(request.extensions())) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// The span of a request. It names the route, not the path: paths and queries hold secrets.
/// Health checks have none, for they would fill the log.
fn span<B>(request: &Request<B>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if ["/healthz", "/readyz"].contains(&route) {
        return Span::none();
    }
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|it| it.header_value().to_str().ok());
    let method = request.method();
    // Filled in as soon as they are known.
    let (source, caller) = (Empty, Empty);
    tracing::info_span!("request", id, %method, route, source, caller)
}

fn log_answer<B>(response: &axum::http::Response<B>, latency: Duration, span: &Span) {
    if !span.is_none() {
        let ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status = response.status().as_u16(), ms, "answered");
    }
}

#[cfg(test)]
mod tests;
