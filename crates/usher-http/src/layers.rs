//! The layers around every route: a request id, a trace, limits, and security headers.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode},
    middleware::{from_fn_with_state, map_request, map_response_with_state},
    response::{IntoResponse as _, Response},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tracing::{Span, field::Empty};
use uuid::Uuid;

use crate::{
    error_pages,
    observe::{Observer, observe},
    pages::site::Site,
    problem::Problem,
    security,
};

/// The most bytes that a request's body may have; a router inside may set another limit.
pub(crate) const MAX_BODY: usize = 1 << 20;

/// How long a handler may take; after that the answer is 503.
const TIMEOUT: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts all layers around the routes.
pub(crate) fn around(router: Router, site: Arc<Site>, observer: Observer) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_request(())
        .on_response(log_answer)
        .on_failure(());
    let ids = RequestIds { first: first_request_id(&site), count: Arc::default() };
    router.layer(
        ServiceBuilder::new()
            .layer(map_response_with_state(site.is_https, security::add_headers))
            .layer(map_request(drop_malformed_id))
            .layer(SetRequestIdLayer::new(REQUEST_ID, ids))
            .layer(trace)
            .layer(PropagateRequestIdLayer::new(REQUEST_ID))
            .layer(from_fn_with_state(observer, observe))
            .layer(from_fn_with_state(site, error_pages::add_body))
            .layer(CatchPanicLayer::custom(on_panic))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
            .layer(DefaultBodyLimit::max(MAX_BODY)),
    )
}

/// The number from which this run counts: a fresh UUID.
fn first_request_id(site: &Site) -> u128 {
    site.usher.random_id().as_u128()
}

/// Counts on from a fresh UUID, so that no two nodes and no two runs have an id in common.
#[derive(Clone)]
struct RequestIds {
    first: u128,
    count: Arc<AtomicU64>,
}

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let id = Uuid::from_u128(self.first.wrapping_add(count.into()));
        HeaderValue::try_from(id.simple().to_string()).ok().map(RequestId::new)
    }
}

/// Removes an id from a proxy or a client that is too long, or has characters which do not belong
/// into a log.
async fn drop_malformed_id(mut request: Request) -> Request {
    let fits = |it: &HeaderValue| {
        let fits = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
        it.len() <= 64 && it.as_bytes().iter().all(|it| fits(*it))
    };
    if !request.headers().get(REQUEST_ID).is_some_and(fits) {
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

/// The message of a panic may hold secrets: the panic hook reports it, the answer does not.
fn on_panic(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

#[cfg(test)]
mod tests;
