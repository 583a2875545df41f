//! Creating invitations: accepted input, the answer, and refusals.

use super::*;

async fn invited(client: &Client<'_>, body: Value) -> Value {
    client.post(INVITATIONS, body).await.good()
}

#[tokio::test]
async fn one_is_invited() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let created = invited(&boss, json!({"invitedEmail": "Ada@Example.org"})).await;
    let token = created["invitationToken"].as_str().unwrap();
    let uri = format!("http://usher.test/accept?invitation={token}");
    assert_eq!(created["invitationUri"], json!(uri));
    let mut shown = created.clone();
    shown["invitationToken"] = json!("…");
    shown["invitationUri"] = json!("…");
    insta::assert_json_snapshot!(shown, @r#"
    {
      "createTime": "2026-01-02T12:00:00Z",
      "creator": "identities/uboss",
      "disableInvitationEmail": false,
      "expirationTime": "2026-01-09T12:00:00Z",
      "invitationToken": "…",
      "invitationUri": "…",
      "invitedEmail": "Ada@Example.org",
      "inviter": "The Boss",
      "labels": {},
      "name": "userInvitations/00000000000000000000000000000005",
      "ttl": "604800s",
      "updateTime": "2026-01-02T12:00:00Z",
      "updater": "identities/uboss"
    }
    "#);
    assert_eq!(boss.get(&path(&created)).await.good(), created);
}

#[tokio::test]
async fn every_field_that_is_given_is_returned() {
    let app = TestApp::new().await;
    let machine = Client::machine(&app, Authority::Helpdesk).await;
    let body = json!({
        "invited_email": "ada@example.org",
        "inviter": "Ann Other",
        "roles": ["roles/admin", "reader", "admin"],
        "ttl": "90000.5s",
        "labels": {"env": "prod", "team": ""},
        "disable_invitation_email": true,
    });
    let created = invited(&machine, body).await;
    assert_eq!(created["inviter"], "Ann Other");
    assert_eq!(created["roles"], json!(["roles/admin", "roles/reader"]));
    assert_eq!(created["ttl"], "90000.500s");
    assert_eq!(created["expirationTime"], "2026-01-03T13:00:00.500Z");
    assert_eq!(created["labels"], json!({"env": "prod", "team": ""}));
    assert_eq!(created["disableInvitationEmail"], true);
    let creator = created["creator"].as_str().unwrap();
    assert!(creator.starts_with("identities/c"), "{creator}");
    assert_eq!(
        app.ports.outbox.next_due(usher_domain::Lane::Letters).await.unwrap(),
        None,
        "no letter"
    );
}

#[tokio::test]
async fn the_published_sample_makes_the_round() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let page = json!({
        "invitedEmail": "ada@example.org",
        "expirationTime": {},
        "invitationUri": "<string>",
        "invitationToken": "<string>",
        "createTime": {},
        "updateTime": {},
        "creator": "<string>",
        "updater": "<string>",
        "name": "<string>",
        "inviter": "Grace",
        "ttl": {},
        "disableInvitationEmail": true,
        "labels": [{}]
    });
    let created = invited(&boss, page).await;
    assert_eq!((&created["ttl"], &created["labels"]), (&json!("604800s"), &json!({})));
    assert_eq!(created["inviter"], "Grace");
    // An empty object lacks the required field.
    assert_eq!(boss.post(INVITATIONS, json!({})).await.fields(), ["invitedEmail"]);
    // The answer can be sent as another request.
    let mut again = created.clone();
    again["invitedEmail"] = json!("bob@example.org");
    let again = invited(&boss, again).await;
    assert_ne!(again["name"], created["name"]);
}

#[tokio::test]
async fn the_whole_request_may_be_sent_for_the_resource() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for (n, key) in ["userInvitation", "user_invitation"].into_iter().enumerate() {
        let email = format!("ada{n}@example.org");
        let created = invited(&boss, json!({key: {"invitedEmail": email}})).await;
        assert_eq!(created["invitedEmail"], email);
    }
    let beside = json!({"userInvitation": {"invitedEmail": "x@example.org"}, "other": 1});
    assert_eq!(boss.post(INVITATIONS, beside).await.fields(), ["invitedEmail"]);
}

