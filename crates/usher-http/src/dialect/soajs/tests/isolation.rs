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
    people_from_elsewhere_are_added_by_their_address_alone_and_seen_no_further,
    nobody_changes_people_of_more_authority_than_their_own,
    nobody_ends_the_key_of_somebody_who_may_do_more,
    an_inviter_changes_nothing_at_home,
    nobody_takes_a_group_that_they_could_not_give,
    a_group_that_is_not_theirs_to_give_tells_nobody_who_has_an_account,
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
    let made = app
        .usher
        .access
        .credentials
        .issue(&system, NewKey { organization, ..NewKey::of(Authority::OrgAdmin) })
        .await;
    let (credential, secret) = made.unwrap();
    Credential::key(credential.client_id(), &secret).unwrap()
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
    let item = |name: &str| json!({"user": {"email": format!("{name}@example.org")}, "pin": pin, "groups": []});
    let users = json!({"users": [item("eve"), item("zoe"), item("john")]});
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
    let made = app.usher.access.credentials.issue(&system, NewKey::of(Authority::OrgAdmin)).await;
    let (credential, secret) = made.unwrap();
    let token = Some(format!("{}.{}", credential.client_id(), secret.reveal()));
    let client = Client { token, ..Client::main(&app).await };
    assert_eq!(client.get(USERS).await.bad(), (401, 401, "The access token provided is invalid."));
}

async fn people_from_elsewhere_are_added_by_their_address_alone_and_seen_no_further(app: TestApp) {
    set_up(&app).await;
    let known = |it: User| User {
        phone: Some("+43 1 234".to_owned()),
        profile: usher_domain::Document(json!({"likes": ["tea"]}).to_string()),
        attributes: usher_domain::Document(json!({"lastLogin": 5}).to_string()),
        ..it
    };
    let homeless = User { home: None, ..known(person("zoe")) };
    add_users(&app, vec![known(at_home(FAR, person("eve"))), known(person("bob")), homeless]).await;
    let sub = Client::sub(&app).await;
    for name in ["eve", "zoe"] {
        for who in [json!({"id": id(name)}), json!({"username": format!("{name}d")})] {
            let answer = sub.each(INVITE, &[who]).await;
            assert_eq!(answer["failed"][0]["reason"], "Unable to find user.", "{name}");
            assert_eq!(member(&app, name, SUB).await, None);
        }
    }
    let named = ["eve", "bob", "zoe"].map(|it| json!({"email": format!("{it}@example.org")}));
    assert_eq!(sub.each(INVITE, &named).await["failed"], json!([]));
    let shown = async |client: &Client<'_>, name: &str| {
        client.get(&format!("{USER}?id={}", id(name))).await.good()
    };
    // From elsewhere is who is at home right above, too, and who has no home and is a member here alone.
    for name in ["eve", "bob", "zoe"] {
        let it = shown(&sub, name).await;
        assert_eq!(it["email"], format!("{name}@example.org"));
        let hidden = (&it["phone"], &it["profile"], &it["lastLogin"]);
        assert_eq!(hidden, (&Value::Null, &json!({}), &Value::Null), "{name}");
        let listed = sub.get(&format!("{USERS}?keywords={name}")).await.good();
        assert_eq!(listed[0]["phone"], Value::Null);
    }
    // No more is seen from above of whom the organization below has added.
    let main = Client::main(&app).await;
    let zoe = main.get(&format!("{USER}?id={}", id("zoe"))).await;
    assert!(!zoe.body.to_string().contains("+43 1 234"), "{}", zoe.body);
    assert!(shown(&main, "bob").await["phone"] == "+43 1 234");
    let far = Client::of(&app, FAR, Authority::Helpdesk).await;
    assert_eq!(shown(&far, "eve").await["profile"], json!({"likes": ["tea"]}));
}

