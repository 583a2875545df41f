//! What links show that cannot be accepted.

use super::*;

#[tokio::test]
async fn a_closed_invitation_says_why_and_what_to_do() {
    let app = TestApp::new().await;
    let system = app.system();
    let mut browser = Browser::new(&app);

    let (invitation, first) = app.invited(|_| ()).await;
    app.usher
        .invitations
        .resend
        .run(&system, invitation.id, Some(ResendPolicy::Rotate))
        .await
        .unwrap();
    let page = browser.get(&path(&first)).await;
    assert_says(&page, StatusCode::GONE, &["There is a newer mail", "Open the newest mail"]);

    let token = mailed_token(&app.row(&invitation).await);
    app.clock.advance(TimeDelta::days(7));
    let page = browser.get(&path(&token)).await;
    let texts = ["has expired", "until 9 January 2026, 12:00 UTC", "Ask The night team"];
    assert_says(&page, StatusCode::GONE, &texts);

    app.usher.invitations.revoke.run(&system, invitation.id).await.unwrap();
    let page = browser.get(&path(&token)).await;
    assert_says(&page, StatusCode::GONE, &["was taken back", "ask The night team"]);

    let (_, token) = app.invited(|_| ()).await;
    browser.accept(&token, "Ada", PASSWORD).await;
    let page = Browser::new(&app).get(&path(&token)).await;
    let texts = ["was accepted already", r#"href="/signin?tenant=default""#];
    assert_says(&page, StatusCode::GONE, &texts);
    assert!(!page.body.contains("ada@example.org"), "{}", page.body);
}

#[tokio::test]
async fn an_unknown_link_reveals_nothing() {
    let app = TestApp::new().await;
    let (_, token) = app.invited(|_| ()).await;
    let mut browser = Browser::new(&app);
    let forged = format!("{}A", &token[..63]);
    let twice = format!("{token}{token}");
    for it in ["", "x", forged.as_str(), twice.as_str(), "%00", "%ff"] {
        let page = browser.get(&path(it)).await;
        assert_says(&page, StatusCode::NOT_FOUND, &["This link opens nothing"]);
        assert!(!page.body.contains("Acme") && !page.body.contains("night"), "{}", page.body);
    }
    let page = browser.get("/accept").await;
    assert_says(&page, StatusCode::NOT_FOUND, &["This link opens nothing"]);
    let page = browser.post("/accept", &[("answer", "accept")]).await;
    assert_says(&page, StatusCode::NOT_FOUND, &["This link opens nothing"]);
}

#[tokio::test]
async fn to_a_disabled_account_does_not_open_it() {
    let app = TestApp::new().await;
    let (_, token) = app.invited(|_| ()).await;
    let shut = User { status: UserStatus::Disabled, ..active("ada") };
    app.put(Changes { users: vec![shut], ..Changes::default() }).await;
    let page = Browser::new(&app).accept(&token, "Ada", PASSWORD).await;
    assert_says(&page, StatusCode::FORBIDDEN, &["Your account is disabled"]);
}
