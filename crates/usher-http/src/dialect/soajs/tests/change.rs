//! Groups and pins of those who are members.

use super::*;

on_both_stores!(
    groups_are_those_of_the_tenant,
    groups_of_a_tenant_below_can_be_named,
    at_home_without_a_membership_one_has_groups,
    whoever_is_no_member_is_not_changed,
    a_user_must_be_named,
    a_pin_is_renewed_and_a_letter_tells_it,
    forty_resets_of_a_pin_mail_no_more_letters_than_there_may_be,
    a_pin_is_allowed_or_not,
    a_pin_is_deleted,
    a_deleted_pin_leaves_no_member_in_a_list,
    a_change_of_nothing_is_none,
    nothing_stored_nothing_sent,
    doing_it_again_is_as_good,
    when_no_pin_is_left_it_stays,
);

const PIN: &str = "/admin/user/pin";
const GROUPS: &str = "/admin/user/groups";
const GROUPS_OF: &str = "/admin/user/invited/groups";

fn groups(name: &str, groups: &[&str]) -> Value {
    json!({"user": {"username": format!("{name}d")}, "groups": groups})
}

fn pin_change(name: &str, pin: &Value) -> Value {
    json!({"user": {"username": format!("{name}d")}, "pin": pin})
}

async fn groups_are_those_of_the_tenant(app: TestApp) {
    set_up(&app).await;
    join(&app, "john", MAIN).await;
    let (main, sub) = (Client::main(&app).await, Client::sub(&app).await);
    sub.invite(&["john"]).await;
    assert_eq!(sub.put(GROUPS, groups("john", &["a", "b"])).await.good(), json!(true));
    assert_eq!(main.put(GROUPS, groups("john", &["c"])).await.good(), json!(true));
    assert_eq!(member(&app, "john", SUB).await.unwrap().roles, ["a", "b"]);
    assert_eq!(member(&app, "john", MAIN).await.unwrap().roles, ["c"]);
    assert_eq!(sub.put(GROUPS, groups("john", &[])).await.good(), json!(true));
    assert!(member(&app, "john", SUB).await.unwrap().roles.is_empty());
    for user in [json!({"id": id("john")}), json!({"email": "john@example.org"})] {
        let body = json!({"user": user, "groups": ["x"]});
        assert_eq!(sub.put(GROUPS, body).await.good(), json!(true));
    }
    let long = sub.put(GROUPS, groups("john", &["x".repeat(101).as_str()])).await;
    let reason = "Validation failed for field: groups -> The parameter 'groups' failed due to: \
        instance must not be longer than 100 characters";
    assert_eq!(long.bad(), (500, 173, reason));
}

async fn groups_of_a_tenant_below_can_be_named(app: TestApp) {
    set_up(&app).await;
    let (main, sub) = (Client::main(&app).await, Client::sub(&app).await);
    sub.invite(&["john"]).await;
    let body = |tenant: &str| {
        let mut body = groups("john", &["x"]);
        body["tenantId"] = json!(tenant);
        body
    };
    assert_eq!(main.put(GROUPS_OF, body(SUB)).await.good(), json!(true));
    assert_eq!(member(&app, "john", SUB).await.unwrap().roles, ["x"]);
    assert_eq!(main.put(GROUPS_OF, body(SUB_TOO)).await.good(), json!(false));
    let unknown = (500, 602, "Model error: Tenant: there is no such tenant.");
    for tenant in [FAR, FAR_SUB, NOBODY, "", &"x".repeat(10_000)] {
        assert_eq!(main.put(GROUPS_OF, body(tenant)).await.bad(), unknown);
    }
    assert_eq!(sub.put(GROUPS_OF, body(MAIN)).await.bad(), unknown);
}

async fn at_home_without_a_membership_one_has_groups(app: TestApp) {
    set_up(&app).await;
    let main = Client::main(&app).await;
    assert!(member(&app, "john", MAIN).await.is_none());
    assert_eq!(main.put(GROUPS, groups("john", &["admin"])).await.good(), json!(true));
    assert_eq!(member(&app, "john", MAIN).await.unwrap().roles, ["admin"]);
    let shown = main.get(&format!("{USER}?id={}", id("john"))).await.good();
    assert_eq!(shown["groups"], json!(["admin"]));
    assert_eq!(shown["config"], json!({"allowedTenants": []}));
}

async fn whoever_is_no_member_is_not_changed(app: TestApp) {
    set_up(&app).await;
    let outside = [
        standing(UserStatus::Disabled, person("dot")),
        standing(UserStatus::Pending, person("pam")),
        at_home(FAR, person("eve")),
    ];
    add_users(&app, outside.to_vec()).await;
    for name in ["dot", "pam"] {
        join(&app, name, SUB).await;
    }
    let client = Client::sub(&app).await;
    let reset = json!({"reset": true});
    for name in ["john", "dot", "pam", "eve", "nobody"] {
        assert_eq!(client.put(GROUPS, groups(name, &["x"])).await.good(), json!(false), "{name}");
        let answer = client.put(PIN, pin_change(name, &reset)).await;
        assert_eq!(answer.good(), json!(false), "{name}");
    }
    for name in ["dot", "pam"] {
        let it = member(&app, name, SUB).await.unwrap();
        assert!(it.roles.is_empty() && it.pin.is_none());
    }
    let body = json!({"user": {"id": NOBODY}, "groups": ["x"]});
    assert_eq!(client.put(GROUPS, body).await.good(), json!(false));
}

