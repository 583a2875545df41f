//! What holds for every operation: credentials, errors, ids, languages and limits.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use usher_domain::CredentialSecret;

use super::*;
use crate::source::TrustedProxies;

/// Each operation once.
const OPERATIONS: [(Method, &str); 9] = [
    (Method::POST, "/identities/v1/invite"),
    (Method::GET, "/identities/v1"),
    (Method::GET, "/identities/v1/ada"),
    (Method::POST, "/identities/v1/ada/reset"),
    (Method::GET, "/task-status/v1"),
    (Method::GET, "/task-status/v1/00eebcf881994e419d72e757fd30dc0e"),
    (Method::PATCH, "/task-status/v1/00eebcf881994e419d72e757fd30dc0e"),
    (Method::GET, "/task-status/v1/00eebcf881994e419d72e757fd30dc0e/result"),
    (Method::GET, "/task-status/pending-tasks"),
];

#[tokio::test]
async fn without_a_good_token_nothing_is_served() {
    let app = TestApp::new().await;
    let (id, secret) = app.client(Authority::OrgAdmin).await;
    let token = app.usher.access.authenticate.token(&id, secret.reveal()).await.unwrap().text;
    let wrong = CredentialSecret::presented("wrong");
    let missing = "Full authentication is required to access this resource";
    let invalid = "JWT validation failed";
    let expired = "JWT validation failed: JWT is expired";
    let bearer = |it: &str| Some(format!("Bearer {it}"));
    let heard_by = async |authorization: Option<String>, error: &str| {
        for (method, path) in OPERATIONS {
            let mut request = Request::builder().method(method).uri(path);
            if let Some(it) = &authorization {
                request = request.header(header::AUTHORIZATION, it);
            }
            let answer = exchange(&app, request.body(Body::from("{")).unwrap()).await;
            assert_eq!((answer.status, answer.body), (401, json!({"error": error})), "{path}");
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
        }
    };
    heard_by(None, missing).await;
    heard_by(Some("Basic eDp5".to_owned()), missing).await;
    heard_by(Some(token.clone()), missing).await;
    for junk in ["junk", "a.b", &format!("{token}x"), &format!("{id}.{}", wrong.reveal())] {
        heard_by(bearer(junk), invalid).await;
    }
    app.clock.advance(TimeDelta::hours(24));
    heard_by(bearer(&token), expired).await;
}

#[tokio::test]
async fn errors_are_told_whole() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let mut answer = boss.get(&format!("{TASKS}/{UNKNOWN}")).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    answer.body["trackingId"] = json!("…");
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "causes": [],
      "detailCode": "404 Not found",
      "messages": [
        {
          "locale": "en-US",
          "localeOrigin": "DEFAULT",
          "text": "There is no such task."
        }
      ],
      "trackingId": "…"
    }
    "#);
    let mut answer = boss.get(&format!("{TASKS}?limit=251")).await;
    answer.body["trackingId"] = json!("…");
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "causes": [],
      "detailCode": "400.1 Bad Request Content",
      "messages": [
        {
          "locale": "en-US",
          "localeOrigin": "DEFAULT",
          "text": "`limit` must be a whole number from 0 to 250"
        }
      ],
      "trackingId": "…"
    }
    "#);
}

#[tokio::test]
async fn errors_are_in_the_language_that_the_client_prefers() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await.in_language("de-CH, en;q=0.3");
    let message = |answer: &Answer| answer.body["messages"][0].clone();
    let answer = boss.get(&format!("{TASKS}/{UNKNOWN}")).await;
    let expected =
        json!({"locale": "de", "localeOrigin": "REQUEST", "text": "Diese Aufgabe gibt es nicht."});
    assert_eq!(message(&answer), expected);
    let answer = boss.get("/v2026/nowhere").await;
    assert_eq!(message(&answer)["text"], "Unter diesem Pfad gibt es nichts.");
    // A text about this request is in English, and its locale says so.
    let answer = message(&boss.get(&format!("{TASKS}?limit=251")).await);
    assert_eq!((&answer["locale"], &answer["localeOrigin"]), (&json!("en-US"), &json!("DEFAULT")));
}

