//! Signing in with a pin, and the rights of the resulting access token.

use super::*;

on_both_stores!(
    a_pin_opens_the_tenant_that_it_is_for,
    what_it_opened_is_a_caller_with_the_authority_of_an_inviter_at_most,
    a_pin_makes_no_other_pin_for_whom_it_signed_in,
    a_caller_without_rights_is_refused,
    a_session_is_renewed_once,
    a_wrong_pin_is_refused,
    what_is_asked_must_be_complete,
    wrong_attempts_must_wait,
    the_key_alone_decides_where,
    access_ends_after_a_while,
);

const PATH: &str = "/oauth/pin";
const WRONG: (u16, u64, &str) = (503, 503, "Unable to log in. Credential error or mismatch");
const NOT_RENEWED: (u16, u64, &str) = (400, 400, "Invalid refresh token");

/// john's pin in this tenant.
async fn pin_of_john(app: &TestApp, tenant: &str) -> String {
    let client = Client::of(app, tenant, Authority::Helpdesk).await;
    let invite = json!({"user": {"username": "johnd"}, "pin": {"code": true, "allowed": false}});
    client.put(INVITE, json!({"users": [invite]})).await.good();
    let body = json!({"user": {"username": "johnd"}, "pin": {"reset": true}});
    client.put("/admin/user/pin", body).await.good();
    pin(app, "john", tenant).await
}

async fn a_pin_opens_the_tenant_that_it_is_for(app: TestApp) {
    set_up(&app).await;
    for tenant in [SUB, MAIN] {
        let pin = pin_of_john(&app, tenant).await;
        let client = Client::of(&app, tenant, Authority::Reader).await;
        for body in [json!({"pin": pin}), json!({"pin": pin, "grant_type": "password", "more": 1})]
        {
            let answer = client.post(PATH, body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.headers[header::PRAGMA], "no-cache");
            let keys: Vec<_> = answer.body.as_object().unwrap().keys().cloned().collect();
            let mut keys = keys;
            keys.sort_unstable();
            assert_eq!(keys, ["access_token", "expires_in", "refresh_token", "token_type"]);
            assert_eq!(
                (&answer.body["token_type"], &answer.body["expires_in"]),
                (&json!("bearer"), &json!(7200))
            );
        }
    }
    let form = Client::sub(&app).await.request(Method::POST, PATH);
    let form = form.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = format!("pin={}", pin(&app, "john", SUB).await);
    assert_eq!(exchange(&app, form.body(body.into()).unwrap()).await.status, 200);
}

/// An access token that john's pin opens, with this authority in the tenant.
async fn opened<'a>(app: &'a TestApp, tenant: &str, authority: Option<Authority>) -> Client<'a> {
    let pin = pin_of_john(app, tenant).await;
    let john = user(app, &id("john")).await;
    add_users(app, vec![User { authority, ..john.touched(noon()) }]).await;
    let client = Client::of(app, tenant, Authority::Helpdesk).await;
    let answer = client.post(PATH, json!({"pin": pin})).await;
    let token = answer.body["access_token"].as_str().unwrap().to_owned();
    Client { token: Some(token), ..client }
}

/// By the way of their own and by each name, with a pin and without one; it would outlive the first.
async fn a_pin_makes_no_other_pin_for_whom_it_signed_in(app: TestApp) {
    set_up(&app).await;
    let client = opened(&app, MAIN, Some(Authority::OrgAdmin)).await;
    let refused = "Model error: whoever a pin signed in does not invite themselves: use a key of your \
                   own, or have somebody else invite you";
    let tenant = json!({"id": SUB, "code": "SOME"});
    let names = [
        json!({"username": "johnd"}),
        json!({"id": id("john")}),
        json!({"email": "john@example.org"}),
    ];
    for pin in [json!({"code": true, "allowed": true}), json!({"code": false, "allowed": false})] {
        let body = json!({"tenant": tenant, "pin": pin});
        let answer = client.put("/admin/user/self/invite", body).await;
        assert_eq!(answer.bad(), (500, 602, refused));
        let users: Vec<_> = names.iter().map(|it| json!({"user": it, "pin": pin})).collect();
        let body = json!({"users": users, "tenant": tenant});
        let answer = client.put("/admin/users/invite/tenant", body).await.good();
        let failed = answer["failed"].as_array().unwrap();
        let reasons: Vec<_> = failed.iter().map(|it| &it["reason"]).collect();
        assert_eq!(reasons, [refused; 3]);
    }
    assert_eq!(member(&app, "john", SUB).await, None);
    // By a key of their own they do.
    let john = Client::main(&app).await.acting_as("john", Authority::Inviter).await;
    let body = json!({"tenant": tenant, "pin": {"code": true, "allowed": true}});
    john.put("/admin/user/self/invite", body).await.good();
}

