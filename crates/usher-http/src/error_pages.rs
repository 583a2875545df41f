//! What an error looks like: a page where a person reads it, whoever made the error; for programs the
//! dialect's own body or, where there is none, problem details (RFC 9457).

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
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

/// The kind of the texts for somebody who opened an address that is for programs.
const FOR_PROGRAMS: &str = "programs";

/// Gives every error the body that its reader understands: see [`Reader`].
pub(crate) async fn add_body(
    State(site): State<Arc<Site>>,
    preferred: PreferredLanguages,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let is_page = route.is_some_and(|it| paths::ALL.contains(&it));
    let reader = Reader::of(request.headers(), is_page);
    let is_mailed = route.is_some_and(|it| paths::MAILED.contains(&it));
    let mut response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let kind = response.headers().get(CONTENT_TYPE);
    let is_html = kind.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    let is_of_dialect = kind.is_some() && !is_html;
    if is_html || (is_of_dialect && reader != Reader::Browser) {
        return response;
    }
    let mut headers = std::mem::take(response.headers_mut());
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_TYPE);
    let problem = response.extensions_mut().remove::<Problem>();
    if reader != Reader::Program {
        let own = problem.and_then(|it| it.kind);
        let is_asked_wrong = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
        let of_dialect = (is_of_dialect && is_asked_wrong).then_some(FOR_PROGRAMS);
        let kind = own.or(of_dialect).unwrap_or(status.as_str());
        let wait = seconds(&headers, RETRY_AFTER);
        return (status, headers, page(&site, &preferred, (kind, is_mailed), wait)).into_response();
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

/// Who reads an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// A person, at whatever address: every error is a page.
    Browser,
    /// A client that would rather have HTML than JSON: an error without a body is a page, while one of a
    /// dialect stays as it is. Some libraries name `text/html` unasked, and their programs read JSON.
    Html,
    /// A program.
    Program,
}

impl Reader {
    fn of(headers: &HeaderMap, is_page: bool) -> Self {
        if opens_a_page(headers) {
            Self::Browser
        } else if wants_html(headers, is_page) {
            Self::Html
        } else {
            Self::Program
        }
    }
}

/// Whether a browser shows the answer to whoever uses it. Browsers say so where the connection is safe
/// (Fetch Metadata), and elsewhere they ask for XHTML, which no program does.
fn opens_a_page(headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get("sec-fetch-mode") {
        return mode == "navigate";
    }
    let names =
        |range: &str| weighted(headers, ACCEPT).any(|(it, weight)| it == range && weight > 0.0);
    names("text/html") && names("application/xhtml+xml")
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

/// What went wrong, and what to do: the texts of this kind, or those of all problems. Where a link in a
/// mail leads to the page, there may be a remedy of its own.
fn page(
    site: &Site,
    preferred: &PreferredLanguages,
    (kind, is_mailed): (&str, bool),
    wait: Option<u64>,
) -> Response {
    let language = preferred.language(None, None);
    let seconds = wait.unwrap_or(1);
    let text = |part| {
        let about = [("seconds", seconds.into())];
        let named = |name: String| language.try_text_with(&name, about.clone());
        let of_mail = is_mailed.then(|| named(format!("problem-{kind}-mail-{part}"))).flatten();
        let own = of_mail.or_else(|| named(format!("problem-{kind}-{part}")));
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
    fn a_browser_that_opens_a_page_is_known_by_what_it_says_of_itself() {
        let firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        // So do programs in Java that say nothing else.
        let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
        for (mode, accept, reader) in [
            (Some("navigate"), "*/*", Reader::Browser),
            (Some("navigate"), "application/json", Reader::Browser),
            (Some("cors"), firefox, Reader::Html),
            (Some("cors"), "application/json", Reader::Program),
            (None, firefox, Reader::Browser),
            (None, java, Reader::Html),
            (None, "text/html", Reader::Html),
            (None, "application/json", Reader::Program),
            (None, "*/*", Reader::Program),
        ] {
            let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            if let Some(mode) = mode {
                headers.insert("sec-fetch-mode", HeaderValue::from_static(mode));
            }
            assert_eq!(Reader::of(&headers, false), reader, "{mode:?} {accept}");
        }
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
