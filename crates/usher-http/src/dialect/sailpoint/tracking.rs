//! Gives each request an id that the client sees, and renders the errors that name it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header::CONTENT_LENGTH},
    middleware::Next,
    response::Response,
};
use tower_http::request_id::RequestId;
use usher_application::Entropy;

use super::{error_language::ErrorLanguage, fault::PendingError};

/// The header with the id of the request, which clients quote when they ask the operator.
const TRACKING: HeaderName = HeaderName::from_static("slpt-request-id");

/// Gives the request an id, and renders its error if there is one.
pub(super) async fn render_errors(
    State(entropy): State<Arc<dyn Entropy>>,
    language: ErrorLanguage,
    request: Request,
    next: Next,
) -> Response {
    let ours =
        request.extensions().get::<RequestId>().and_then(|it| it.header_value().to_str().ok());
    let ours = ours.filter(|it| it.len() == 32 && it.bytes().all(|it| it.is_ascii_hexdigit()));
    let is_ours = ours.is_some();
    let tracking =
        ours.map_or_else(|| entropy.id().as_simple().to_string(), str::to_ascii_lowercase);
    let mut response = next.run(request).await;
    if let Some(pending) = response.extensions_mut().remove::<PendingError>() {
        let (parts, body) = pending.render(&language, &tracking).into_parts();
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().extend(parts.headers);
        *response.body_mut() = body;
        if !is_ours {
            // A proxy gave the request another id, which is the one in the log.
            tracing::info!(tracking, "the id that the client was given");
        }
    }
    if let Ok(tracking) = HeaderValue::try_from(tracking) {
        response.headers_mut().insert(TRACKING, tracking);
    }
    response
}
