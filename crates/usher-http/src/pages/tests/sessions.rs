//! The sessions of a person: one in each browser, and each told from the others; on both stores.

use usher_domain::{Action, Purpose, UserId};
use uuid::Uuid;

use super::{account, pin::with_pin, *};
use crate::testing::on_both_stores;

on_both_stores!(
    sessions_are_told_apart_by_the_browser_the_time_and_the_pin,
    whoever_signs_in_over_another_session_ends_it,
    whoever_accepts_or_resets_over_another_session_ends_it,
    a_session_of_another_tenant_ends_as_well,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
const HOSTILE: &str = "<b>Your bank</b> ask evil.example";

async fn sessions_are_told_apart_by_the_browser_the_time_and_the_pin(app: TestApp) {
    let pin = with_pin(&app).await;
    let agent = |user_agent| Browser { user_agent, ..Browser::new(&app) };
    agent(SAFARI).pin("o1", "ada", &pin).await;
    app.clock.advance(TimeDelta::minutes(1));
    agent(HOSTILE).sign_in("ada", PASSWORD, "/me").await;
    app.clock.advance(TimeDelta::minutes(1));
    let mut own = agent(FIREFOX);
    own.sign_in("ada", PASSWORD, "/me").await;
    let page = own.get("/me").await;
    let (_, list) = page.body.split_once("Where you are signed in").unwrap();
    let rows: Vec<_> = list.split("<li").skip(1).collect();
    let expected: [&[&str]; 3] = [
        &["Firefox on Linux", "since 2 January 2026, 12:02 UTC", "this browser"],
        &["An unknown browser or program", "since 2 January 2026, 12:01 UTC", "Sign out there"],
        &[
            "Safari on iOS",
            "since 2 January 2026, 12:00 UTC",
            "with a pin, for The o1 team alone",
            "Sign out there",
        ],
    ];
    assert_eq!(rows.len(), expected.len(), "{list}");
    for (row, texts) in rows.iter().zip(expected) {
        assert!(texts.iter().all(|it| row.contains(it)), "no {texts:?} in {row}");
        assert_eq!(row.contains("with a pin"), texts.len() == 4, "{row}");
        assert_eq!(row.contains("this browser"), texts[0].starts_with("Firefox"), "{row}");
    }
    for raw in ["Mozilla", "145.0", "your bank", "evil.example"] {
        assert!(!page.body.contains(raw), "{raw} in {}", page.body);
    }
    own.language = "de";
    assert_says(&own.get("/me").await, StatusCode::OK, &["Firefox auf Linux", "dieser Browser"]);
}

/// Whether this cookie still opens a page.
async fn is_in(app: &TestApp, cookie: Option<&str>) -> bool {
    assert_ne!(cookie, None);
    let mut thief = Browser { cookie: cookie.map(str::to_owned), ..Browser::new(app) };
    thief.get("/me").await.status == StatusCode::OK
}

async fn whoever_signs_in_over_another_session_ends_it(app: TestApp) {
    let pin = with_pin(&app).await;
    app.member("bob").await;
    let mut browser = Browser::new(&app);
    let fields = async |browser: &mut Browser<'_>, name: &str, password: &str| {
        // Whoever is signed in is not shown the form, but may have opened it before.
        let nonce = nonce(&Browser::new(&app).get("/signin").await);
        browser.post("/signin", &[("name", name), ("password", password), ("nonce", &nonce)]).await
    };
    let mut elsewhere = Browser::new(&app);
    fields(&mut elsewhere, "ada", PASSWORD).await;
    fields(&mut browser, "ada", PASSWORD).await;
    let first = browser.cookie.clone();
    assert_eq!(fields(&mut browser, "bob", "wrong").await.status, StatusCode::UNAUTHORIZED);
    assert!(is_in(&app, first.as_deref()).await, "who does not get in ends nothing");
    assert_eq!(location(&fields(&mut browser, "bob", PASSWORD).await), "/me");
    assert!(!is_in(&app, first.as_deref()).await);
    let second = browser.cookie.clone();
    assert_eq!(location(&fields(&mut browser, "bob", PASSWORD).await), "/me");
    assert!(!is_in(&app, second.as_deref()).await, "also one of the same person");
    let third = browser.cookie.clone();
    assert_eq!(location(&browser.pin("o1", "ada", &pin).await), "/me");
    assert!(!is_in(&app, third.as_deref()).await);
    let fourth = browser.cookie.clone();
    assert_eq!(location(&fields(&mut browser, "bob", PASSWORD).await), "/me");
    assert!(!is_in(&app, fourth.as_deref()).await);
    assert!(is_in(&app, browser.cookie.as_deref()).await);
    assert!(is_in(&app, elsewhere.cookie.as_deref()).await, "other browsers keep theirs");
    let trail = app.usher.tenants.audit.run(&app.system(), None, 50).await.unwrap();
    let count = |action| trail.iter().filter(|it| it.action == action).count();
    assert_eq!((count(Action::SignedIn), count(Action::SignedOut)), (6, 4));
}

async fn whoever_accepts_or_resets_over_another_session_ends_it(app: TestApp) {
    let pin = with_pin(&app).await;
    app.member("bob").await;
    let mut browser = Browser::new(&app);
    browser.pin("o1", "ada", &pin).await;
    let first = browser.cookie.clone();
    let who = Invitee::Mailbox { mailbox: mailbox("kim@example.org"), name: None };
    let (_, token) = app.invited(|it| it.who = who).await;
    assert_eq!(location(&browser.accept(&token, "Kim", PASSWORD).await), "/me");
    assert!(!is_in(&app, first.as_deref()).await);
    let second = browser.cookie.clone();

    app.usher.access.reset_password.request("default", "bob@example.org").await.unwrap();
    let token = account::token(&app, "bob", Purpose::Reset).await;
    let nonce = nonce(&browser.get(&format!("/reset?token={token}")).await);
    let fields = [("token", &*token), ("nonce", &nonce), ("password", "nine otters sing here")];
    assert_eq!(location(&browser.post("/reset", &fields).await), "/me");
    assert!(!is_in(&app, second.as_deref()).await);
    assert!(is_in(&app, browser.cookie.as_deref()).await);
}

async fn a_session_of_another_tenant_ends_as_well(app: TestApp) {
    let other = Tenant { id: TenantId(Uuid::from_u128(77)), name: "other".to_owned(), ..tenant() };
    let eve = User { tenant: other.id, ..active("eve") };
    let tenant = other.id;
    app.put(Changes { tenants: vec![other], users: vec![eve], ..Changes::default() }).await;
    app.member("ada").await;
    let mut browser = Browser::new(&app);
    let of_page = nonce(&browser.get("/signin?tenant=other").await);
    let fields = [
        ("tenant", "other"),
        ("name", "eve"),
        ("password", "seven llamas dance"),
        ("nonce", &*of_page),
    ];
    assert_eq!(location(&browser.post("/signin", &fields).await), "/me");
    let first = browser.cookie.clone();
    let fields = [("name", "ada"), ("password", PASSWORD), ("nonce", &*of_page)];
    assert_eq!(location(&browser.post("/signin", &fields).await), "/me");
    assert!(!is_in(&app, first.as_deref()).await);
    let eve = UserId::parse("eve").unwrap();
    let left = app.ports.sessions.list(tenant, &eve, app.usher.now(), 10).await.unwrap();
    assert_eq!(left, []);
}
