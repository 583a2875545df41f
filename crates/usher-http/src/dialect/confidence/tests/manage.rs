//! Reading, deleting, resending, looking up and accepting invitations, and the resulting users.

use super::*;

const ACCEPT: &str = "/v1/userInvitations:accept";

async fn accept(app: &TestApp, invitation: &Value) -> Answer {
    let body =
        json!({"invitationToken": invitation["invitationToken"], "fullName": "Ada Lovelace"});
    Client::anonymous(app).post(ACCEPT, body).await
}

async fn look_up(app: &TestApp, invitation: &Value) -> Answer {
    let token = invitation["invitationToken"].as_str().unwrap();
    Client::anonymous(app).get(&format!("{INVITATIONS}:lookup?invitationToken={token}")).await
}

#[tokio::test]
async fn an_unknown_resource_is_not_found() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let answer = boss.get("/v1/userInvitations/xa8cecs2cc9xsz8jvgmc").await;
    assert_eq!(answer.status, 404);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 5,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {
            "resource": "userInvitations/xa8cecs2cc9xsz8jvgmc"
          },
          "reason": "INVITATION_NOT_FOUND"
        },
        {
          "@type": "type.googleapis.com/google.rpc.ResourceInfo",
          "resourceName": "userInvitations/xa8cecs2cc9xsz8jvgmc",
          "resourceType": "iam.confidence.dev/UserInvitation"
        }
      ],
      "message": "There is no `userInvitations/xa8cecs2cc9xsz8jvgmc`."
    }
    "#);
    let unknown = format!("{INVITATIONS}/{:032x}", 7);
    assert_eq!(boss.get(&unknown).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
    assert_eq!(boss.delete(&unknown).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
    assert_eq!(boss.get("/v1/users/nobody").await.bad(), (404, 5, "USER_NOT_FOUND"));
    let long = format!("/v1/users/{}", "x".repeat(65));
    assert_eq!(boss.get(&long).await.bad(), (404, 5, "USER_NOT_FOUND"));
}

#[tokio::test]
async fn a_deleted_invitation_and_its_link_are_gone() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let created = boss.invite("ada@example.org").await;
    assert_eq!(boss.delete(&path(&created)).await.good(), json!({}));
    assert_eq!(boss.delete(&path(&created)).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
    assert_eq!(boss.get(&path(&created)).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
    assert_eq!(accept(&app, &created).await.bad(), (400, 9, "INVITATION_REVOKED"));
    let expired = boss.invite("ada@example.org").await;
    app.clock.advance(days(2));
    boss.delete(&path(&expired)).await.good();
    let lapsed = boss.invite("ada@example.org").await;
    app.clock.advance(days(2));
    boss.invite("ada@example.org").await;
    assert_eq!(boss.get(&path(&lapsed)).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
    assert_eq!(boss.delete(&path(&lapsed)).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
}

#[tokio::test]
async fn rights_come_before_existence() {
    let app = TestApp::new().await;
    let reader = Client::machine(&app, Authority::Reader).await;
    for (answer, permission) in [
        (reader.delete("/v1/userInvitations/nobody").await, "DELETE_USER_INVITATIONS"),
        (
            reader.post("/v1/userInvitations/nobody:resend", json!(1)).await,
            "RESEND_USER_INVITATIONS",
        ),
        (reader.post("/v1/userInvitations:batchCreate", json!(1)).await, "CREATE_USER_INVITATIONS"),
    ] {
        assert_eq!(answer.bad(), (403, 7, "PERMISSION_DENIED"));
        assert_eq!(answer.detail("ErrorInfo")["metadata"]["permission"], permission);
    }
    let inviter = Client::machine(&app, Authority::Inviter).await;
    for path in ["/v1/users", "/v1/users/nobody"] {
        assert_eq!(inviter.get(path).await.bad(), (403, 7, "PERMISSION_DENIED"));
    }
}

#[tokio::test]
async fn a_resent_one_keeps_its_expiry_and_its_link_as_the_policy_has_it() {
    let quotas = usher_domain::Quotas::NONE;
    let app = TestApp::new().await.with_policy(|it| usher_application::Policy { quotas, ..it });
    let boss = Client::boss(&app).await;
    let created = boss.invite("ada@example.org").await;
    app.clock.advance(TimeDelta::hours(1));
    let resend = async |body: &str| {
        let path = format!("{}:resend", path(&created));
        boss.ask(Method::POST, &path, body.to_owned()).await
    };
    for body in ["", " ", "{}", "{\"policy\": null}", "{\"policy\": \"KEEP\"}"] {
        let again = resend(body).await.good();
        assert_eq!(again["invitationToken"], created["invitationToken"]);
        assert_eq!(again["expirationTime"], created["expirationTime"]);
        assert_eq!(again["updateTime"], "2026-01-02T13:00:00Z");
    }
    let graced = resend("{\"policy\": \"GRACE\"}").await.good();
    assert_ne!(graced["invitationToken"], created["invitationToken"]);
    look_up(&app, &created).await.good();
    look_up(&app, &graced).await.good();
    let rotated = resend("{\"policy\": \"ROTATE\"}").await.good();
    assert_eq!(look_up(&app, &created).await.bad(), (400, 9, "INVITATION_SUPERSEDED"));
    assert_eq!(accept(&app, &graced).await.bad(), (400, 9, "INVITATION_SUPERSEDED"));
    look_up(&app, &rotated).await.good();
    for bad in ["{\"policy\": \"keep\"}", "{\"policy\": 1}"] {
        assert_eq!(resend(bad).await.fields(), ["policy"]);
    }
    assert_eq!(resend("[]").await.bad(), (400, 3, "JSON_INVALID"));
    app.clock.advance(days(2));
    let renewed = resend("").await.good();
    assert_eq!(renewed["expirationTime"], "2026-01-05T13:00:00Z", "an expired one begins anew");
    accept(&app, &rotated).await.good();
    assert_eq!(resend("").await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
}

#[tokio::test]
async fn looking_up_changes_nothing() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let created = boss.invite("ada@example.org").await;
    for _ in 0..2 {
        look_up(&app, &created).await.good();
    }
    assert_eq!(boss.get(&path(&created)).await.good(), created);
    insta::assert_json_snapshot!(look_up(&app, &created).await.good(), @r#"
    {
      "accountName": "Acme",
      "expirationTime": "2026-01-03T12:00:00Z",
      "invitedEmail": "ada@example.org",
      "inviterName": "Ann",
      "signInRequired": false,
      "userInvitation": "userInvitations/00000000000000000000000000000005"
    }
    "#);
}

#[tokio::test]
async fn accepting_makes_a_user_of_an_invitation() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let body = json!({"invitedEmail": "ada@example.org", "roles": ["roles/editor"]});
    let created = boss.post(INVITATIONS, body).await.good();
    app.clock.advance(days(1));
    let user = accept(&app, &created).await.good();
    insta::assert_json_snapshot!(user, @r#"
    {
      "blocked": false,
      "createTime": "2026-01-03T12:00:00Z",
      "email": "ada@example.org",
      "fullName": "Ada Lovelace",
      "labels": {},
      "name": "users/00000000000000000000000000000008",
      "pictureUri": "",
      "updateTime": "2026-01-03T12:00:00Z"
    }
    "#);
    assert_eq!(boss.get(&path(&user)).await.good(), user);
    let users = boss.get("/v1/users").await.good();
    assert_eq!(users["users"][0], user);
    assert_eq!(users["users"][1]["fullName"], "The Boss");
    assert_eq!(boss.get(INVITATIONS).await.good()["userInvitations"], json!([]));
    let id = user["name"].as_str().unwrap().strip_prefix("users/").unwrap();
    let id = usher_domain::UserRef::Id(user_id(id));
    let found = app.ports.users.find_many(app.tenant, &[id]).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().roles, ["editor"]);
    let answer = boss.post(INVITATIONS, json!({"invitedEmail": "ada@example.org"})).await;
    assert_eq!(answer.bad(), (409, 6, "USER_ALREADY_EXISTS"));
}

#[tokio::test]
async fn a_token_of_a_closed_invitation_says_why_it_is_closed() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let used = boss.invite("ada@example.org").await;
    accept(&app, &used).await.good();
    let answer = accept(&app, &used).await;
    assert_eq!(answer.status, 400);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 9,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {
            "resource": "userInvitations/00000000000000000000000000000005"
          },
          "reason": "INVITATION_ACCEPTED"
        },
        {
          "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
          "violations": [
            {
              "description": "The invitation was accepted already.",
              "subject": "userInvitations/00000000000000000000000000000005",
              "type": "INVITATION"
            }
          ]
        }
      ],
      "message": "The invitation was accepted already."
    }
    "#);
    assert_eq!(look_up(&app, &used).await.bad(), (400, 9, "INVITATION_ACCEPTED"));
    let declined = boss.invite("bob@example.org").await;
    let token = declined["invitationToken"].as_str().unwrap();
    app.usher.invitations.decline.run(token, None).await.unwrap();
    assert_eq!(accept(&app, &declined).await.bad(), (400, 9, "INVITATION_DECLINED"));
    let expired = boss.invite("cyd@example.org").await;
    app.clock.advance(days(1));
    assert_eq!(accept(&app, &expired).await.bad(), (400, 9, "INVITATION_EXPIRED"));
}

