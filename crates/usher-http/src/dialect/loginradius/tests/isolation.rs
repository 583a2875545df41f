//! Tenants, and organizations within a tenant, neither see nor change what belongs to another.

use usher_domain::{Caller, TenantId};
use uuid::Uuid;

use super::*;

on_both_stores!(
    tenants_are_isolated,
    a_bound_key_stays_within_its_organization,
    nobody_gives_or_takes_roles_of_people_of_more_authority_or_from_elsewhere,
);

const ABROAD: TenantId = TenantId(Uuid::from_u128(0xab));

/// A key to another tenant, which has an organization and a user of the same ids.
async fn other_tenant(app: &TestApp) -> Client<'_> {
    let there = Tenant { id: ABROAD, name: "abroad".to_owned(), ..tenant() };
    put(app, Changes { tenants: vec![there], ..Changes::default() }).await;
    let organizations = vec![Organization { tenant: ABROAD, ..organization(ACME) }];
    let users = vec![User { tenant: ABROAD, ..active("boss") }];
    put(app, Changes { organizations, users, ..Changes::default() }).await;
    let system = Caller::system(ABROAD);
    let made = app.usher.access.credentials.issue(&system, NewKey::of(Authority::OrgAdmin)).await;
    let (credential, secret) = made.unwrap();
    Client { app, key: credential.client_id().to_string(), secret: secret.reveal().to_owned() }
}

async fn tenants_are_isolated(app: TestApp) {
    let admin = Client::admin(&app).await;
    let theirs = other_tenant(&app).await;
    let it = admin.invite("ada", ACME).await;
    join(&app, "boss", ACME, &[EDITOR]).await;
    assert_eq!(theirs.lists("").await, [""; 0]);
    assert_eq!(theirs.get(&at(&it["Id"])).await.bad(), (404, 8169));
    assert_eq!(theirs.put(&at(&it["Id"]), json!({})).await.bad(), (404, 8169));
    assert_eq!(theirs.resend(&it["Id"]).await.bad(), (404, 8169));
    assert_eq!(theirs.delete(&at(&it["Id"])).await.bad(), (404, 8169));
    let far = format!("{ORGANIZATIONS}/{FAR}");
    assert_eq!(theirs.get(&far).await.bad(), (404, 8118));
    assert_eq!(theirs.put(&far, json!({"Name": "Theirs"})).await.bad(), (404, 8118));
    assert_eq!(theirs.delete(&far).await.bad(), (404, 8118));
    assert_eq!(theirs.get(ROLES).await.good(), json!({"Data": []}));
    assert_eq!(theirs.get(&format!("{ROLES}/{EDITOR}")).await.bad(), (404, 8125));
    assert_eq!(theirs.delete(&format!("{ROLES}/{EDITOR}")).await.bad(), (404, 8125));
    // It has the same id and is another organization.
    let acme = format!("{ORGANIZATIONS}/{ACME}");
    theirs.put(&acme, json!({"Name": "Theirs"})).await.good();
    assert_eq!(admin.get(&acme).await.good()["Name"], "The org_Acme team");
    let members = format!("{acme}/orgcontext");
    assert_eq!(theirs.get(&members).await.good(), json!({"Data": []}));
    let mut body = invitee("ada", ACME);
    body["roleIds"] = json!([EDITOR]);
    assert_eq!(theirs.post(INVITATIONS, body).await.bad(), (404, 8125));
    assert_ne!(theirs.invite("ada", ACME).await["Id"], it["Id"]);
    assert_eq!(theirs.get("/v2/manage/account/boss/orgcontext").await.good(), json!({"Data": []}));
    theirs.delete(&acme).await.good();
    assert_eq!(admin.get(&at(&it["Id"])).await.good(), it);
    // The key of one with the secret of the other is not valid.
    let mixed = Client { key: admin.key.clone(), ..theirs };
    assert_eq!(mixed.get(ROLES).await.bad(), (401, 6002));
}

