//! What somebody gets who guesses passwords and pins, and what their owners notice of it.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::{
    pin::{app_with_pin, with_pin, wrong},
    *,
};
use crate::{options::Options, testing::on_both_stores};

on_both_stores!(
    of_many_guesses_at_once_the_free_ones_are_looked_at,
    of_many_pins_at_once_the_free_ones_are_looked_at,
    names_that_nobody_has_are_answered_and_wait_like_others,
    strangers_do_not_keep_out_whoever_signed_in_before,
    strangers_do_not_keep_out_whoever_signed_in_with_a_pin_before,
    nobody_behind_the_same_address_keeps_out_a_browser_that_is_known,
    whoever_signs_in_elsewhere_opens_no_way_for_those_who_guess,
    whoever_knows_a_pin_guesses_the_password_no_faster,
    whoever_accepts_with_a_password_is_known_from_then_on,
);

/// How many answers there are of each status.
fn tally(answers: &[Answer]) -> HashMap<StatusCode, usize> {
    answers.iter().fold(HashMap::new(), |mut tally, it| {
        *tally.entry(it.status).or_default() += 1;
        tally
    })
}

/// The guesses all at once, each from a browser of its own.
async fn at_once(app: &TestApp, path: &str, field: &str, guesses: &[String]) -> Vec<Answer> {
    let nonce = nonce(&Browser::new(app).get(path).await);
    let guess = async |secret: &str| {
        let place = [("organization", "o1"), ("name", "ada"), ("nonce", &*nonce)];
        Browser::new(app).post(path, &[&place[..], &[(field, secret)]].concat()).await
    };
    join_all(guesses.iter().map(|it| guess(it))).await
}

async fn of_many_guesses_at_once_the_free_ones_are_looked_at(app: TestApp) {
    app.member("ada").await;
    let mut guesses: Vec<_> = (0..47).map(|n| format!("guess number {n}")).collect();
    guesses.push(PASSWORD.to_owned());
    let tally = tally(&at_once(&app, "/signin", "password", &guesses).await);
    // Whoever has the right one forgives those that were free, and not those that others counted on.
    let refused = tally.get(&StatusCode::TOO_MANY_REQUESTS).copied().unwrap_or_default();
    assert!(refused >= 48 - 10, "{tally:?}");
    // Without the right one among them, it is exact.
    app.clock.advance(TimeDelta::hours(6));
    let tally = self::tally(&at_once(&app, "/signin", "password", &guesses[..47]).await);
    let expected = [(StatusCode::UNAUTHORIZED, 5), (StatusCode::TOO_MANY_REQUESTS, 42)];
    assert_eq!(tally, HashMap::from(expected));
}

async fn of_many_pins_at_once_the_free_ones_are_looked_at(app: TestApp) {
    let pin = with_pin(&app).await;
    let guesses = vec![wrong(&pin); 48];
    let tally = tally(&at_once(&app, "/pin?organization=o1", "pin", &guesses).await);
    let expected = [(StatusCode::UNAUTHORIZED, 5), (StatusCode::TOO_MANY_REQUESTS, 43)];
    assert_eq!(tally, HashMap::from(expected));
}

