//! Members and their roles.

use usher_application::{Acceptor, UserAgent, testing::mailbox};
use usher_domain::{Invite, Invitee, InviterRef};

use super::*;

on_both_stores!(
    there_is_a_row_for_each_role_of_each_member,
    a_user_has_rows_wherever_they_belong,
    roles_are_given_to_members_and_others,
    roles_are_given_in_the_tenant_itself,
    each_refusal_has_its_code,
    members_can_be_removed,
    nobody_removes_somebody_whose_key_may_do_more,
    removing_somebody_ends_no_invitation_that_one_could_not_make,
    an_organization_of_many_members_is_listed_whole,
);

const ACCOUNT: &str = "/v2/manage/account";

async fn rows(client: &Client<'_>, path: &str) -> Vec<Value> {
    let list = client.get(path).await.good();
    list["Data"].as_array().unwrap().clone()
}

async fn of_acme(client: &Client<'_>) -> Vec<Value> {
    rows(client, &format!("{ORGANIZATIONS}/{ACME}/orgcontext")).await
}

async fn there_is_a_row_for_each_role_of_each_member(app: TestApp) {
    let admin = Client::admin(&app).await;
    assert_eq!(of_acme(&admin).await, [json!(null); 0]);
    let bare = User { mailbox: None, ..active("bare") };
    add_users(&app, vec![active("ada"), bare, active("eve")]).await;
    join(&app, "ada", ACME, &[EDITOR, OF_ACME]).await;
    join(&app, "bare", ACME, &[]).await;
    join(&app, "eve", FAR, &[EDITOR]).await;
    let all = of_acme(&admin).await;
    let row = |user: &str, role: &str, roles: &[&str], email: &str, id: &Value| {
        assert_eq!(id.as_str().unwrap().strip_prefix("user_role_").unwrap().len(), 16);
        json!({"Id": id, "Uid": user, "UserId": user, "RoleId": role, "OrgId": ACME,
            "Email": email, "Roles": roles, "CreatedDate": "2026-01-02T12:00:00Z"})
    };
    let both = [EDITOR, OF_ACME];
    assert_eq!(
        all,
        [
            row("ada", EDITOR, &both, "ada@example.org", &all[0]["Id"]),
            row("ada", OF_ACME, &both, "ada@example.org", &all[1]["Id"]),
            row("bare", "", &[], "", &all[2]["Id"]),
        ]
    );
    assert!(all[0]["Id"] != all[1]["Id"] && all[0]["Id"] != all[2]["Id"]);
    assert_eq!(of_acme(&admin).await, all);
    let far = rows(&admin, &format!("{ORGANIZATIONS}/{FAR}/orgcontext")).await;
    assert!(far.len() == 1 && far[0]["Id"] != all[0]["Id"]);
}

