//! Roles, of the tenant and of organizations.

use super::*;

on_both_stores!(
    an_inviter_invites_themselves_to_no_roles,
    nobody_edits_an_invitation_that_they_could_not_make,
    a_name_makes_a_role_of_the_tenant,
    an_organization_may_have_its_own,
    names_are_unique,
    the_list_has_all,
    a_deleted_role_is_removed_from_its_holders,
    an_unknown_resource_is_not_found,
);

async fn a_name_makes_a_role_of_the_tenant(app: TestApp) {
    let admin = Client::admin(&app).await;
    let body =
        json!({"Name": "Owner", "Description": "Owns.", "Permissions": ["perm_1", "perm_2"]});
    let it = admin.post(ROLES, body).await.good();
    let id = it["Id"].as_str().unwrap();
    let tail = id.strip_prefix("role_").unwrap();
    assert!(tail.len() == 16 && tail.bytes().all(|it| it.is_ascii_alphanumeric()), "{id}");
    let permission = |id: &str| {
        json!({"ID": id, "Id": id, "Name": id, "Description": "", "OriginalName": id,
            "ResourceId": ""})
    };
    let mut whole = json!({
        "Id": id, "Name": "Owner", "Description": "Owns.", "Level": "tenant", "OrgId": "",
        "Permissions": [permission("perm_1"), permission("perm_2")],
        "CreatedDate": "2026-01-02T12:00:00Z", "ModifiedDate": "2026-01-02T12:00:00Z",
    });
    assert_eq!(it, whole);
    whole["OriginalName"] = "Owner".into();
    assert_eq!(admin.get(&format!("{ROLES}/{id}")).await.good(), whole);
    let mut body = invitee("ada", ACME);
    body["roleIds"] = json!([id]);
    admin.post(INVITATIONS, body).await.good();
    let minimal = admin.post(ROLES, json!({"Name": "Bare"})).await.good();
    assert_eq!((&minimal["Description"], &minimal["Permissions"]), (&json!(""), &json!([])));
}

async fn an_organization_may_have_its_own(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.post(ROLES, json!({"Name": "Own", "OrgId": ACME})).await.good();
    assert_eq!((&it["Level"], &it["OrgId"]), (&json!("org"), &json!(ACME)));
    let id = &it["Id"];
    for (to, status) in [(ACME, 200), (FAR, 403)] {
        let mut body = invitee("ada", to);
        body["roleIds"] = json!([id]);
        assert_eq!(admin.post(INVITATIONS, body).await.status, status);
    }
    let read = admin.get(&format!("{ROLES}/{OF_FAR}")).await.good();
    assert_eq!((&read["Level"], &read["OrgId"]), (&json!("org"), &json!(FAR)));
    for id in ["org_None", &"x".repeat(65)] {
        let answer = admin.post(ROLES, json!({"Name": "x", "OrgId": id})).await;
        assert_eq!(answer.bad(), (404, 8118));
    }
}

async fn names_are_unique(app: TestApp) {
    let admin = Client::admin(&app).await;
    admin.post(ROLES, json!({"Name": "Owner"})).await.good();
    assert_eq!(admin.post(ROLES, json!({"Name": "Owner"})).await.bad(), (409, 8123));
    assert_eq!(admin.post(ROLES, json!({"Name": "oWNER "})).await.bad(), (409, 8123));
    admin.post(ROLES, json!({"Name": "Owner", "OrgId": ACME})).await.good();
    let answer = admin.post(ROLES, json!({"Name": "owner", "OrgId": ACME})).await;
    assert_eq!(answer.bad(), (409, 8123));
    admin.post(ROLES, json!({"Name": "Owner", "OrgId": FAR})).await.good();
}

