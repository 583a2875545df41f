//! Groups that are defined as roles are given where they are for, by whoever may give them.

use usher_domain::{Role, RoleId};

use super::*;

on_both_stores!(
    a_role_of_another_organization_is_given_nowhere_else,
    a_role_is_given_by_whom_it_says,
    a_word_that_looks_like_a_role_is_not_given,
    an_inviter_gives_no_groups_to_themselves,
);

async fn define(app: &TestApp, id: &str, of: Option<&str>, given_by: Authority) {
    let new = Role::new(RoleId::parse(id).unwrap(), TENANT, id.to_owned(), noon());
    let role = Role { organization: of.map(organization_id), given_by, ..new };
    app.store.commit(&Changes { roles: vec![role], ..Changes::default() }).await.unwrap();
}

/// What comes of each way to give this group: inviting, adding, and changing a member's groups.
async fn given(client: &Client<'_>, member: &str, group: &str) -> [String; 3] {
    let text = |it: &Answer| {
        if it.body["result"] == true { String::new() } else { it.bad().2.to_owned() }
    };
    let groups = json!([group]);
    let item = json!({"user": {"email": "eve@example.org"}, "groups": groups});
    let invited = client.put(INVITE, json!({"users": [item]})).await.good();
    let invited = invited["failed"][0]["reason"].as_str().unwrap_or_default().to_owned();
    let body = json!({"firstName": "A", "lastName": "B", "username": format!("new {group}"),
        "groups": groups});
    let added = client.post(USER, body).await;
    let body = json!({"user": {"username": member}, "groups": groups});
    let changed = client.put("/admin/user/groups", body).await;
    [invited, text(&added), text(&changed)]
}

async fn a_role_of_another_organization_is_given_nowhere_else(app: TestApp) {
    set_up(&app).await;
    let eve = User { username: Some("evede".to_owned()), ..at_home(FAR, person("eve")) };
    add_users(&app, vec![eve]).await;
    define(&app, "far lead", Some(FAR), Authority::Inviter).await;
    define(&app, "main lead", Some(MAIN), Authority::Inviter).await;
    let main = Client::main(&app).await;
    let unknown = r#"Model error: there is no role "far lead""#.to_owned();
    assert_eq!(given(&main, "johnd", " far lead ").await, [(); 3].map(|()| unknown.clone()));
    assert_eq!(member(&app, "eve", MAIN).await, None);
    assert_eq!(member(&app, "john", MAIN).await, None);
    assert_eq!(given(&main, "johnd", "main lead").await, [(); 3].map(|()| String::new()));
}

async fn a_role_is_given_by_whom_it_says(app: TestApp) {
    set_up(&app).await;
    let eve = User { username: Some("evede".to_owned()), ..at_home(FAR, person("eve")) };
    add_users(&app, vec![eve]).await;
    define(&app, "owner", None, Authority::OrgAdmin).await;
    let main = Client::main(&app).await;
    let refused = r#"You do not belong to a group with access to this System API: the role "owner" can be given and taken only by callers with more authority"#;
    assert_eq!(given(&main, "johnd", "owner").await, [(); 3].map(|()| refused.to_owned()));
    let admin = Client::of(&app, MAIN, Authority::OrgAdmin).await;
    assert_eq!(given(&admin, "johnd", "owner").await, [(); 3].map(|()| String::new()));
    // Whoever has it keeps it when others give them more.
    let body = json!({"user": {"username": "johnd"}, "groups": ["owner", "dev"]});
    assert_eq!(main.put("/admin/user/groups", body).await.good(), json!(true));
}

async fn a_word_that_looks_like_a_role_is_not_given(app: TestApp) {
    set_up(&app).await;
    let eve = User { username: Some("evede".to_owned()), ..at_home(FAR, person("eve")) };
    add_users(&app, vec![eve]).await;
    define(&app, "owner", None, Authority::OrgAdmin).await;
    let main = Client::main(&app).await;
    for word in ["Owner", "ｏｗｎｅｒ", "ow\u{200d}ner"] {
        let refused = "Model error: the role is not defined and looks like the one with the id `owner`: \
                       give that one by its id";
        assert_eq!(
            given(&main, "johnd", word).await,
            [(); 3].map(|()| refused.to_owned()),
            "{word:?}"
        );
    }
    assert_eq!(member(&app, "eve", MAIN).await, None);
    assert_eq!(given(&main, "johnd", "owners").await, [(); 3].map(|()| String::new()));
}

/// By each name that they have, to each tenant of the family, and by the way of their own.
async fn an_inviter_gives_no_groups_to_themselves(app: TestApp) {
    set_up(&app).await;
    let path = "/admin/user/self/invite";
    let groups =
        |to: &str, groups: &[&str]| json!({"tenant": {"id": to, "code": "SOME"}, "groups": groups});
    let refused = r#"You do not belong to a group with access to this System API: the role "dev" can be given and taken only by callers with more authority"#;
    let names = [
        json!({"username": "johnd"}),
        json!({"id": id("john")}),
        json!({"email": "john@example.org"}),
    ];
    let to = |tenant: &str, groups: &[&str]| {
        let user = |it: &Value| json!({"user": it, "groups": groups});
        let users: Vec<_> = names.iter().map(user).collect();
        json!({"users": users, "tenant": {"id": tenant, "code": "SOME"}})
    };
    let john = Client::main(&app).await.acting_as("john", Authority::Inviter).await;
    assert_eq!(john.put(path, groups(SUB, &["dev"])).await.bad(), (401, 160, refused));
    for tenant in [SUB, SUB_TOO] {
        let answer = john.put("/admin/users/invite/tenant", to(tenant, &["dev"])).await.good();
        let reasons: Vec<_> =
            answer["failed"].as_array().unwrap().iter().map(|it| &it["reason"]).collect();
        assert_eq!(reasons, [refused; 3], "{tenant}");
        assert_eq!(member(&app, "john", tenant).await, None);
    }
    let sub = Client::sub(&app).await.acting_as("john", Authority::Inviter).await;
    let users = to(SUB, &["dev"])["users"].clone();
    assert_eq!(sub.put(INVITE, json!({"users": users})).await.good()["succeeded"], json!([]));
    // Without groups they may, as before.
    john.put(path, groups(SUB, &[])).await.good();
    let john = Client::main(&app).await.acting_as("john", Authority::Helpdesk).await;
    john.put(path, groups(SUB_TOO, &["dev"])).await.good();
}
