//! The effect of the invitee's answer on what this API shows of an invitation.

use url::form_urlencoded::Serializer;

use super::*;
use crate::testing::Answer;

on_both_stores!(
    the_browser_goes_where_the_inviter_said,
    whoever_accepts_has_the_roles,
    whoever_opened_the_account_of_somebody_else_is_given_nothing,
    an_inviter_without_the_right_any_more_admits_nobody,
    an_inviter_who_is_gone_does_not_matter,
    a_resent_one_opens_with_the_new_link_alone,
    a_role_that_went_is_neither_shown_nor_given,
);

async fn ask(app: &TestApp, method: Method, path: &str, form: Option<String>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "usher.test")
        .header(header::ORIGIN, "http://usher.test")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = form.map_or_else(Body::empty, Body::from);
    app.send(request.body(body).unwrap()).await
}

/// Opens the link and sends its form, as a newcomer.
async fn accept(app: &TestApp, token: &str) -> Answer {
    let page = ask(app, Method::GET, &format!("/accept?invitation={token}"), None).await;
    let nonce = page.body.split_once(r#"name="nonce" value=""#);
    let Some((_, rest)) = nonce else { return page };
    let nonce = rest.split_once('"').unwrap().0;
    let form = Serializer::new(String::new())
        .extend_pairs([("invitation", token), ("nonce", nonce), ("answer", "accept")])
        .extend_pairs([("name", "Ada"), ("password", "seven llamas dance")])
        .finish();
    ask(app, Method::POST, "/accept", Some(form)).await
}

async fn token(app: &TestApp, it: &Value) -> String {
    mailed_token(&kept(app, &it["Id"]).await)
}

async fn the_browser_goes_where_the_inviter_said(app: TestApp) {
    let admin = Client::admin(&app).await;
    let there = "https%3A%2F%2Fapp.example%2Fwelcome%2Fin%3Fa%3D1%26b%3D%2520%23top";
    let path = format!("{INVITATIONS}?invitation_url={there}");
    let it = admin.post(&path, invitee("ada", ACME)).await.good();
    let answer = accept(&app, &token(&app, &it).await).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let id = &it["Id"].as_str().unwrap()["inv_".len()..];
    let expected = format!(
        "https://app.example/welcome/in?a=1&b=%20&invitation={id}&status=accepted&\
         organization=org_Acme#top"
    );
    assert_eq!(answer.headers[header::LOCATION], expected);
    assert_eq!(admin.get(&at(&it["Id"])).await.good()["Status"], "accepted");
}

async fn whoever_accepts_has_the_roles(app: TestApp) {
    let admin = Client::admin(&app).await;
    let mut body = invitee("ada", ACME);
    body["roleIds"] = json!([EDITOR, OF_ACME]);
    let it = admin.post(INVITATIONS, body.clone()).await.good();
    let answer = accept(&app, &token(&app, &it).await).await;
    assert_eq!(answer.headers[header::LOCATION], "/me");
    let rows = admin.get(&format!("{ORGANIZATIONS}/{ACME}/orgcontext")).await.good();
    let rows = rows["Data"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|it| it["Email"] == "ada@example.org"));
    assert_eq!(rows[0]["Roles"], json!([EDITOR, OF_ACME]));
    assert_eq!(admin.post(INVITATIONS, body).await.bad(), (409, 8170));
}

async fn an_inviter_without_the_right_any_more_admits_nobody(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![User { authority: Some(Authority::Helpdesk), ..active("eve") }]).await;
    let eve = Client::with(&app, Authority::Helpdesk, Some("eve"), None).await;
    let it = eve.invite("ada", ACME).await;
    let token = token(&app, &it).await;
    app.usher.access.credentials.revoke(&app.system(), eve.id()).await.unwrap();
    let demoted = User { authority: Some(Authority::Reader), version: 2, ..active("eve") };
    add_users(&app, vec![demoted]).await;
    assert_eq!(accept(&app, &token).await.status, 410);
    let admin = Client::of(&app, Authority::OrgAdmin).await;
    assert_eq!(admin.get(&at(&it["Id"])).await.good()["Status"], "invited");
    let members = admin.get(&format!("{ORGANIZATIONS}/{ACME}/orgcontext")).await.good();
    assert_eq!(members, json!({"Data": []}));
}