#[tokio::test]
async fn beside_the_paths_there_is_nothing() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for path in [
        "/beta",
        "/beta/",
        "/v2024/identities/",
        "/v2025/identities/ada/verification/account/send",
        "/v2026/task-status/",
        "/v2026/task-status/x/y",
        "/latest/x/y/z",
        "/identities/",
        "/identities/ada/x",
        "/identities/v1/",
        "/identities/v1/ada/reset/x",
        "/task-status/",
        "/task-status/v1/x/y",
        "/oauth/authorize",
        "/oauth/",
        "/v2026/oauth/token",
    ] {
        for method in [Method::GET, Method::POST, Method::PATCH] {
            let answer = boss.ask(method.clone(), path, "{}").await;
            assert_eq!(answer.bad(), (404, "Nothing is served at this path."), "{method} {path}");
        }
    }
    let answer = boss.get("/beta/identities/%ff").await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_allowed_ones() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for (method, path, allowed) in [
        (Method::GET, "/beta/identities/invite", "POST"),
        (Method::POST, "/v2024/identities", "GET,HEAD"),
        (Method::DELETE, "/identities/v1/ada", "GET,HEAD"),
        (Method::GET, "/identities/ada/reset", "POST"),
        (Method::POST, "/v2025/task-status", "GET,HEAD"),
        (Method::PUT, "/task-status/v1/1", "GET,HEAD,PATCH"),
        (Method::POST, "/beta/task-status/pending-tasks", "GET,HEAD"),
        (Method::POST, "/beta/task-status/1/result", "GET,HEAD"),
        (Method::GET, "/oauth/token", "POST"),
        (Method::POST, "/oauth/info", "GET,HEAD"),
    ] {
        let answer = boss.ask(method, path, "{}").await;
        assert_eq!(answer.bad().0, 405, "{path}");
        assert_eq!(answer.headers[header::ALLOW], allowed, "{path}");
    }
}

#[tokio::test]
async fn without_its_store_it_answers_when_to_retry() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let (id, secret) = app.client(Authority::OrgAdmin).await;
    app.store.close().await;
    for (method, path) in OPERATIONS {
        let answer = boss.ask(method, path, "{}").await;
        assert_eq!(answer.bad(), (500, "The server could not do it. Try again in a moment."));
        assert_eq!(answer.headers[header::RETRY_AFTER], "5", "{path}");
        assert_eq!(answer.body["detailCode"], "500.0 Internal Fault");
    }
    let query =
        format!("grant_type=client_credentials&client_id={id}&client_secret={}", secret.reveal());
    let answer = Client::anonymous(&app).post(&format!("/oauth/token?{query}"), &json!({})).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn a_busy_store_is_no_error_of_the_store() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada")]).await;
    app.make_busy();
    let log = Log::default();
    let guard = log.record();
    let answer = boss.post(INVITE, &json!({"ids": [user_id("ada").as_str()]})).await;
    assert_eq!(answer.bad(), (503, "Others keep changing the same data. Try again."));
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    assert_eq!(answer.body["detailCode"], "503 Service Unavailable");
    let boss = boss.in_language("de");
    let answer = boss.post(INVITE, &json!({"ids": [user_id("ada").as_str()]})).await;
    let german = "Andere ändern gerade dieselben Daten. Versuchen Sie es noch einmal.";
    assert_eq!(answer.bad(), (503, german));
    drop(guard);
    assert!(!log.text().contains("the store failed"), "{}", log.text());
}