async fn a_user_must_be_named(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let nameless = "Model error: User: user [id | username | email], status, and tenant information are required.";
    let nameless_pin = "Model error: User: user [id | username | email], status, pin and tenant information are required.";
    let malformed = "Model error: A valid ID is required";
    for (user, text) in [
        (json!({}), nameless),
        (json!({"id": "", "name": "x"}), nameless),
        (json!({"id": "x"}), malformed),
        (json!({"id": 5}), malformed),
        (json!({"id": "x".repeat(10_000)}), malformed),
    ] {
        let body = json!({"user": user, "groups": ["x"], "pin": {"reset": true}, "tenantId": SUB});
        for path in [PIN, GROUPS, GROUPS_OF] {
            let text = if path == PIN && text == nameless { nameless_pin } else { text };
            let answer = client.put(path, body.clone()).await;
            assert_eq!(answer.bad(), (500, 602, text), "{path} {user}");
        }
    }
}

async fn a_pin_is_renewed_and_a_letter_tells_it(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    client.invite(&["john"]).await;
    assert_eq!(letters(&app).await, ["welcome"]);
    let answer = client.put(PIN, pin_change("john", &json!({"reset": true}))).await;
    assert_eq!(answer.good(), json!(true));
    let first = pin(&app, "john", SUB).await;
    assert_eq!(letters(&app).await, ["pin"]);
    assert!(!member(&app, "john", SUB).await.unwrap().pin_allowed);
    let both = json!({"reset": true, "allowed": true, "more": 1});
    assert_eq!(client.put(PIN, pin_change("john", &both)).await.good(), json!(true));
    assert_ne!(pin(&app, "john", SUB).await, first);
    assert!(member(&app, "john", SUB).await.unwrap().pin_allowed);
    // The pin before is not valid any more.
    assert_eq!(client.post("/oauth/pin", json!({"pin": first})).await.bad().1, 503);
    // At home it is another pin.
    let main = Client::main(&app).await;
    assert_eq!(
        main.put(PIN, pin_change("john", &json!({"reset": true}))).await.good(),
        json!(true)
    );
    assert!(member(&app, "john", MAIN).await.unwrap().pin.is_some());
}

async fn forty_resets_of_a_pin_mail_no_more_letters_than_there_may_be(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("smith")]).await;
    let client = Client::sub(&app).await;
    client.invite(&["john"]).await;
    for n in 1..=40 {
        let before = member(&app, "john", SUB).await.unwrap();
        let answer = client.put(PIN, pin_change("john", &json!({"reset": true}))).await;
        if n < 10 {
            assert_eq!(answer.good(), json!(true));
            continue;
        }
        let text = "Model error: no more than 10 letters are sent to one mailbox in an hour; \
            try again after 2026-01-02T13:00:00Z";
        assert_eq!(answer.bad(), (429, 602, text));
        assert_eq!(answer.headers[header::RETRY_AFTER], "3600");
        assert_eq!(member(&app, "john", SUB).await.unwrap(), before);
    }
    assert_eq!(letters(&app).await.len(), 10);
    // Somebody who is invited has a letter, too: one of many is refused alone.
    let sub_too = Client::of(&app, SUB_TOO, Authority::Helpdesk).await;
    let all = ["johnd", "smithd"].map(|it| json!({"username": it}));
    let outcomes = sub_too.each(INVITE, &all).await;
    let reason = outcomes["failed"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("no more than 10 letters are sent to one mailbox"), "{outcomes}");
    assert_eq!(outcomes["succeeded"], json!([all[1]]));
    assert_eq!(letters(&app).await, ["welcome"]);
    app.clock.advance(TimeDelta::hours(1));
    sub_too.invite(&["john"]).await;
    assert_eq!(letters(&app).await, ["welcome"]);
}

async fn a_pin_is_allowed_or_not(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let invite = json!({"user": {"username": "johnd"}, "pin": {"code": true, "allowed": false}});
    client.put(INVITE, json!({"users": [invite]})).await.good();
    letters(&app).await;
    let before = pin(&app, "john", SUB).await;
    for (change, allowed) in [
        (json!({"allowed": true}), true),
        (json!({"reset": false, "allowed": false}), false),
        (json!({"delete": false, "allowed": true}), true),
    ] {
        assert_eq!(client.put(PIN, pin_change("john", &change)).await.good(), json!(true));
        assert_eq!(member(&app, "john", SUB).await.unwrap().pin_allowed, allowed);
    }
    assert_eq!(pin(&app, "john", SUB).await, before);
    assert!(letters(&app).await.is_empty());
}