#[tokio::test]
async fn an_unknown_token_reveals_nothing() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let created = boss.invite("ada@example.org").await;
    let token = created["invitationToken"].as_str().unwrap();
    let (all, last) = token.split_at(token.len() - 1);
    let forged = format!("{all}{}", if last == "A" { "B" } else { "A" });
    let nobody = Client::anonymous(&app);
    let mut answer = Vec::new();
    for token in ["junk", &"A".repeat(64), &forged] {
        let body = json!({"invitationToken": token, "fullName": "Ada"});
        answer.push(nobody.post(ACCEPT, body).await);
        let path = format!("{INVITATIONS}:lookup?invitation_token={token}");
        answer.push(nobody.get(&path).await);
    }
    for it in &answer {
        assert_eq!(it.bad(), (404, 5, "INVITATION_TOKEN_UNKNOWN"));
        assert_eq!(it.body, answer[0].body);
    }
    for body in [json!({}), json!({"invitationToken": ""}), json!({"invitationToken": 1})] {
        assert_eq!(nobody.post(ACCEPT, body).await.fields(), ["invitationToken"]);
    }
    assert_eq!(nobody.get(&format!("{INVITATIONS}:lookup")).await.fields(), ["invitationToken"]);
    for name in [json!(null), json!(""), json!("see www.evil.example"), json!(1)] {
        let body = json!({"invitationToken": token, "fullName": name});
        assert_eq!(nobody.post(ACCEPT, body).await.fields(), ["fullName"], "{name}");
    }
}

