//! What the page of whoever is signed in shows.

use super::*;

#[tokio::test]
async fn is_for_those_who_are_signed_in() {
    let app = TestApp::new().await;
    let mut browser = Browser::new(&app);
    assert_eq!(location(&browser.get("/me").await), "/signin?next=/me");
    assert_eq!(location(&browser.get("/").await), "/me");
    browser.cookie = Some(format!("__Host-usher_session={}", "A".repeat(64)));
    assert_eq!(location(&browser.get("/me").await), "/signin?next=/me");
}

#[tokio::test]
async fn shows_all_that_someone_is() {
    let app = TestApp::new().await;
    let ada = app.member("ada").await;
    let joined = organization("o1");
    // Roles that are defined are called by their names; the others are words.
    let defined = |id: &str, name: &str| Role { name: name.to_owned(), ..role(id) };
    let roles = vec!["role_1".to_owned(), "Reviewer".to_owned()];
    let membership = Membership { roles, ..membership("ada", "o1") };
    let changed = User {
        authority: Some(Authority::OrgAdmin),
        roles: vec!["role_2".to_owned()],
        display_name: Some("Ada Lovelace".to_owned()),
        version: 2,
        ..ada
    };
    app.put(Changes {
        users: vec![changed],
        organizations: vec![joined],
        memberships: vec![membership],
        roles: vec![defined("role_1", "Editor"), defined("role_2", "Owner")],
        ..Changes::default()
    })
    .await;
    let mut browser = Browser::new(&app);
    browser.sign_in("ada", PASSWORD, "/me").await;
    let texts = [
        "Acme",
        "Ada Lovelace",
        "ada@example.org",
        "Owner",
        "Administrator",
        "The o1 team",
        "Editor, Reviewer",
    ];
    let page = browser.get("/me").await;
    assert_says(&page, StatusCode::OK, &texts);
    assert!(!page.body.contains("role_"), "{}", page.body);
}

#[tokio::test]
async fn is_over_after_signing_out() {
    let app = TestApp::new().await;
    app.member("ada").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("ada", PASSWORD, "/me").await;
    let stolen = browser.cookie.clone();
    let page = browser.post("/signout", &[("nonce", "x")]).await;
    assert_says(&page, StatusCode::FORBIDDEN, &["has expired", "Sign out"]);
    let answer = browser.post("/signout", &[("nonce", &nonce(&page))]).await;
    assert_eq!(location(&answer), "/me");
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("=; Path=/; Max-Age=0"), "{cookie}");
    browser.cookie = stolen;
    assert_eq!(location(&browser.get("/me").await), "/signin?next=/me");
}
