//! Whether a form comes from a page of ours, by what browsers say of where it was sent.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, Method, StatusCode,
        header::{HOST, ORIGIN},
    },
    middleware::Next,
    response::Response,
};

use super::site::Site;
use crate::problem::Problem;

/// Refuses what another site has a browser send. Asking for a page changes nothing, and anybody may link
/// to one.
pub(super) async fn from_our_pages(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let only_asks = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if only_asks || comes_from(&site, request.headers()) {
        return Ok(next.run(request).await);
    }
    let expected = site.origin.as_deref();
    tracing::info!(
        expected,
        "a form was refused that came from another address than that of `public_url`"
    );
    let detail = "`Origin` must be that of the pages, and `Sec-Fetch-Site` same-origin or none";
    Err(Problem::new(StatusCode::FORBIDDEN).with_detail(detail))
}

/// Whether all that a request says of where it was sent names this site. Programs say nothing; browsers
/// name the origin, and those that reach the site by https say too how it stands to this one.
fn comes_from(site: &Site, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|it| it.to_str().ok());
    let is_ours = |origin: &str| site.is_at(origin, host);
    headers.get_all(ORIGIN).iter().all(|it| it.to_str().is_ok_and(is_ours))
        && headers.get_all("sec-fetch-site").iter().all(|it| it == "same-origin" || it == "none")
}
