//! How somebody with an account accepts.

use super::*;

#[tokio::test]
async fn signs_in_and_accepts() {
    let app = TestApp::new().await;
    app.member("ada").await;
    let (_, token) = app.invited_to_o1(|_| ()).await;
    let mut browser = Browser::new(&app);
    let page = browser.get(&path(&token)).await;
    let href = format!("/signin?tenant=default&#38;next=%2Faccept%3Finvitation%3D{token}");
    let texts = ["Sign in to accept", &href, "Decline"];
    assert_says(&page, StatusCode::OK, &texts);
    assert!(!page.body.contains("new-password"), "{}", page.body);

    let forced = browser.accept(&token, "Eve", PASSWORD).await;
    assert_says(&forced, StatusCode::CONFLICT, &["sign in to accept"]);

    let signed_in = browser.sign_in("ADA@example.org", PASSWORD, &path(&token)).await;
    assert_eq!(location(&signed_in), path(&token));
    let page = browser.get(&path(&token)).await;
    assert_says(&page, StatusCode::OK, &["You are signed in as ada.", "Accept and join"]);
    let answer = browser.reply(&token, "accept", &[]).await;
    assert_eq!(location(&answer), "/me");
    assert!(!answer.headers.contains_key(header::SET_COOKIE));
    assert_says(&browser.get("/me").await, StatusCode::OK, &["The o1 team"]);
}

#[tokio::test]
async fn somebody_else_is_informed_and_can_switch_accounts() {
    let app = TestApp::new().await;
    app.member("bob").await;
    let (invitation, token) = app.invited(|_| ()).await;
    let mut browser = Browser::new(&app);
    browser.sign_in("bob", PASSWORD, "/me").await;
    let page = browser.get(&path(&token)).await;
    let texts = ["signed in as bob", "for ada@example.org", "Sign out and go on"];
    assert_says(&page, StatusCode::OK, &texts);
    let out = nonce(&page);

    let fresh = nonce(&Browser::new(&app).get(&path(&token)).await);
    let fields = [("invitation", &*token), ("nonce", &fresh), ("answer", "accept")];
    let forced = browser.post("/accept", &fields).await;
    assert_says(&forced, StatusCode::FORBIDDEN, &["signed in as bob"]);
    assert_eq!(app.row(&invitation).await.version, 1);

    let answer = browser.post("/signout", &[("nonce", &out), ("next", &path(&token))]).await;
    assert_eq!((location(&answer), &browser.cookie), (path(&token).as_str(), &None));
    assert_eq!(location(&browser.accept(&token, "Ada", PASSWORD).await), "/me");
}

#[tokio::test]
async fn of_the_same_name_in_another_tenant_is_someone_else() {
    let app = TestApp::new().await;
    let other = TenantId(uuid::Uuid::from_u128(0xf0));
    let elsewhere = Tenant { id: other, name: "other".to_owned(), ..tenant() };
    let password = Some(format!("$argon2id$plain${PASSWORD}"));
    let ada = User { tenant: other, password, ..active("ada") };
    app.put(Changes { tenants: vec![elsewhere], users: vec![ada], ..Changes::default() }).await;
    let (invitation, token) = app.invited(|_| ()).await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.sign_in("ada", PASSWORD, "/me").await.status, StatusCode::UNAUTHORIZED);
    let page = browser.get("/signin?tenant=other").await;
    let fields =
        [("tenant", "other"), ("name", "ada"), ("password", PASSWORD), ("nonce", &nonce(&page))];
    assert_eq!(location(&browser.post("/signin", &fields).await), "/me");
    let page = browser.get(&path(&token)).await;
    assert_says(&page, StatusCode::OK, &["Sign out and go on"]);
    assert_eq!(app.row(&invitation).await.version, 1);
}
