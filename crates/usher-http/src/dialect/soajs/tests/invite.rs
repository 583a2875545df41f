//! Inviting users: who is found, who is not and why, and the memberships that result.

use super::*;

on_both_stores!(
    each_is_invited_by_what_they_are_named,
    an_id_goes_before_a_username_and_that_before_an_address,
    an_address_is_an_address_whatever_it_is_given_as,
    who_cannot_be_invited_is_told_with_a_reason,
    who_is_in_already_is_told_with_an_id,
    one_without_a_user_fails_alone,
    what_stands_in_a_user_is_not_looked_at,
    results_are_in_the_order_asked,
    whoever_is_named_twice_is_invited_once,
    groups_are_normalized_and_bounded,
    a_pin_is_made_when_asked_for,
    a_pin_may_be_allowed_at_home_as_well,
    when_no_pin_is_left_the_others_are_invited,
    a_letter_goes_to_each_who_was_invited,
    a_main_tenant_invites_users_of_other_tenancies,
    another_tenant_can_be_named,
    an_address_that_nobody_has_proven_is_given_nothing_at_once,
    a_hundred_are_invited_at_once,
    many_at_once_lose_nothing,
);

const UNKNOWN: &str = "Unable to find user.";
const INVITED: &str = "User has already been invited.";
const AT_HOME: &str = "User is already in the tenant tenancy.";

async fn each_is_invited_by_what_they_are_named(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ada"), person("bob"), person("cyd")]).await;
    let client = Client::sub(&app).await;
    let users = [
        json!({"id": id("ada")}),
        json!({"username": "bobd"}),
        json!({"email": "cyd@example.org"}),
    ];
    let answer = client.each(INVITE, &users).await;
    assert_eq!(answer, json!({"succeeded": users, "failed": []}));
    for name in ["ada", "bob", "cyd"] {
        let it = member(&app, name, SUB).await.unwrap();
        assert_eq!((it.roles.len(), it.pin.is_none(), it.pin_allowed), (0, true, false));
        // It is a membership at once: nobody has to accept anything.
        let path = format!("{USER}?id={}", id(name));
        let shown = client.get(&path).await.good();
        assert_eq!(shown["config"]["allowedTenants"][0]["tenant"]["id"], SUB);
    }
}

async fn an_id_goes_before_a_username_and_that_before_an_address(app: TestApp) {
    set_up(&app).await;
    add_users(&app, ["ada", "bob", "cyd", "dan"].map(person).to_vec()).await;
    let client = Client::sub(&app).await;
    let users = [
        json!({"email": "cyd@example.org", "username": "bobd", "id": id("ada")}),
        json!({"email": "cyd@example.org", "username": "bobd"}),
        json!({"id": "", "username": null, "email": "cyd@example.org", "more": 1}),
        json!({"id": 0, "username": false, "email": "dan@example.org"}),
    ];
    let answer = client.each(INVITE, &users).await;
    let succeeded = json!([
        {"id": id("ada")},
        {"username": "bobd"},
        {"email": "cyd@example.org"},
        {"email": "dan@example.org"},
    ]);
    assert_eq!(answer, json!({"succeeded": succeeded, "failed": []}));
    // The first of them decides, though another one would be somebody.
    let user = json!({"id": NOBODY, "username": "johnd"});
    let answer = client.each(INVITE, &[user]).await;
    assert_eq!(answer["failed"], json!([{"id": NOBODY, "reason": UNKNOWN}]));
}

async fn an_address_is_an_address_whatever_it_is_given_as(app: TestApp) {
    set_up(&app).await;
    let eve = User { username: Some("cyd@example.org".to_owned()), ..person("eve") };
    add_users(&app, vec![person("ada"), person("bob"), person("cyd"), eve]).await;
    let client = Client::sub(&app).await;
    let users = [json!({"username": "ada@example.org"}), json!({"email": "bobd"})];
    let answer = client.each(INVITE, &users).await;
    assert_eq!(answer["succeeded"], json!(users[..1]));
    assert_eq!(answer["failed"][0]["reason"], "Unable to find user.");
    for name in ["email", "username"] {
        client.each(INVITE, &[json!({name: "cyd@example.org"})]).await;
        assert!(member(&app, "cyd", SUB).await.is_some());
        assert!(member(&app, "eve", SUB).await.is_none());
    }
    // Case does not matter, here as everywhere in usher.
    let answer = client.each(INVITE, &[json!({"username": "JOHND"})]).await;
    assert_eq!(answer["succeeded"], json!([{"username": "JOHND"}]));
}

