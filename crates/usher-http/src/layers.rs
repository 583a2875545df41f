//! What surrounds every answer: an id, a trace, limits, and headers that keep browsers careful.

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
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{from_fn_with_state, map_request, map_response},
    response::{IntoResponse as _, Response},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tracing::Span;
use uuid::Uuid;

use crate::{
    pages::site::Site,
    problem::{self, Problem},
};

/// The most that a request's body may have; a router inside may say otherwise.
const BODY: usize = 1 << 20;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What pages may load and where their forms may lead.
pub(crate) const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Surrounds the whole surface.
pub(crate) fn around(router: Router, site: Arc<Site>) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_request(())
        .on_response(answered)
        .on_failure(());
    let first = site.usher.ports.entropy.id().as_u128();
    let ids = RequestIds { first, count: Arc::default() };
    router.layer(
        ServiceBuilder::new()
            .layer(map_response(careful))
            .layer(map_request(without_odd_id))
            .layer(SetRequestIdLayer::new(REQUEST_ID, ids))
            .layer(trace)
            .layer(PropagateRequestIdLayer::new(REQUEST_ID))
            .layer(from_fn_with_state(site, problem::told))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
            .layer(DefaultBodyLimit::max(BODY)),
    )
}

/// Counts on from a UUID, so that no two nodes and no two runs have an id in common.
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

/// A proxy may have given an id. What does not look like one stays out of the logs.
async fn without_odd_id(mut request: Request) -> Request {
    let fits = |it: &HeaderValue| {
        let fits = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
        it.len() <= 64 && it.as_bytes().iter().all(|it| fits(*it))
    };
    if !request.headers().get(REQUEST_ID).is_some_and(fits) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// Names the route, not the path: what people put into a path or a query is theirs.
fn span<B>(request: &Request<B>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if ["/healthz", "/readyz"].contains(&route) {
        return Span::none();
    }
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|it| it.header_value().to_str().ok());
    tracing::info_span!("request", id, method = %request.method(), route)
}

fn answered<B>(response: &axum::http::Response<B>, latency: Duration, span: &Span) {
    if !span.is_none() {
        let ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status = response.status().as_u16(), ms, "answered");
    }
}

/// What the panic said stays where panics are reported.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

const CAREFUL: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

async fn careful(mut response: Response) -> Response {
    for (name, value) in CAREFUL {
        let it = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(it);
    }
    response
}

#[cfg(test)]
mod tests;
