//! What people do with their own accounts: another password, their sessions, their mailbox; on both
//! stores.

use std::time::Duration;

use usher_application::{Outbox as _, Users as _};
use usher_domain::{AccountLetter, AccountLetterKind, Lane, Mailbox, Purpose, UserRef};

use super::*;
use crate::testing::on_both_stores;

const NEW: &str = "nine otters sing here";

on_both_stores!(
    a_password_is_changed_by_whoever_knows_it_and_ends_the_other_sessions,
    a_form_about_an_account_needs_the_nonce_of_its_session,
    sessions_are_seen_and_ended_one_by_one,
    a_forgotten_password_is_replaced_by_the_mailed_link_once,
    whoever_gets_an_unproven_account_by_a_reset_begins_without_the_name_that_was_given_to_it,
    whoever_asks_for_a_link_is_told_the_same_for_every_address,
    whoever_asks_for_links_all_day_has_no_more_mailed_than_there_may_be,
    a_mailbox_is_confirmed_by_whoever_is_signed_in,
    a_stranger_who_asks_for_links_neither_voids_one_nor_holds_back_another,
);

async fn user(app: &TestApp, id: &str) -> User {
    let who = UserRef::Username(id.to_owned());
    app.store.find_many(app.tenant, &[who]).await.unwrap().remove(0).unwrap()
}

/// The token in the link of the latest letter to this user.
pub(super) async fn token(app: &TestApp, id: &str, purpose: Purpose) -> String {
    let user = user(app, id).await;
    let letters = user.letters.clone().unwrap();
    let is_of = |it: &&AccountLetter| it.kind.link().is_some_and(|(of, _)| of == purpose);
    let state = user.bound_state(letters.latest.iter().find(is_of).unwrap());
    let (keys, id) = (usher_application::testing::keyring(), letters.id.0);
    keys.token_bound_to(purpose, user.tenant, id, &state)
}

/// Waits until a letter to this user was decided on, which happens after the answer.
async fn until_written_to(app: &TestApp, id: &str) {
    while user(app, id).await.letters.is_none() {
        app.usher.wait_for_jobs(Lane::Letters, Duration::from_mins(1)).await;
    }
}

async fn signed_in<'a>(app: &'a TestApp, name: &str, password: &str) -> Browser<'a> {
    let mut browser = Browser::new(app);
    assert_eq!(location(&browser.sign_in(name, password, "/me").await), "/me");
    browser
}

async fn change(browser: &mut Browser<'_>, old: &str, new: &str) -> Answer {
    let nonce = nonce(&browser.get("/me").await);
    let fields = [("nonce", &*nonce), ("password", old), ("new-password", new)];
    browser.post("/me/password", &fields).await
}

