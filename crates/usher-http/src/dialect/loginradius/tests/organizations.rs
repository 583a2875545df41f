//! Organizations, and their policies.

use super::*;

on_both_stores!(
    a_name_makes_an_organization,
    all_of_it_can_be_given_and_is_read_the_same,
    a_change_leaves_what_it_does_not_name,
    policies_are_changed_one_by_one,
    policies_of_many_at_once_are_all_kept,
    the_list_has_all,
    a_deleted_organization_is_deleted_with_everything_in_it,
    an_unknown_resource_is_not_found,
);

async fn a_name_makes_an_organization(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.post(ORGANIZATIONS, json!({"Name": " Night  team "})).await.good();
    let id = it["Id"].as_str().unwrap();
    let tail = id.strip_prefix("org_").unwrap();
    assert!(tail.len() == 16 && tail.bytes().all(|it| it.is_ascii_alphanumeric()), "{id}");
    assert_eq!(
        it,
        json!({
            "Id": id, "Name": "Night  team", "Display": {"LogoURL": "", "Name": "Night  team"},
            "Metadata": {}, "Domains": [], "IsActive": true, "Connections": [],
            "Policies": {"AllowedDomains": [], "DeniedDomains": [], "JITProvisioning": false},
            "Seats": null, "CreatedDate": "2026-01-02T12:00:00Z",
            "ModifiedDate": "2026-01-02T12:00:00Z",
        })
    );
    assert_eq!(admin.get(&format!("{ORGANIZATIONS}/{id}")).await.good(), it);
    let another = admin.post(ORGANIZATIONS, json!({"name": "Night team"})).await.good();
    assert_ne!(another["Id"], it["Id"]);
    admin.invite("ada", id).await;
}

async fn all_of_it_can_be_given_and_is_read_the_same(app: TestApp) {
    let admin = Client::admin(&app).await;
    let body = json!({
        "Name": "Acme", "Display": {"LogoURL": "https://cdn.example/a.png", "Name": "Acme Inc."},
        "Domains": [
            {"DomainName": "BÜCHER.example", "IsVerified": true},
            {"domain": "example.org", "isDefault": true},
        ],
        "Metadata": {"plan": {"name": "gold", "errors": [1, null]}},
        "IsActive": true, "Seats": 4_294_967_295_u32,
        "Policies": {
            "MFAPolicy": {"EnforcementMode": "force"}, "AllowedDomains": ["Example.ORG"],
            "DeniedDomains": ["evil.example"], "JITProvisioning": true,
        },
    });
    let made = admin.post(ORGANIZATIONS, body.clone()).await.good();
    let path = format!("{ORGANIZATIONS}/{}", made["Id"].as_str().unwrap());
    let it = admin.get(&path).await.good();
    assert_eq!(it, made);
    for name in ["Name", "Display", "Metadata", "IsActive", "Seats"] {
        assert_eq!(it[name], body[name]);
    }
    assert_eq!(
        it["Domains"],
        json!([
            {"domain": "xn--bcher-kva.example", "isDefault": false, "isVerified": true},
            {"domain": "example.org", "isDefault": true, "isVerified": false},
        ])
    );
    assert_eq!(
        it["Policies"],
        json!({
            "MFAPolicy": {"EnforcementMode": "force"}, "AllowedDomains": ["example.org"],
            "DeniedDomains": ["evil.example"], "JITProvisioning": true,
        })
    );
    // An organization as it was read can be sent back.
    app.clock.advance(TimeDelta::minutes(1));
    let again = admin.put(&path, it.clone()).await.good();
    assert_eq!(again, json!({"ModifiedDate": "2026-01-02T12:01:00Z"}).over(it));
}

/// Puts the members of one object over another's.
trait Over {
    fn over(self, held: Value) -> Value;
}

impl Over for Value {
    fn over(self, mut held: Value) -> Value {
        for (name, value) in self.as_object().unwrap() {
            held[name] = value.clone();
        }
        held
    }
}

async fn a_change_leaves_what_it_does_not_name(app: TestApp) {
    let admin = Client::admin(&app).await;
    let path = format!("{ORGANIZATIONS}/{ACME}");
    let mut held = admin.get(&path).await.good();
    for (body, change) in [
        (json!({}), json!({})),
        (json!({"Name": "New"}), json!({"Name": "New", "Display": {"LogoURL": "", "Name": "New"}})),
        (
            json!({"Display": {"Name": "Shown"}}),
            json!({"Display": {"LogoURL": "", "Name": "Shown"}}),
        ),
        (
            json!({"Display": {"LogoURL": "https://x.example/l"}}),
            json!({"Display": {"LogoURL": "https://x.example/l", "Name": "Shown"}}),
        ),
        (
            json!({"Display": {"Name": ""}}),
            json!({"Display": {"LogoURL": "https://x.example/l", "Name": "New"}}),
        ),
        (json!({"display": {"logoURL": null}}), json!({"Display": {"LogoURL": "", "Name": "New"}})),
        (json!({"IsActive": false}), json!({"IsActive": false})),
        (json!({"Seats": 3}), json!({"Seats": 3})),
        (json!({"Metadata": {"a": 1}}), json!({"Metadata": {"a": 1}})),
        (json!({"Metadata": {"b": 2}}), json!({"Metadata": {"b": 2}})),
        (json!({"Name": null, "Metadata": null, "IsActive": null, "Domains": null}), json!({})),
        (json!({"Seats": null}), json!({"Seats": null})),
        (json!({"Seats": 0}), json!({"Seats": 0})),
    ] {
        held = change.over(held);
        assert_eq!(admin.put(&path, body.clone()).await.good(), held, "{body}");
    }
    assert_eq!(admin.get(&path).await.good(), held);
}