#[tokio::test]
async fn a_link_does_not_open_an_existing_account() {
    let app = TestApp::new().await;
    let acme = usher_application::testing::organization("acme");
    let invite = usher_application::Invite {
        organization: Some(acme.id.clone()),
        ..usher_application::Invite::new(usher_application::Invitee::User(
            usher_domain::UserRef::Id(user_id("ada")),
        ))
    };
    let users = vec![active("ada")];
    let changes = Changes { organizations: vec![acme], users, ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    let made = app
        .usher
        .invitations
        .invite
        .run(&app.system(), &[invite])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let token = mailed_token(&made);
    let invitation = json!({"invitationToken": token});
    assert_eq!(look_up(&app, &invitation).await.good()["signInRequired"], true);
    assert_eq!(accept(&app, &invitation).await.bad(), (400, 9, "SIGN_IN_REQUIRED"));
    let disabled = User { status: usher_domain::UserStatus::Disabled, version: 2, ..active("ada") };
    add_users(&app, vec![disabled]).await;
    assert_eq!(accept(&app, &invitation).await.bad(), (400, 9, "USER_BLOCKED"));
    let reader = Client::machine(&app, Authority::Reader).await;
    assert_eq!(reader.get("/v1/users/ada").await.good()["blocked"], true);
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    let app = TestApp::new().await;
    let reader = Client::machine(&app, Authority::Reader).await;
    let waiting = usher_application::testing::user("bob");
    add_users(&app, vec![active("ada"), waiting, active("cyd")]).await;
    let names = |page: &Value| {
        let all = page["users"].as_array().unwrap().clone();
        all.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = reader.get("/v1/users?pageSize=2").await.good();
    assert_eq!(names(&first), ["users/ada"], "who is not in is passed over");
    let token = first["nextPageToken"].as_str().unwrap();
    let last = reader.get(&format!("/v1/users?page_size=2&page_token={token}")).await.good();
    assert_eq!((names(&last), &last["nextPageToken"]), (vec!["users/cyd".to_owned()], &json!("")));
    let stranger = other_tenant(&app).await;
    assert_eq!(stranger.get(&format!("/v1/users?pageToken={token}")).await.fields(), ["pageToken"]);
    assert_eq!(stranger.get("/v1/users/ada").await.bad(), (404, 5, "USER_NOT_FOUND"));
    let answer = reader.get(&format!("{INVITATIONS}?pageToken={token}")).await;
    assert_eq!(answer.fields(), ["pageToken"], "a token of another list");
    assert_eq!(reader.get("/v1/users?filter=x").await.fields(), ["filter"]);
    assert_eq!(reader.get("/v1/users?pageSize=-1").await.fields(), ["pageSize"]);
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_allowed_ones() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for (method, path, allowed) in [
        (Method::PATCH, "/v1/userInvitations", "GET,HEAD,POST"),
        (Method::PATCH, "/v1/userInvitations/1", "GET,HEAD,DELETE"),
        (Method::PUT, "/v1/userInvitations/1", "GET,HEAD,DELETE"),
        (Method::POST, "/v1/userInvitations/1", "GET,HEAD,DELETE"),
        (Method::GET, "/v1/userInvitations/1:resend", "POST"),
        (Method::DELETE, "/v1/userInvitations/1:resend", "POST"),
        (Method::PUT, "/v1/userInvitations/1:resend", "POST"),
        (Method::GET, "/v1/userInvitations:accept", "POST"),
        (Method::DELETE, "/v1/userInvitations:batchCreate", "POST"),
        (Method::POST, "/v1/userInvitations:lookup", "GET,HEAD"),
        (Method::GET, "/v1/oauth/token", "POST"),
        (Method::POST, "/v1/users", "GET,HEAD"),
        (Method::DELETE, "/v1/users/1", "GET,HEAD"),
    ] {
        let answer = boss.ask(method, path, "{}").await;
        assert_eq!(answer.bad(), (405, 12, "METHOD_NOT_ALLOWED"), "{path}");
        assert_eq!(answer.headers[header::ALLOW], allowed, "{path}");
    }
}

#[tokio::test]
async fn beside_the_paths_there_is_nothing() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for path in [
        "/v1/userInvitations/",
        "/v1/userInvitations/1/2",
        "/v1/userInvitations/1/",
        "/v1/userInvitations:send",
        "/v1/userInvitations:",
        "/v1/userInvitations/1:send",
        "/v1/userInvitations/1:resend:",
        "/v1/userInvitations/%ff",
        "/v1/users/",
        "/v1/users/1/2",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = boss.ask(method.clone(), path, "{}").await;
            assert_eq!(answer.bad(), (404, 5, "METHOD_NOT_FOUND"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn without_its_store_it_answers_503() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    app.store.close().await;
    let answer = boss.get(INVITATIONS).await;
    assert_eq!(answer.status, 503);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 14,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {},
          "reason": "STORE_UNAVAILABLE"
        }
      ],
      "message": "The service is not available at the moment. Try again later."
    }
    "#);
    assert_eq!(answer.headers[header::RETRY_AFTER], "5");
}

#[tokio::test]
async fn a_busy_store_is_no_error_of_the_store() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let invitation = boss.invite("ada@example.org").await;
    app.make_busy();
    let log = Log::default();
    let guard = log.record();
    let invite = json!({"invitedEmail": "bob@example.org", "inviter": "Ann"});
    for answer in [boss.delete(&path(&invitation)).await, boss.post(INVITATIONS, invite).await] {
        assert_eq!(answer.bad(), (503, 14, "DATA_BUSY"));
        assert_eq!(answer.body["message"], "Others keep changing the same data. Try again.");
        assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    }
    drop(guard);
    assert!(!log.text().contains("the store failed"), "{}", log.text());
}

