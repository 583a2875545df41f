//! Paths: doubled slashes, blank ids, and unknown paths.

use super::*;

on_both_stores!(
    doubled_slashes_are_one,
    a_blank_id_is_asked_for,
    what_there_is_not_is_said_in_the_same_form,
);

async fn doubled_slashes_are_one(app: TestApp) {
    let admin = Client::admin(&app).await;
    join(&app, "boss", ACME, &[EDITOR]).await;
    let gone = admin.delete("/v2/manage//account/boss/orgcontext/org_Acme").await.good();
    assert_eq!(gone, json!({"IsDeleted": true}));
    let sent = admin.post("/v2/manage//invitations", invitee("ada", ACME)).await.good();
    let id = sent["Id"].as_str().unwrap();
    let path = format!("/v2/manage///invitations//{id}");
    assert_eq!(admin.get(&path).await.good()["Id"], id);
    admin.send(Method::POST, &format!("{path}//resend"), "null").await.good();
    assert_eq!(admin.get(&format!("{path}//")).await.bad(), (404, 909));
    assert_eq!(admin.send(Method::PATCH, &path, "{}").await.bad(), (405, 909));
    let body = format!("{}{}", invitee("bob", ACME), " ".repeat(1 << 20));
    let answer = admin.send(Method::POST, "/v2/manage//invitations", body).await;
    assert_eq!(answer.bad(), (413, 7914));
    let nobody = Client { secret: "wrong".to_owned(), ..admin.clone() };
    assert_eq!(nobody.get(&path).await.bad(), (401, 6002));
}

#[tokio::test]
async fn doubled_slashes_outside_this_api_are_left_alone() {
    let app = TestApp::new().await;
    for path in ["//v2/manage/roles", "/v2//manage/roles", "//healthz", "/identities//v1"] {
        let answer = app.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("ErrorCode"), "{path}");
    }
}

async fn a_blank_id_is_asked_for(app: TestApp) {
    let admin = Client::admin(&app).await;
    let account = "/v2/manage/account";
    for (method, path, code) in [
        (Method::GET, format!("{INVITATIONS}/%20"), 908),
        (Method::GET, format!("{INVITATIONS}/"), 908),
        (Method::PUT, format!("{INVITATIONS}/%20"), 908),
        (Method::DELETE, format!("{INVITATIONS}/%20%09"), 908),
        (Method::DELETE, format!("{INVITATIONS}/"), 908),
        (Method::POST, format!("{INVITATIONS}/%20/resend"), 908),
        (Method::POST, format!("{INVITATIONS}//resend"), 908),
        (Method::GET, format!("{ROLES}/%20"), 8126),
        (Method::GET, format!("{ROLES}/"), 8126),
        (Method::DELETE, format!("{ROLES}/%20"), 8126),
        (Method::GET, format!("{ORGANIZATIONS}/%20"), 8129),
        (Method::DELETE, format!("{ORGANIZATIONS}/"), 8129),
        (Method::GET, format!("{ORGANIZATIONS}/%20/orgcontext"), 8129),
        (Method::PUT, format!("{ORGANIZATIONS}/%20/policy"), 8129),
        (Method::GET, format!("{account}/%20/orgcontext"), 8131),
        (Method::GET, format!("{account}//orgcontext"), 8131),
        (Method::PUT, format!("{account}/%20/orgcontext/roles"), 8131),
        (Method::PUT, format!("{account}/%20/orgcontext/org_Acme/roles"), 8131),
        (Method::PUT, format!("{account}/boss/orgcontext/%20/roles"), 8129),
        (Method::DELETE, format!("{account}/%20/orgcontext/org_Acme"), 8131),
        (Method::DELETE, format!("{account}/boss/orgcontext/%20"), 8129),
    ] {
        let answer = admin.send(method, &path, json!({"RoleIds": []}).to_string()).await;
        assert_eq!(answer.bad(), (400, code), "{path}");
        let description = TABLE.iter().find(|it| it.0 == code).unwrap().3;
        assert_eq!(answer.why().1, description);
    }
    let nobody = Client { key: "wrong".to_owned(), ..admin };
    assert_eq!(nobody.get(&format!("{INVITATIONS}/")).await.bad(), (401, 6002));
}

async fn what_there_is_not_is_said_in_the_same_form(app: TestApp) {
    let admin = Client::admin(&app).await;
    for path in [
        "/v2/manage",
        "/v2/manage/",
        "/v2/manage/nothing",
        "/v2/manage/invitations/inv_1/accept",
        "/v2/manage/organizations/org_Acme/connections",
        "/v2/manage/invitations/%ff",
    ] {
        assert_eq!(admin.get(path).await.bad(), (404, 909), "{path}");
    }
    for (method, path, allowed) in [
        (Method::DELETE, INVITATIONS, "GET,HEAD,POST"),
        (Method::PATCH, ORGANIZATIONS, "GET,HEAD,POST"),
        (Method::PUT, "/v2/manage/roles/role_Editor", "GET,HEAD,DELETE"),
        (Method::GET, "/v2/manage/invitations/inv_1/resend", "POST"),
    ] {
        let answer = admin.send(method, path, "{}").await;
        assert_eq!(answer.bad(), (405, 909), "{path}");
        assert_eq!(answer.headers[header::ALLOW], allowed);
    }
}
