//! What someone sees who signs in with a pin.

use usher_application::{NewMember, PinGrant};
use usher_domain::{Organization, OrganizationId, UserRef};

use super::*;

/// An app where Ada belongs to `o1` and `o2`, and has a pin for `o1`: this one.
pub(super) async fn app_with_pin() -> (TestApp, String) {
    let app = TestApp::new().await;
    let pin = with_pin(&app).await;
    (app, pin)
}

/// From now on Ada belongs to `o1` and `o2`, and has a pin for `o1`: this one.
pub(super) async fn with_pin(app: &TestApp) -> String {
    let ada = app.member("ada").await;
    let organizations = ["o1", "o2", "o3"].map(organization).to_vec();
    app.put(Changes { organizations, ..Changes::default() }).await;
    app.put(Changes { memberships: vec![membership("ada", "o2")], ..Changes::default() }).await;
    let member = NewMember {
        who: UserRef::Id(ada.id).into(),
        roles: vec!["dev".to_owned()],
        pin: Some(PinGrant { allowed: false }),
    };
    let id = organization("o1").id;
    let added = app.usher.members.add.run(&app.system(), &id, &[member]).await.unwrap();
    let pin = added[0].as_ref().unwrap().pin.clone().unwrap();
    let keyring = usher_application::testing::keyring();
    keyring.reveal_pin(&app.usher.policy.pins, &id, &pin).unwrap()
}

impl Browser<'_> {
    pub(super) async fn pin(&mut self, organization: &str, name: &str, pin: &str) -> Answer {
        let query = form_urlencoded::byte_serialize(organization.as_bytes()).collect::<String>();
        let page = self.get(&format!("/pin?organization={query}")).await;
        let nonce = nonce(&page);
        let fields =
            [("organization", organization), ("name", name), ("pin", pin), ("nonce", &nonce)];
        self.post("/pin", &fields).await
    }
}

#[tokio::test]
async fn takes_the_organization_by_its_id_or_its_code_in_whatever_case() {
    let (app, pin) = app_with_pin().await;
    let code = Organization { code: Some("ÄLPH".to_owned()), version: 2, ..organization("o1") };
    app.put(Changes { organizations: vec![code], ..Changes::default() }).await;
    for named in ["o1", "ÄLPH", "älph", " Älph "] {
        let mut browser = Browser::new(&app);
        // Once without a cookie of an earlier sign-in, and once with it.
        for _ in 0..2 {
            assert_eq!(location(&browser.pin(named, "ada", &pin).await), "/me", "{named}");
        }
    }
}

#[tokio::test]
async fn tells_nobody_by_which_codes_there_are_organizations() {
    let (app, pin) = app_with_pin().await;
    app.member("bob").await;
    let code = Organization { code: Some("ALPH".to_owned()), version: 2, ..organization("o1") };
    app.put(Changes { organizations: vec![code], ..Changes::default() }).await;
    // The code of an organization in two cases, and its name; and such of none.
    let known = ["ALPH", "al\u{ff50}h", "The o1 team"];
    let unknown = ["ZZZZ", "zz\u{ff5a}z", "The zz team"];
    let mut said = Vec::new();
    for all in [known, unknown] {
        let mut browser = Browser::new(&app);
        let mut pages = Vec::new();
        for named in all {
            let query = form_urlencoded::byte_serialize(named.as_bytes()).collect::<String>();
            pages.push((named, browser.get(&format!("/pin?organization={query}")).await));
        }
        // Those who guess wait alike: whichever way they name it, and whoever is in it.
        for (named, who, count) in
            [(all[0], "bob", 4), (all[1], "bob", 2), (all[2], "bob", 1), ("o1", "bob", 1)]
        {
            for _ in 0..count {
                pages.push((named, browser.pin(named, who, &wrong(&pin)).await));
            }
        }
        app.clock.advance(TimeDelta::hours(6));
        let said_of = |(named, it): (&str, Answer)| {
            let nonce = nonce(&it);
            (it.status, it.body.replace(&nonce, "").replace(named, ""))
        };
        said.push(pages.into_iter().map(said_of).collect::<Vec<_>>());
    }
    assert_eq!(said[0], said[1]);
    let statuses: Vec<_> = said[0].iter().map(|(it, _)| it.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 200, 401, 401, 401, 401, 401, 429, 401, 401]);
}

