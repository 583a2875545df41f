//! Adding users.

use super::*;

on_both_stores!(
    a_user_is_added_and_invited,
    to_a_tenant_below_they_are_added_as_well,
    each_status_is_another_beginning,
    a_pin_comes_with_it,
    whoever_has_no_other_name_goes_by_their_id,
    nobody_is_added_twice,
    no_account_is_made_beside_an_invitation_that_waits,
    a_username_is_nobody_elses_address,
    an_address_finds_nobody_by_a_username,
    a_username_is_nobody_elses_id_or_name_in_another_form,
    a_password_must_be_a_good_one,
    a_password_may_be_hashed_already,
    each_field_has_its_rules,
    ids_have_the_form_of_the_original,
);

fn new(more: &Value) -> Value {
    let mut body = json!({"firstName": "Ada", "lastName": "Lovelace"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Adds them; the user as they are kept.
async fn added(client: &Client<'_>, more: Value) -> User {
    let answer = client.post(USER, new(&more)).await.good();
    assert_eq!(answer.as_object().unwrap().len(), 1);
    user(client.app, answer["id"].as_str().unwrap()).await
}

async fn seat(app: &TestApp, user: &User, of: &str) -> Option<Membership> {
    let seat = [(user.id.clone(), organization_id(of))];
    app.store.seats(TENANT, &seat).await.unwrap().pop().unwrap()
}

async fn a_user_is_added_and_invited(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let more = json!({"username": "ada_l", "email": "Ada@Example.org", "profile": {"a": [1, "\u{0}"]},
        "groups": ["dev", "ops"], "membership": "basic", "ln": "de", "phone": "+43 1 234",
        "other": "x"});
    let ada = added(&client, more).await;
    assert_eq!(ada.status, UserStatus::Pending);
    assert_eq!(ada.username.as_deref(), Some("ada_l"));
    assert_eq!(ada.mailbox.as_ref().unwrap().typed(), "Ada@Example.org");
    assert_eq!(
        (ada.first_name.as_deref(), ada.last_name.as_deref()),
        (Some("Ada"), Some("Lovelace"))
    );
    assert_eq!(ada.phone.as_deref(), Some("+43 1 234"));
    assert_eq!(ada.locale.as_ref().unwrap().as_str(), "de");
    assert_eq!(serde_json::from_str::<Value>(&ada.profile.0).unwrap(), json!({"a": [1, "\u{0}"]}));
    assert_eq!((ada.home.as_ref(), ada.password.as_ref()), (Some(&organization_id(MAIN)), None));
    assert_eq!(seat(&app, &ada, MAIN).await.unwrap().roles, ["dev", "ops"]);
    assert_eq!(letters(&app).await, ["invitation"]);
    let list = client.get(&format!("{USERS}?status=pendingNew")).await.good();
    assert_eq!(list[0]["_id"], ada.id.as_str());
    // Until they accept, they are not found as members.
    let answer = client.each(INVITE, &[json!({"id": ada.id.as_str()})]).await;
    assert_eq!(answer["failed"][0]["reason"], "Unable to find user.");
}

async fn to_a_tenant_below_they_are_added_as_well(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let more = json!({"email": "ada@example.org", "groups": ["dev"], "status": "active",
        "pin": {"code": true, "allowed": true}});
    let ada = added(&client, more).await;
    assert_eq!(ada.home, Some(organization_id(MAIN)));
    let (below, home) =
        (seat(&app, &ada, SUB).await.unwrap(), seat(&app, &ada, MAIN).await.unwrap());
    assert_eq!(
        (below.roles, below.pin.is_some(), below.pin_allowed),
        (vec!["dev".to_owned()], true, true)
    );
    // The key below gives no right above.
    assert_eq!((home.roles.len(), home.pin.is_none(), home.pin_allowed), (0, true, false));
    let shown = client.get(&format!("{USER}?id={}", ada.id)).await.good();
    assert_eq!(shown["config"]["allowedTenants"][0]["groups"], json!(["dev"]));
}

async fn each_status_is_another_beginning(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    for (status, kept, letter) in [
        ("active", UserStatus::Active, vec!["welcome"]),
        ("inactive", UserStatus::Disabled, vec![]),
        ("pendingNew", UserStatus::Pending, vec!["invitation"]),
        ("pending", UserStatus::Unregistered, vec![]),
    ] {
        let more = json!({"email": format!("{status}@example.org"), "status": status,
            "password": "seven llamas dance"});
        let user = added(&client, more).await;
        assert_eq!(user.status, kept, "{status}");
        assert_eq!(user.password.as_deref(), Some("$argon2id$plain$seven llamas dance"));
        assert_eq!(letters(&app).await, letter, "{status}");
    }
}

async fn a_pin_comes_with_it(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let add = async |name: &str, code, allowed| {
        let more = json!({"username": name, "status": "active",
            "pin": {"code": code, "allowed": allowed}});
        let user = added(&client, more).await;
        let it = seat(&app, &user, MAIN).await.unwrap();
        (it.pin.is_some(), it.pin_allowed)
    };
    assert_eq!(add("adaaa", true, true).await, (true, true));
    assert_eq!(add("bobbb", true, false).await, (true, false));
    assert_eq!(add("cyddd", false, true).await, (false, false));
}

async fn whoever_has_no_other_name_goes_by_their_id(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let ada =
        added(&client, json!({"pin": {"code": true, "allowed": false}, "status": "active"})).await;
    assert_eq!(ada.username.as_deref(), Some(ada.id.as_str()));
    let bob = added(&client, json!({"email": "bob@example.org"})).await;
    assert_eq!(bob.username, None);
    let cyd = added(&client, json!({})).await;
    assert_eq!(cyd.status, UserStatus::Unregistered, "nobody can invite them");
}

async fn nobody_is_added_twice(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let taken = (500, 402, "User Already exists.");
    for more in [
        json!({"username": "johnd"}),
        json!({"username": "JohnD", "email": "new@example.org"}),
        json!({"email": "john@example.org"}),
        json!({"username": "newer", "email": "JOHN@example.org"}),
    ] {
        assert_eq!(client.post(USER, new(&more)).await.bad(), taken);
    }
    assert!(letters(&app).await.is_empty());
    let body = new(&json!({"username": "adaaa"}));
    let (one, two) = tokio::join!(client.post(USER, body.clone()), client.post(USER, body.clone()));
    assert_eq!(u16::from(one.status == 200) + u16::from(two.status == 200), 1);
}

/// The head of another organization is found by their address, whatever names others gave people.
async fn a_username_is_nobody_elses_address(app: TestApp) {
    set_up(&app).await;
    let ceo = at_home(FAR, person("ceo"));
    add_users(&app, vec![User { username: None, ..ceo }]).await;
    let sub = Client::sub(&app).await;
    let text = "Validation failed for field: username -> The parameter 'username' failed due to: \
        instance must not contain `@`, unless it is the user's own mail address";
    for more in [
        json!({"username": "ceo@example.org", "status": "active"}),
        json!({"username": "CEO@EXAMPLE.ORG", "email": "eve@example.org", "status": "active"}),
        json!({"username": "someone@", "status": "active"}),
        json!({"username": "ceo＠example.org", "status": "active"}),
        json!({"username": "ceo﹫example.org", "email": "eve@example.org", "status": "active"}),
    ] {
        assert_eq!(sub.post(USER, new(&more)).await.bad(), (500, 173, text), "{more}");
    }
    let own = json!({"username": "Ada@example.org", "email": "ada@example.org"});
    added(&sub, own).await;
    let main = Client::main(&app).await;
    for name in [json!({"username": "ceo@example.org"}), json!({"email": "ceo@example.org"})] {
        assert_eq!(main.each(INVITE, std::slice::from_ref(&name)).await["failed"], json!([]));
        assert!(member(&app, "ceo", MAIN).await.is_some(), "{name}");
        assert_eq!(main.each(UNINVITE, &[name]).await["failed"], json!([]));
    }
}

/// Even where a database has such a username from elsewhere.
async fn an_address_finds_nobody_by_a_username(app: TestApp) {
    set_up(&app).await;
    let eve = User { username: Some("ceo@example.org".to_owned()), ..person("eve") };
    add_users(&app, vec![at_home(FAR, eve)]).await;
    let main = Client::main(&app).await;
    for name in [json!({"username": "ceo@example.org"}), json!({"email": "ceo@example.org"})] {
        let answer = main.each(INVITE, &[name]).await;
        assert_eq!(answer["failed"][0]["reason"], "Unable to find user.");
        assert_eq!(member(&app, "eve", MAIN).await, None);
    }
}

async fn a_password_must_be_a_good_one(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let failed =
        "Validation failed for field: password -> The parameter 'password' failed due to: ";
    for (password, hashed, reason) in [
        ("short", false, "a password has at least 15 characters"),
        (&*"x".repeat(10_000), false, "a password has at most 256 characters"),
        (
            "password1234567890password",
            true,
            "it is neither a PHC string of argon2 nor a bcrypt hash",
        ),
        (
            &*format!("$2b$15${}", "a".repeat(53)),
            true,
            "it must not cost more than bcrypt with cost 14 or argon2 with m=65536, t=4 and p=4",
        ),
        ("", false, "a password has at least 15 characters"),
    ] {
        let more = json!({"username": "adaaa", "password": password, "passwordEncrypted": hashed});
        let answer = client.post(USER, new(&more)).await;
        assert_eq!(answer.bad(), (500, 173, &*format!("{failed}{reason}")));
        assert!(password.is_empty() || !answer.text.contains(password));
    }
    assert!(client.sees("status=pending").await.is_empty());
}

async fn a_password_may_be_hashed_already(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let hash = format!("$2b$12${}", "a".repeat(53));
    let more = json!({"username": "adaaa", "password": hash, "passwordEncrypted": true, "status": "active"});
    assert_eq!(added(&client, more).await.password, Some(hash));
}

async fn each_field_has_its_rules(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let closed = r#"instance is not allowed to have the additional property "x""#;
    let long = "x".repeat(10_000);
    for (field, value, reason) in [
        ("username", json!("abcd"), "instance does not meet minimum length of 5"),
        ("username", json!("a".repeat(51)), "instance does not meet maximum length of 50"),
        ("username", json!("      "), "instance must not be empty"),
        (
            "username",
            json!("abc\u{0}def"),
            "instance must not contain line breaks, control characters or invisible characters",
        ),
        ("firstName", json!(""), "instance must not be empty"),
        ("firstName", json!(long), "instance must not be longer than 120 characters"),
        ("lastName", json!("see https://evil.example"), "instance must not contain a link"),
        ("lastName", json!(["x"]), "instance is not of a type(s) string"),
        ("email", json!("no address"), r#"instance does not conform to the "email" format"#),
        ("email", json!(5), "instance is not of a type(s) string"),
        ("email", json!(long), r#"instance does not conform to the "email" format"#),
        ("profile", json!("{}"), "instance is not of a type(s) object"),
        (
            "profile",
            json!({"x": "x".repeat(1 << 16)}),
            "instance must not be longer than 65536 bytes",
        ),
        ("profile", json!([]), "instance is not of a type(s) object"),
        ("groups", json!("dev"), "instance is not of a type(s) array"),
        ("groups", json!(["x".repeat(101)]), "instance must not be longer than 100 characters"),
        (
            "status",
            json!("pendingJoin"),
            "instance is not one of enum values: active,inactive,pendingNew,pending",
        ),
        ("passwordEncrypted", json!("true"), "instance is not of a type(s) boolean"),
        ("pin", json!({"code": true, "allowed": true, "x": 1}), closed),
        ("pin", json!({"code": true}), r#"instance requires property "allowed""#),
        ("ln", json!("no language"), "instance is not a language tag such as `de` or `de-AT`"),
        ("phone", json!(long), "instance must not be longer than 120 characters"),
    ] {
        let mut more = json!({"username": "adaaa"});
        more[field] = value.clone();
        let answer = client.post(USER, new(&more)).await;
        let text = format!(
            "Validation failed for field: {field} -> The parameter '{field}' failed due to: {reason}"
        );
        assert_eq!(answer.bad(), (500, 173, &*text), "{field} {:.40}", value.to_string());
    }
    assert!(client.sees("status=pending").await.is_empty());
}

async fn ids_have_the_form_of_the_original(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let one = added(&client, json!({"username": "adaaa"})).await.id.to_string();
    let two = added(&client, json!({"username": "bobbb"})).await.id.to_string();
    let seconds = format!("{:08x}", noon().timestamp());
    for id in [&one, &two] {
        assert!(id.len() == 24 && id.starts_with(&seconds), "{id}");
        assert!(id.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it)));
    }
    assert_ne!(one, two);
}

async fn a_username_is_nobody_elses_id_or_name_in_another_form(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![User { username: None, ..person("kim") }]).await;
    let client = Client::main(&app).await;
    let kim = id("kim");
    for name in ["JOHND", "ｊｏｈｎｄ", "ＪohnＤ", &kim, &kim.to_uppercase()] {
        let body = new(&json!({"username": name, "email": "new@example.org"}));
        let answer = client.post(USER, body).await;
        assert_eq!(answer.status, 500, "{name}: {}", answer.text);
        assert_eq!(answer.bad().1, 402, "{name}: {}", answer.text);
    }
    // Whoever signs in with another form of their name is found all the same.
    let answer = client.each(INVITE, &[json!({"username": "ｊｏｈｎｄ"})]).await;
    assert_eq!(answer["failed"][0]["reason"], "User is already in the tenant tenancy.");
}

/// Otherwise the invitation would be for the account that somebody else made, and its link would open
/// nothing any more.
async fn no_account_is_made_beside_an_invitation_that_waits(app: TestApp) {
    use usher_application::testing::handed_over_token;
    use usher_domain::{Invite, Invitee};

    set_up(&app).await;
    let who = Invitee::Mailbox { mailbox: mailbox("ada@example.org"), name: None };
    let main = Client::main(&app).await;
    for place in [None, Some(MAIN), Some(FAR)] {
        let to = place.map(organization_id);
        let invite = Invite { organization: to, quiet: true, ..Invite::new(who.clone()) };
        let system = app.system();
        let made = app.usher.invitations.invite.run(&system, &[invite]).await.unwrap();
        let made = made.into_iter().next().unwrap().unwrap();
        for status in ["active", "pendingNew", "pending", "inactive"] {
            let body = new(
                &json!({"email": "ADA@example.org", "status": status, "password": "seven llamas dance"}),
            );
            let answer = main.post(USER, body).await;
            assert_eq!(answer.bad(), (500, 402, "User Already exists."), "{status} {place:?}");
        }
        let opened = app.usher.invitations.look_up.run(&handed_over_token(&made)).await.unwrap();
        assert_eq!(opened.open, Ok(()), "{place:?}");
        app.usher.invitations.revoke.run(&system, made.id).await.unwrap();
    }
    added(&main, json!({"email": "ada@example.org"})).await;
}