#[tokio::test]
async fn a_missing_value_has_many_spellings() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for (n, more) in [
        json!({"ttl": null, "labels": null, "roles": null, "inviter": null}),
        json!({"ttl": {}, "labels": [], "roles": [], "inviter": ""}),
        json!({"ttl": "0s", "labels": [{}], "disableInvitationEmail": null}),
        json!({"ttl": "-0s", "labels": {}, "somethingNew": [1, 2.5, {"a": null}]}),
        json!({"ttl": {"seconds": "0"}, "disableInvitationEmail": false}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = more.clone();
        body["invitedEmail"] = json!(format!("ada{n}@example.org"));
        let created = invited(&boss, body).await;
        assert_eq!(created["ttl"], "604800s", "{more}");
        assert_eq!(created["labels"], json!({}), "{more}");
        assert_eq!(created["inviter"], "The Boss", "{more}");
        assert_eq!(created["disableInvitationEmail"], false, "{more}");
        assert_eq!(created.get("roles"), None, "{more}");
    }
}

#[tokio::test]
async fn lists_and_objects_that_the_reference_suggests_are_understood() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for (n, (ttl, labels)) in [
        (json!({"seconds": 86400}), json!([{"a": "1", "b": "2"}, {"a": "3"}])),
        (json!({"seconds": "86400", "nanos": 0}), json!([{"key": "a", "value": "3"}, {"b": "2"}])),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("ada{n}@example.org");
        let created =
            invited(&boss, json!({"invitedEmail": email, "ttl": ttl, "labels": labels})).await;
        assert_eq!(created["ttl"], "86400s");
        assert_eq!(created["labels"], json!({"a": "3", "b": "2"}));
    }
}

#[tokio::test]
async fn each_field_has_its_rule() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let long = "x".repeat(121);
    for (field, value) in [
        ("invitedEmail", json!(null)),
        ("invitedEmail", json!("")),
        ("invitedEmail", json!(" ")),
        ("invitedEmail", json!(1)),
        ("invitedEmail", json!("ada")),
        ("invitedEmail", json!("ada@localhost")),
        ("invitedEmail", json!("ada@example.org\r\nBcc: x@example.org")),
        ("inviter", json!(7)),
        ("inviter", json!("users/nobody")),
        ("inviter", json!(format!("users/{long}"))),
        ("inviter", json!(long)),
        ("inviter", json!("see https://evil.example")),
        ("inviter", json!("a\nb")),
        ("roles", json!("roles/a")),
        ("roles", json!([null])),
        ("roles", json!([1])),
        ("roles", json!(["roles/"])),
        ("roles", json!(["x".repeat(101)])),
        ("ttl", json!(604_800)),
        ("ttl", json!("604800")),
        ("ttl", json!("7d")),
        ("ttl", json!("1e3s")),
        ("ttl", json!("-1s")),
        ("ttl", json!("59s")),
        ("ttl", json!("2592001s")),
        ("ttl", json!("315576000001s")),
        ("ttl", json!("86400.0000000001s")),
        ("ttl", json!([])),
        ("ttl", json!(true)),
        ("ttl", json!({"seconds": 1.5})),
        ("ttl", json!({"seconds": 86400, "nanos": -1})),
        ("ttl", json!({"days": 7})),
        ("labels", json!({"a": 1})),
        ("labels", json!({"a": null})),
        ("labels", json!([{"a": 1}])),
        ("labels", json!(["a"])),
        ("labels", json!([null])),
        ("labels", json!("a")),
        ("labels", json!({"": "x"})),
        ("labels", json!({"a": "x".repeat(256)})),
        ("disableInvitationEmail", json!("true")),
        ("disableInvitationEmail", json!(1)),
        ("disableInvitationEmail", json!({})),
    ] {
        let mut body = json!({"invitedEmail": "ada@example.org"});
        body[field] = value.clone();
        let answer = boss.post(INVITATIONS, body).await;
        assert_eq!(answer.fields(), [field], "{value}");
        assert_eq!(answer.bad(), (400, 3, "FIELD_INVALID"), "{value}");
    }
    assert_eq!(
        boss.get(INVITATIONS).await.good()["userInvitations"],
        json!([]),
        "nobody came through"
    );
}

