//! Reading identities, and making them invitable again.

use axum::response::IntoResponse as _;
use usher_application::StoreError;
use usher_domain::{Document, UserStatus};

use super::*;
use crate::dialect::sailpoint::fault::Fault;

async fn ids(client: &Client<'_>, query: &str) -> Vec<String> {
    client.listed(&format!("{IDENTITIES}?{query}"), "id").await
}

fn named(name: &str, first: &str, last: &str) -> User {
    User { first_name: Some(first.to_owned()), last_name: Some(last.to_owned()), ..user(name) }
}

/// Five people, each in another state.
async fn five(app: &TestApp) {
    let disabled = User { status: UserStatus::Disabled, ..active("dan") };
    let nameless = User { username: None, mailbox: None, ..user("eve") };
    let ada = User { status: UserStatus::Active, ..named("ada", "Ada", "Lovelace") };
    add_users(app, vec![ada, named("bob", "Bob", "Loveless"), user("cyd"), disabled, nameless])
        .await;
}

#[tokio::test]
async fn an_identity_has_every_known_attribute() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let attributes = Document(r#"{"department": "Analysis", "cloudStatus": "none"}"#.to_owned());
    add_users(&app, vec![User { attributes, ..named("ada", "Ada", "Lovelace") }]).await;
    for version in ApiVersion::ALL {
        let identity = boss.get(&format!("{}/ada", version.identities())).await.good();
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(identity, @r#"
            {
              "alias": "ada",
              "attributes": {
                "cloudStatus": "UNREGISTERED",
                "department": "Analysis",
                "displayName": "Ada Lovelace",
                "email": "ada@example.org",
                "firstname": "Ada",
                "lastname": "Lovelace",
                "uid": "ada"
              },
              "created": "2026-01-02T12:00:00.000Z",
              "emailAddress": "ada@example.org",
              "id": "ada",
              "identityStatus": "UNREGISTERED",
              "isManager": false,
              "lastRefresh": "2026-01-02T12:00:00.000Z",
              "lifecycleState": null,
              "managerRef": null,
              "modified": "2026-01-02T12:00:00.000Z",
              "name": "Ada Lovelace",
              "processingState": "OK"
            }
            "#);
        }
    }
    let nameless = User { username: None, mailbox: None, ..user("eve") };
    add_users(&app, vec![nameless]).await;
    let eve = boss.get(&format!("{IDENTITIES}/eve")).await.good();
    assert_eq!((&eve["alias"], &eve["emailAddress"]), (&json!("eve"), &Value::Null));
    assert!(eve["name"].is_string());
}

#[tokio::test]
async fn identities_stand_where_they_are_on_the_way_in() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    five(&app).await;
    assert_eq!(boss.standing("bob").await, "UNREGISTERED");
    boss.invited(&["bob"]).await;
    assert_eq!(boss.standing("bob").await, "PENDING");
    app.clock.advance(TimeDelta::days(7));
    assert_eq!(boss.standing("bob").await, "UNREGISTERED");
    assert_eq!(boss.standing("ada").await, "ACTIVE");
    assert_eq!(boss.standing("dan").await, "DISABLED");
}