async fn nobody_changes_people_of_more_authority_than_their_own(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![User { authority: Some(Authority::OrgAdmin), ..person("ann") }]).await;
    let admin = Client::of(&app, SUB, Authority::OrgAdmin).await;
    let pin = json!({"code": true, "allowed": true});
    let item = json!({"user": {"username": "annd"}, "pin": pin, "groups": ["lead"]});
    admin.put(INVITE, json!({"users": [item]})).await.good();
    let before = member(&app, "ann", SUB).await;
    let helpdesk = Client::sub(&app).await;
    let ann = json!({"username": "annd"});
    let refused = "You do not belong to a group with access to this System API: \
         the user can be changed only by callers with at least their authority";
    for (path, body) in [
        ("/admin/user/groups", json!({"user": ann, "groups": []})),
        ("/admin/user/pin", json!({"user": ann, "pin": {"reset": true}})),
        ("/admin/user/pin", json!({"user": ann, "pin": {"delete": true}})),
    ] {
        assert_eq!(helpdesk.put(path, body).await.bad(), (401, 160, refused), "{path}");
    }
    let failed = helpdesk.each(UNINVITE, std::slice::from_ref(&ann)).await["failed"].clone();
    assert_eq!(failed[0]["reason"], refused);
    assert_eq!(member(&app, "ann", SUB).await, before);
    let body = json!({"user": ann, "pin": {"delete": true}});
    assert_eq!(admin.put("/admin/user/pin", body).await.good(), json!(true));
    assert_eq!(admin.each(UNINVITE, &[ann]).await["failed"], json!([]));
}

/// Whoever may do nothing by themselves, and everything in one organization by a key.
async fn nobody_ends_the_key_of_somebody_who_may_do_more(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ann"), person("bob")]).await;
    for name in ["ann", "bob"] {
        join(&app, name, SUB).await;
    }
    let credentials = &app.usher.access.credentials;
    let new = NewKey {
        user: Some(UserId::parse(&id("ann")).unwrap()),
        organization: Some(organization_id(SUB)),
        ..NewKey::of(Authority::OrgAdmin)
    };
    let (key, secret) = credentials.issue(&app.system(), new).await.unwrap();
    let (key, secret) = (key.client_id().to_string(), secret.reveal().to_owned());
    let opens = async || app.usher.access.authenticate.client(&key, &secret).await.is_ok();
    let before = member(&app, "ann", SUB).await;
    let (ann, bob) = (json!({"username": "annd"}), json!({"username": "bobd"}));
    let refused = "You do not belong to a group with access to this System API: \
                   the user can be changed only by callers with at least their authority";
    let (sub, main) = (Client::sub(&app).await, Client::main(&app).await);
    for (client, path, body) in [
        (&sub, "/admin/user/groups", json!({"user": ann, "groups": ["x"]})),
        (&main, "/admin/user/invited/groups", json!({"user": ann, "groups": [], "tenantId": SUB})),
        (&sub, "/admin/user/pin", json!({"user": ann, "pin": {"reset": true}})),
        (&sub, "/admin/user/pin", json!({"user": ann, "pin": {"delete": true}})),
    ] {
        assert_eq!(client.put(path, body).await.bad(), (401, 160, refused), "{path}");
    }
    let both = sub.each(UNINVITE, &[ann.clone(), bob.clone()]).await;
    let mut failed = ann.clone();
    failed["reason"] = refused.into();
    assert_eq!(both, json!({"succeeded": [bob], "failed": [failed]}));
    assert_eq!(member(&app, "ann", SUB).await, before);
    assert!(opens().await);
    // Elsewhere they are as everybody.
    join(&app, "ann", SUB_TOO).await;
    let other = Client::of(&app, SUB_TOO, Authority::Helpdesk).await;
    assert_eq!(other.each(UNINVITE, std::slice::from_ref(&ann)).await["failed"], json!([]));
    assert!(opens().await);
    let admin = Client::of(&app, SUB, Authority::OrgAdmin).await;
    assert_eq!(admin.each(UNINVITE, &[ann]).await["failed"], json!([]));
    assert!(!opens().await);
}