#[tokio::test]
async fn who_does_not_hear_whether_it_was_done_is_told_so_and_how_to_find_out() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada")]).await;
    app.lose_outcomes(true);
    let ids = json!({"ids": [user_id("ada").as_str()]});
    let answer = boss.post(INVITE, &ids).await;
    let (status, said) = answer.bad();
    assert_eq!(status, 503, "{said}");
    assert!(said.contains("may have been done") && said.contains("not invited twice"), "{said}");
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    let boss = boss.in_language("de");
    let german = boss.post(INVITE, &ids).await;
    assert!(german.bad().1.starts_with("Vielleicht ist es geschehen."), "{}", german.text);
    app.lose_outcomes(false);
    boss.invited(&[user_id("ada").as_str()]).await;
    assert_eq!(app.letters().await, 1);
}

#[tokio::test]
async fn a_request_has_one_id_in_the_log_and_in_the_answer() {
    let trusted_proxies = TrustedProxies::parse(["192.0.2.1"]).unwrap();
    let app = TestApp::new().await.with(Options { trusted_proxies, ..Options::default() });
    let boss = Client::boss(&app).await;
    let ask = async |proxys: &str| {
        let peer = SocketAddr::from(([192, 0, 2, 1], 4711));
        let request = Request::get("/v2026/nowhere").header("x-request-id", proxys);
        let request = request.extension(ConnectInfo(peer));
        let answer = boss.send(request, Body::empty()).await;
        let tracking = answer.headers["slpt-request-id"].to_str().unwrap().to_owned();
        assert_eq!(answer.body["trackingId"], tracking);
        (tracking, answer.headers["x-request-id"].to_str().unwrap().to_owned())
    };
    let id = "e7eab60924f64aa284175b9fa3309599";
    assert_eq!(ask(id).await, (id.to_owned(), id.to_owned()));
    let (tracking, kept) = ask("a-proxys-own").await;
    assert_ne!(tracking, kept);
    let (tracking, ours) = ask("not one at all").await;
    assert_eq!(tracking, ours);
}

#[tokio::test]
async fn too_many_requests_must_wait() {
    let options = Options { rate: Some(3), ..Options::default() };
    let app = TestApp::new().await.with(options);
    let boss = Client::boss(&app).await;
    for _ in 0..3 {
        boss.get("/beta/task-status").await.good();
    }
    app.clock.advance(TimeDelta::milliseconds(2500));
    let answer = boss.get("/beta/task-status").await;
    assert_eq!((answer.status, &*answer.text), (429, r#"{"message":" Rate Limit Exceeded "}"#));
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(answer.headers[header::RETRY_AFTER], "1", "three in ten seconds, one in 3⅓");
    // Other versions and other keys have limits of their own, and invalid keys are not counted.
    boss.get("/v2024/task-status").await.good();
    Client::machine(&app, Authority::Reader).await.get("/beta/task-status").await.good();
    assert_eq!(Client::anonymous(&app).get("/beta/task-status").await.status, 401);
    // An access token for the same key shares its limit.
    let (id, secret) = boss.token.as_ref().unwrap().split_once('.').unwrap();
    let token = Some(app.usher.access.authenticate.token(id, secret).await.unwrap().text);
    let again = Client { token, ..Client::anonymous(&app) };
    assert_eq!(again.get("/beta/task-status").await.status, 429);
    // The endpoint for tenant addresses is counted separately.
    for status in [200, 200, 200, 429] {
        assert_eq!(again.get("/oauth/info").await.status, status);
    }
    app.clock.advance(TimeDelta::milliseconds(7500));
    again.get("/beta/task-status").await.good();
}

#[tokio::test]
async fn without_a_limit_nobody_is_told_to_wait() {
    assert_eq!(Options::default().rate, None);
    // Where one request is admitted, the second is one too many.
    for (rate, status) in [(Some(1), 429), (None, 200)] {
        let app = TestApp::new().await.with(Options { rate, ..Options::default() });
        let boss = Client::boss(&app).await;
        boss.get("/beta/task-status?limit=0").await.good();
        assert_eq!(boss.get("/beta/task-status?limit=0").await.status, status, "{rate:?}");
    }
}