#[tokio::test]
async fn identities_can_be_filtered() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    five(&app).await;
    boss.invited(&["cyd"]).await;
    let everybody = ["ada", "bob", "boss", "cyd", "dan", "eve"];
    for (filter, expected) in [
        (r#"id eq "ada""#, &["ada"][..]),
        (r#"id eq "ADA""#, &[]),
        (r#"id in ("eve", "bob", "nobody", "")"#, &["bob", "eve"]),
        (r#"name eq "ada lovelace""#, &["ada"]),
        (r#"name sw "ADA""#, &["ada"]),
        (r#"alias eq "Bob""#, &["bob"]),
        (r#"alias eq "eve""#, &["eve"]),
        (r#"alias sw "b""#, &["bob", "boss"]),
        (r#"firstname eq "Ada""#, &["ada"]),
        (r#"firstname sw "b""#, &["bob"]),
        (r#"lastname sw "Lovel""#, &["ada", "bob"]),
        (r#"lastname eq "lovelace""#, &["ada"]),
        (r#"email eq "BOB@example.org""#, &["bob"]),
        (r#"email sw "d""#, &["dan"]),
        (r#"cloudStatus eq "UNREGISTERED""#, &["bob", "eve"]),
        (r#"cloudStatus eq "PENDING""#, &["cyd"]),
        (r#"cloudStatus eq "ACTIVE""#, &["ada", "boss"]),
        (r#"cloudStatus eq "registered""#, &["ada", "boss"]),
        (r#"cloudStatus eq "DISABLED""#, &["dan"]),
        (r#"cloudStatus eq "LOCKED" or cloudStatus eq "ERROR""#, &[]),
        (r#"processingState eq "OK""#, &everybody),
        (r#"processingState eq "ERROR""#, &[]),
        ("correlated eq true", &everybody),
        (r#"correlated eq "true""#, &everybody),
        ("correlated eq false", &[]),
        ("protected eq false", &everybody),
        ("protected eq true", &[]),
        (r#"id eq "ada" or correlated eq false"#, &["ada"]),
        (r#"id eq "ada" or id eq "bob" and cloudStatus eq "ACTIVE""#, &["ada"]),
        (r#"(id eq "ada" or id eq "bob") and cloudStatus eq "UNREGISTERED""#, &["bob"]),
        (r#"email sw """#, &["ada", "bob", "boss", "cyd", "dan"]),
    ] {
        let found = ids(&boss, &format!("filters={}", query(filter))).await;
        assert_eq!(found, expected, "{filter}");
        // Its negation matches all others, including those without a value.
        let negated = format!("filters={}", query(&format!("not ({filter})")));
        let rest = everybody.iter().filter(|it| !expected.contains(it));
        assert_eq!(ids(&boss, &negated).await, rest.copied().collect::<Vec<_>>(), "not {filter}");
    }
}

#[tokio::test]
async fn identities_are_sorted_counted_and_listed_in_parts() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    five(&app).await;
    boss.invited(&["cyd"]).await;
    for (query, expected) in [
        ("", &["ada", "bob", "boss", "cyd", "dan", "eve"][..]),
        ("defaultFilter=CORRELATED_ONLY&limit=2", &["ada", "bob"]),
        ("defaultFilter=NONE&limit=2&offset=5", &["eve"]),
        ("limit=0", &[]),
        ("sorters=-alias", &["dan", "cyd", "boss", "bob", "ada", "eve"]),
        ("sorters=cloudStatus,-name", &["boss", "ada", "dan", "cyd", "bob", "eve"]),
        ("sorters=-cloudStatus,%20name&limit=3", &["bob", "eve", "cyd"]),
    ] {
        assert_eq!(ids(&boss, query).await, expected, "{query}");
    }
    let counted = boss.get(&format!("{IDENTITIES}?count=true&limit=1&offset=3")).await;
    assert_eq!(counted.total(), Some(6));
    assert_eq!(boss.get(IDENTITIES).await.total(), None);
    let some = format!("{IDENTITIES}?count=true&filters={}", query(r#"email sw "b""#));
    assert_eq!(boss.get(&some).await.total(), Some(2));
    for (query, text) in [
        (
            "sorters=email",
            "`sorters` cannot be `email`; it can be by name, alias, cloudStatus, with a `-` for descending",
        ),
        (
            "sorters=name,",
            "`sorters` cannot be ``; it can be by name, alias, cloudStatus, with a `-` for descending",
        ),
        ("sorters=name,name,name,name", "`sorters` must not name a field twice"),
        ("defaultFilter=ALL", "`defaultFilter` must be CORRELATED_ONLY or NONE"),
        ("limit=300", "`limit` must be a whole number from 0 to 250"),
        ("filters=id%20sw%20%22a%22", "`filters` must not have `sw` for `id`, which takes eq, in"),
        (
            "filters=name%20in%20(%22a%22)",
            "`filters` must not have `in` for `name`, which takes eq, sw",
        ),
        (
            "filters=identityStatus%20eq%20%22ACTIVE%22",
            "`filters` cannot be by `identityStatus`; it can be by id, name, alias, firstname, lastname, email, cloudStatus, processingState, correlated, protected",
        ),
    ] {
        assert_eq!(boss.get(&format!("{IDENTITIES}?{query}")).await.refused(), text, "{query}");
    }
}

#[tokio::test]
async fn as_many_ids_as_a_page_has_can_be_asked_for_at_once() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_unregistered(&app, 300).await;
    let ids: Vec<_> = (0..250).map(|n| format!(r#""p{n:04}""#)).collect();
    let filter = query(&format!("id in ({})", ids.join(", ")));
    let found = boss.get(&format!("{IDENTITIES}?filters={filter}")).await.good();
    assert_eq!(found.as_array().unwrap().len(), 250);
}

#[tokio::test]
async fn identities_are_for_people_who_may_read_them() {
    let app = TestApp::new().await;
    five(&app).await;
    let machine = Client::machine(&app, Authority::OrgAdmin).await;
    let inviter = Client::person(&app, "ivy", Authority::Inviter).await;
    for client in [machine, inviter] {
        for path in ["", "/ada", "/nobody", "?limit=x", "?limit=0"] {
            let answer = client.get(&format!("{IDENTITIES}{path}")).await;
            assert_eq!(answer.bad().0, 403, "{path}");
        }
    }
    assert_eq!(Client::anonymous(&app).get(IDENTITIES).await.status, 401);
    for (name, authority) in [("rea", Authority::Reader), ("hal", Authority::Helpdesk)] {
        let client = Client::person(&app, name, authority).await;
        client.get(&format!("{IDENTITIES}/ada")).await.good();
        for id in ["nobody", UNKNOWN, "%20", "a%0Ab"] {
            let answer = client.get(&format!("{IDENTITIES}/{id}")).await;
            assert_eq!(answer.bad(), (404, "There is no such identity."), "{id}");
        }
    }
    let zoe = other_tenant(&app).await;
    assert_eq!(zoe.get(&format!("{IDENTITIES}/ada")).await.status, 404);
    assert_eq!(ids(&zoe, "").await, ["zoe"]);
    assert_eq!(zoe.get(&format!("{IDENTITIES}?count=true")).await.total(), Some(1));
    let bea = bound(&app, "bea").await;
    assert_eq!(ids(&bea, "").await, ["bea"], "members of its organization alone");
    assert_eq!(bea.get(&format!("{IDENTITIES}/ada")).await.status, 404);
}

#[tokio::test]
async fn who_is_reset_can_be_invited_again() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    five(&app).await;
    let machine = Client::machine(&app, Authority::OrgAdmin).await;
    for (version, client) in ApiVersion::ALL.into_iter().zip([&boss, &machine].into_iter().cycle())
    {
        // A member first, and then somebody who is invited.
        let path = format!("{}/ada/reset", version.identities());
        let answer = client.ask(Method::POST, &path, Body::empty()).await;
        assert_eq!((answer.status, &*answer.text), (202, ""), "{path}");
        assert!(!answer.headers.contains_key(header::CONTENT_TYPE));
        assert_eq!(boss.standing("ada").await, "UNREGISTERED");
        assert_eq!(boss.invited(&["ada"]).await["attributes"]["invited"], 1);
        assert_eq!(boss.standing("ada").await, "PENDING");
    }
    for id in ["nobody", "a%0Ab"] {
        let answer = boss.post(&format!("{IDENTITIES}/{id}/reset"), &json!({})).await;
        assert_eq!(answer.bad(), (404, "There is no such identity."));
    }
    let helpdesk = Client::person(&app, "hal", Authority::Helpdesk).await;
    let bound = bound(&app, "bea").await;
    for client in [helpdesk, bound] {
        for id in ["ada", "nobody"] {
            let answer = client.post(&format!("{IDENTITIES}/{id}/reset"), &json!({})).await;
            assert_eq!(answer.bad(), (403, "The key does not allow this."));
        }
    }
    let zoe = other_tenant(&app).await;
    assert_eq!(zoe.post(&format!("{IDENTITIES}/ada/reset"), &json!({})).await.status, 404);
    assert_eq!(boss.standing("ada").await, "PENDING");
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_told_what_to_narrow() {
    let answers = [StoreError::too_broad(), StoreError::many_searches()]
        .map(|it| Fault::from(it).into_response());
    let [broad, many] = answers.each_ref().map(|it| it.status().as_u16());
    assert_eq!((broad, many), (400, 503));
}