async fn a_pin_is_deleted(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let invite = json!({"user": {"username": "johnd"}, "pin": {"code": true, "allowed": true}});
    client.put(INVITE, json!({"users": [invite]})).await.good();
    letters(&app).await;
    // Deleting the pin takes precedence.
    let change = json!({"delete": true, "reset": true, "allowed": true});
    assert_eq!(client.put(PIN, pin_change("john", &change)).await.good(), json!(true));
    let john = member(&app, "john", SUB).await.unwrap();
    assert_eq!((john.pin.is_none(), john.pin_allowed), (true, false));
    assert!(letters(&app).await.is_empty());
}

async fn a_deleted_pin_leaves_no_member_in_a_list(app: TestApp) {
    set_up(&app).await;
    join(&app, "john", MAIN).await;
    let (main, sub) = (Client::main(&app).await, Client::sub(&app).await);
    Client::of(&app, SUB_TOO, Authority::Helpdesk).await.invite(&["john"]).await;
    let pin = json!({"code": true, "allowed": true});
    let invite = json!({"user": {"username": "johnd"}, "pin": pin});
    sub.put(INVITE, json!({"users": [invite]})).await.good();
    main.put(PIN, pin_change("john", &json!({"reset": true, "allowed": true}))).await.good();
    let shown = async || {
        let mut list = main.get(&format!("{USERS}?config=true")).await.good();
        let mut allowed = list[0]["config"]["allowedTenants"].take();
        allowed.as_array_mut().unwrap().sort_by_key(|it| it["tenant"]["id"].to_string());
        let tenants = allowed.as_array().unwrap().iter().map(|it| it["tenant"].clone());
        std::iter::once(list[0]["tenant"].take()).chain(tenants).collect::<Vec<_>>()
    };
    // Who was invited without a pin has an empty one.
    let never = json!({"id": SUB_TOO, "code": "TOOO", "pin": {}});
    let allowed = json!({"allowed": true});
    let home = json!({"id": MAIN, "code": "DBTN", "pin": allowed});
    let there = json!({"id": SUB, "code": "SOME", "pin": allowed});
    assert_eq!(shown().await, [home, never.clone(), there]);
    for client in [&main, &sub] {
        client.put(PIN, pin_change("john", &json!({"delete": true}))).await.good();
    }
    let (home, there) = (json!({"id": MAIN, "code": "DBTN"}), json!({"id": SUB, "code": "SOME"}));
    assert_eq!(shown().await, [home, never, there]);
}

async fn a_change_of_nothing_is_none(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    client.invite(&["john"]).await;
    let text = "Model error: User: pin [code or allowed] is required.";
    for change in [json!({}), json!({"delete": false}), json!({"reset": false, "code": true})] {
        assert_eq!(client.put(PIN, pin_change("john", &change)).await.bad(), (500, 602, text));
    }
}

async fn nothing_stored_nothing_sent(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let answer = client.put(PIN, pin_change("john", &json!({"reset": true}))).await;
    assert_eq!(answer.good(), json!(false));
    assert!(letters(&app).await.is_empty());
    assert!(member(&app, "john", SUB).await.is_none());
}

async fn doing_it_again_is_as_good(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    client.invite(&["john"]).await;
    for change in [json!({"delete": true}), json!({"allowed": true}), json!({"allowed": true})] {
        assert_eq!(client.put(PIN, pin_change("john", &change)).await.good(), json!(true));
    }
    for _ in 0..2 {
        assert_eq!(client.put(GROUPS, groups("john", &["x"])).await.good(), json!(true));
    }
}

async fn when_no_pin_is_left_it_stays(app: TestApp) {
    let app = with_few_pins(app);
    set_up(&app).await;
    let taken = (0..10_000).map(|number: u32| {
        let pin = usher_domain::Pin {
            digest: keyring().pin_digest(&organization_id(SUB), &format!("{number:04}")),
            seed: None,
        };
        Membership { pin: Some(pin), ..membership(&format!("taken{number}"), SUB) }
    });
    let users = (0..10_000).map(|it| active(&format!("taken{it}"))).collect();
    let changes = Changes { users, memberships: taken.collect(), ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    let client = Client::sub(&app).await;
    client.invite(&["john"]).await;
    let none = (500, 525, "Unable to generate pin at this time.");
    assert_eq!(client.put(PIN, pin_change("john", &json!({"reset": true}))).await.bad(), none);
    assert!(member(&app, "john", SUB).await.unwrap().pin.is_none());
    let body = json!({"firstName": "A", "lastName": "B", "pin": {"code": true, "allowed": true}});
    assert_eq!(client.post(USER, body).await.bad(), none);
    let john = Client::main(&app).await.acting_as("john", Authority::Helpdesk).await;
    client.each(UNINVITE, &[json!({"username": "johnd"})]).await;
    let body = json!({"tenant": {"id": SUB, "code": "x"}, "pin": {"code": true, "allowed": true}});
    assert_eq!(john.put("/admin/user/self/invite", body).await.bad(), none);
}
