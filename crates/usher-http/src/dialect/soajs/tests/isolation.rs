//! Tenants, and organizations within a tenant, neither see nor change what belongs to another.

use usher_application::testing::tenant;
use usher_domain::{Caller, Tenant, TenantId};
use uuid::Uuid;

use super::*;

on_both_stores!(
    tenants_are_isolated,
    another_organizations_key_sees_and_changes_nothing,
    a_key_changes_nothing_at_the_homes_of_others,
    another_tenants_token_is_none,
);

const ABROAD: TenantId = TenantId(Uuid::from_u128(0xab));

/// A tenant with organizations and a user of the same ids and names, and a key to it.
async fn other_tenant(app: &TestApp) -> String {
    let tenant = Tenant { id: ABROAD, name: "abroad".to_owned(), ..tenant() };
    let tenants = Changes { tenants: vec![tenant], ..Changes::default() };
    app.store.commit(&tenants).await.unwrap();
    let organizations =
        organizations().into_iter().map(|it| Organization { tenant: ABROAD, ..it }).collect();
    let users = vec![User { tenant: ABROAD, ..person("zoe") }];
    let changes = Changes { organizations, users, ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    let system = Caller::system(ABROAD);
    let organization = Some(organization_id(MAIN));
    let made =
        app.usher.access.credentials.create(&system, Authority::OrgAdmin, None, organization).await;
    let (credential, secret) = made.unwrap();
    Credential::key(credential.id, &secret).unwrap()
}

async fn tenants_are_isolated(app: TestApp) {
    set_up(&app).await;
    let sub = Client::sub(&app).await;
    sub.invite(&["john"]).await;
    let theirs = Client { key: Some(other_tenant(&app).await), ..Client::anonymous(&app) };
    assert_eq!(theirs.sees("").await, ["Zoe"]);
    assert_eq!(Client::main(&app).await.sees("").await, ["John"]);
    let unknown = (500, 520, "Unable to find user.");
    assert_eq!(theirs.get(&format!("{USER}?id={}", id("john"))).await.bad(), unknown);
    let names = [
        json!({"id": id("john")}),
        json!({"username": "johnd"}),
        json!({"email": "john@example.org"}),
    ];
    for path in [INVITE, UNINVITE] {
        assert_eq!(theirs.each(path, &names).await["succeeded"], json!([]));
    }
    let tenant = json!({"id": SUB, "code": "SOME"});
    for name in &names {
        let body = json!({"user": name, "groups": ["x"], "pin": {"delete": true}, "tenantId": SUB});
        for path in ["/admin/user/groups", "/admin/user/pin", "/admin/user/invited/groups"] {
            assert_eq!(theirs.put(path, body.clone()).await.good(), json!(false));
        }
        let body = json!({"users": [{"user": name}], "tenant": tenant});
        for path in ["/admin/users/invite/tenant", "/admin/users/uninvite/tenant"] {
            assert_eq!(theirs.put(path, body.clone()).await.good()["succeeded"], json!([]));
        }
    }
    assert!(member(&app, "john", SUB).await.unwrap().roles.is_empty());
    // A name that is taken in one tenant is free in the other.
    let body = json!({"firstName": "A", "lastName": "B", "username": "johnd"});
    theirs.post(USER, body).await.good();
}

async fn another_organizations_key_sees_and_changes_nothing(app: TestApp) {
    set_up(&app).await;
    let sub = Client::sub(&app).await;
    let pin = json!({"code": true, "allowed": true});
    let item = json!({"user": {"username": "johnd"}, "pin": pin, "groups": ["dev"]});
    sub.put(INVITE, json!({"users": [item]})).await.good();
    let before = member(&app, "john", SUB).await;
    let far = Client::of(&app, FAR, Authority::OrgAdmin).await;
    assert!(far.sees("").await.is_empty());
    assert!(far.sees("keywords=john&config=true").await.is_empty());
    assert_eq!(far.get(&format!("{USER}?id={}", id("john"))).await.bad().1, 520);
    let user = json!({"username": "johnd"});
    let body = json!({"user": user, "groups": ["x"], "pin": {"delete": true}});
    for path in ["/admin/user/groups", "/admin/user/pin"] {
        assert_eq!(far.put(path, body.clone()).await.good(), json!(false));
    }
    assert_eq!(far.each(UNINVITE, &[user]).await["succeeded"], json!([]));
    let pin = super::pin(&app, "john", SUB).await;
    assert_eq!(far.post("/oauth/pin", json!({"pin": pin})).await.bad().1, 503);
    assert_eq!(member(&app, "john", SUB).await, before);
}

/// Whoever may open terminals may do so where they are invited, and nowhere else by that.
async fn a_key_changes_nothing_at_the_homes_of_others(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![at_home(FAR, person("eve")), at_home(FAR, person("zoe"))]).await;
    join(&app, "eve", FAR).await;
    join(&app, "john", MAIN).await;
    let (at_far, at_main) = (member(&app, "eve", FAR).await, member(&app, "john", MAIN).await);
    let sub = Client::of(&app, SUB, Authority::Inviter).await;
    let pin = json!({"code": true, "allowed": true});
    let item = |name: &str| json!({"user": {"username": name}, "pin": pin, "groups": []});
    let users = json!({"users": [item("eved"), item("zoed"), item("johnd")]});
    assert_eq!(sub.put(INVITE, users).await.good()["failed"], json!([]));
    for name in ["eve", "zoe", "john"] {
        assert!(member(&app, name, SUB).await.unwrap().pin_allowed, "{name}");
    }
    assert_eq!(member(&app, "eve", FAR).await, at_far);
    assert_eq!(member(&app, "zoe", FAR).await, None);
    assert_eq!(member(&app, "john", MAIN).await, at_main);
}

async fn another_tenants_token_is_none(app: TestApp) {
    set_up(&app).await;
    other_tenant(&app).await;
    let system = Caller::system(ABROAD);
    let made = app.usher.access.credentials.create(&system, Authority::OrgAdmin, None, None).await;
    let (credential, secret) = made.unwrap();
    let token = Some(format!("{}.{}", credential.id, secret.reveal()));
    let client = Client { token, ..Client::main(&app).await };
    assert_eq!(client.get(USERS).await.bad(), (401, 401, "The access token provided is invalid."));
}