async fn the_list_has_all(app: TestApp) {
    let admin = Client::admin(&app).await;
    let new = admin.post(ROLES, json!({"Name": "New"})).await.good();
    let list = admin.get(ROLES).await.good();
    let all = list["Data"].as_array().unwrap();
    let ids: Vec<_> = all.iter().map(|it| it["Id"].as_str().unwrap()).collect();
    assert!([EDITOR, OF_ACME, OF_FAR].iter().all(|it| ids.contains(it)), "{ids:?}");
    assert!(all.len() == 4 && all.contains(&new));
}

async fn a_deleted_role_is_removed_from_its_holders(app: TestApp) {
    let admin = Client::admin(&app).await;
    join(&app, "boss", ACME, &[EDITOR, OF_ACME]).await;
    let path = format!("{ROLES}/{EDITOR}");
    assert_eq!(admin.delete(&path).await.good(), json!({"IsDeleted": true}));
    assert_eq!(admin.get(&path).await.bad(), (404, 8125));
    assert_eq!(admin.delete(&path).await.bad(), (404, 8125));
    let rows = admin.get(&format!("{ORGANIZATIONS}/{ACME}/orgcontext")).await.good();
    assert_eq!(rows["Data"][0]["Roles"], json!([OF_ACME]));
}

async fn an_unknown_resource_is_not_found(app: TestApp) {
    let admin = Client::admin(&app).await;
    for id in ["role_None", "a%00b", &"x".repeat(65)] {
        let path = format!("{ROLES}/{id}");
        assert_eq!(admin.get(&path).await.bad(), (404, 8125));
        assert_eq!(admin.delete(&path).await.bad(), (404, 8125));
    }
}

async fn an_inviter_invites_themselves_to_no_roles(app: TestApp) {
    set_up(&app).await;
    let boss = Client::with(&app, Authority::Inviter, Some("boss"), None).await;
    let with_roles = || {
        let mut body = invitee("boss", ACME);
        body["roleIds"] = json!([EDITOR]);
        body
    };
    assert_eq!(boss.post(INVITATIONS, with_roles()).await.bad(), (401, 6002));
    let bare = boss.invite("boss", ACME).await;
    // Nor afterwards, by another invitation or by a change of this one.
    assert_eq!(boss.post(INVITATIONS, with_roles()).await.bad(), (401, 6002));
    let change = json!({"RoleIds": [EDITOR]});
    assert_eq!(boss.put(&at(&bare["Id"]), change).await.bad(), (401, 6002));
    assert_eq!(kept(&app, &bare["Id"]).await.offer.roles, [""; 0]);
    // What others may be given is no matter of theirs alone.
    let mut other = invitee("ada", ACME);
    other["roleIds"] = json!([EDITOR]);
    boss.post(INVITATIONS, other).await.good();
}

async fn nobody_edits_an_invitation_that_they_could_not_make(app: TestApp) {
    let admin = Client::admin(&app).await;
    let lead = Role { given_by: Authority::OrgAdmin, ..role("role_Lead") };
    put(&app, Changes { roles: vec![lead], ..Changes::default() }).await;
    let mut body = invitee("ada", ACME);
    body["roleIds"] = json!(["role_Lead"]);
    let theirs = admin.post(INVITATIONS, body).await.good();
    let before = kept(&app, &theirs["Id"]).await;
    let helpdesk = Client::of(&app, Authority::Helpdesk).await;
    let path = at(&theirs["Id"]);
    let later = json!({"ExpirationDate": "2026-01-03T12:00:00Z"});
    for change in [json!({"RoleIds": []}), json!({"RoleIds": [EDITOR]}), later, json!({})] {
        assert_eq!(helpdesk.put(&path, change.clone()).await.bad(), (401, 6002), "{change}");
    }
    assert_eq!(helpdesk.resend(&theirs["Id"]).await.bad(), (401, 6002));
    assert_eq!(helpdesk.post(INVITATIONS, invitee("ada", ACME)).await.bad(), (401, 6002));
    assert_eq!(helpdesk.delete(&path).await.bad(), (401, 6002));
    assert_eq!(kept(&app, &theirs["Id"]).await, before);
    admin.delete(&path).await.good();
}