async fn what_it_opened_is_a_caller_with_the_authority_of_an_inviter_at_most(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ada")]).await;
    let client = opened(&app, MAIN, Some(Authority::Helpdesk)).await;
    let users = json!([{"user": {"username": "adad"}}]);
    let body = json!({"users": users, "tenant": {"id": SUB, "code": "SOME"}});
    let answer = client.put("/admin/users/invite/tenant", body).await.good();
    assert_eq!(answer["succeeded"], json!([{"username": "adad"}]));
    // Managing others takes more than a pin, whoever has it.
    let forbidden = (401, 160, "You do not belong to a group with access to this System API.");
    assert_eq!(client.put("/admin/user/pin", json!({})).await.bad(), forbidden);
    // With the key of another tenant it is no token.
    let sub = Client { token: client.token.clone(), ..Client::sub(&app).await };
    assert_eq!(sub.get(USERS).await.bad(), (401, 401, "The access token provided is invalid."));
}

async fn a_caller_without_rights_is_refused(app: TestApp) {
    set_up(&app).await;
    let client = opened(&app, SUB, None).await;
    let forbidden = (401, 160, "You do not belong to a group with access to this System API.");
    assert_eq!(client.get(USERS).await.bad(), forbidden);
    let reader = opened(&app, SUB_TOO, Some(Authority::Reader)).await;
    assert_eq!(reader.sees("").await, ["John"]);
    assert_eq!(reader.put(INVITE, json!({})).await.bad(), forbidden);
}

async fn a_session_is_renewed_once(app: TestApp) {
    set_up(&app).await;
    let pin = pin_of_john(&app, SUB).await;
    let client = Client::sub(&app).await;
    let first = client.post(PATH, json!({"pin": pin})).await.body;
    let renew =
        |it: &Value| json!({"grant_type": "refresh_token", "refresh_token": it["refresh_token"]});
    // Nobody else's key renews it.
    for tenant in [MAIN, SUB_TOO, FAR] {
        let other = Client::of(&app, tenant, Authority::OrgAdmin).await;
        assert_eq!(other.post(PATH, renew(&first)).await.bad(), NOT_RENEWED);
    }
    let answer = client.post(PATH, renew(&first)).await;
    assert_eq!((answer.status, &answer.body["token_type"]), (200, &json!("bearer")));
    assert_ne!(answer.body["refresh_token"], first["refresh_token"]);
    assert_eq!(client.post(PATH, renew(&first)).await.bad(), NOT_RENEWED);
    for junk in [json!("junk"), first["access_token"].clone(), json!("x".repeat(10_000)), json!("")]
    {
        let body = json!({"grant_type": "refresh_token", "refresh_token": junk});
        let answer = client.post(PATH, body).await;
        assert_eq!(answer.bad(), NOT_RENEWED);
        assert_eq!(answer.body["error"], "invalid_grant");
        assert_eq!(answer.body["error_description"], "Invalid refresh token");
    }
    app.clock.advance(TimeDelta::hours(12));
    assert_eq!(client.post(PATH, renew(&answer.body)).await.bad(), NOT_RENEWED);
}

