//! What an invitation shows, and what accepting it does.

use super::*;

#[tokio::test]
async fn says_who_invites_whom_to_what_as_what_and_until_when() {
    let app = TestApp::new().await;
    let (_, token) = app
        .invited_to_o1(|it| {
            it.roles = vec!["Editor".to_owned(), "Reviewer".to_owned()];
            it.authority = Some(Authority::Helpdesk);
            it.message = Some("Glad to\nhave you.".to_owned());
        })
        .await;
    let page = Browser::new(&app).get(&path(&token)).await;
    let texts = [
        "<h1>The night team invites you to The o1 team</h1>",
        "<bdi>Acme</bdi>",
        "ada@example.org",
        "Editor, Reviewer, Help desk",
        r#"<time datetime="2026-01-09T12:00:00Z">9 January 2026, 12:00 UTC</time>"#,
        "Glad to\nhave you.",
        r#"<label for="name">"#,
        r#"autocomplete="new-password""#,
        r#"minlength="15""#,
        r#"value="decline" formnovalidate"#,
    ];
    assert_says(&page, StatusCode::OK, &texts);
}

#[tokio::test]
async fn greets_by_the_name_and_names_the_organization_without_an_inviter() {
    let app = TestApp::new().await;
    let (_, token) = app
        .invited(|it| {
            let mailbox = mailbox("ada@example.org");
            it.who = Invitee::Mailbox { mailbox, name: Some("Ada L.".to_owned()) };
            it.inviter = None;
        })
        .await;
    let page = Browser::new(&app).get(&path(&token)).await;
    let texts = ["<h1>You are invited to Acme</h1>", r#"value="Ada L.""#];
    assert_says(&page, StatusCode::OK, &texts);
}

#[tokio::test]
async fn opening_a_link_a_hundred_times_changes_nothing() {
    let app = TestApp::new().await;
    let (invitation, token) = app.invited(|_| ()).await;
    let before = app.row(&invitation).await;
    let mut browser = Browser::new(&app);
    let first = browser.get(&path(&token)).await;
    for _ in 0..50 {
        assert_eq!(browser.get(&path(&token)).await.body, first.body);
        let head = browser.ask(Method::HEAD, &path(&token), None).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    }
    assert_eq!(app.row(&invitation).await, before);
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn lets_a_newcomer_in_and_signs_them_in() {
    let app = TestApp::new().await;
    let (_, token) = app.invited_to_o1(|it| it.roles = vec!["Editor".to_owned()]).await;
    let mut browser = Browser::new(&app);
    let answer = browser.accept(&token, "Ada Lovelace", PASSWORD).await;
    assert_eq!(location(&answer), "/me");
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-usher_session="), "{cookie}");
    let attributes = "; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure";
    assert!(cookie.ends_with(attributes), "{cookie}");
    let me = browser.get("/me").await;
    let texts = ["Ada Lovelace", "ada@example.org", "The o1 team", "Editor", "Sign out"];
    assert_says(&me, StatusCode::OK, &texts);
}

#[tokio::test]
async fn hands_over_to_the_product() {
    let app = TestApp::new().await;
    let there = "https://app.example/start?a=b";
    let rule = RedirectRule::parse("https://app.example/start").unwrap();
    app.usher.tenants.redirects.allow(&app.system(), &rule).await.unwrap();
    let (invitation, token) = app.invited(|it| it.redirect = Some(there.to_owned())).await;
    let mut browser = Browser::new(&app);
    let page = browser.get(&path(&token)).await;
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
    let expected = format!("{there}&invitation={}&status=accepted", invitation.id);
    assert_eq!(location(&browser.accept(&token, "Ada", PASSWORD).await), expected);
}

#[tokio::test]
async fn hands_over_to_nothing_but_the_web() {
    for there in ["javascript:alert(1)", "/elsewhere", "//evil.example", "data:text/html,x"] {
        let app = TestApp::new().await;
        let token = app.invited_with_redirect(there).await;
        let answer = Browser::new(&app).accept(&token, "Ada", PASSWORD).await;
        assert_eq!(location(&answer), "/me", "{there}");
    }
}

#[tokio::test]
async fn keeps_what_a_policy_must_not_hold_out_of_it() {
    let app = TestApp::new().await;
    let token = app.invited_with_redirect("https://a.example;sandbox,b/x").await;
    let page = Browser::new(&app).get(&path(&token)).await;
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("form-action 'self';") && !policy.contains("sandbox"), "{policy}");
}

#[tokio::test]
async fn can_be_declined() {
    let app = TestApp::new().await;
    let (_, token) = app.invited(|_| ()).await;
    let mut browser = Browser::new(&app);
    let answer = browser.reply(&token, "decline", &[]).await;
    assert_says(&answer, StatusCode::OK, &["You declined", "ask The night team"]);
    let again = browser.get(&path(&token)).await;
    assert_says(&again, StatusCode::GONE, &["This invitation was declined"]);
}

#[tokio::test]
async fn is_escaped_whatever_it_holds() {
    let app = TestApp::new().await;
    let evil = r#"<script>alert("1")</script>'&"#;
    let it = usher_domain::Organization { name: evil.to_owned(), ..organization("o1") };
    let id = it.id.clone();
    app.put(Changes { organizations: vec![it], ..Changes::default() }).await;
    let (_, token) = app
        .invited(|it| {
            it.organization = Some(id);
            it.inviter = Some(InviterRef::Name(evil.to_owned()));
            it.message = Some(evil.to_owned());
            it.roles = vec![evil.to_owned()];
            let mailbox = mailbox("\"<b>'&\"@example.org");
            it.who = Invitee::Mailbox { mailbox, name: Some(evil.to_owned()) };
        })
        .await;
    let mut browser = Browser::new(&app);
    let page = browser.get(&path(&token)).await;
    assert_says(&page, StatusCode::OK, &["&#60;script&#62;"]);
    let typed = browser.accept(&token, evil, "short").await;
    let me = {
        browser.accept(&token, evil, PASSWORD).await;
        browser.get("/me").await
    };
    let signin = Browser::new(&app).sign_in(evil, PASSWORD, evil).await;
    let tenant = browser.get("/signin?tenant=%22%3E%3Cscript%3E").await;
    let own = format!("<script>{}</script>", crate::pages::script::SHOW_PASSWORD);
    for it in [page, typed, me, signin, tenant] {
        let body = it.body.replacen(&own, "", 1);
        assert!(!body.contains("<script") && !body.contains("<b>"), "{body}");
        assert!(!body.contains(r#""1""#), "{body}");
    }
}

#[tokio::test]
async fn a_busy_store_is_no_error_of_the_store() {
    let app = TestApp::new().await;
    let (_, token) = app.invited(|_| ()).await;
    app.make_busy();
    let log = Log::default();
    let guard = log.record();
    let mut browser = Browser::new(&app);
    for (language, title) in [
        ("en", "Others are changing the same data"),
        ("de", "Andere ändern gerade dieselben Daten"),
    ] {
        browser.language = language;
        let page = browser.accept(&token, "Ada", PASSWORD).await;
        assert_says(&page, StatusCode::SERVICE_UNAVAILABLE, &[&format!("<h1>{title}</h1>")]);
        assert_eq!(page.headers[header::RETRY_AFTER], "1");
    }
    drop(guard);
    assert!(!log.text().contains("the store failed"), "{}", log.text());
}
