//! Headers that restrict what a browser does with an answer.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// What pages may load and where their forms may lead: our own style sheet, images and forms.
pub(crate) const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    // Whatever may be kept, such as the style sheet, says so itself.
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// For a year, browsers reach the host by HTTPS alone (RFC 6797). Other hosts of its domain are not
/// ours to speak for.
const TRANSPORT: (HeaderName, &str) = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");

/// Adds each of these headers, unless the handler has set it already; the one that demands HTTPS only
/// where people reach the site by it.
pub(crate) async fn add_headers(State(is_https): State<bool>, mut response: Response) -> Response {
    for (name, value) in HEADERS.into_iter().chain(is_https.then_some(TRANSPORT)) {
        let it = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(it);
    }
    response
}
