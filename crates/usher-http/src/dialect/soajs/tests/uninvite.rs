//! Removing users from tenants.

use super::*;

on_both_stores!(
    each_is_uninvited_by_what_they_are_named,
    who_cannot_be_uninvited_is_told_with_a_reason,
    one_who_is_not_named_fails_alone,
    only_the_membership_in_the_own_tenant_is_removed,
    another_tenant_can_be_named,
    twice_is_once,
    what_the_pin_opened_is_closed,
);

fn not(name: &str) -> String {
    format!("Model error: User: user [{name}] was not uninvited.")
}

async fn each_is_uninvited_by_what_they_are_named(app: TestApp) {
    set_up(&app).await;
    add_users(&app, ["ada", "bob", "cyd", "dan"].map(person).to_vec()).await;
    let client = Client::sub(&app).await;
    client.invite(&["ada", "bob", "cyd", "dan"]).await;
    let users = [
        json!({"id": id("ada")}),
        json!({"username": "bobd"}),
        json!({"email": "cyd@example.org"}),
        // The user is named as in the invitation.
        json!({"username": "dan@example.org"}),
    ];
    let answer = client.each(UNINVITE, &users).await;
    assert_eq!(answer, json!({"succeeded": users, "failed": []}));
    for name in ["ada", "bob", "cyd", "dan"] {
        assert!(member(&app, name, SUB).await.is_none(), "{name}");
    }
    assert!(client.sees("").await.is_empty());
    client.invite(&["ada"]).await;
    // The answer names the users as the request did.
    let answer = client.each(UNINVITE, &[json!({"id": id("ada"), "username": "johnd"})]).await;
    assert_eq!(answer["succeeded"], json!([{"id": id("ada")}]));
    assert!(member(&app, "ada", SUB).await.is_none());
}

async fn who_cannot_be_uninvited_is_told_with_a_reason(app: TestApp) {
    set_up(&app).await;
    let imported = User { id: UserId::parse("imported").unwrap(), ..person("ida") };
    let dot = standing(UserStatus::Disabled, person("dot"));
    add_users(&app, vec![person("ada"), imported, dot]).await;
    join(&app, "dot", SUB).await;
    let client = Client::sub(&app).await;
    let users = [
        json!({"username": "adad"}),
        json!({"id": NOBODY}),
        json!({"id": "malformed"}),
        json!({"id": "imported"}),
        json!({"id": id("dot")}),
        json!({"id": 5}),
        json!({"email": "nobody"}),
    ];
    let answer = client.each(UNINVITE, &users).await;
    let malformed = "Model error: A valid ID is required";
    let failed = json!([
        {"username": "adad", "reason": not("adad")},
        {"id": NOBODY, "reason": not(NOBODY)},
        {"id": "malformed", "reason": malformed},
        {"id": "imported", "reason": not("imported")},
        {"id": id("dot"), "reason": not(&id("dot"))},
        {"id": 5, "reason": malformed},
        {"email": "nobody", "reason": not("nobody")},
    ]);
    assert_eq!(answer, json!({"succeeded": [], "failed": failed}));
    let answer = Client::main(&app).await.each(UNINVITE, &[json!({"username": "johnd"})]).await;
    let failed = json!([{"username": "johnd", "reason": not("johnd"), "id": id("john")}]);
    assert_eq!(answer, json!({"succeeded": [], "failed": failed}));
}

async fn one_who_is_not_named_fails_alone(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    client.invite(&["john"]).await;
    let body = json!({"users": [{}, {"user": {}}, {"user": {"username": "johnd"}}]});
    let answer = client.put(UNINVITE, body).await.good();
    let reason = "Model error: User: user [id | username | email], status, and tenant information are required.";
    let failed = vec![json!({"reason": reason}); 2];
    assert_eq!(answer, json!({"succeeded": [{"username": "johnd"}], "failed": failed}));
}

async fn only_the_membership_in_the_own_tenant_is_removed(app: TestApp) {
    set_up(&app).await;
    let (sub, too) =
        (Client::sub(&app).await, Client::of(&app, SUB_TOO, Authority::Helpdesk).await);
    sub.invite(&["john"]).await;
    too.invite(&["john"]).await;
    let john = [json!({"username": "johnd"})];
    assert_eq!(sub.each(UNINVITE, &john).await["succeeded"], json!(john));
    assert!(member(&app, "john", SUB).await.is_none());
    assert!(member(&app, "john", SUB_TOO).await.is_some());
    assert_eq!(Client::main(&app).await.sees("").await, ["John"]);
}

async fn another_tenant_can_be_named(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    Client::sub(&app).await.invite(&["john"]).await;
    let path = "/admin/users/uninvite/tenant";
    let body = |tenant: &str| json!({"users": [{"user": {"username": "johnd"}}], "tenant": {"id": tenant, "code": "x"}});
    let unknown = (500, 602, "Model error: Tenant: there is no such tenant.");
    for tenant in [FAR_SUB, NOBODY, ""] {
        assert_eq!(client.put(path, body(tenant)).await.bad(), unknown);
    }
    let far = Client::of(&app, FAR, Authority::OrgAdmin).await;
    assert_eq!(far.put(path, body(SUB)).await.bad(), unknown);
    let too = Client::of(&app, SUB_TOO, Authority::OrgAdmin).await;
    assert_eq!(too.put(path, body(SUB)).await.bad(), unknown);
    let answer = client.put(path, body(SUB)).await.good();
    assert_eq!(answer, json!({"succeeded": [{"username": "johnd"}], "failed": []}));
    assert!(member(&app, "john", SUB).await.is_none());
}

async fn twice_is_once(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    client.invite(&["john"]).await;
    let john = json!({"username": "johnd"});
    let answer = client.each(UNINVITE, &[john.clone(), john.clone()]).await;
    assert_eq!(answer["succeeded"], json!([john]));
    assert_eq!(answer["failed"], json!([{"username": "johnd", "reason": not("johnd")}]));
    // The users can be invited again.
    client.invite(&["john"]).await;
}

async fn what_the_pin_opened_is_closed(app: TestApp) {
    set_up(&app).await;
    let client = Client::sub(&app).await;
    let pin = json!({"code": true, "allowed": true});
    client
        .put(INVITE, json!({"users": [{"user": {"username": "johnd"}, "pin": pin}]}))
        .await
        .good();
    let pin = super::pin(&app, "john", SUB).await;
    let opened = client.post("/oauth/pin", json!({"pin": pin})).await;
    assert_eq!(opened.status, 200);
    client.each(UNINVITE, &[json!({"username": "johnd"})]).await;
    assert_eq!(client.post("/oauth/pin", json!({"pin": pin})).await.bad().1, 503);
    let refresh = opened.body["refresh_token"].clone();
    let body = json!({"grant_type": "refresh_token", "refresh_token": refresh});
    assert_eq!(client.post("/oauth/pin", body).await.bad().1, 400);
    let token = opened.body["access_token"].as_str().unwrap().to_owned();
    let answer = Client { token: Some(token), ..client }.get(USERS).await;
    assert_eq!(answer.bad().1, 401);
}