async fn who_cannot_be_invited_is_told_with_a_reason(app: TestApp) {
    set_up(&app).await;
    let states = [UserStatus::Unregistered, UserStatus::Pending, UserStatus::Disabled];
    let outside = ["una", "pam", "dot"].into_iter().zip(states);
    add_users(&app, outside.map(|(name, it)| standing(it, person(name))).collect()).await;
    let client = Client::sub(&app).await;
    let users = [
        json!({"id": NOBODY}),
        json!({"id": "malformed"}),
        json!({"id": id("una")}),
        json!({"username": "pamd"}),
        json!({"email": "dot@example.org"}),
        json!({"username": "nobody"}),
        json!({"email": "nobody@example.org"}),
        json!({"email": "no address"}),
        json!({"username": " johnd"}),
        json!({"username": "john\u{0}d"}),
    ];
    let answer = client.each(INVITE, &users).await;
    let failed: Vec<_> = users
        .into_iter()
        .map(|mut it| {
            it["reason"] = json!(UNKNOWN);
            it
        })
        .collect();
    assert_eq!(answer, json!({"succeeded": [], "failed": failed}));
}

async fn who_is_in_already_is_told_with_an_id(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ada")]).await;
    let sub = Client::sub(&app).await;
    sub.invite(&["ada"]).await;
    let before = member(&app, "ada", SUB).await;
    let users = [
        json!({"id": id("ada")}),
        json!({"username": "adad"}),
        json!({"email": "ada@example.org"}),
    ];
    let failed = |reason: &str| {
        json!([
            {"id": id("ada"), "reason": reason},
            {"id": id("ada"), "username": "adad", "reason": reason},
            {"id": id("ada"), "email": "ada@example.org", "reason": reason},
        ])
    };
    let answer = sub.each(INVITE, &users).await;
    assert_eq!(answer, json!({"succeeded": [], "failed": failed(INVITED)}));
    let answer = Client::main(&app).await.each(INVITE, &users).await;
    assert_eq!(answer, json!({"succeeded": [], "failed": failed(AT_HOME)}));
    assert_eq!(member(&app, "ada", SUB).await, before);
}

async fn one_without_a_user_fails_alone(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let body =
        json!({"users": [{}, {"user": {"id": id("john")}}, {"user": {}}, {"user": {"id": ""}}]});
    let answer = client.put(INVITE, body).await.good();
    let reason = "Cannot invite a user without providing its id or username.";
    let failed = vec![json!({"reason": reason}); 3];
    assert_eq!(answer, json!({"succeeded": [{"id": id("john")}], "failed": failed}));
}

async fn what_stands_in_a_user_is_not_looked_at(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    for invalid in [json!(5), json!(true), json!([]), json!({"$ne": null}), json!(["johnd"])] {
        for name in ["id", "username", "email"] {
            let answer = client.each(INVITE, &[json!({name: invalid})]).await;
            let failed = json!([{name: invalid, "reason": UNKNOWN}]);
            assert_eq!(answer, json!({"succeeded": [], "failed": failed}));
        }
    }
}

async fn results_are_in_the_order_asked(app: TestApp) {
    set_up(&app).await;
    let names: Vec<_> = (0..30).map(|it| format!("p{it}")).collect();
    add_users(&app, names.iter().map(|it| person(it)).collect()).await;
    let users: Vec<_> =
        names.iter().rev().map(|it| json!({"username": format!("{it}d")})).collect();
    let mut asked = Vec::new();
    for (number, user) in users.iter().enumerate() {
        asked.push(user.clone());
        asked.push(json!({"username": format!("nobody{number}")}));
    }
    let answer = Client::sub(&app).await.each(INVITE, &asked).await;
    assert_eq!(answer["succeeded"], json!(users));
    let failed: Vec<_> =
        answer["failed"].as_array().unwrap().iter().map(|it| &it["username"]).collect();
    let expected: Vec<_> = (0..30).map(|it| format!("nobody{it}")).collect();
    assert_eq!(json!(failed), json!(expected));
}

