//! Self-invitation, and the memberships of the person who asks.

use super::*;

on_both_stores!(
    a_person_reads_their_own_memberships,
    a_key_without_a_person_has_no_memberships,
    a_person_of_a_main_tenant_invites_themselves,
    without_a_pin_there_is_none_in_the_answer,
    each_refusal_of_a_self_invitation_has_its_code,
    only_below_the_own_tenant,
);

const PATH: &str = "/admin/user/self/invite";

fn to(tenant: &str) -> Value {
    json!({"tenant": {"id": tenant, "code": "SOME"}})
}

async fn a_person_of_a_main_tenant_invites_themselves(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await.acting_as("john", Authority::Helpdesk).await;
    let body = json!({"tenant": {"id": SUB, "code": "SOME"}, "groups": ["dev"],
        "pin": {"code": true, "allowed": true}});
    let answer = client.put(PATH, body).await.good();
    let pin = pin(&app, "john", SUB).await;
    let tenant = json!({"id": SUB, "code": "SOME", "pin": {"code": pin, "allowed": true}});
    assert_eq!(answer, json!({"id": id("john"), "tenant": tenant}));
    let john = member(&app, "john", SUB).await.unwrap();
    assert_eq!((john.roles, john.pin_allowed), (vec!["dev".to_owned()], true));
    assert_eq!(letters(&app).await, ["welcome"]);
}

async fn without_a_pin_there_is_none_in_the_answer(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await.acting_as("john", Authority::Helpdesk).await;
    for (tenant, pin) in [(SUB, None), (SUB_TOO, Some(json!({"code": false, "allowed": true})))] {
        let mut body = to(tenant);
        body["pin"] = json!(pin);
        let answer = client.put(PATH, body).await.good();
        let tenant = json!({"id": tenant, "code": "SOME", "pin": {}});
        assert_eq!(answer, json!({"id": id("john"), "tenant": tenant}));
    }
}

async fn each_refusal_of_a_self_invitation_has_its_code(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ada"), at_home(FAR, person("eve"))]).await;
    let main = Client::main(&app).await;
    let below = (500, 535, "Sub tenant cannot self invite a user.");
    let sub = Client::sub(&app).await;
    assert_eq!(sub.put(PATH, to(SUB)).await.bad(), below);
    let person = Client::sub(&app).await.acting_as("john", Authority::Helpdesk).await;
    assert_eq!(person.put(PATH, to(SUB)).await.bad(), below);
    let nobody = (500, 527, "username or id is required to invite user.");
    assert_eq!(main.put(PATH, to(SUB)).await.bad(), nobody);
    let john = main.acting_as("john", Authority::Helpdesk).await;
    let at_home = (500, 536, "User is already in the tenant tenancy.");
    assert_eq!(john.put(PATH, to(MAIN)).await.bad(), at_home);
    john.put(PATH, to(SUB)).await.good();
    let already = (500, 529, "User has already been invited.");
    assert_eq!(john.put(PATH, to(SUB)).await.bad(), already);
    let long = json!({"tenant": {"id": SUB_TOO, "code": ""}, "groups": ["x".repeat(101)]});
    let reason = "Validation failed for field: groups -> The parameter 'groups' failed due to: \
        instance must not be longer than 100 characters";
    assert_eq!(john.put(PATH, long).await.bad(), (500, 173, reason));
    // One who is at home elsewhere invites themselves to the main tenant.
    let eve = Client::main(&app).await.acting_as("eve", Authority::Helpdesk).await;
    eve.put(PATH, to(MAIN)).await.good();
}

async fn only_below_the_own_tenant(app: TestApp) {
    set_up(&app).await;
    let john = Client::main(&app).await.acting_as("john", Authority::OrgAdmin).await;
    let unknown = (500, 602, "Model error: Tenant: there is no such tenant.");
    for tenant in [FAR, FAR_SUB, NOBODY, "", &"x".repeat(10_000)] {
        assert_eq!(john.put(PATH, to(tenant)).await.bad(), unknown, "{tenant:.30}");
    }
}

const TENANTS: &str = "/user/tenants";

async fn a_person_reads_their_own_memberships(app: TestApp) {
    set_up(&app).await;
    let main = Client::main(&app).await;
    let john = Client::main(&app).await.acting_as("john", Authority::Reader).await;
    let home = json!({"id": MAIN, "code": "DBTN"});
    let nothing_else = json!({"tenant": home, "groups": [], "allowedTenants": []});
    assert_eq!(john.get(TENANTS).await.good(), nothing_else);
    let body = json!({"user": {"username": "johnd"}, "groups": ["admin"]});
    main.put("/admin/user/groups", body).await.good();
    let pin = json!({"code": true, "allowed": true});
    let invite = json!({"user": {"username": "johnd"}, "groups": ["dev"], "pin": pin});
    let body = json!({"users": [invite], "tenant": {"id": SUB, "code": "SOME"}});
    main.put("/admin/users/invite/tenant", body).await.good();
    // Whether they may open a terminal is shown of the home alone.
    let home = json!({"id": MAIN, "code": "DBTN", "pin": {"allowed": true}});
    let sub = json!({"tenant": {"id": SUB, "code": "SOME"}, "groups": ["dev"]});
    let all = json!({"tenant": home, "groups": ["admin"], "allowedTenants": [sub]});
    for prefix in ["", "/urac", "/urac/v3"] {
        assert_eq!(john.get(&format!("{prefix}{TENANTS}")).await.good(), all);
    }
}

async fn a_key_without_a_person_has_no_memberships(app: TestApp) {
    set_up(&app).await;
    let main = Client::main(&app).await;
    assert_eq!(main.get(TENANTS).await.bad(), (500, 520, "Unable to find user."));
    assert_eq!(Client::anonymous(&app).get(TENANTS).await.bad().1, 153);
    let inviter = Client::main(&app).await.acting_as("john", Authority::Inviter).await;
    assert_eq!(inviter.get(TENANTS).await.bad().1, 160);
    let post = main.post(TENANTS, json!({})).await;
    assert_eq!(post.bad(), (400, 151, "You are trying to reach an unknown rest service!"));
}