async fn a_wrong_pin_is_refused(app: TestApp) {
    set_up(&app).await;
    let pin = pin_of_john(&app, SUB).await;
    let wrong = if pin == "0000" { "0001" } else { "0000" };
    let client = Client::sub(&app).await;
    for given in [wrong, "", &"0".repeat(10_000), "١٢٣٤"] {
        let answer = client.post(PATH, json!({"pin": given})).await;
        assert_eq!(answer.bad(), WRONG);
        assert_eq!(answer.body["error"], "invalid_grant");
        assert_eq!(answer.body["error_description"], WRONG.2);
        app.clock.advance(TimeDelta::minutes(20));
    }
    let other = Client::of(&app, SUB_TOO, Authority::Helpdesk).await;
    assert_eq!(other.post(PATH, json!({"pin": pin})).await.bad(), WRONG);
    // The pin of a user who is not active any more is not valid.
    let john = user(&app, &id("john")).await;
    let gone = User { status: UserStatus::Disabled, ..john.touched(noon()) };
    add_users(&app, vec![gone]).await;
    assert_eq!(client.post(PATH, json!({"pin": pin})).await.bad(), WRONG);
}

async fn what_is_asked_must_be_complete(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let grant = (400, 400, "Invalid or missing grant_type parameter");
    let string = "Validation failed for field: pin -> The parameter 'pin' failed due to: \
        instance is not of a type(s) string";
    let refresh = json!({"grant_type": "refresh_token"});
    for (body, expected) in [
        (json!({}), (500, 172, "Missing required field: pin")),
        (json!({"pin": null}), (500, 172, "Missing required field: pin")),
        (refresh, (500, 172, "Missing required field: refresh_token")),
        (json!({"pin": 1234}), (500, 173, string)),
        (json!({"pin": "1234", "grant_type": "client_credentials"}), grant),
        (json!({"pin": "1234", "grant_type": ""}), grant),
    ] {
        assert_eq!(client.post(PATH, body).await.bad(), expected);
    }
    let answer = client.post(PATH, json!({"grant_type": "x"})).await;
    assert_eq!(answer.body["error"], "unsupported_grant_type");
    let broken =
        client.request(Method::POST, PATH).header(header::CONTENT_TYPE, "application/json");
    assert_eq!(exchange(&app, broken.body("{".into()).unwrap()).await.bad().1, 164);
}

async fn wrong_attempts_must_wait(app: TestApp) {
    set_up(&app).await;
    let pin = pin_of_john(&app, SUB).await;
    let client = Client::sub(&app).await;
    let wrong = if pin == "0000" { "0001" } else { "0000" };
    for _ in 0..5 {
        let answer = client.post(PATH, json!({"pin": wrong})).await;
        assert_eq!(answer.bad(), WRONG);
        assert!(!answer.headers.contains_key(header::RETRY_AFTER));
    }
    // A valid pin has to wait as well.
    app.clock.advance(TimeDelta::milliseconds(500));
    for given in [wrong, &pin] {
        let answer = client.post(PATH, json!({"pin": given})).await;
        assert_eq!(answer.bad(), (503, 503, "Unable to log in. There were too many wrong pins"));
        assert_eq!(answer.headers[header::RETRY_AFTER], "2");
        assert_eq!(answer.body["error"], "invalid_grant");
    }
    // In other organizations nobody has to wait.
    let other = Client::of(&app, SUB_TOO, Authority::Helpdesk).await;
    assert_eq!(other.post(PATH, json!({"pin": "0000"})).await.bad(), WRONG);
    app.clock.advance(TimeDelta::seconds(2));
    assert_eq!(client.post(PATH, json!({"pin": pin})).await.status, 200);
}

async fn the_key_alone_decides_where(app: TestApp) {
    set_up(&app).await;
    let pin = pin_of_john(&app, SUB).await;
    let client = Client::sub(&app).await;
    // Access tokens are ignored.
    let with = Client { token: Some("junk".to_owned()), ..client };
    assert_eq!(with.post(PATH, json!({"pin": pin})).await.status, 200);
}

async fn access_ends_after_a_while(app: TestApp) {
    set_up(&app).await;
    let client = opened(&app, SUB, Some(Authority::Reader)).await;
    client.get(USERS).await.good();
    app.clock.advance(TimeDelta::hours(2));
    let answer = client.get(USERS).await;
    assert_eq!(answer.bad(), (401, 401, "The access token provided has expired."));
}