async fn a_bound_key_stays_within_its_organization(app: TestApp) {
    let admin = Client::admin(&app).await;
    add_users(&app, vec![User { roles: vec![EDITOR.to_owned()], ..active("ada") }, active("eve")])
        .await;
    join(&app, "ada", ACME, &[EDITOR]).await;
    join(&app, "ada", FAR, &[EDITOR]).await;
    join(&app, "eve", FAR, &[EDITOR]).await;
    let far = admin.invite("bob", FAR).await;
    let bound = Client::bound(&app, Authority::OrgAdmin, ACME).await;
    let own = bound.invite("bob", ACME).await;
    assert_eq!(bound.post(INVITATIONS, invitee("bob", FAR)).await.bad(), (404, 8118));
    assert_eq!(bound.post(INVITATIONS, invitee("bob", "org_None")).await.bad(), (404, 8118));
    let list = bound.get(INVITATIONS).await.good();
    assert_eq!(list, json!({"Data": [own]}));
    assert_eq!(bound.lists("orgid=org_Far").await, [""; 0]);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        assert_eq!(bound.send(method, &at(&far["Id"]), "{}").await.bad(), (404, 8169));
    }
    assert_eq!(bound.resend(&far["Id"]).await.bad(), (404, 8169));
    let ids = |list: Value| -> Vec<String> {
        let all = list["Data"].as_array().unwrap();
        all.iter().map(|it| it["Id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(bound.get(ORGANIZATIONS).await.good()), [ACME]);
    assert_eq!(ids(bound.get(ROLES).await.good()), [EDITOR, OF_ACME]);
    assert_eq!(bound.get(&format!("{ROLES}/{OF_FAR}")).await.bad(), (404, 8125));
    let elsewhere = format!("{ORGANIZATIONS}/{FAR}");
    assert_eq!(bound.get(&elsewhere).await.bad(), (404, 8118));
    assert_eq!(bound.put(&elsewhere, json!({"Name": "x"})).await.bad(), (404, 8118));
    assert_eq!(bound.put(&format!("{elsewhere}/policy"), json!({})).await.bad(), (404, 8118));
    assert_eq!(bound.get(&format!("{elsewhere}/orgcontext")).await.bad(), (404, 8118));
    // A bound key cannot change what belongs to the tenant.
    assert_eq!(bound.post(ORGANIZATIONS, json!({"Name": "x"})).await.bad(), (401, 6002));
    assert_eq!(bound.delete(&format!("{ORGANIZATIONS}/{ACME}")).await.bad(), (401, 6002));
    assert_eq!(bound.post(ROLES, json!({"Name": "x"})).await.bad(), (401, 6002));
    assert_eq!(bound.post(ROLES, json!({"Name": "x", "OrgId": FAR})).await.bad(), (401, 6002));
    assert_eq!(bound.delete(&format!("{ROLES}/{EDITOR}")).await.bad(), (401, 6002));
    bound.post(ROLES, json!({"Name": "x", "OrgId": ACME})).await.good();
    bound.put(&format!("{ORGANIZATIONS}/{ACME}"), json!({"Name": "x"})).await.good();
    // A bound key sees its members with the roles in its organization.
    let account = "/v2/manage/account";
    let rows = bound.get(&format!("{account}/ada/orgcontext")).await.good();
    let rows = rows["Data"].as_array().unwrap();
    assert!(rows.len() == 1 && rows[0]["OrgId"] == ACME, "{rows:?}");
    let rows = bound.get(&format!("{account}/eve/orgcontext")).await.good();
    assert_eq!(rows, json!({"Data": []}));
    let roles = json!({"RoleIds": [OF_ACME]});
    let path = |org| format!("{account}/ada/orgcontext/{org}");
    assert_eq!(bound.put(&format!("{}/roles", path(FAR)), roles.clone()).await.bad(), (404, 8118));
    assert_eq!(bound.delete(&path(FAR)).await.bad(), (404, 8118));
    assert_eq!(
        bound.put(&format!("{account}/ada/orgcontext/roles"), roles.clone()).await.bad(),
        (401, 6002)
    );
    bound.put(&format!("{}/roles", path(ACME)), roles).await.good();
    bound.delete(&path(ACME)).await.good();
}

async fn nobody_gives_or_takes_roles_of_people_of_more_authority_or_from_elsewhere(app: TestApp) {
    let admin = Client::admin(&app).await;
    let chief = User { authority: Some(Authority::OrgAdmin), ..active("ada") };
    add_users(&app, vec![chief, active("eve")]).await;
    join(&app, "ada", ACME, &[EDITOR]).await;
    join(&app, "eve", FAR, &[]).await;
    let roles = json!({"RoleIds": [OF_ACME]});
    let path = |name: &str| format!("/v2/manage/account/{name}/orgcontext/{ACME}");
    let helpdesk = Client::of(&app, Authority::Helpdesk).await;
    let ada = path("ada");
    assert_eq!(helpdesk.put(&format!("{ada}/roles"), roles.clone()).await.bad(), (401, 6002));
    let in_tenant = "/v2/manage/account/ada/orgcontext/roles";
    let editor = json!({"RoleIds": [EDITOR]});
    assert_eq!(helpdesk.put(in_tenant, editor).await.bad(), (401, 6002));
    assert_eq!(helpdesk.delete(&ada).await.bad(), (401, 6002));
    // A role that they may not give is named, and what is wrong with it.
    let owner = Role { given_by: Authority::OrgAdmin, ..role("role_Owner") };
    put(&app, Changes { roles: vec![owner], ..Changes::default() }).await;
    let owner = json!({"RoleIds": ["role_Owner"]});
    let refused = helpdesk.put(&format!("{}/roles", path("eve")), owner).await;
    let about = r#"RoleIds: the role "role_Owner" can be given and taken only by callers with more authority."#;
    assert_eq!((refused.status, &refused.body["ErrorCode"]), (401, &json!(6002)));
    assert_eq!(refused.body["Description"], about);
    admin.put(&format!("{ada}/roles"), roles.clone()).await.good();
    // Whom a bound key does not see does not exist for it.
    let bound = Client::bound(&app, Authority::OrgAdmin, ACME).await;
    let (eve, nobody) = (path("eve"), path("nobody"));
    let unknown = bound.put(&format!("{nobody}/roles"), roles.clone()).await;
    let hidden = bound.put(&format!("{eve}/roles"), roles.clone()).await;
    assert_eq!(hidden.bad(), unknown.bad());
    helpdesk.put(&format!("{eve}/roles"), roles.clone()).await.good();
    bound.delete(&eve).await.good();
    admin.delete(&ada).await.good();
}