async fn whoever_is_named_twice_is_invited_once(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let user = json!({"username": "johnd"});
    let pin = json!({"code": true, "allowed": true});
    let item = json!({"user": user, "pin": pin});
    let body = json!({"users": [item, item, {"user": {"id": id("john")}}]});
    let answer = client.put(INVITE, body).await.good();
    let failed = json!([
        {"username": "johnd", "id": id("john"), "reason": INVITED},
        {"id": id("john"), "reason": INVITED},
    ]);
    assert_eq!(answer, json!({"succeeded": [user], "failed": failed}));
    assert_eq!(letters(&app).await, ["welcome"]);
}

async fn groups_are_normalized_and_bounded(app: TestApp) {
    set_up(&app).await;
    add_users(&app, ["ada", "bob", "cyd", "dan", "eve"].map(person).to_vec()).await;
    let client = Client::sub(&app).await;
    let item = |name: &str, groups: Value| json!({"user": {"username": name}, "groups": groups});
    let body = json!({"users": [
        item("adad", json!(["dev", " Ops ", "dev", "Ko\u{308}che"])),
        item("bobd", json!([])),
        item("cydd", json!(["x".repeat(101)])),
        item("dand", json!(vec!["x"; 51])),
        {"user": {"username": "eved"}, "membership": "basic"},
    ]});
    let answer = client.put(INVITE, body).await.good();
    assert_eq!(answer["succeeded"].as_array().unwrap().len(), 3);
    let reasons: Vec<_> = answer["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["reason"].as_str().unwrap())
        .collect();
    let expected = [
        "Model error: groups must not be longer than 100 characters",
        "Model error: groups must not have more than 50 entries",
    ];
    assert_eq!(reasons, expected);
    let roles = async |name| member(&app, name, SUB).await.map(|it| it.roles);
    assert_eq!(roles("ada").await.unwrap(), ["dev", "Ops", "K\u{f6}che"]);
    assert_eq!(roles("bob").await.unwrap().len(), 0);
    assert_eq!(roles("cyd").await, None);
    assert_eq!(roles("eve").await.unwrap().len(), 0);
}

async fn a_pin_is_made_when_asked_for(app: TestApp) {
    set_up(&app).await;
    add_users(&app, ["ada", "bob", "cyd"].map(person).to_vec()).await;
    let client = Client::sub(&app).await;
    let item = |name: &str, code, allowed| json!({"user": {"username": name}, "pin": {"code": code, "allowed": allowed, "more": 1}});
    let body = json!({"users": [item("adad", true, true), item("bobd", true, false), item("cydd", false, true)]});
    let answer = client.put(INVITE, body).await;
    let has = async |name| {
        let it = member(&app, name, SUB).await.unwrap();
        (it.pin.is_some(), it.pin_allowed)
    };
    assert_eq!(has("ada").await, (true, true));
    assert_eq!(has("bob").await, (true, false));
    assert_eq!(has("cyd").await, (false, false));
    let (one, two) = (pin(&app, "ada", SUB).await, pin(&app, "bob", SUB).await);
    assert!(one != two && one.len() == 6 && one.bytes().all(|it| it.is_ascii_digit()));
    // Only the letter contains the pin.
    assert!(!answer.text.contains(&one) && !answer.text.contains(&two));
}

async fn a_pin_may_be_allowed_at_home_as_well(app: TestApp) {
    set_up(&app).await;
    add_users(&app, ["ada", "bob"].map(person).to_vec()).await;
    for name in ["ada", "bob"] {
        join(&app, name, MAIN).await;
    }
    let client = Client::main(&app).await;
    let invite = async |to: &str, allowed| {
        let item = |name: &str| json!({"user": {"username": name}, "pin": {"code": true, "allowed": allowed}});
        let tenant = json!({"id": to, "code": ""});
        let body = json!({"users": [item("adad"), item("johnd")], "tenant": tenant});
        client.put("/admin/users/invite/tenant", body).await.good();
    };
    invite(SUB, true).await;
    for name in ["ada", "john"] {
        let home = member(&app, name, MAIN).await.unwrap();
        assert_eq!((home.pin_allowed, home.pin.is_none()), (true, true), "{name}");
    }
    // Being invited without it somewhere else takes nothing away at home.
    invite(SUB_TOO, false).await;
    assert!(member(&app, "ada", MAIN).await.unwrap().pin_allowed);
    assert!(!member(&app, "ada", SUB_TOO).await.unwrap().pin_allowed);
    assert!(!member(&app, "bob", MAIN).await.unwrap().pin_allowed);
}

async fn when_no_pin_is_left_the_others_are_invited(app: TestApp) {
    let app = with_few_pins(app);
    set_up(&app).await;
    add_users(&app, ["ada", "bob"].map(person).to_vec()).await;
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
    let pin = json!({"code": true, "allowed": true});
    let body = json!({"users": [
        {"user": {"username": "adad"}, "pin": pin},
        {"user": {"username": "bobd"}},
    ]});
    let answer = Client::sub(&app).await.put(INVITE, body).await.good();
    let failed = json!([{"username": "adad", "reason": "Failed to generate pin at this."}]);
    assert_eq!(answer, json!({"succeeded": [{"username": "bobd"}], "failed": failed}));
    assert!(member(&app, "ada", SUB).await.is_none());
}

async fn a_letter_goes_to_each_who_was_invited(app: TestApp) {
    set_up(&app).await;
    let without = User { mailbox: None, ..person("ada") };
    add_users(&app, vec![without, person("bob")]).await;
    let client = Client::sub(&app).await;
    let names = ["adad", "bobd", "johnd", "nobody"].map(|it| json!({"username": it}));
    client.each(INVITE, &names).await;
    assert_eq!(letters(&app).await, ["welcome", "welcome"]);
    client.each(INVITE, &names).await;
    assert!(letters(&app).await.is_empty());
}

async fn a_main_tenant_invites_users_of_other_tenancies(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![at_home(FAR, person("ada")), at_home(SUB, person("bob"))]).await;
    let client = Client::main(&app).await;
    client.invite(&["bob"]).await;
    client.invite_from_elsewhere(&["ada"]).await;
    assert!(member(&app, "ada", MAIN).await.is_some());
    assert!(member(&app, "bob", MAIN).await.is_some());
}

