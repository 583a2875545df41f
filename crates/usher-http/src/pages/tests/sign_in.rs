//! What somebody sees who signs in with a password.

use usher_application::{NewKey, Policy, testing::user_id};

use super::*;

#[tokio::test]
async fn leads_to_our_own_pages_only() {
    let app = TestApp::new().await;
    app.member("ada").await;
    for next in
        ["", "/me", "//evil.example", "https:evil.example", "/\\evil.example", "/%2fevil", "/x"]
    {
        let mut browser = Browser::new(&app);
        let answer = browser.sign_in("ada", PASSWORD, next).await;
        assert_eq!(location(&answer), "/me", "{next}");
        let query = form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
        let answer = browser.get(&format!("/signin?next={query}")).await;
        assert_eq!(location(&answer), "/me", "{next}");
    }
}

#[tokio::test]
async fn is_to_the_tenant_of_the_settings_where_none_is_named() {
    let named = |name: &str| format!(r#"name="tenant" value="{name}""#);
    let app = TestApp::new().await;
    let app = app.with_policy(|it| Policy { tenant: "acme".to_owned(), ..it });
    let mut browser = Browser::new(&app);
    for path in ["/signin", "/signin?tenant=", "/forgot", "/pin"] {
        let page = browser.get(path).await;
        assert!(page.body.contains(&named("acme")), "{path}: {}", page.body);
    }
    for path in ["/signin?tenant=default", "/forgot?tenant=default", "/pin?tenant=default"] {
        let page = browser.get(path).await;
        assert!(page.body.contains(&named("default")), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn every_failed_attempt_gets_the_same_answer() {
    let app = TestApp::new().await;
    app.member("ada").await;
    let shut = User { status: UserStatus::Disabled, ..active("eve") };
    let none = active("kim");
    app.put(Changes { users: vec![shut, none], ..Changes::default() }).await;
    let mut browser = Browser::new(&app);
    let mut pages = Vec::new();
    for name in ["ada", "ada@example.org", "nobody", "eve", "kim"] {
        let page = browser.sign_in(name, "not the password", "/me").await;
        assert_says(&page, StatusCode::UNAUTHORIZED, &["do not belong together"]);
        assert_eq!((&browser.cookie, page.body.contains("not the")), (&None, false));
        pages.push(page.body.replace(&format!(r#"value="{name}""#), ""));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
}

#[tokio::test]
async fn failed_attempts_must_wait_longer() {
    let app = TestApp::new().await;
    app.member("ada").await;
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        browser.sign_in("ada", "not the password", "/me").await;
    }
    let page = browser.sign_in("ada", PASSWORD, "/me").await;
    assert_says(&page, StatusCode::TOO_MANY_REQUESTS, &["Try again in 2 seconds."]);
    assert_eq!(page.headers[header::RETRY_AFTER], "2");
    for micros in [1_500_000, 499_999] {
        app.clock.advance(TimeDelta::microseconds(micros));
        let page = browser.sign_in("ada", PASSWORD, "/me").await;
        assert_says(&page, StatusCode::TOO_MANY_REQUESTS, &["Try again in one second."]);
        assert_eq!(page.headers[header::RETRY_AFTER], "1");
    }
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(location(&browser.sign_in("ada", PASSWORD, "/me").await), "/me");
}

#[tokio::test]
async fn needs_a_nonce() {
    let app = TestApp::new().await;
    app.member("ada").await;
    let mut browser = Browser::new(&app);
    let page = browser.post("/signin", &[("name", "ada"), ("password", PASSWORD)]).await;
    assert_says(&page, StatusCode::FORBIDDEN, &["has expired", r#"value="ada""#]);
    assert_eq!(browser.cookie, None);
}

/// A node whose clock is a minute and a half ahead resets, and the others let in.
#[tokio::test]
async fn who_was_reset_by_a_clock_that_was_ahead_is_in_again_at_once() {
    let app = TestApp::new().await;
    let ada = app.member("ada").await;
    let ahead = TimeDelta::seconds(90);
    let mut before = Browser::new(&app);
    before.sign_in("ada", PASSWORD, "/me").await;
    app.clock.advance(ahead);
    app.usher.users.reset.run(&app.system(), &ada.id).await.unwrap();
    app.clock.advance(-ahead);
    let (_, token) = app.invited(|_| ()).await;
    let mut browser = Browser::new(&app);
    assert_eq!(location(&browser.accept(&token, "Ada", PASSWORD).await), "/me");
    assert_eq!(browser.get("/me").await.status, StatusCode::OK);
    let mut another = Browser::new(&app);
    assert_eq!(location(&another.sign_in("ada", PASSWORD, "/me").await), "/me");
    assert_eq!(another.get("/me").await.status, StatusCode::OK);
    // With a key of her own as well; and what she had before is void.
    let new = NewKey { user: Some(ada.id), ..NewKey::of(Authority::Inviter) };
    let access = &app.usher.access;
    let (key, secret) = access.credentials.issue(&app.system(), new).await.unwrap();
    access.authenticate.client(&key.client_id().to_string(), secret.reveal()).await.unwrap();
    assert_eq!(location(&before.get("/me").await), "/signin?next=/me");
    // All of it ends when she is reset by the right time, which is before that of the first reset.
    app.usher.users.reset.run(&app.system(), &user_id("ada")).await.unwrap();
    let (_, token) = app.invited(|_| ()).await;
    let mut last = Browser::new(&app);
    assert_eq!(location(&last.accept(&token, "Ada", PASSWORD).await), "/me");
    assert_eq!(last.get("/me").await.status, StatusCode::OK);
    for mut former in [browser, another] {
        assert_eq!(location(&former.get("/me").await), "/signin?next=/me");
    }
    let key = access.authenticate.client(&key.client_id().to_string(), secret.reveal()).await;
    assert!(key.is_err(), "her key is void");
}