#[tokio::test]
async fn who_does_not_hear_whether_it_was_done_is_told_so_and_how_to_find_out() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    app.lose_outcomes(true);
    let invite = || json!({"invitedEmail": "ada@example.org", "inviter": "Ann"});
    let answer = boss.post(INVITATIONS, invite()).await;
    assert_eq!(answer.bad(), (503, 14, "OUTCOME_UNKNOWN"));
    let said = answer.body["message"].as_str().unwrap();
    assert!(said.contains("may have been done") && said.contains("409"), "{said}");
    assert_eq!(answer.headers[header::RETRY_AFTER], "5");
    app.lose_outcomes(false);
    // The same again names the invitation that was made.
    let again = boss.post(INVITATIONS, invite()).await;
    assert_eq!(again.bad(), (409, 6, "INVITATION_ALREADY_EXISTS"));
    let name = again.detail("ResourceInfo")["resourceName"].as_str().unwrap().to_owned();
    let made = boss.get(&format!("/v1/{name}")).await.good();
    assert_eq!(made["invitedEmail"], "ada@example.org");
    assert_eq!(app.letters().await, 1);
    app.lose_outcomes(true);
    let answer = boss.delete(&path(&made)).await;
    assert_eq!(answer.bad(), (503, 14, "OUTCOME_UNKNOWN"));
}

#[tokio::test]
async fn nobody_edits_an_invitation_that_they_could_not_make() {
    let app = TestApp::new().await;
    let (system, helpdesk) = (app.system(), Client::machine(&app, Authority::Helpdesk).await);
    let invite = usher_domain::Invite {
        authority: Some(Authority::OrgAdmin),
        ..usher_domain::Invite::new(usher_domain::Invitee::Mailbox {
            mailbox: usher_application::testing::mailbox("ada@example.org"),
            name: None,
        })
    };
    let made =
        app.usher.invitations.invite.run(&system, &[invite]).await.unwrap().remove(0).unwrap();
    let path = format!("{INVITATIONS}/{}", made.id);
    let denied = (403, 7, "PERMISSION_DENIED");
    assert_eq!(helpdesk.delete(&path).await.bad(), denied);
    let again = helpdesk.post(&format!("{path}:resend"), json!({})).await;
    assert_eq!(again.bad(), denied);
    assert_eq!(app.usher.invitations.find.run(&system, made.id).await.unwrap(), made);
    let admin = Client::machine(&app, Authority::OrgAdmin).await;
    admin.post(&format!("{path}:resend"), json!({})).await.good();
    admin.delete(&path).await.good();
}
