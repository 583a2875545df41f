//! What the log and the audit learn of every request: where it came from, who called, and that it was
//! refused.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use tracing::Span;
use usher_application::{RequestFacts, Usher, within_request};

use crate::source::SourceLimit;

/// What observing a request takes.
#[derive(Clone)]
pub(crate) struct Observer {
    pub usher: Arc<Usher>,
    pub sources: SourceLimit,
}

/// Counts for the audit whatever is refused to a caller with a good key, whichever use case or dialect
/// refuses it: none of them can forget it. What is refused to those without one is counted where
/// their secrets are looked at, for nobody else knows whom it is about.
pub(crate) async fn observe(
    State(Observer { usher, sources }): State<Observer>,
    request: Request,
    next: Next,
) -> Response {
    let source = sources.shown(request.extensions(), request.headers());
    if let Some(source) = &source {
        Span::current().record("source", tracing::field::display(source));
    }
    let what = what(&request);
    let (response, facts) = within_request(source.clone(), next.run(request)).await;
    let status = response.status();
    if status == StatusCode::FORBIDDEN {
        let source = source.as_deref().map(tracing::field::display);
        tracing::info!(event = "denied", source, status = status.as_u16(), "refused");
    }
    let RequestFacts { caller: Some(caller), is_noted: false } = facts else { return response };
    match status {
        // Some of the dialects answer 401 also to those whose key is good and whose authority is not.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            usher.acts.denied(&caller, what, source);
        }
        StatusCode::TOO_MANY_REQUESTS => usher.acts.throttled(&caller, what, source),
        _ => {}
    }
    response
}

/// The method and the route, of which there are a few only: nothing that the client made up.
fn what(request: &Request) -> String {
    const METHODS: [Method; 6] =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let is_known = METHODS.contains(request.method());
    let method = if is_known { request.method().as_str() } else { "OTHER" };
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    format!("{method} {route}")
}

#[cfg(test)]
mod tests;
