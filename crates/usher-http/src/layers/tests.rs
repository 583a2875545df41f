use std::{io, net::SocketAddr};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, Path},
    http::{StatusCode, header},
    middleware::from_fn,
    response::{IntoResponse, Json},
    routing::{get, post},
};
use serde_json::{Value, json};
use usher_application::{
    Policy, StoreError, Usher,
    testing::{MockPorts, keyring},
};

use super::*;
use crate::{
    guard::guarded,
    health::{self, Health},
    options::Options,
    problem::Problem,
    source::{SourceDetail, SourceLimit, TrustedProxies},
    testing::{Answer, Log, TestApp, ready},
};

/// Routes that fail in each possible way, within all layers.
async fn failing_app() -> TestApp {
    let app = TestApp::new().await;
    let site = Arc::new(Site::new(app.usher.clone()));
    let down = || async { Err("the schema is not current") };
    let bad = Router::new()
        .route("/panic", get(async || -> &'static str { panic!("the secret is 42") }))
        .route("/sleep", get(async || std::future::pending::<&'static str>().await))
        .route("/body", post(async |it: Bytes| it.len().to_string()))
        .route("/own", get(async || (StatusCode::NOT_FOUND, "own words")))
        .route("/error/{status}", get(error))
        .merge(health::router(Health::new(down)))
        .layer(from_fn(guarded::<Problem>));
    TestApp { app: around(bad, site, observer(&app)), ..app }
}

/// An error as the dialects make theirs.
async fn error(Path(status): Path<u16>) -> impl IntoResponse {
    let headers = [(header::RETRY_AFTER, "7"), (header::ALLOW, "PUT")];
    (StatusCode::from_u16(status).unwrap(), headers, Json(json!({ "own": "words" })))
}

fn observer(app: &TestApp) -> Observer {
    let trusted = TrustedProxies::parse(["192.0.2.1"]).unwrap();
    let detail = SourceDetail::default();
    let sources = SourceLimit::new(0, trusted, detail, app.usher.clock());
    Observer { usher: app.usher.clone(), sources }
}

async fn ask(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).unwrap()).await
}

/// The problem, without the request's id.
#[track_caller]
fn problem(answer: &Answer) -> Value {
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    let mut it: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(it["request_id"], answer.headers[REQUEST_ID].to_str().unwrap());
    it.as_object_mut().unwrap().remove("request_id");
    it
}

#[tokio::test]
async fn a_panic_is_a_problem_without_its_message() {
    let app = failing_app().await;
    let answer = ask(&app, "GET", "/panic", &[]).await;
    let expected = json!({
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something broke in the server. Try again later.",
    });
    assert_eq!(problem(&answer), expected);
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_answered_with_503() {
    let app = failing_app().await;
    tokio::time::pause();
    let answer = ask(&app, "GET", "/sleep", &[]).await;
    let problem = problem(&answer);
    assert_eq!(problem["status"], 503);
    // It may have been about to answer.
    assert!(problem["detail"].as_str().unwrap().contains("may have done it"), "{problem}");
}

#[tokio::test]
async fn browsers_are_held_to_https_where_people_reach_the_site_by_it() {
    for (url, expected) in [
        ("https://usher.example/invite", Some("max-age=31536000")),
        ("http://usher.example", None),
        ("http://localhost:8080", None),
    ] {
        let app = TestApp::new().await;
        let usher = Arc::new(Usher::new(&app.ports, &keyring(), &Policy::at(url)));
        let site = Arc::new(Site::new(usher));
        let routes = Router::new().route("/here", get(async || "here"));
        let app = TestApp { app: around(routes, site, observer(&app)), ..app };
        for path in ["/here", "/missing"] {
            let answer = ask(&app, "GET", path, &[]).await;
            let given = answer.headers.get(header::STRICT_TRANSPORT_SECURITY);
            assert_eq!(given.map(|it| it.to_str().unwrap()), expected, "{url}{path}");
        }
    }
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let app = failing_app().await;
    for (length, status) in
        [(MAX_BODY, StatusCode::OK), (MAX_BODY + 1, StatusCode::PAYLOAD_TOO_LARGE)]
    {
        let body = Body::from(vec![b'x'; length]);
        let answer = app.send(Request::post("/body").body(body).unwrap()).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_and_an_error_with_a_body_keeps_it() {
    let app = failing_app().await;
    let answer = ask(&app, "GET", "/nowhere", &[]).await;
    assert_eq!(problem(&answer)["title"], "Not Found");
    let answer = ask(&app, "DELETE", "/panic", &[]).await;
    assert_eq!(
        (problem(&answer)["status"].as_u64(), &answer.headers[header::ALLOW]),
        (Some(405), &HeaderValue::from_static("GET,HEAD"))
    );
    assert_eq!(ask(&app, "GET", "/own", &[]).await.body, "own words");
}

#[tokio::test]
async fn a_browser_gets_a_page_in_its_language() {
    let app = failing_app().await;
    let headers = [("accept", "text/html,*/*;q=0.8"), ("accept-language", "de")];
    for (path, title) in
        [("/nowhere", "Diese Seite gibt es nicht"), ("/panic", "Hier ist etwas kaputt")]
    {
        let answer = ask(&app, "GET", path, &headers).await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(answer.body.contains(&format!("<h1>{title}</h1>")), "{}", answer.body);
    }
}

/// Browsers name what they do, or at least ask for XHTML, which no program does.
const BROWSERS: [&[(&str, &str)]; 2] = [
    &[("sec-fetch-mode", "navigate"), ("accept", "*/*")],
    &[("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")],
];

#[tokio::test]
async fn whoever_opens_an_address_gets_a_page_and_a_program_the_error_of_the_api() {
    let app = failing_app().await;
    for status in [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500, 503] {
        let path = format!("/error/{status}");
        let title = match status {
            429 => "Too many attempts",
            500 => "Something broke here",
            503 => "Not available for a moment",
            _ => "This address is for programs",
        };
        for headers in BROWSERS {
            let answer = ask(&app, "GET", &path, headers).await;
            assert_eq!(answer.status.as_u16(), status);
            assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
            assert!(answer.body.contains(&format!("<h1>{title}</h1>")), "{}", answer.body);
            assert_eq!(answer.headers[header::RETRY_AFTER], "7");
            assert_eq!(answer.headers[header::ALLOW], "PUT");
        }
        // The second is what programs in Java say of themselves.
        for accept in ["application/json", "text/html, image/gif, *; q=.2, */*; q=.2", "*/*"] {
            let answer = ask(&app, "GET", &path, &[("accept", accept)]).await;
            assert_eq!(answer.status.as_u16(), status);
            assert_eq!(answer.body, r#"{"own":"words"}"#, "{accept}");
        }
    }
}

#[tokio::test]
async fn whoever_opens_an_address_of_an_api_gets_a_page() {
    let app = TestApp::new().await;
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/nowhere", 404),
        ("GET", "/v1/users", 401),
        ("GET", "/v1/users/ada/nowhere", 404),
        ("DELETE", "/v1/users", 405),
        ("GET", "/v2/manage/roles", 401),
        ("GET", "/v2/manage/nowhere", 404),
        ("DELETE", "/v2/manage/roles", 405),
        ("GET", "/beta/task-status", 401),
        ("GET", "/beta/nowhere", 404),
        ("DELETE", "/beta/task-status", 405),
        ("GET", "/oauth/token", 405),
        ("GET", "/admin/users", 500),
        ("GET", "/admin/nowhere", 400),
    ] {
        for headers in BROWSERS {
            let answer = ask(&app, method, path, headers).await;
            assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
            let kind = &answer.headers[header::CONTENT_TYPE];
            assert_eq!(kind, "text/html; charset=utf-8", "{path}: {}", answer.body);
        }
        let answer = ask(&app, method, path, &[("accept", "*/*")]).await;
        assert!(answer.body.starts_with('{'), "{path}: {}", answer.body);
    }
}

/// Paths of all surfaces.
const PATHS: [&str; 14] = [
    "/",
    "/accept",
    "/signin",
    "/me",
    "/robots.txt",
    "/assets/usher.css",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/nowhere",
    "/v1/users",
    "/v2/manage/roles",
    "/beta/task-status",
    "/urac/heartbeat",
];

#[tokio::test]
async fn nothing_but_the_look_of_pages_may_be_kept() {
    let app = TestApp::new().await;
    for path in PATHS {
        for headers in [BROWSERS[0], &[]] {
            let answer = ask(&app, "GET", path, headers).await;
            let is_look = ["/assets/usher.css", "/favicon.ico"].contains(&path);
            let is_kept = answer.headers[header::CACHE_CONTROL] != "no-store";
            assert_eq!(is_kept, is_look, "{path}");
        }
    }
}

#[tokio::test]
async fn every_text_names_its_charset() {
    let app = TestApp::new().await;
    for path in PATHS {
        for headers in [BROWSERS[0], &[]] {
            let answer = ask(&app, "GET", path, headers).await;
            let kind = answer.headers.get(header::CONTENT_TYPE).map(|it| it.to_str().unwrap());
            assert_eq!(kind.is_none(), answer.body.is_empty(), "{path}");
            // JSON is in UTF-8 by itself.
            let is_fine = |it: &str| it.ends_with("; charset=utf-8") || it.ends_with("json");
            assert!(kind.is_none_or(is_fine), "{path}: {kind:?}");
        }
    }
}

#[tokio::test]
async fn a_client_that_refuses_html_or_prefers_json_gets_problem_details() {
    let app = failing_app().await;
    for accept in ["text/html;q=0, */*", "text/html;q=0.5, application/json"] {
        let answer = ask(&app, "GET", "/nowhere", &[("accept", accept)]).await;
        assert_eq!(problem(&answer)["status"], 404, "{accept}");
    }
}

#[tokio::test]
async fn a_node_that_is_not_ready_says_what_is_missing() {
    let app = failing_app().await;
    let answer = ask(&app, "GET", "/readyz", &[]).await;
    assert_eq!(problem(&answer)["detail"], "the schema is not current");
    assert_eq!(answer.headers[header::RETRY_AFTER], "5");
    assert_eq!(ask(&app, "GET", "/healthz", &[]).await.body, "ok");

    let health = ready();
    let app = TestApp { app: health::router(health.clone()), ..app };
    assert_eq!(ask(&app, "GET", "/readyz", &[]).await.status, StatusCode::OK);
    health.drain();
    assert_eq!(ask(&app, "GET", "/readyz", &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask(&app, "GET", "/healthz", &[]).await.status, StatusCode::OK);
}

/// The id that a request from this address gets which brings an id of its own, or none.
async fn request_id(app: &TestApp, from: &str, given: &str) -> String {
    let request = Request::get("/healthz").header(REQUEST_ID, given);
    let request = request.extension(ConnectInfo(SocketAddr::new(from.parse().unwrap(), 4711)));
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    answer.headers[REQUEST_ID].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_request_id_tells_how_many_requests_there_were() {
    let app = failing_app().await;
    let mut seen = Vec::new();
    for _ in 0..64 {
        let id = request_id(&app, "198.51.100.7", "").await;
        assert_eq!(id.len(), 32, "{id}");
        seen.push(u128::from_str_radix(&id, 16).unwrap());
    }
    // About half of the bits differ from one to the next, as if each were drawn by chance.
    for pair in seen.windows(2) {
        let differ = (pair[0] ^ pair[1]).count_ones();
        assert!((32..=96).contains(&differ), "{pair:x?}");
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 64);
}

#[tokio::test]
async fn a_well_formed_request_id_of_a_trusted_proxy_is_kept_and_no_other_one() {
    let app = failing_app().await;
    let long = "a".repeat(65);
    for (from, given, kept) in [
        ("192.0.2.1", "abc-1.2_3", true),
        ("::ffff:192.0.2.1", "abc-1.2_3", true),
        ("192.0.2.1", "", false),
        ("192.0.2.1", "a b", false),
        ("192.0.2.1", &long, false),
        ("198.51.100.7", "abc-1.2_3", false),
    ] {
        assert_eq!(request_id(&app, from, given).await == given, kept, "{given} from {from}");
    }
    let answer = ask(&app, "GET", "/healthz", &[("x-request-id", "abc")]).await;
    assert_ne!(answer.headers[REQUEST_ID], "abc");
}

#[tokio::test]
async fn each_answer_is_logged_without_the_path_and_the_query() {
    let app = TestApp::new().await;
    let log = Log::default();
    let guard = log.record();
    let path = "/accept?invitation=very-secret";
    let answer = ask(&app, "GET", path, &[("cookie", "__Host-usher_session=very-secret")]).await;
    ask(&app, "GET", "/nowhere/very-secret", &[]).await;
    ask(&app, "GET", "/readyz", &[]).await;
    drop(guard);
    let text = log.text();
    let id = answer.headers[REQUEST_ID].to_str().unwrap();
    for expected in [id, r#"route="/accept""#, "method=GET", "status=404", "ms="] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
    assert!(!text.contains("very-secret") && !text.contains("readyz"), "{text}");
}

#[tokio::test]
async fn a_store_error_is_logged_once_and_its_cause_is_not_shown() {
    let mut ports = MockPorts::default();
    ports.invitations.expect_proven().returning(|_| {
        let cause = io::Error::other("10.0.0.7 refused");
        Err(StoreError::new(cause))
    });
    let usher = Usher::new(&ports.into(), &keyring(), &Policy::at("https://usher.test"));
    let router = crate::routes::router(Arc::new(usher), ready(), Options::default());
    let app = TestApp { app: router, ..TestApp::new().await };
    let log = Log::default();
    let guard = log.record();
    let path = format!("/accept?invitation={}", "A".repeat(64));
    let answer = ask(&app, "GET", &path, &[("accept", "text/html")]).await;
    drop(guard);
    assert_eq!(
        (answer.status.as_u16(), &answer.headers[header::RETRY_AFTER]),
        (503, &HeaderValue::from_static("5"))
    );
    assert!(answer.body.contains("Try again in a moment") && !answer.body.contains("10.0.0.7"));
    let expected = "the store is unavailable: try again later: 10.0.0.7 refused";
    assert_eq!(log.text().matches(expected).count(), 1, "{}", log.text());
}