async fn names_that_nobody_has_are_answered_and_wait_like_others(app: TestApp) {
    with_pin(&app).await;
    let shut = User { status: UserStatus::Disabled, ..active("eve") };
    let foreign = User { password: Some("$2b$elsewhere".to_owned()), ..active("kim") };
    app.put(Changes { users: vec![shut, foreign], ..Changes::default() }).await;
    let mut browser = Browser::new(&app);
    for with_a_pin in [false, true] {
        let mut seen = Vec::new();
        for name in ["ada", "ada@example.org", "nobody", "no@body.example", "eve", "kim"] {
            let mut answers = Vec::new();
            for n in 0..8 {
                let page = if with_a_pin {
                    browser.pin("o1", name, "x").await
                } else {
                    browser.sign_in(name, "not the password", "/me").await
                };
                assert_eq!(page.status == StatusCode::UNAUTHORIZED, n < 5, "{name} {n}");
                let wait = page.headers.get(header::RETRY_AFTER).cloned();
                let nonce = nonce(&page);
                let body = page.body.replace(&format!(r#"value="{name}""#), "");
                answers.push((page.status, wait, body.replace(&nonce, "")));
            }
            seen.push(answers);
        }
        seen.dedup();
        assert_eq!(seen.len(), 1);
    }
}

async fn strangers_do_not_keep_out_whoever_signed_in_before(app: TestApp) {
    app.member("ada").await;
    let (mut owner, mut stranger) = (Browser::new(&app), Browser::new(&app));
    assert_eq!(location(&owner.sign_in("ada", PASSWORD, "/me").await), "/me");
    owner.cookie = None;
    for _ in 0..12 {
        stranger.sign_in("ada", "not the password", "/me").await;
    }
    let page = stranger.sign_in("ada", PASSWORD, "/me").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(location(&owner.sign_in("ada@example.org", PASSWORD, "/me").await), "/me");
    // A cookie that somebody made up is none.
    stranger.device = owner.device.as_ref().map(|it| format!("{it}A"));
    let page = stranger.sign_in("ada", PASSWORD, "/me").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
}

async fn strangers_do_not_keep_out_whoever_signed_in_with_a_pin_before(app: TestApp) {
    let pin = with_pin(&app).await;
    let (mut owner, mut stranger) = (Browser::new(&app), Browser::new(&app));
    assert_eq!(location(&owner.pin("o1", "ada", &pin).await), "/me");
    for _ in 0..12 {
        stranger.pin("o1", "ada", &wrong(&pin)).await;
    }
    let page = stranger.pin("o1", "ada", &pin).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(location(&owner.pin("o1", "ada", &pin).await), "/me");
}

async fn nobody_behind_the_same_address_keeps_out_a_browser_that_is_known(app: TestApp) {
    app.member("bob").await;
    let pin = with_pin(&app).await;
    let app = app.with(Options { sign_in_rate: 10, ..Options::default() });
    let (mut ada, mut terminal, mut stranger) =
        (Browser::new(&app), Browser::new(&app), Browser::new(&app));
    assert_eq!(location(&ada.sign_in("ada", PASSWORD, "/me").await), "/me");
    assert_eq!(location(&terminal.pin("o1", "ada", &pin).await), "/me");
    for n in 0..10 {
        stranger.sign_in(&format!("nobody{n}"), "x", "/me").await;
    }
    let refused = Browser::new(&app).sign_in("bob", PASSWORD, "/me").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    ada.cookie = None;
    assert_eq!(location(&ada.sign_in("ADA@example.org", PASSWORD, "/me").await), "/me");
    assert_eq!(location(&terminal.pin("o1", "ada", &pin).await), "/me");
    ada.cookie = None;
    // For other names, and where somebody knows a pin alone, a cookie is of no use.
    let as_bob = ada.sign_in("bob", PASSWORD, "/me").await;
    let with_password = terminal.sign_in("ada", PASSWORD, "/me").await;
    for answer in [as_bob, with_password] {
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    }
}

async fn whoever_signs_in_elsewhere_opens_no_way_for_those_who_guess(app: TestApp) {
    app.member("ada").await;
    for _ in 0..4 {
        Browser::new(&app).sign_in("ada", "not the password", "/me").await;
    }
    assert_eq!(location(&Browser::new(&app).sign_in("ada", PASSWORD, "/me").await), "/me");
    let guess = Browser::new(&app).sign_in("ada", "not the password", "/me").await;
    assert_eq!(guess.status, StatusCode::UNAUTHORIZED);
    let guess = Browser::new(&app).sign_in("ada", "not the password", "/me").await;
    assert_eq!(guess.status, StatusCode::TOO_MANY_REQUESTS);
}

async fn whoever_knows_a_pin_guesses_the_password_no_faster(app: TestApp) {
    let pin = with_pin(&app).await;
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let mut browser = Browser::new(&app);
        assert_eq!(location(&browser.pin("o1", "ada", &pin).await), "/me");
        for _ in 0..3 {
            statuses.push(browser.sign_in("ada", "not the password", "/me").await.status);
        }
    }
    let (wrong, wait) = (StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(statuses, [wrong, wrong, wrong, wrong, wrong, wait]);
}

async fn whoever_accepts_with_a_password_is_known_from_then_on(app: TestApp) {
    let (_, token) = app.invited(|_| ()).await;
    let mut owner = Browser::new(&app);
    assert_eq!(location(&owner.accept(&token, "Ada", PASSWORD).await), "/me");
    owner.cookie = None;
    for _ in 0..6 {
        Browser::new(&app).sign_in("ada@example.org", "not the password", "/me").await;
    }
    assert_eq!(location(&owner.sign_in("ada@example.org", PASSWORD, "/me").await), "/me");
}

#[tokio::test]
async fn the_cookie_by_which_a_browser_is_known_is_for_this_site_alone_and_lasts_a_year() {
    let (app, pin) = app_with_pin().await;
    let mut browser = Browser::new(&app);
    for page in
        [browser.sign_in("ada", PASSWORD, "/me").await, browser.pin("o1", "ada", &pin).await]
    {
        let cookies = page.headers.get_all(header::SET_COOKIE);
        let all: Vec<_> = cookies.iter().map(|it| it.to_str().unwrap()).collect();
        let [session, device] = all[..] else { panic!("{all:?}") };
        assert!(session.starts_with("__Host-usher_session="), "{session}");
        let (value, rest) = device.split_once(';').unwrap();
        assert!(value.starts_with("__Host-usher_device="), "{device}");
        let expected = " Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(rest, expected);
    }
    // Whoever signs out is known all the same.
    browser.get("/me").await;
    assert!(browser.device.is_some());
}
