//! What the form of an invitation takes.

use super::*;

#[tokio::test]
async fn says_what_is_wrong_keeps_the_name_and_forgets_the_password() {
    let app = TestApp::new().await;
    let (invitation, token) = app.invited(|_| ()).await;
    let mut browser = Browser::new(&app);
    let table = [
        ("Ada", "brief", "password", "too short. Use 15 characters or more"),
        ("Ada", &"ab1!".repeat(100), "password", "too long. Use 256 characters or fewer"),
        ("Ada", "passwordpassword", "password", "most common ones"),
        ("Ada", "abcdefghijklmnopqr", "password", "follows the keyboard"),
        ("Ada", "Ada@Example.Org1!", "password", "your name or address"),
        ("  ", PASSWORD, "name", "Enter your name."),
        (&"n".repeat(121), PASSWORD, "name", "Shorten your name to 120 characters"),
        ("A\u{202e}da", PASSWORD, "name", "letters that can be seen"),
        ("https://evil.example", PASSWORD, "name", "without a link"),
    ];
    for (name, password, field, expected) in table {
        let page = browser.accept(&token, name, password).await;
        let error = format!(r#"aria-invalid="true" aria-describedby="{field}-error" autofocus"#);
        let texts = [
            expected,
            "<title>Error: The night team invites you to Acme</title>",
            &error,
            &format!(r##"role="alert"><a href="#{field}">"##),
            &format!(r#"id="{field}-error""#),
            &format!(r#"value="{name}""#),
        ];
        assert_says(&page, StatusCode::UNPROCESSABLE_ENTITY, &texts);
        assert!(!page.body.contains(password), "{password}");
    }
    assert_eq!(app.row(&invitation).await.version, 1);
}

#[tokio::test]
async fn needs_a_nonce_of_its_own_page() {
    let app = TestApp::new().await;
    let (invitation, token) = app.invited(|_| ()).await;
    let other = app
        .invited(|it| {
            it.who = Invitee::Mailbox { mailbox: mailbox("bob@example.org"), name: None };
        })
        .await;
    let mut browser = Browser::new(&app);
    let old = nonce(&browser.get(&path(&token)).await);
    let foreign = nonce(&browser.get(&path(&other.1)).await);
    let sign_in = nonce(&browser.get("/signin").await);
    app.clock.advance(TimeDelta::hours(12));
    for it in ["", "x", &old, &foreign, &sign_in] {
        for answer in ["accept", "decline"] {
            let fields = [
                ("invitation", token.as_str()),
                ("answer", answer),
                ("nonce", it),
                ("name", "Ada"),
                ("password", PASSWORD),
            ];
            let page = browser.post("/accept", &fields).await;
            assert_says(&page, StatusCode::FORBIDDEN, &["has expired", r#"value="Ada""#]);
            assert_ne!(nonce(&page), it);
        }
    }
    assert_eq!(app.row(&invitation).await.version, 1);
    // The form on that page is fresh.
    assert_eq!(location(&browser.accept(&token, "Ada", PASSWORD).await), "/me");
}

#[tokio::test]
async fn from_another_site_is_not_taken() {
    let app = TestApp::new().await;
    let (invitation, token) = app.invited(|_| ()).await;
    let page = Browser::new(&app).get(&path(&token)).await;
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("invitation", &*token), ("nonce", &nonce(&page)), ("answer", "decline")])
        .finish();
    let from = |name: &'static str, value: &'static str| {
        Request::post("/accept")
            .header(header::HOST, "usher.test")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, HTML)
            .header(name, value)
            .body(Body::from(form.clone()))
            .unwrap()
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let answer = app.send(from(name, value)).await;
        assert_says(&answer, StatusCode::FORBIDDEN, &["This form came from somewhere else"]);
    }
    assert_eq!(app.row(&invitation).await.version, 1);
    let answer = app.send(from("sec-fetch-site", "same-origin")).await;
    assert_says(&answer, StatusCode::OK, &["You declined"]);
}

#[tokio::test]
async fn is_bounded_and_passes_over_what_nobody_asked_for() {
    let app = TestApp::new().await;
    let (_, token) = app.invited(|_| ()).await;
    let mut browser = Browser::new(&app);
    let answer = browser.accept(&token, &"x".repeat(20_000), PASSWORD).await;
    assert_says(&answer, StatusCode::PAYLOAD_TOO_LARGE, &["That is too much"]);
    let answer = browser.post("/accept", &[("invitation", &token), ("answer", "maybe")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("name", "Ada"), ("password", PASSWORD), ("color", "red")];
    assert_eq!(location(&browser.reply(&token, "accept", &fields).await), "/me");
}

#[tokio::test]
async fn is_taken_once_of_two_that_come_together() {
    let app = TestApp::new().await;
    let (invitation, token) = app.invited(|_| ()).await;
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    let (a, b) = tokio::join!(
        one.accept(&token, "Ada", PASSWORD),
        two.accept(&token, "Bob", "quite another sentence")
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
    assert_eq!(app.row(&invitation).await.version, 2);
}