async fn another_tenant_can_be_named(app: TestApp) {
    set_up(&app).await;
    add_users(&app, ["ada", "bob", "cyd"].map(person).to_vec()).await;
    let client = Client::main(&app).await;
    let path = "/admin/users/invite/tenant";
    let ask = async |client: &Client<'_>, tenant: &str, name: &str| {
        let tenant = json!({"id": tenant, "code": "whatever", "more": 1});
        client.put(path, json!({"users": [{"user": {"username": name}}], "tenant": tenant})).await
    };
    let succeeded = ask(&client, SUB, "adad").await.good();
    assert_eq!(succeeded["succeeded"], json!([{"username": "adad"}]));
    assert!(member(&app, "ada", SUB).await.is_some());
    let own = ask(&Client::sub(&app).await, SUB, "bobd").await.good();
    assert_eq!(own["succeeded"], json!([{"username": "bobd"}]));
    // Tenants that the key does not oversee do not exist for it.
    let unknown = (500, 602, "Model error: Tenant: there is no such tenant.");
    for tenant in [FAR, FAR_SUB, NOBODY, "", &"x".repeat(10_000)] {
        assert_eq!(ask(&client, tenant, "cydd").await.bad(), unknown, "{tenant:.30}");
    }
    let sub = Client::sub(&app).await;
    for tenant in [MAIN, SUB_TOO] {
        assert_eq!(ask(&sub, tenant, "cydd").await.bad(), unknown, "{tenant}");
    }
    // Whoever names another tenant elsewhere, names it in vain.
    let body =
        json!({"users": [{"user": {"username": "cydd"}}], "tenant": {"id": SUB_TOO, "code": "x"}});
    sub.put(INVITE, body).await.good();
    assert!(member(&app, "cyd", SUB).await.is_some());
    assert!(member(&app, "cyd", SUB_TOO).await.is_none());
}

