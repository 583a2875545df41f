//! What people are told when something goes wrong on the route of a page.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;

use super::*;
use crate::{options::Options, pages::paths};

/// A request from a person whose program names no format.
fn request(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "usher.test")
        .header(header::ORIGIN, "http://usher.test")
        .header(header::ACCEPT_LANGUAGE, "de-AT")
}

fn form(path: &str, body: &str) -> Request<Body> {
    let kind = "application/x-www-form-urlencoded";
    let request = request(Method::POST, path).header(header::CONTENT_TYPE, kind);
    request.body(Body::from(body.to_owned())).unwrap()
}

/// It is a page in German that is titled so, and that says this.
#[track_caller]
fn assert_page(answer: &Answer, status: StatusCode, title: &str, text: &str) {
    assert_says(answer, status, &[r#"<html lang="de""#, &format!("<h1>{title}</h1>"), text]);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
}

/// Whether a link in a mail leads to this page.
fn comes_by_mail(path: &str) -> bool {
    ["/accept", "/reset", "/confirm"].contains(&path)
}

#[tokio::test]
async fn each_way_to_fail_is_a_page_that_says_what_to_do() {
    let app = TestApp::new().await;
    for path in paths::ALL {
        let answer = app.send(request(Method::PUT, path).body(Body::empty()).unwrap()).await;
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let title = "Diese Seite erwartet ein Formular";
        assert_page(&answer, status, title, "zur Seite zum Anmelden");
        assert_eq!(answer.body.contains("Öffnen Sie den Link"), comes_by_mail(path), "{path}");
    }
    for path in ["/accept", "/signin", "/pin", "/forgot", "/reset", "/confirm", "/signout"] {
        let mut foreign = form(path, "");
        foreign.headers_mut().insert(header::ORIGIN, "https://evil.example".parse().unwrap());
        let answer = app.send(foreign).await;
        let title = "Dieses Formular kam von woanders";
        let remedy =
            if comes_by_mail(path) { "Öffnen Sie den Link" } else { "Öffnen Sie die Seite" };
        assert_page(&answer, StatusCode::FORBIDDEN, title, remedy);
        let json = request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        let answer = app.send(json.body(Body::from("{}")).unwrap()).await;
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        assert_page(&answer, status, "Das Formular war nicht zu lesen", "Öffnen Sie die Seite");
        let answer = app.send(form(path, &format!("name={}", "x".repeat(20_000)))).await;
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        assert_page(&answer, status, "Das ist zu viel", "senden Sie weniger");
    }
    let answer = app.send(form("/accept", "invitation=x")).await;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    assert_page(&answer, status, "Das Formular ist nicht vollständig", "senden Sie ihr Formular");
    let twice = request(Method::GET, "/signin?tenant=a&tenant=b").body(Body::empty()).unwrap();
    let title = "Die Adresse oder das Formular war nicht zu lesen";
    assert_page(&app.send(twice).await, StatusCode::BAD_REQUEST, title, "Öffnen Sie die Seite");
    let twice = request(Method::GET, "/reset?token=a&token=b").body(Body::empty()).unwrap();
    assert_page(&app.send(twice).await, StatusCode::BAD_REQUEST, title, "Kopieren Sie");
}

#[tokio::test]
async fn whoever_tries_too_often_is_told_how_long_to_wait() {
    let app = TestApp::new().await.with(Options { sign_in_rate: 2, ..Options::default() });
    let from = ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4711)));
    for path in ["/accept", "/signin", "/pin", "/forgot", "/reset", "/confirm", "/me/password"] {
        let mut request = form(path, "answer=accept");
        request.extensions_mut().insert(from);
        app.send(request).await;
        let mut request = form(path, "answer=accept");
        request.extensions_mut().insert(from);
        let answer = app.send(request).await;
        let status = StatusCode::TOO_MANY_REQUESTS;
        assert_page(&answer, status, "Zu viele Versuche", "Warten Sie 30 Sekunden.");
        assert_eq!(answer.headers[header::RETRY_AFTER], "30");
        app.clock.advance(TimeDelta::minutes(1));
    }
}

#[tokio::test]
async fn clients_that_ask_for_json_get_problem_details() {
    let app = TestApp::new().await;
    for accept in ["application/json", "application/problem+json", "application/json, */*"] {
        let asked = request(Method::PUT, "/signin").header(header::ACCEPT, accept);
        let answer = app.send(asked.body(Body::empty()).unwrap()).await;
        let title = r#""title":"Method Not Allowed""#;
        assert_says(&answer, StatusCode::METHOD_NOT_ALLOWED, &[title]);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{accept}");
    }
}

#[tokio::test]
async fn who_does_not_hear_whether_it_was_done_is_told_so_and_where_it_shows() {
    let app = TestApp::new().await;
    let (_, token) = app.invited(|_| ()).await;
    let mut browser = Browser::new(&app);
    app.lose_outcomes(true);
    let page = browser.accept(&token, "Ada", PASSWORD).await;
    let title = "<h1>It is not known whether that was done</h1>";
    assert_says(&page, StatusCode::SERVICE_UNAVAILABLE, &[title, "the link from your mail"]);
    assert_eq!(page.headers[header::RETRY_AFTER], "5");
    app.lose_outcomes(false);
    // The link says that it was.
    let page = browser.get(&path(&token)).await;
    assert!(page.body.contains("accepted"), "{}", page.body);
}

#[tokio::test]
async fn a_store_that_is_busy_is_a_page_too() {
    let app = TestApp::new().await;
    let (_, token) = app.invited(|_| ()).await;
    let nonce = nonce(&Browser::new(&app).get(&path(&token)).await);
    app.make_busy();
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("invitation", &*token), ("nonce", &nonce), ("answer", "decline")])
        .finish();
    let answer = app.send(form("/accept", &body)).await;
    let title = "Andere ändern gerade dieselben Daten";
    assert_page(&answer, StatusCode::SERVICE_UNAVAILABLE, title, "Gehen Sie zurück");
}