#[tokio::test]
async fn all_invalid_fields_are_named_at_once() {
    let app = TestApp::new().await;
    let machine = Client::machine(&app, Authority::Inviter).await;
    let answer = machine.post(INVITATIONS, json!({"invitedEmail": "ada@", "ttl": 1})).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 3,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {
            "fields": "invitedEmail,inviter,ttl"
          },
          "reason": "FIELD_INVALID"
        },
        {
          "@type": "type.googleapis.com/google.rpc.BadRequest",
          "fieldViolations": [
            {
              "description": "is no address: the domain is not a valid internet domain name with at least one dot",
              "field": "invitedEmail"
            },
            {
              "description": "is required with the token of an API client",
              "field": "inviter"
            },
            {
              "description": "must be a duration in seconds such as `604800s`",
              "field": "ttl"
            }
          ]
        }
      ],
      "message": "`invitedEmail` is no address: the domain is not a valid internet domain name with at least one dot; `inviter` is required with the token of an API client; `ttl` must be a duration in seconds such as `604800s`"
    }
    "#);
    let both =
        json!({"invitedEmail": "a@example.org", "invited_email": "b@example.org", "inviter": "A"});
    assert_eq!(machine.post(INVITATIONS, both).await.fields(), ["invitedEmail"]);
}

#[tokio::test]
async fn what_is_no_json_object_is_told_apart() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{} {}",
        "{\"invitedEmail\": NaN}",
        "{\"invitedEmail\":\"a@example.org\",\"invitedEmail\":\"b@example.org\"}",
        "{\"invitedEmail\":\"a@example.org\",\"labels\":{\"a\":\"1\",\"a\":\"2\"}}",
        &"[".repeat(10_000),
    ] {
        let answer = boss.ask(Method::POST, INVITATIONS, body.to_owned()).await;
        assert_eq!(answer.bad(), (400, 3, "JSON_INVALID"), "{body}");
        assert_eq!(answer.fields(), ["body"]);
    }
    let latin = boss.ask(Method::POST, INVITATIONS, b"{\"a\":\"\xff\"}".to_vec()).await;
    assert_eq!(latin.bad(), (400, 3, "JSON_INVALID"));
    for (path, length, status) in [
        ("/v1/oauth/token", 16 << 10, 400),
        ("/v1/oauth/token", (16 << 10) + 1, 413),
        ("/v1/userInvitations:accept", 16 << 10, 400),
        ("/v1/userInvitations:accept", (16 << 10) + 1, 413),
    ] {
        let body = format!("{{{}}}", " ".repeat(length - 2));
        let answer = Client::anonymous(&app).ask(Method::POST, path, body).await;
        assert_eq!(answer.status, status, "{path} {length}");
    }
    let huge = format!("{{\"x\": \"{}\"}}", "x".repeat(1 << 20));
    let answer = boss.ask(Method::POST, INVITATIONS, huge).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 8,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {},
          "reason": "BODY_TOO_LARGE"
        }
      ],
      "message": "The body is too large."
    }
    "#);
    assert_eq!(answer.status, 413);
    // Any type will do, as long as it is JSON.
    let token = boss.token.as_ref().unwrap();
    let request = Request::post(INVITATIONS)
        .header(header::AUTHORIZATION, format!("bearer {token}"))
        .header(header::CONTENT_TYPE, "text/plain")
        .body(Body::from("{\"invitedEmail\":\"ada@example.org\"}"));
    exchange(&app, request.unwrap()).await.good();
}

#[tokio::test]
async fn a_key_without_a_user_must_name_the_inviter() {
    let app = TestApp::new().await;
    add_users(&app, vec![User { display_name: Some("Ann".to_owned()), ..active("ann") }]).await;
    let machine = Client::machine(&app, Authority::Helpdesk).await;
    for body in
        [json!({}), json!({"inviter": null}), json!({"inviter": ""}), json!({"inviter": " "})]
    {
        let mut body = body;
        body["invitedEmail"] = json!("ada@example.org");
        assert_eq!(machine.post(INVITATIONS, body).await.fields(), ["inviter"]);
    }
    let body = json!({"invitedEmail": "ada@example.org", "inviter": "users/ann"});
    let created = invited(&machine, body).await;
    assert_eq!(created["inviter"], "users/ann", "as it was sent");
    let token = created["invitationToken"].as_str().unwrap();
    let opened = app.usher.invitations.look_up.run(token).await.unwrap();
    assert_eq!(opened.invitation.offer.inviter.unwrap().name, "Ann", "what the letter says");
    let body = json!({"invitedEmail": "bob@example.org", "inviter": "users/a/b"});
    assert_eq!(invited(&machine, body).await["inviter"], "users/a/b", "a name like any other");
}