async fn a_hundred_are_invited_at_once(app: TestApp) {
    set_up(&app).await;
    let names: Vec<_> = (0..100).map(|it| format!("p{it}")).collect();
    add_users(&app, names.iter().map(|it| person(it)).collect()).await;
    let pin = json!({"code": true, "allowed": false});
    let users: Vec<_> = names
        .iter()
        .map(|it| json!({"user": {"id": id(it)}, "pin": pin, "groups": ["g"]}))
        .collect();
    let answer = Client::sub(&app).await.put(INVITE, json!({"users": users})).await.good();
    assert_eq!(answer["succeeded"].as_array().unwrap().len(), 100);
    let mut pins = Vec::new();
    for name in &names {
        pins.push(super::pin(&app, name, SUB).await);
    }
    pins.sort_unstable();
    pins.dedup();
    assert_eq!(pins.len(), 100, "all are different");
}

async fn many_at_once_lose_nothing(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let invite = |to: &str| {
        let pin = json!({"code": true, "allowed": true});
        let users = json!([{"user": {"username": "johnd"}, "pin": pin}]);
        let body = json!({"users": users, "tenant": {"id": to, "code": ""}});
        client.put("/admin/users/invite/tenant", body)
    };
    let (one, two, again) = tokio::join!(invite(SUB), invite(SUB_TOO), invite(SUB));
    let succeeded = |it: Answer| it.good()["succeeded"].as_array().unwrap().len();
    let all = [one, two, again].map(succeeded);
    assert_eq!((all[1], all[0] + all[2]), (1, 1));
    for tenant in [SUB, SUB_TOO] {
        let it = member(&app, "john", tenant).await.unwrap();
        assert!(it.pin.is_some() && it.pin_allowed);
    }
    assert!(member(&app, "john", MAIN).await.unwrap().pin_allowed);
}

/// By each way that takes an address: somebody else may have opened the account by a link that was
/// handed over to them.
async fn an_address_that_nobody_has_proven_is_given_nothing_at_once(app: TestApp) {
    set_up(&app).await;
    let unproven = |name| User { mailbox_proven_at: None, ..person(name) };
    add_users(&app, vec![unproven("eve"), unproven("fay")]).await;
    join(&app, "fay", SUB).await;
    let main = Client::main(&app).await;
    let sub = Client::sub(&app).await;
    let refused = "Model error: nobody has proven that whoever uses the account reads that address: name \
                   the user by id or username, or have the address confirmed";
    for field in ["email", "username"] {
        let named = |name: &str| json!({field: format!("{name}@example.org")});
        let users = json!([{"user": named("eve"), "groups": ["dev"]}]);
        let tenant = json!({"id": SUB, "code": "SOME"});
        for answer in [
            sub.put(INVITE, json!({"users": users})).await,
            main.put("/admin/users/invite/tenant", json!({"users": users, "tenant": tenant})).await,
        ] {
            assert_eq!(answer.good()["failed"][0]["reason"], refused);
        }
        assert_eq!(member(&app, "eve", SUB).await, None);
        let groups = json!({"user": named("fay"), "groups": ["dev"]});
        let mut groups_of = groups.clone();
        groups_of["tenantId"] = SUB.into();
        let pin = json!({"user": named("fay"), "pin": {"code": true, "allowed": true}});
        for answer in [
            sub.put("/admin/user/groups", groups).await,
            main.put("/admin/user/invited/groups", groups_of).await,
            sub.put("/admin/user/pin", pin).await,
        ] {
            assert_eq!(answer.bad(), (500, 602, refused));
        }
    }
    let fay = member(&app, "fay", SUB).await.unwrap();
    assert_eq!((fay.roles.len(), fay.pin), (0, None));
    // What it says to do.
    sub.invite(&["eve"]).await;
}
