//! Bodies for errors that have none: a page for a browser, problem details (RFC 9457) for others.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::Next,
    response::{IntoResponse as _, Json, Response},
};
use serde::Serialize;
use tower_http::request_id::RequestId;

use crate::{
    locale::Reader,
    pages::{
        site::Site,
        view::{Notice, render},
    },
    problem::Problem,
};

/// Problem details after RFC 9457.
#[derive(Serialize)]
struct Details<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// Adds a body to every error that has no content type. Errors of the dialects have their own
/// bodies, and pass unchanged.
pub(crate) async fn add_body(
    State(site): State<Arc<Site>>,
    reader: Reader,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let prefers_html = request.headers().get_all(ACCEPT).iter().any(names_html);
    let mut response = next.run(request).await;
    let status = response.status();
    let has_body = response.headers().contains_key(CONTENT_TYPE);
    if has_body || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mut headers = std::mem::take(response.headers_mut());
    headers.remove(CONTENT_LENGTH);
    if prefers_html {
        return (status, headers, page(&site, &reader, status)).into_response();
    }
    let details = Details {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: response.extensions_mut().remove::<Problem>().and_then(|it| it.detail),
        request_id: id.as_ref().and_then(|it| it.header_value().to_str().ok()),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    (status, headers, Json(details).into_response().into_body()).into_response()
}

fn names_html(accept: &HeaderValue) -> bool {
    accept.to_str().is_ok_and(|it| it.contains("text/html"))
}

fn page(site: &Site, reader: &Reader, status: StatusCode) -> Response {
    let language = reader.language(None, None);
    let text = |part| {
        let own = language.try_say(&format!("problem-{}-{part}", status.as_u16()));
        own.unwrap_or_else(|| language.say(&format!("problem-{part}")))
    };
    let (title, text) = (text("title"), text("text"));
    render(&Notice { title, text, frame: site.frame(language, None), action: None })
}