async fn a_password_is_changed_by_whoever_knows_it_and_ends_the_other_sessions(app: TestApp) {
    app.member("ada").await;
    let mut other = signed_in(&app, "ada", PASSWORD).await;
    let mut browser = signed_in(&app, "ada", PASSWORD).await;
    app.clock.advance(TimeDelta::minutes(1));
    let page = change(&mut browser, "wrong", NEW).await;
    let texts = ["This is not your password", r#"aria-describedby="password-error""#];
    assert_says(&page, StatusCode::UNPROCESSABLE_ENTITY, &texts);
    let page = change(&mut browser, PASSWORD, "brief").await;
    let texts = ["too short", r#"aria-describedby="new-password-error""#];
    assert_says(&page, StatusCode::UNPROCESSABLE_ENTITY, &texts);

    assert_eq!(location(&change(&mut browser, PASSWORD, NEW).await), "/me");
    assert_says(&browser.get("/me").await, StatusCode::OK, &["ada@example.org"]);
    assert_eq!(location(&other.get("/me").await), "/signin?next=/me");
    let old = Browser::new(&app).sign_in("ada", PASSWORD, "/me").await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    signed_in(&app, "ada", NEW).await;
    let letters = user(&app, "ada").await.letters.unwrap();
    assert_eq!(letters.latest[0].kind, AccountLetterKind::PasswordChanged);
}

async fn a_form_about_an_account_needs_the_nonce_of_its_session(app: TestApp) {
    app.member("ada").await;
    let mut other = signed_in(&app, "ada", PASSWORD).await;
    let foreign = nonce(&other.get("/me").await);
    let mut browser = signed_in(&app, "ada", PASSWORD).await;
    for path in ["/me/password", "/me/sessions", "/me/confirm"] {
        for nonce in ["", &foreign] {
            let fields = [
                ("nonce", nonce),
                ("password", PASSWORD),
                ("new-password", NEW),
                ("session", "others"),
            ];
            let page = browser.post(path, &fields).await;
            assert_says(&page, StatusCode::FORBIDDEN, &["has expired"]);
        }
        let nobody = Browser::new(&app).post(path, &[("nonce", &foreign)]).await;
        assert_eq!(location(&nobody), "/me");
    }
    assert_says(&other.get("/me").await, StatusCode::OK, &["You are in"]);
    assert_eq!(user(&app, "ada").await.letters, None);
}

async fn sessions_are_seen_and_ended_one_by_one(app: TestApp) {
    app.member("ada").await;
    app.member("bob").await;
    let mut bob = signed_in(&app, "bob", PASSWORD).await;
    let mut first = signed_in(&app, "ada", PASSWORD).await;
    app.clock.advance(TimeDelta::minutes(1));
    let mut second = signed_in(&app, "ada", PASSWORD).await;
    app.clock.advance(TimeDelta::minutes(1));
    let mut third = signed_in(&app, "ada", PASSWORD).await;
    let page = third.get("/me").await;
    let texts = ["2 January 2026, 12:00 UTC", "12:01 UTC", "12:02 UTC", "this browser"];
    assert_says(&page, StatusCode::OK, &texts);
    let ids: Vec<_> = page.body.split(r#"name="session" value=""#).skip(1).collect();
    let ids: Vec<_> = ids.iter().map(|it| it.split('"').next().unwrap().to_owned()).collect();
    let [of_second, _, others] = &ids[..] else { panic!("{ids:?}") };
    assert_eq!(others, "others");

    // Nobody ends a session of somebody else.
    let bobs = nonce(&bob.get("/me").await);
    bob.post("/me/sessions", &[("nonce", &bobs), ("session", of_second)]).await;
    assert_says(&second.get("/me").await, StatusCode::OK, &["You are in"]);

    let nonce = nonce(&page);
    let answer = third.post("/me/sessions", &[("nonce", &nonce), ("session", of_second)]).await;
    assert_eq!(location(&answer), "/me");
    assert_eq!(location(&second.get("/me").await), "/signin?next=/me");
    assert_says(&first.get("/me").await, StatusCode::OK, &["You are in"]);
    third.post("/me/sessions", &[("nonce", &nonce), ("session", "others")]).await;
    assert_eq!(location(&first.get("/me").await), "/signin?next=/me");
    let page = third.get("/me").await;
    assert_says(&page, StatusCode::OK, &["this browser"]);
    assert!(!page.body.contains("Sign out everywhere else"), "{}", page.body);
    assert_says(&bob.get("/me").await, StatusCode::OK, &["You are in"]);
}

/// Sends the form for a link to this address.
async fn forgot(browser: &mut Browser<'_>, name: &str) -> Answer {
    let nonce = nonce(&browser.get("/forgot").await);
    browser.post("/forgot", &[("nonce", &nonce), ("name", name)]).await
}

async fn a_forgotten_password_is_replaced_by_the_mailed_link_once(app: TestApp) {
    app.member("ada").await;
    let mut old = signed_in(&app, "ada", PASSWORD).await;
    app.clock.advance(TimeDelta::minutes(1));
    let mut browser = Browser::new(&app);
    let sign_in = browser.get("/signin").await;
    assert_says(&sign_in, StatusCode::OK, &[r#"href="/forgot?tenant=default""#]);
    let answer = forgot(&mut browser, "ADA@example.org").await;
    assert_says(&answer, StatusCode::OK, &["Look into your mail"]);
    until_written_to(&app, "ada").await;
    let token = token(&app, "ada", Purpose::Reset).await;
    let path = format!("/reset?tenant=default&token={token}");
    let before = user(&app, "ada").await;
    let page = browser.get(&path).await;
    let texts = ["Choose a new password", r#"autocomplete="new-password""#, "ada@example.org"];
    assert_says(&page, StatusCode::OK, &texts);
    assert_eq!(user(&app, "ada").await, before);
    let nonce = nonce(&page);
    let send = |nonce: &str, password: &str| {
        [("token", token.clone()), ("nonce", nonce.to_owned()), ("password", password.to_owned())]
    };
    let post = async |browser: &mut Browser<'_>, nonce: &str, password: &str| {
        let fields = send(nonce, password);
        let fields: Vec<_> = fields.iter().map(|(name, it)| (*name, it.as_str())).collect();
        browser.post("/reset", &fields).await
    };
    let page = post(&mut browser, "x", NEW).await;
    assert_says(&page, StatusCode::FORBIDDEN, &["has expired"]);
    let page = post(&mut browser, &nonce, "brief").await;
    assert_says(&page, StatusCode::UNPROCESSABLE_ENTITY, &["too short"]);
    assert_eq!(location(&post(&mut browser, &nonce, NEW).await), "/me");
    assert_says(&browser.get("/me").await, StatusCode::OK, &["ada@example.org"]);
    assert_eq!(location(&old.get("/me").await), "/signin?next=/me");
    for page in [browser.get(&path).await, post(&mut browser, &nonce, "ten hares leap over").await]
    {
        let texts = ["not good any more", r#"href="/forgot?tenant=default""#];
        assert_says(&page, StatusCode::GONE, &texts);
        assert!(!page.body.contains("ada@"), "{}", page.body);
    }
    signed_in(&app, "ada", NEW).await;
}

async fn whoever_gets_an_unproven_account_by_a_reset_begins_without_the_name_that_was_given_to_it(
    app: TestApp,
) {
    for (id, is_proven) in [("ada", false), ("bob", true)] {
        let member = app.member(id).await;
        let mailbox_proven_at = member.mailbox_proven_at.filter(|_| is_proven);
        let named = Some("Mallory the First".to_owned());
        let member =
            User { mailbox_proven_at, display_name: named, ..member.touched(app.usher.now()) };
        app.put(Changes { users: vec![member], ..Changes::default() }).await;
        let mut browser = Browser::new(&app);
        forgot(&mut browser, &format!("{id}@example.org")).await;
        until_written_to(&app, id).await;
        let token = token(&app, id, Purpose::Reset).await;
        let page = browser.get(&format!("/reset?token={token}")).await;
        assert!(!page.body.contains("Mallory"), "{}", page.body);
        let fields = [("token", &*token), ("nonce", &nonce(&page)), ("password", NEW)];
        assert_eq!(location(&browser.post("/reset", &fields).await), "/me");
        let page = browser.get("/me").await;
        assert_eq!(page.body.contains("Mallory the First"), is_proven, "{}", page.body);
        assert_eq!(user(&app, id).await.display_name.is_some(), is_proven);
    }
}

async fn whoever_asks_for_a_link_is_told_the_same_for_every_address(app: TestApp) {
    app.member("ada").await;
    app.put(Changes {
        users: vec![User { status: UserStatus::Disabled, ..active("off") }],
        ..Changes::default()
    })
    .await;
    let mut browser = Browser::new(&app);
    let first = forgot(&mut browser, "nobody@example.org").await;
    assert_says(&first, StatusCode::OK, &["If there is an account with this address"]);
    for name in ["off@example.org", "ada", "", &"x".repeat(5_000), "ada@example.org"] {
        assert_eq!(forgot(&mut browser, name).await.body, first.body, "{name}");
    }
    until_written_to(&app, "ada").await;
    assert_eq!(user(&app, "off").await.letters, None);
}

async fn whoever_asks_for_links_all_day_has_no_more_mailed_than_there_may_be(app: TestApp) {
    app.member("ada").await;
    let request = async || {
        app.usher.access.reset_password.request("default", "ada@example.org").await.unwrap();
        // Letters on request are due after up to 20 seconds.
        let (due, lease) = (app.usher.now() + TimeDelta::seconds(20), TimeDelta::days(9));
        app.store.claim(Lane::Letters, due, lease, 99).await.unwrap().len()
    };
    let mut mailed = Vec::new();
    for _ in 0..40 {
        mailed.push(request().await);
        app.clock.advance(TimeDelta::minutes(5));
    }
    for hour in mailed.chunks(12).take(3) {
        assert_eq!(hour, [[1; 3].as_slice(), &[0; 9]].concat());
    }
    // The pages say the same then.
    let mut browser = Browser::new(&app);
    let page = forgot(&mut browser, "ada@example.org").await;
    assert_says(&page, StatusCode::OK, &["If there is an account with this address"]);
}

async fn a_mailbox_is_confirmed_by_whoever_is_signed_in(app: TestApp) {
    let ada = app.member("ada").await;
    let unproven = User { mailbox_proven_at: None, ..ada.touched(app.usher.now()) };
    app.put(Changes { users: vec![unproven], ..Changes::default() }).await;
    app.member("bob").await;
    let mut browser = signed_in(&app, "ada", PASSWORD).await;
    let page = browser.get("/me").await;
    assert_says(&page, StatusCode::OK, &["not confirmed yet", "Send me a link to confirm"]);
    let of_page = nonce(&page);
    let sent = browser.post("/me/confirm", &[("nonce", &of_page)]).await;
    assert_says(&sent, StatusCode::OK, &["A mail with a link is on its way to you"]);
    let again = browser.post("/me/confirm", &[("nonce", &of_page)]).await;
    assert_says(&again, StatusCode::TOO_MANY_REQUESTS, &["Try again in 60 seconds."]);
    assert_eq!(again.headers[header::RETRY_AFTER], "60");
    let token = token(&app, "ada", Purpose::Confirmation).await;
    let path = format!("/confirm?tenant=default&token={token}");

    let stranger = Browser::new(&app).get(&path).await;
    let next = format!("/signin?tenant=default&next=%2Fconfirm%3Ftoken%3D{token}");
    assert_eq!(location(&stranger), next);
    let mut bob = signed_in(&app, "bob", PASSWORD).await;
    let page = bob.get(&path).await;
    assert_says(&page, StatusCode::FORBIDDEN, &["for another account"]);

    let page = browser.get(&path).await;
    assert_says(&page, StatusCode::OK, &["Confirm that ada@example.org is your address"]);
    assert_eq!(user(&app, "ada").await.mailbox_proven_at, None);
    let fields = [("token", &*token), ("nonce", &nonce(&page))];
    assert_eq!(location(&browser.post("/confirm", &fields).await), "/me");
    assert_eq!(user(&app, "ada").await.mailbox_proven_at, Some(app.usher.now()));
    let page = browser.get("/me").await;
    assert!(!page.body.contains("not confirmed yet"), "{}", page.body);
    assert_says(&browser.get(&path).await, StatusCode::GONE, &["not good any more"]);
}

/// Asks for a link, and waits until it is decided whether there is one.
async fn asked_again(app: &TestApp, name: &str) {
    app.usher.access.reset_password.request("default", name).await.unwrap();
}

async fn a_stranger_who_asks_for_links_neither_voids_one_nor_holds_back_another(app: TestApp) {
    let ada = app.member("ada").await;
    let unproven = User { mailbox_proven_at: None, ..ada.touched(app.usher.now()) };
    app.put(Changes { users: vec![unproven], ..Changes::default() }).await;
    let mut owner = signed_in(&app, "ada", PASSWORD).await;
    asked_again(&app, "ada@example.org").await;
    let first = token(&app, "ada", Purpose::Reset).await;
    // The owner is sent a link of another kind at once.
    let of_page = nonce(&owner.get("/me").await);
    let sent = owner.post("/me/confirm", &[("nonce", &of_page)]).await;
    assert_says(&sent, StatusCode::OK, &["A mail with a link is on its way to you"]);
    let confirmation = token(&app, "ada", Purpose::Confirmation).await;
    for _ in 0..11 {
        app.clock.advance(TimeDelta::minutes(5));
        asked_again(&app, "ada@example.org").await;
        assert_eq!(token(&app, "ada", Purpose::Reset).await, first);
    }
    let path = format!("/reset?tenant=default&token={first}");
    assert_says(&owner.get(&path).await, StatusCode::OK, &["Choose a new password"]);
    let path = format!("/confirm?tenant=default&token={confirmation}");
    assert_says(&owner.get(&path).await, StatusCode::OK, &["is your address"]);
    app.clock.advance(TimeDelta::minutes(5));
    let path = format!("/reset?tenant=default&token={first}");
    assert_says(&owner.get(&path).await, StatusCode::GONE, &["not good any more"]);

    // With the former address again, the link for it stays void.
    for address in ["elsewhere@example.org", "ada@example.org"] {
        let ada = user(&app, "ada").await;
        let now = app.usher.now();
        let changed = User { mailbox: Mailbox::parse(address).ok(), ..ada.clone().touched(now) };
        let changed = changed.changed_from(&ada, now);
        app.put(Changes { users: vec![changed], ..Changes::default() }).await;
    }
    let path = format!("/confirm?tenant=default&token={confirmation}");
    assert_says(&owner.get(&path).await, StatusCode::GONE, &["not good any more"]);
}