#[tokio::test]
async fn one_address_is_invited_once_at_a_time() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    boss.invite("Ada@example.org").await;
    let answer = boss.post(INVITATIONS, json!({"invitedEmail": "ada@EXAMPLE.org"})).await;
    assert_eq!(answer.status, 409);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 6,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {
            "resource": "userInvitations/00000000000000000000000000000005"
          },
          "reason": "INVITATION_ALREADY_EXISTS"
        },
        {
          "@type": "type.googleapis.com/google.rpc.ResourceInfo",
          "resourceName": "userInvitations/00000000000000000000000000000005",
          "resourceType": "iam.confidence.dev/UserInvitation"
        }
      ],
      "message": "A pending invitation to this address exists."
    }
    "#);
    // An inviter does not see what others issued.
    let inviter = Client::machine(&app, Authority::Inviter).await;
    let body = json!({"invitedEmail": "ada@example.org", "inviter": "Ann"});
    let answer = inviter.post(INVITATIONS, body).await;
    assert_eq!(answer.bad(), (409, 6, "INVITATION_ALREADY_EXISTS"));
    assert_eq!(answer.body["details"].as_array().unwrap().len(), 1);
    app.clock.advance(days(1));
    let again = boss.invite("ada@example.org").await;
    let answer = boss.get(INVITATIONS).await.good();
    assert_eq!(answer["userInvitations"], json!([again]), "an expired one makes room");
}

#[tokio::test]
async fn who_is_in_is_not_invited() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let answer = boss.post(INVITATIONS, json!({"invitedEmail": "BOSS@example.org"})).await;
    assert_eq!(answer.status, 409);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 6,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {
            "resource": "users/boss"
          },
          "reason": "USER_ALREADY_EXISTS"
        },
        {
          "@type": "type.googleapis.com/google.rpc.ResourceInfo",
          "resourceName": "users/boss",
          "resourceType": "iam.confidence.dev/User"
        }
      ],
      "message": "A user with this address exists."
    }
    "#);
    let blocked = User { status: usher_domain::UserStatus::Disabled, ..active("bob") };
    add_users(&app, vec![blocked]).await;
    let answer = boss.post(INVITATIONS, json!({"invitedEmail": "bob@example.org"})).await;
    assert_eq!(answer.bad(), (409, 6, "USER_BLOCKED"));
}

#[tokio::test]
async fn a_rehearsal_changes_nothing() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let dry = "/v1/userInvitations?validateOnly=true";
    let answer = boss.post(dry, json!({"invitedEmail": "ada@example.org"})).await.good();
    assert_eq!(
        (&answer["name"], &answer["invitationUri"], &answer["invitationToken"]),
        (&json!(""), &json!(""), &json!(""))
    );
    assert_eq!(answer["expirationTime"], "2026-01-09T12:00:00Z");
    assert_eq!(boss.post(dry, json!({"invitedEmail": "ada"})).await.fields(), ["invitedEmail"]);
    let answer = boss.post(dry, json!({"invitedEmail": "boss@example.org"})).await;
    assert_eq!(answer.bad(), (409, 6, "USER_ALREADY_EXISTS"));
    assert_eq!(boss.get(INVITATIONS).await.good()["userInvitations"], json!([]));
    for (query, field) in [
        ("validateOnly=yes", "validateOnly"),
        ("validate_only=1", "validateOnly"),
        ("validateOnly=true&validate_only=true", "validateOnly"),
    ] {
        let answer = boss.post(&format!("{INVITATIONS}?{query}"), json!({})).await;
        assert_eq!(answer.fields(), [field]);
    }
}

