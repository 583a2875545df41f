//! Errors outside the dialects: problem details after RFC 9457, or a page for a browser.

use std::{error::Error, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse, Json, Response},
};
use serde::Serialize;
use tower_http::request_id::RequestId;
use usher_application::StoreError;

use crate::{
    locale::Reader,
    pages::site::{Notice, Site, shown},
};

/// What went wrong, in words for whoever asked. Put into the form they read by [`told`].
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: Option<&'static str>,
}

/// Seconds after which another try may work.
const LATER: HeaderValue = HeaderValue::from_static("5");

impl Problem {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, detail: None }
    }

    pub(crate) fn because(self, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "the store failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE)
    }
}

/// An error and all that caused it, for the log.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |it| (*it).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, LATER);
        }
        response.extensions_mut().insert(self);
        response
    }
}

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

/// Gives words to every error that has none, neither a body nor a type: to a browser a page, to
/// everyone else problem details.
pub(crate) async fn told(
    State(site): State<Arc<Site>>,
    reader: Reader,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let reads_html = request.headers().get_all(ACCEPT).iter().any(names_html);
    let mut response = next.run(request).await;
    let status = response.status();
    let wordless = !response.headers().contains_key(CONTENT_TYPE);
    if !wordless || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mut headers = std::mem::take(response.headers_mut());
    headers.remove(CONTENT_LENGTH);
    if reads_html {
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
    shown(&Notice { title, text, frame: site.frame(language, None), action: None })
}