/// Neither for others nor for themselves.
async fn an_inviter_changes_nothing_at_home(app: TestApp) {
    set_up(&app).await;
    let chief = User { authority: Some(Authority::OrgAdmin), ..person("ann") };
    add_users(&app, vec![person("ada"), chief, person("bob")]).await;
    for name in ["ada", "ann", "john"] {
        join(&app, name, MAIN).await;
    }
    let homes = async || {
        let mut all = Vec::new();
        for name in ["ada", "ann", "bob", "john"] {
            all.push(member(&app, name, MAIN).await);
        }
        all
    };
    let before = homes().await;
    let pin = json!({"code": true, "allowed": true});
    let item = |name: &str| json!({"user": {"username": format!("{name}d")}, "pin": pin});
    let users: Vec<_> = ["ada", "ann", "bob"].map(item).to_vec();
    let to = |users: &[Value]| json!({"users": users, "tenant": {"id": SUB, "code": "SOME"}});
    let inviter = Client::of(&app, MAIN, Authority::Inviter).await;
    let answer = inviter.put("/admin/users/invite/tenant", to(&users)).await.good();
    assert_eq!(answer["failed"], json!([]));
    for name in ["ada", "ann", "bob"] {
        assert!(member(&app, name, SUB).await.unwrap().pin_allowed, "{name}");
    }
    let john = Client::main(&app).await.acting_as("john", Authority::Inviter).await;
    let body = json!({"tenant": {"id": SUB, "code": "SOME"}, "pin": pin});
    john.put("/admin/user/self/invite", body).await.good();
    let too = json!({"users": [item("john")], "tenant": {"id": SUB_TOO, "code": ""}});
    assert_eq!(john.put("/admin/users/invite/tenant", too).await.good()["failed"], json!([]));
    assert_eq!(homes().await, before);
    // The helpdesk does it for those whom it may change.
    let helpdesk = Client::main(&app).await;
    let too = json!({"users": users, "tenant": {"id": SUB_TOO, "code": ""}});
    helpdesk.put("/admin/users/invite/tenant", too).await.good();
    let allowed: Vec<_> =
        homes().await.into_iter().map(|it| it.is_some_and(|it| it.pin_allowed)).collect();
    assert_eq!(allowed, [true, false, true, false]);
}

async fn nobody_takes_a_group_that_they_could_not_give(app: TestApp) {
    set_up(&app).await;
    let id = usher_domain::RoleId::parse("owner").unwrap();
    let role = usher_domain::Role::new(id, TENANT, "owner".to_owned(), noon());
    let role = usher_domain::Role { given_by: Authority::OrgAdmin, ..role };
    app.store.commit(&Changes { roles: vec![role], ..Changes::default() }).await.unwrap();
    let admin = Client::of(&app, SUB, Authority::OrgAdmin).await;
    let john = json!({"username": "johnd"});
    let item = json!({"user": john, "groups": ["owner", "dev"]});
    admin.put(INVITE, json!({"users": [item]})).await.good();
    let helpdesk = Client::sub(&app).await;
    let refused = r#"You do not belong to a group with access to this System API: the role "owner" can be given and taken only by callers with more authority"#;
    let without = json!({"user": john, "groups": ["dev"]});
    let answer = helpdesk.put("/admin/user/groups", without.clone()).await;
    assert_eq!(answer.bad(), (401, 160, refused));
    let failed = helpdesk.each(UNINVITE, std::slice::from_ref(&john)).await["failed"].clone();
    assert_eq!(failed[0]["reason"], refused);
    // What they could give they take.
    let less = json!({"user": john, "groups": ["owner"]});
    assert_eq!(helpdesk.put("/admin/user/groups", less).await.good(), json!(true));
    assert_eq!(admin.put("/admin/user/groups", without).await.good(), json!(true));
    assert_eq!(helpdesk.each(UNINVITE, &[john]).await["failed"], json!([]));
}

async fn a_group_that_is_not_theirs_to_give_tells_nobody_who_has_an_account(app: TestApp) {
    set_up(&app).await;
    let id = usher_domain::RoleId::parse("owner").unwrap();
    let role = usher_domain::Role::new(id, TENANT, "owner".to_owned(), noon());
    let role = usher_domain::Role { given_by: Authority::OrgAdmin, ..role };
    app.store.commit(&Changes { roles: vec![role], ..Changes::default() }).await.unwrap();
    let unproven = User { mailbox_proven_at: None, ..at_home(FAR, person("eve")) };
    add_users(&app, vec![at_home(FAR, person("zoe")), unproven, person("ann")]).await;
    join(&app, "ann", SUB).await;
    for authority in [Authority::Inviter, Authority::Helpdesk] {
        let client = Client::of(&app, SUB, authority).await;
        for group in ["owner", "Owner", " ow\u{200b}ner"] {
            let item = |name: &str| json!({"user": {"email": format!("{name}@example.org")}, "groups": [group]});
            let users = ["zoe", "eve", "ann", "nobody"].map(item);
            let answer = client.put(INVITE, json!({"users": users})).await.good();
            let failed = answer["failed"].as_array().unwrap();
            assert_eq!(failed.len(), 4, "{group:?} {answer}");
            assert!(failed.iter().all(|it| it["reason"] == failed[0]["reason"]), "{answer}");
        }
    }
}