#[tokio::test]
async fn a_caller_without_the_right_to_invite_learns_nothing() {
    let app = TestApp::new().await;
    let reader = Client::machine(&app, Authority::Reader).await;
    let answer = reader.ask(Method::POST, INVITATIONS, "{ this is no JSON").await;
    assert_eq!(answer.status, 403);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 7,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {
            "permission": "CREATE_USER_INVITATIONS",
            "resource": "userInvitations"
          },
          "reason": "PERMISSION_DENIED"
        }
      ],
      "message": "Permission 'CREATE_USER_INVITATIONS' denied on resource 'userInvitations' (or it might not exist)."
    }
    "#);
}

#[tokio::test]
async fn many_are_invited_all_or_nobody() {
    const MANY: &str = "/v1/userInvitations:batchCreate";
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let request = |emails: &[&str]| {
        let one = |it: &&str| json!({"userInvitation": {"invitedEmail": it}});
        json!({"requests": emails.iter().map(one).collect::<Vec<_>>()})
    };
    let body = request(&["ada@example.org", "bob@example.org"]);
    let dry = boss.post(&format!("{MANY}?validateOnly=true"), body.clone()).await.good();
    assert_eq!(dry["userInvitations"][1]["name"], "");
    let created = boss.post(MANY, body).await.good();
    let emails = |it: &Value| {
        let all = it["userInvitations"].as_array().unwrap().clone();
        all.iter().map(|it| it["invitedEmail"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(emails(&created), ["ada@example.org", "bob@example.org"]);
    for (emails, reason) in [
        (["cyd@example.org", "boss@example.org"], "USER_ALREADY_EXISTS"),
        (["cyd@example.org", "Ada@example.org"], "INVITATION_ALREADY_EXISTS"),
        (["cyd@example.org", "cyd@example.org"], "INVITATION_ALREADY_EXISTS"),
    ] {
        let answer = boss.post(MANY, request(&emails)).await;
        assert_eq!(answer.bad(), (409, 6, reason));
        let which = &answer.detail("ErrorInfo")["metadata"]["request"];
        assert_eq!(which, "requests[1].userInvitation");
    }
    let body = json!({"requests": [{}, {"invitedEmail": "cyd@example.org", "ttl": "1s"}, 7]});
    let answer = boss.post(MANY, body).await;
    assert_eq!(answer.fields(), ["requests[0].userInvitation.invitedEmail", "requests[2]"]);
    let body =
        json!({"requests": [{"userInvitation": {"invitedEmail": "cyd@example.org", "ttl": "1s"}}]});
    assert_eq!(boss.post(MANY, body).await.fields(), ["requests[0].userInvitation.ttl"]);
    for body in [json!({}), json!({"requests": []}), json!({"requests": {}})] {
        assert_eq!(boss.post(MANY, body).await.fields(), ["requests"]);
    }
    let answer = boss.post(MANY, json!({"requests": vec![json!(7); 150]})).await;
    assert_eq!(answer.fields().len(), 100);
    assert_eq!(answer.detail("ErrorInfo")["metadata"]["count"], "150");
    assert!(answer.body["message"].as_str().unwrap().ends_with("; and 50 more"));
    assert_eq!(
        boss.post(MANY, request(&vec!["x@example.org"; 10_001])).await.fields(),
        ["requests"]
    );
    let listed = boss.get(INVITATIONS).await.good();
    assert_eq!(listed["userInvitations"].as_array().unwrap().len(), 2, "nobody else was invited");
}

#[tokio::test]
async fn to_a_bound_key_its_organization_is_the_account() {
    let app = TestApp::new().await;
    let acme = usher_application::testing::organization("acme");
    let id = acme.id.clone();
    let changes = Changes { organizations: vec![acme], ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    let boss = Client::boss(&app).await;
    let bound = Client::keyed(&app, &app.system(), Authority::Helpdesk, None, Some(id)).await;
    let elsewhere = boss.invite("ada@example.org").await;
    let here = bound.invite("ada@example.org").await;
    assert_eq!(bound.get(INVITATIONS).await.good()["userInvitations"], json!([here]));
    assert_eq!(bound.get(&path(&elsewhere)).await.bad(), (404, 5, "INVITATION_NOT_FOUND"));
    let token = here["invitationToken"].as_str().unwrap();
    let opened = Client::anonymous(&app);
    let opened = opened.get(&format!("{INVITATIONS}:lookup?invitationToken={token}")).await.good();
    assert_eq!(opened["accountName"], "The acme team");
}
