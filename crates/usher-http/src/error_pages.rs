//! Bodies for errors that have none: a page for a browser, problem details (RFC 9457) for others.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse as _, Json, Response},
};
use serde::Serialize;
use tower_http::request_id::RequestId;

use crate::{
    locale::PreferredLanguages,
    pages::{
        paths,
        site::Site,
        view::{Notice, render},
    },
    problem::Problem,
    weighted::weighted,
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
    preferred: PreferredLanguages,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let is_page = route.is_some_and(|it| paths::ALL.contains(&it));
    let wants_html = wants_html(request.headers(), is_page);
    let mut response = next.run(request).await;
    let status = response.status();
    let has_body = response.headers().contains_key(CONTENT_TYPE);
    if has_body || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mut headers = std::mem::take(response.headers_mut());
    headers.remove(CONTENT_LENGTH);
    let problem = response.extensions_mut().remove::<Problem>();
    if wants_html {
        let kind = problem.and_then(|it| it.kind).unwrap_or(status.as_str());
        let wait = seconds(&headers, RETRY_AFTER);
        return (status, headers, page(&site, &preferred, kind, wait)).into_response();
    }
    let details = Details {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: problem.and_then(|it| it.detail),
        request_id: id.as_ref().and_then(|it| it.header_value().to_str().ok()),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    (status, headers, Json(details).into_response().into_body()).into_response()
}

/// Whether the client gets HTML rather than JSON. People read pages: there the error is JSON only for
/// clients that ask for it. Elsewhere it is HTML only for clients that name `text/html` and do not
/// prefer JSON: browsers do, while API clients often send `*/*`.
fn wants_html(headers: &HeaderMap, is_page: bool) -> bool {
    let ranges: Vec<_> = weighted(headers, ACCEPT).collect();
    let named = |range: &str| {
        let weights = ranges.iter().filter(|(it, _)| it.eq_ignore_ascii_case(range));
        weights.map(|(_, weight)| *weight).reduce(f32::max)
    };
    // The most specific range decides.
    let weight = |ranges: [&str; 3]| ranges.into_iter().find_map(named).unwrap_or(0.0);
    let html = weight(["text/html", "text/*", "*/*"]);
    if is_page {
        let named_json = ["application/problem+json", "application/json"].map(named);
        let json = named_json.into_iter().flatten().fold(0.0, f32::max);
        let prefers_json = json > html || (json >= html && named("text/html").is_none());
        return json <= 0.0 || !prefers_json;
    }
    let json = weight(["application/problem+json", "application/*", "*/*"])
        .max(named("application/json").unwrap_or(0.0));
    html > 0.0 && (html > json || (html >= json && named("text/html").is_some()))
}

/// The seconds that a header names, if it names any.
fn seconds(headers: &HeaderMap, name: HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// What went wrong, and what to do: the texts of this kind, or those of all problems.
fn page(site: &Site, preferred: &PreferredLanguages, kind: &str, wait: Option<u64>) -> Response {
    let language = preferred.language(None, None);
    let seconds = wait.unwrap_or(1);
    let text = |part| {
        let about = [("seconds", seconds.into())];
        let own = language.try_text_with(&format!("problem-{kind}-{part}"), about);
        own.unwrap_or_else(|| language.text(&format!("problem-{part}")))
    };
    let (title, text) = (text("title"), text("text"));
    render(&Notice { title, text, frame: site.frame(language, None), action: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_prefer_html_get_html() {
        for (accept, expected) in [
            ("text/html", true),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("Text/HTML;charset=utf-8", true),
            ("text/html;q=0.1", true),
            ("text/*", true),
            ("text/html, */*", true),
            ("text/html, application/json", true),
            ("application/json;q=0.5, text/html;q=0.6", true),
            ("text/html;q=0", false),
            ("text/html;q=0, */*", false),
            ("application/json, text/html;q=0.5", false),
            ("application/problem+json, text/html;q=0.9", false),
            ("*/*, text/html;q=0.5", false),
            ("text/html;q=x", false),
            ("text/html-not", false),
            (r#"application/json;profile="text/html""#, false),
            ("application/json", false),
            ("*/*", false),
            ("", false),
        ] {
            let accept = HeaderValue::from_static(accept);
            let headers = HeaderMap::from_iter([(ACCEPT, accept.clone())]);
            assert_eq!(wants_html(&headers, false), expected, "{accept:?}");
        }
        assert!(!wants_html(&HeaderMap::new(), false));
    }

    #[test]
    fn an_error_of_a_page_is_json_only_for_clients_that_ask_for_it() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("*/*", true),
            ("", true),
            ("image/png", true),
            ("application/xhtml+xml", true),
            ("application/*", true),
            ("application/json;q=0", true),
            ("text/html, application/json", true),
            ("application/json;q=0.5, */*", true),
            ("application/json;q=0.5, text/html;q=0.6", true),
            ("application/json", false),
            ("application/problem+json", false),
            ("application/json, text/plain, */*", false),
            ("application/json, text/html;q=0.5", false),
            ("application/json, text/html;q=0", false),
        ] {
            let accept = HeaderValue::from_static(accept);
            let headers = HeaderMap::from_iter([(ACCEPT, accept.clone())]);
            assert_eq!(wants_html(&headers, true), expected, "{accept:?}");
        }
        assert!(wants_html(&HeaderMap::new(), true));
    }
}