/// Another one of the same length.
pub(super) fn wrong(pin: &str) -> String {
    pin.chars().map(|it| if it == '9' { '0' } else { char::from(it as u8 + 1) }).collect()
}

#[tokio::test]
async fn opens_its_own_organization_and_nothing_else() {
    let (app, pin) = app_with_pin().await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/pin?organization=o1").await;
    assert_says(&page, StatusCode::OK, &["Sign in to The o1 team", r#"id="pin""#]);
    assert_eq!(location(&browser.pin("o1", "ADA@example.org", &pin).await), "/me");
    let me = browser.get("/me").await;
    assert_says(&me, StatusCode::OK, &["to The o1 team alone", "dev"]);
    assert!(!me.body.contains("o2 team"), "{}", me.body);

    let id = organization("o3").id;
    let (_, token) = app.invited(|it| it.organization = Some(id)).await;
    let page = browser.get(&path(&token)).await;
    assert_says(&page, StatusCode::OK, &["Sign in to accept"]);
    assert_says(&browser.get("/signin").await, StatusCode::OK, &["current-password"]);
    let fields = [("invitation", &*token), ("nonce", &nonce(&page)), ("answer", "accept")];
    assert_says(&browser.post("/accept", &fields).await, StatusCode::CONFLICT, &["sign in"]);
}

#[tokio::test]
async fn every_failed_attempt_gets_the_same_answer() {
    let (app, pin) = app_with_pin().await;
    app.member("bob").await;
    let mut browser = Browser::new(&app);
    for (id, name, pin) in [
        ("o1", "ada", wrong(&pin)),
        ("o1", "bob", pin.clone()),
        ("o1", "nobody", pin.clone()),
        ("o2", "ada", pin.clone()),
        ("o4", "ada", pin.clone()),
        ("", "ada", pin.clone()),
        ("o1", "ada", "1".repeat(10_000)),
        ("o1", "", String::new()),
    ] {
        let page = browser.pin(id, name, &pin).await;
        assert_says(&page, StatusCode::UNAUTHORIZED, &["do not belong together here"]);
        assert_eq!((&browser.cookie, page.body.contains(&*pin) && !pin.is_empty()), (&None, false));
    }
}

#[tokio::test]
async fn failed_attempts_must_wait_longer_but_never_for_ever() {
    let (app, pin) = app_with_pin().await;
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        let page = browser.pin("o1", "ada", &wrong(&pin)).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    }
    let page = browser.pin("o1", "ada", &pin).await;
    assert_says(&page, StatusCode::TOO_MANY_REQUESTS, &["Try again in 2 seconds."]);
    assert_eq!(page.headers[header::RETRY_AFTER], "2");
    for _ in 0..50 {
        app.clock.advance(TimeDelta::minutes(15));
        browser.pin("o1", "ada", &wrong(&pin)).await;
    }
    app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(location(&browser.pin("o1", "ada", &pin).await), "/me");
}

#[tokio::test]
async fn ends_with_the_membership() {
    let (app, pin) = app_with_pin().await;
    let mut browser = Browser::new(&app);
    browser.pin("o1", "ada", &pin).await;
    assert_eq!(browser.get("/me").await.status, StatusCode::OK);
    let id = OrganizationId::parse("o1").unwrap();
    let who = [UserRef::Username("ada".to_owned()).into()];
    app.usher.members.remove.run(&app.system(), &id, &who).await.unwrap();
    assert_eq!(location(&browser.get("/me").await), "/signin?next=/me");
    let page = browser.pin("o1", "ada", &pin).await;
    assert_says(&page, StatusCode::UNAUTHORIZED, &["do not belong together here"]);
}

#[tokio::test]
async fn needs_a_nonce_of_its_own_page() {
    let (app, pin) = app_with_pin().await;
    let mut browser = Browser::new(&app);
    let of_another = nonce(&browser.get("/signin").await);
    for nonce in ["", &of_another] {
        let fields = [("organization", "o1"), ("name", "ada"), ("pin", &*pin), ("nonce", nonce)];
        let page = browser.post("/pin", &fields).await;
        assert_says(&page, StatusCode::FORBIDDEN, &["has expired", r#"value="ada""#]);
        assert_eq!(browser.cookie, None);
    }
}