async fn an_inviter_who_is_gone_does_not_matter(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.invite("ada", ACME).await;
    let token = token(&app, &it).await;
    app.usher.access.credentials.revoke(&app.system(), admin.id()).await.unwrap();
    assert_eq!(accept(&app, &token).await.status, 303);
}

async fn a_resent_one_opens_with_the_new_link_alone(app: TestApp) {
    let admin = Client::admin(&app).await;
    let it = admin.invite("ada", ACME).await;
    let old = token(&app, &it).await;
    admin.resend(&it["Id"]).await.good();
    assert_eq!(accept(&app, &old).await.status, 410);
    assert_eq!(accept(&app, &token(&app, &it).await).await.status, 303);
}

async fn a_role_that_went_is_neither_shown_nor_given(app: TestApp) {
    assert_eq!(app.usher.policy.orphans, OrphanPolicy::Keep);
    let admin = Client::admin(&app).await;
    let made = admin.post(ROLES, json!({"Name": "Chief editor"})).await.good();
    let role = made["Id"].as_str().unwrap().to_owned();
    let offer = async |name: &str| {
        let mut body = invitee(name, ACME);
        body["roleIds"] = json!([EDITOR, role]);
        admin.post(INVITATIONS, body).await.good()
    };
    let (kept, expired) = (offer("ada").await, offer("bob").await);
    let page = async |it: &Value| {
        let path = format!("/accept?invitation={}", token(&app, it).await);
        ask(&app, Method::GET, &path, None).await.body
    };
    assert!(page(&kept).await.contains("Chief editor"));
    // One that has expired can be sent again.
    let mut old = self::kept(&app, &expired["Id"]).await;
    old.expires_at = app.usher.now();
    let old = old.touched(old.creator.clone(), app.usher.now());
    put(&app, Changes { invitations: vec![old], ..Changes::default() }).await;

    admin.delete(&format!("{ROLES}/{role}")).await.good();
    admin.resend(&expired["Id"]).await.good();
    for it in [&kept, &expired] {
        assert_eq!(self::kept(&app, &it["Id"]).await.offer.roles, [EDITOR]);
        let page = page(it).await;
        assert!(!page.contains("Chief editor") && !page.contains(&role), "{page}");
        let accepted = accept(&app, &token(&app, it).await).await;
        assert_eq!(accepted.headers[header::LOCATION], "/me");
    }
    let rows = admin.get(&format!("{ORGANIZATIONS}/{ACME}/orgcontext")).await.good();
    let rows = rows["Data"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for it in rows.iter().flat_map(|it| it["Roles"].as_array().unwrap()) {
        let path = format!("{ROLES}/{}", it.as_str().unwrap());
        assert_eq!(admin.get(&path).await.status, 200, "{it}");
    }
}

/// An invitation names whoever reads the mailbox, whoever uses the account that has this address.
async fn whoever_opened_the_account_of_somebody_else_is_given_nothing(app: TestApp) {
    let admin = Client::admin(&app).await;
    add_users(&app, vec![User { mailbox_proven_at: None, ..active("eve") }]).await;
    let mut body = invitee("eve", ACME);
    body["roleIds"] = json!([EDITOR]);
    let it = admin.post(INVITATIONS, body).await.good();
    let rows = || admin.get("/v2/manage/account/eve/orgcontext");
    assert_eq!(rows().await.good(), json!({"Data": []}));
    assert_eq!(letters(&app).await, 1);
    // By the link in the letter its reader takes the account back and has the roles.
    accept(&app, &mailed_token(&kept(&app, &it["Id"]).await)).await;
    assert_eq!(rows().await.good()["Data"][0]["RoleId"], EDITOR);
    let who = [usher_domain::UserRef::Id(user_id("eve"))];
    let eve = usher_application::Users::find_many(&app.store, TENANT, &who).await.unwrap();
    assert!(eve[0].as_ref().is_some_and(|it| it.void_before.is_some()));
}