async fn policies_are_changed_one_by_one(app: TestApp) {
    let admin = Client::admin(&app).await;
    let path = format!("{ORGANIZATIONS}/{ACME}/policy");
    let mut held = json!({"AllowedDomains": [], "DeniedDomains": [], "JITProvisioning": false});
    let forced = json!({"EnforcementMode": "force", "Odd": [1, {"x": null}]});
    for (body, change) in [
        (json!({}), json!({})),
        (json!({"MFAPolicy": forced}), json!({"MFAPolicy": forced})),
        (json!({"JITProvisioning": true}), json!({"JITProvisioning": true})),
        (json!({"allowedDomains": ["a.example"]}), json!({"AllowedDomains": ["a.example"]})),
        (json!({"DeniedDomains": ["b.example"]}), json!({"DeniedDomains": ["b.example"]})),
        (json!({"AllowedDomains": []}), json!({"AllowedDomains": []})),
        (
            json!({"MFAPolicy": {"EnforcementMode": "optional"}}),
            json!({"MFAPolicy": {"EnforcementMode": "optional"}}),
        ),
    ] {
        held = change.over(held);
        let it = admin.put(&path, body.clone()).await.good();
        assert_eq!((&it["Policies"], &it["Id"]), (&held, &json!(ACME)), "{body}");
    }
    // Another spelling names the same policy, and null removes it.
    let it = admin.put(&path, json!({"mfapolicy": 1})).await.good();
    assert_eq!(
        (&it["Policies"]["MFAPolicy"], &it["Policies"]["mfapolicy"]),
        (&json!(null), &json!(1))
    );
    let body = json!({"Policies": {"MfaPolicy": null, "X": 1}});
    let it = admin.put(&format!("{ORGANIZATIONS}/{ACME}"), body).await.good();
    assert_eq!(it["Policies"].as_object().unwrap().len(), 4, "{it}");
    assert_eq!(it["Policies"]["X"], 1);
    let it = admin.put(&path, json!({"Seats": 5})).await.good();
    assert_eq!((&it["Seats"], it["Policies"].get("Seats")), (&json!(5), None));
    assert_eq!(found(&app, ACME).await.policies.deny, ["b.example"]);
}

async fn policies_of_many_at_once_are_all_kept(app: TestApp) {
    let admin = Client::admin(&app).await;
    let path = format!("{ORGANIZATIONS}/{ACME}/policy");
    let put = |number: usize| admin.put(&path, json!({(format!("P{number}")): number}));
    for it in futures_util::future::join_all((0..5).map(put)).await {
        it.good();
    }
    let it = admin.get(&format!("{ORGANIZATIONS}/{ACME}")).await.good();
    assert!((0..5).all(|it_| it["Policies"][format!("P{it_}")] == it_), "{it}");
}

async fn the_list_has_all(app: TestApp) {
    let admin = Client::admin(&app).await;
    let new = admin.post(ORGANIZATIONS, json!({"Name": "New"})).await.good();
    let list = admin.get(ORGANIZATIONS).await.good();
    let all = list["Data"].as_array().unwrap();
    assert_eq!((all.len(), list.as_object().unwrap().len()), (3, 1));
    assert!(all.contains(&new));
    let acme = admin.get(&format!("{ORGANIZATIONS}/{ACME}")).await.good();
    assert_eq!(acme["Name"], "The org_Acme team");
    assert!(all.contains(&acme));
}

async fn a_deleted_organization_is_deleted_with_everything_in_it(app: TestApp) {
    let admin = Client::admin(&app).await;
    let invited = admin.invite("ada", ACME).await;
    join(&app, "boss", ACME, &[OF_ACME]).await;
    let path = format!("{ORGANIZATIONS}/{ACME}");
    assert_eq!(admin.delete(&path).await.text, r#"{"IsDeleted":true}"#);
    assert_eq!(admin.get(&path).await.bad(), (404, 8118));
    assert_eq!(admin.delete(&path).await.bad(), (404, 8118));
    assert_eq!(admin.get(&format!("{ROLES}/{OF_ACME}")).await.bad(), (404, 8125));
    assert_eq!(admin.get(&at(&invited["Id"])).await.bad(), (404, 8169));
    assert_eq!(admin.post(INVITATIONS, invitee("ada", ACME)).await.bad(), (404, 8118));
    let theirs = admin.get("/v2/manage/account/boss/orgcontext").await.good();
    assert_eq!(theirs, json!({"Data": []}));
}

async fn an_unknown_resource_is_not_found(app: TestApp) {
    let admin = Client::admin(&app).await;
    for id in ["org_None", "a%00b", &"x".repeat(65)] {
        let path = format!("{ORGANIZATIONS}/{id}");
        assert_eq!(admin.get(&path).await.bad(), (404, 8118));
        assert_eq!(admin.put(&path, json!({"Name": "x"})).await.bad(), (404, 8118));
        assert_eq!(admin.put(&format!("{path}/policy"), json!({})).await.bad(), (404, 8118));
        assert_eq!(admin.delete(&path).await.bad(), (404, 8118));
        assert_eq!(admin.get(&format!("{path}/orgcontext")).await.bad(), (404, 8118));
    }
}