async fn nobody_removes_somebody_whose_key_may_do_more(app: TestApp) {
    let admin = Client::admin(&app).await;
    join(&app, "boss", ACME, &[EDITOR]).await;
    let theirs = Client::with(&app, Authority::OrgAdmin, Some("boss"), Some(ACME)).await;
    let path = format!("{ACCOUNT}/boss/orgcontext/{ACME}");
    let roles = format!("{path}/roles");
    for helpdesk in [
        Client::of(&app, Authority::Helpdesk).await,
        Client::bound(&app, Authority::Helpdesk, ACME).await,
    ] {
        assert_eq!(helpdesk.delete(&path).await.bad(), (401, 6002));
        let given = helpdesk.put(&roles, json!({"RoleIds": [OF_ACME]})).await;
        assert_eq!(given.bad(), (401, 6002));
    }
    theirs.get(ROLES).await.good();
    assert_eq!(admin.delete(&path).await.text, r#"{"IsDeleted":true}"#);
    assert_eq!(theirs.get(ROLES).await.status, 401);
}

/// Whatever becomes of invitations whose inviter goes.
async fn removing_somebody_ends_no_invitation_that_one_could_not_make(app: TestApp) {
    set_up(&app).await;
    let owner = Role { given_by: Authority::OrgAdmin, ..role("role_Owner") };
    put(&app, Changes { roles: vec![owner], ..Changes::default() }).await;
    let path = format!("{ACCOUNT}/boss/orgcontext/{ACME}");
    let mut app = app;
    for orphans in [OrphanPolicy::Revoke, OrphanPolicy::Transfer, OrphanPolicy::Keep] {
        app = app.with_policy(|it| usher_application::Policy { orphans, ..it });
        join(&app, "boss", ACME, &[]).await;
        let word: &str = orphans.into();
        let invite = |name: &str, role: &str| Invite {
            organization: Some(organization_id(ACME)),
            roles: vec![role.to_owned()],
            inviter: Some(InviterRef::User(user_id("boss"))),
            ..Invite::new(Invitee::Mailbox {
                mailbox: mailbox(&format!("{name}.{word}@example.org")),
                name: None,
            })
        };
        let invites = [invite("ada", "role_Owner"), invite("bob", EDITOR)];
        let made = app.usher.invitations.invite.run(&app.system(), &invites).await.unwrap();
        let made: Vec<_> = made.into_iter().map(Result::unwrap).collect();
        let helpdesk = Client::bound(&app, Authority::Helpdesk, ACME).await;
        assert_eq!(helpdesk.delete(&path).await.text, r#"{"IsDeleted":true}"#);
        let find = &app.usher.invitations.find;
        let after = find.run(&app.system(), made[0].id).await.unwrap();
        assert_eq!(after, made[0], "{orphans:?}");
        let other = find.run(&app.system(), made[1].id).await.unwrap();
        let is_settled = orphans != OrphanPolicy::Keep;
        assert_eq!(other != made[1], is_settled, "what the helpdesk could make: {orphans:?}");
        let by = Acceptor::Newcomer { name: "Ada", password: None, agent: UserAgent::default() };
        let accept = &app.usher.invitations.accept;
        let accepted = accept.run(&mailed_token(&after), by).await.unwrap();
        let joined = [(accepted.user.id, organization_id(ACME))];
        let held = app.store.seats(TENANT, &joined).await.unwrap().pop().flatten().unwrap();
        assert_eq!(held.roles, ["role_Owner"], "{orphans:?}");
    }
}

async fn an_organization_of_many_members_is_listed_whole(app: TestApp) {
    let admin = Client::admin(&app).await;
    let name = |n: usize| format!("u{n:04}");
    for count in [250, 501] {
        let new = if count == 250 { 0..250 } else { 250..501 };
        add_users(&app, new.clone().map(|n| active(&name(n))).collect()).await;
        let memberships = new.map(|n| membership(&name(n), ACME)).collect();
        let changes = Changes { memberships, ..Changes::default() };
        app.store.commit(&changes).await.unwrap();
        let all = of_acme(&admin).await;
        let seen: Vec<_> = all.iter().map(|it| it["Uid"].as_str().unwrap().to_owned()).collect();
        assert_eq!(seen, (0..count).map(name).collect::<Vec<_>>());
    }
}

async fn a_user_has_rows_wherever_they_belong(app: TestApp) {
    let admin = Client::admin(&app).await;
    let ada = User { roles: vec![EDITOR.to_owned()], ..active("ada") };
    add_users(&app, vec![ada, active("eve")]).await;
    join(&app, "ada", ACME, &[OF_ACME]).await;
    join(&app, "ada", FAR, &[]).await;
    join(&app, "eve", FAR, &[EDITOR]).await;
    let all = rows(&admin, &format!("{ACCOUNT}/ada/orgcontext")).await;
    let shown: Vec<_> = all
        .iter()
        .map(|it| (it["OrgId"].as_str().unwrap(), it["RoleId"].as_str().unwrap()))
        .collect();
    assert_eq!(shown, [(ACME, OF_ACME), (FAR, ""), ("", EDITOR)]);
    assert!(all.iter().all(|it| it["Uid"] == "ada" && it["Email"] == "ada@example.org"));
    assert_eq!(all[0], of_acme(&admin).await[0]);
    // Neither a user without memberships nor an unknown user has rows.
    for uid in ["boss", "nobody"] {
        assert_eq!(rows(&admin, &format!("{ACCOUNT}/{uid}/orgcontext")).await, [json!(null); 0]);
    }
}

async fn roles_are_given_to_members_and_others(app: TestApp) {
    let admin = Client::admin(&app).await;
    let path = format!("{ACCOUNT}/boss/orgcontext/{ACME}/roles");
    let mut given = rows_of(&admin.put(&path, json!({"RoleIds": [OF_ACME]})).await.good());
    assert_eq!(given.len(), 1);
    assert_eq!(
        (&given[0]["RoleId"], &given[0]["OrgId"], &given[0]["Email"]),
        (&json!(OF_ACME), &json!(ACME), &json!("boss@example.org"))
    );
    assert_eq!(of_acme(&admin).await, given);
    // They are added to those there are.
    given = rows_of(&admin.put(&path, json!({"roleIds": [EDITOR, OF_ACME]})).await.good());
    assert_eq!(given.len(), 2);
    assert_eq!(given[1]["Roles"], json!([OF_ACME, EDITOR]));
    assert_eq!(admin.put(&path, json!({"RoleIds": [EDITOR]})).await.bad(), (409, 8130));
    let far = format!("{ACCOUNT}/boss/orgcontext/{FAR}/roles");
    let bare = rows_of(&admin.put(&far, json!({"RoleIds": []})).await.good());
    assert_eq!((bare.len(), &bare[0]["RoleId"]), (1, &json!("")));
}

fn rows_of(answer: &Value) -> Vec<Value> {
    answer["Data"].as_array().unwrap().clone()
}

async fn roles_are_given_in_the_tenant_itself(app: TestApp) {
    let admin = Client::admin(&app).await;
    let path = format!("{ACCOUNT}/boss/orgcontext/roles");
    let given = rows_of(&admin.put(&path, json!({"RoleIds": [EDITOR]})).await.good());
    assert_eq!(given.len(), 1);
    assert_eq!((&given[0]["RoleId"], &given[0]["OrgId"]), (&json!(EDITOR), &json!("")));
    assert_eq!(rows(&admin, &format!("{ACCOUNT}/boss/orgcontext")).await, given);
    assert_eq!(admin.put(&path, json!({"RoleIds": [EDITOR]})).await.bad(), (409, 8130));
    for role in [OF_ACME, "role_None"] {
        assert_eq!(admin.put(&path, json!({"RoleIds": [role]})).await.bad(), (403, 8143));
    }
    let nobody = format!("{ACCOUNT}/nobody/orgcontext/roles");
    assert_eq!(admin.put(&nobody, json!({"RoleIds": [EDITOR]})).await.bad(), (404, 8132));
}

async fn each_refusal_has_its_code(app: TestApp) {
    let admin = Client::admin(&app).await;
    let give = |uid: &str, org: &str, role: &str| {
        let path = format!("{ACCOUNT}/{uid}/orgcontext/{org}/roles");
        let body = json!({"RoleIds": [role]});
        let admin = admin.clone();
        async move { admin.put(&path, body).await.bad() }
    };
    assert_eq!(give("nobody", ACME, EDITOR).await, (404, 8132));
    assert_eq!(give("a%00b", ACME, EDITOR).await, (404, 8132));
    assert_eq!(give("boss", "org_None", EDITOR).await, (404, 8118));
    assert_eq!(give("boss", ACME, "role_None").await, (404, 8125));
    assert_eq!(give("boss", ACME, OF_FAR).await, (403, 8143));
    // Of several roles the one that is refused is named.
    for (role, rule) in [
        ("role_None", "does not exist"),
        (OF_FAR, "does not belong to tenant or to that organization"),
    ] {
        let path = format!("{ACCOUNT}/boss/orgcontext/{ACME}/roles");
        let answer = admin.put(&path, json!({"RoleIds": [EDITOR, role]})).await;
        let about = format!("RoleIds: the role \"{role}\" {rule}, Please provide valid Role id.");
        assert_eq!(answer.why().1, about);
    }
    change(&app, ACME, |it| it.active = false).await;
    assert_eq!(give("boss", ACME, EDITOR).await, (403, 8180));
    change(&app, ACME, |it| {
        it.active = true;
        it.seats = Some(0);
    })
    .await;
    assert_eq!(give("boss", ACME, EDITOR).await, (409, 1122));
    change(&app, ACME, |it| {
        it.seats = None;
        it.policies.only = vec!["a.example".to_owned()];
    })
    .await;
    assert_eq!(give("boss", ACME, EDITOR).await, (403, 1247));
    assert_eq!(of_acme(&admin).await, [json!(null); 0]);
}

async fn members_can_be_removed(app: TestApp) {
    let admin = Client::admin(&app).await;
    let home = User { home: Some(organization_id(ACME)), ..active("home") };
    add_users(&app, vec![home]).await;
    join(&app, "boss", ACME, &[EDITOR]).await;
    join(&app, "boss", FAR, &[EDITOR]).await;
    join(&app, "home", ACME, &[]).await;
    let path = |uid: &str, org: &str| format!("{ACCOUNT}/{uid}/orgcontext/{org}");
    let answer = admin.send(Method::DELETE, &path("boss", ACME), "{}").await;
    assert_eq!(answer.text, r#"{"IsDeleted":true}"#);
    assert_eq!(rows(&admin, &format!("{ACCOUNT}/boss/orgcontext")).await.len(), 1);
    assert_eq!(admin.delete(&path("boss", ACME)).await.bad(), (404, 8132));
    assert_eq!(admin.delete(&path("nobody", ACME)).await.bad(), (404, 8132));
    assert_eq!(admin.delete(&path("boss", "org_None")).await.bad(), (404, 8118));
    assert_eq!(admin.delete(&path("home", ACME)).await.bad(), (409, 8170));
}
