//! Sending invitations.

use super::*;

on_both_stores!(
    the_answer_is_the_invitation,
    a_minimal_request_is_enough,
    each_refusal_has_its_code,
    an_inactive_organization_or_a_domain_rule_refuses,
);

async fn the_answer_is_the_invitation(app: TestApp) {
    let admin = Client::admin(&app).await;
    let body = json!({
        "email": "Ada@Example.org", "roleIds": [EDITOR, OF_ACME], "orgId": ACME,
        "inviterUid": "boss",
    });
    app.clock.advance(TimeDelta::milliseconds(1_999));
    let it = admin.post(INVITATIONS, body).await.good();
    let id = it["Id"].as_str().unwrap();
    assert!(id.len() == 36 && id.starts_with("inv_"), "{id}");
    assert_eq!(
        it,
        json!({
            "Id": id, "EmailId": "Ada@Example.org", "Status": "invited",
            "RoleIds": [EDITOR, OF_ACME], "OrgId": ACME, "CreatedDate": "2026-01-02T12:00:01Z",
            "ExpirationDate": "2026-01-09T12:00:01Z", "ModifiedDate": "2026-01-02T12:00:01Z",
            "InviterUid": "boss",
        })
    );
    assert_eq!(admin.get(&at(&it["Id"])).await.good(), it);
    assert_eq!(letters(&app).await, 1);
    let kept = kept(&app, &it["Id"]).await;
    assert_eq!(kept.offer.inviter.unwrap().name, "boss");
}

async fn a_minimal_request_is_enough(app: TestApp) {
    let admin = Client::admin(&app).await;
    let body =
        json!({"email": "ada@example.org", "orgId": ACME, "roleIds": null, "inviterUid": ""});
    let it = admin.post(INVITATIONS, body).await.good();
    assert_eq!((&it["RoleIds"], &it["InviterUid"]), (&json!([]), &json!("")));
    assert_eq!(kept(&app, &it["Id"]).await.offer.redirect, None);
}

async fn each_refusal_has_its_code(app: TestApp) {
    let admin = Client::admin(&app).await;
    let shut = User { status: UserStatus::Disabled, ..active("shut") };
    add_users(&app, vec![active("member"), shut]).await;
    join(&app, "member", ACME, &[]).await;
    let asked = |change: Value| {
        let mut body = invitee("ada", ACME);
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        admin.post(INVITATIONS, body)
    };
    for (change, bad) in [
        (json!({"email": "MEMBER@example.org"}), (409, 8170)),
        (json!({"orgId": "org_None"}), (404, 8118)),
        (json!({"orgId": "x".repeat(65)}), (404, 8118)),
        (json!({"orgId": "a\nb"}), (404, 8118)),
        (json!({"roleIds": ["role_None"]}), (404, 8125)),
        (json!({"roleIds": [EDITOR, "x".repeat(65)]}), (404, 8125)),
        (json!({"roleIds": [EDITOR, OF_FAR]}), (403, 8143)),
        (json!({"inviterUid": "nobody"}), (404, 8132)),
        (json!({"inviterUid": "x".repeat(65)}), (404, 8132)),
        (json!({"email": "shut@example.org"}), (403, 1056)),
    ] {
        assert_eq!(asked(change.clone()).await.bad(), bad, "{change}");
    }
    assert_eq!((admin.lists("").await, letters(&app).await), (vec![], 0));
    // A member there may be invited here.
    admin.invite("member", FAR).await;
}

async fn an_inactive_organization_or_a_domain_rule_refuses(app: TestApp) {
    let admin = Client::admin(&app).await;
    change(&app, ACME, |it| it.active = false).await;
    let send = |name| admin.post(INVITATIONS, invitee(name, ACME));
    assert_eq!(send("ada").await.bad(), (403, 8180));
    change(&app, ACME, |it| {
        it.active = true;
        it.policies.deny = vec!["example.org".to_owned()];
    })
    .await;
    let answer = send("ada").await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        (&answer.body["Message"], answer.why()),
        (
            &json!("Email id domain is not allowed to register"),
            (1247, "Addresses of that domain may not belong to the organization.")
        )
    );
    change(&app, ACME, |it| {
        it.policies.deny = Vec::new();
        it.seats = Some(1);
    })
    .await;
    send("ada").await.good();
    let answer = send("bob").await;
    assert_eq!((answer.status, answer.why()), (409, (1122, "The organization has no seat left.")));
}
