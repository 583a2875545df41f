//! Inviting identities: accepted input, the first and the last state of the task, and refusals.

use super::*;

#[tokio::test]
async fn an_invitation_is_a_task_that_says_how_it_went() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada"), user("bob")]).await;
    let created = boss.invite(&["ada", "bob"]).await;
    insta::assert_json_snapshot!(created, @r#"
    {
      "attributes": {
        "failed": 0,
        "identityCount": 2,
        "invited": 0,
        "skipped": 0
      },
      "completed": null,
      "completionStatus": null,
      "created": "2026-01-02T12:00:00.000Z",
      "description": "Invites identities by mail to register. 2 identities.",
      "id": "00000000000000000000000000000005",
      "launched": null,
      "launcher": "BOSS Person",
      "messages": [],
      "modified": "2026-01-02T12:00:00.000Z",
      "parentName": null,
      "percentComplete": 0,
      "progress": "Initializing...",
      "returns": [
        {
          "attributeName": "identityCount",
          "name": "Identities"
        },
        {
          "attributeName": "invited",
          "name": "Invited"
        },
        {
          "attributeName": "skipped",
          "name": "Skipped"
        },
        {
          "attributeName": "failed",
          "name": "Failed"
        }
      ],
      "target": null,
      "taskDefinitionSummary": {
        "arguments": {
          "ids": "string[]",
          "uninvited": "boolean"
        },
        "description": "Invites identities by mail to register.",
        "executor": "usher",
        "id": "IDENTITY_INVITE",
        "parentName": "Identity Invitation",
        "uniqueName": "Identity Invitation"
      },
      "type": "QUARTZ",
      "uniqueName": "Identity Invitation"
    }
    "#);
    assert_eq!(boss.task(&created).await, created);
    assert_eq!(boss.standing("ada").await, "UNREGISTERED");

    app.clock.advance(TimeDelta::milliseconds(1500));
    app.run_tasks().await;
    let mut done = boss.task(&created).await;
    let changed = [
        ("launched", json!("2026-01-02T12:00:01.500Z")),
        ("completed", json!("2026-01-02T12:00:01.500Z")),
        ("modified", json!("2026-01-02T12:00:01.500Z")),
        ("completionStatus", json!("SUCCESS")),
        ("progress", json!("Completed")),
        ("percentComplete", json!(100)),
        ("attributes", json!({"failed": 0, "identityCount": 2, "invited": 2, "skipped": 0})),
    ];
    for (key, value) in changed {
        assert_eq!(done[key], value, "{key}");
        done[key] = created[key].clone();
    }
    assert_eq!(done, created, "the rest stays as it was");
    assert_eq!(boss.standing("ada").await, "PENDING");
    let lane = usher_domain::Lane::Letters;
    let due = app.ports.outbox.claim(lane, app.ports.clock.now(), TimeDelta::zero(), 9);
    assert_eq!(due.await.unwrap().len(), 2, "a letter for each");
}

#[tokio::test]
async fn every_version_of_the_api_invites_and_says_the_same() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for (version, path) in [
        (ApiVersion::Plain, "/identities/invite"),
        (ApiVersion::Beta, "/beta/identities/invite"),
        (ApiVersion::V2024, "/v2024/identities/invite"),
        (ApiVersion::V2025, "/v2025/identities/invite"),
        (ApiVersion::V2026, "/v2026/identities/invite"),
        (ApiVersion::Latest, "/latest/identities/invite"),
        (ApiVersion::V1, "/identities/v1/invite"),
    ] {
        assert_eq!(format!("{}/invite", version.identities()), path);
        let created = boss.post(path, &json!({"ids": [UNKNOWN]})).await.accepted();
        let task = format!("{}/{}", version.tasks(), created["id"].as_str().unwrap());
        assert_eq!(boss.get(&task).await.good(), created, "{task}");
        assert_eq!(created.as_object().unwrap().len(), 18);
        app.run_tasks().await;
        let done = boss.get(&task).await.good();
        assert_eq!(
            (done.as_object().unwrap().len(), &done["completionStatus"]),
            (18, &json!("ERROR"))
        );
    }
    for path in ["/v3/identities/invite", "/v2023/identities/invite", "/beta/identities/v1/invite"]
    {
        let body = Body::from(json!({"ids": [UNKNOWN]}).to_string());
        let token = format!("Bearer {}", boss.token.as_ref().unwrap());
        let request = Request::post(path).header(header::AUTHORIZATION, token).body(body).unwrap();
        assert!([404, 405].contains(&app.send(request).await.status.as_u16()), "{path}");
    }
}

#[tokio::test]
async fn who_cannot_be_invited_is_told_by_the_task() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let homeless = User { mailbox: None, ..user("cyd") };
    let disabled = User { status: usher_domain::UserStatus::Disabled, ..active("dan") };
    add_users(&app, vec![user("ada"), homeless, disabled]).await;
    let long = "x".repeat(300);
    let done = boss.invited(&["ada", UNKNOWN, "cyd", "dan", "", &long, "a\tb"]).await;
    assert_eq!(done["completionStatus"], "WARNING");
    assert_eq!(
        done["attributes"],
        json!({"failed": 6, "identityCount": 7, "invited": 1, "skipped": 0})
    );
    insta::assert_json_snapshot!(done["messages"][0], @r#"
    {
      "key": "usher.invitations.invite.unknown_user",
      "localizedText": {
        "locale": "en-US",
        "message": "00eebcf881994e419d72e757fd30dc0e: There is no such identity."
      },
      "parameters": [
        "00eebcf881994e419d72e757fd30dc0e"
      ],
      "type": "ERROR"
    }
    "#);
    let answer: Vec<_> = done["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["type"].as_str().unwrap(),
                it["key"].as_str().unwrap(),
                it["parameters"][0].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("ERROR", "usher.invitations.invite.unknown_user", UNKNOWN),
        ("ERROR", "usher.invitations.invite.no_mailbox", "cyd"),
        ("ERROR", "usher.invitations.invite.disabled", "dan"),
        ("ERROR", "usher.invitations.invite.unknown_user", ""),
        ("ERROR", "usher.invitations.invite.unknown_user", &long),
        ("ERROR", "usher.invitations.invite.unknown_user", "a\tb"),
    ];
    assert_eq!(answer, expected);
    let none = boss.invited(&[UNKNOWN, "nobody"]).await;
    assert_eq!((&none["completionStatus"], keys(&none).len()), (&json!("ERROR"), 2));
}

#[tokio::test]
async fn members_and_invited_identities_are_skipped_silently() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada"), active("bob")]).await;
    boss.invited(&["ada"]).await;
    // A client that got no answer repeats the request, which must not send a second letter.
    let done = boss.invited(&["ada", "bob"]).await;
    assert_eq!((&done["completionStatus"], &done["messages"]), (&json!("SUCCESS"), &json!([])));
    assert_eq!(
        done["attributes"],
        json!({"failed": 0, "identityCount": 2, "invited": 0, "skipped": 2})
    );
    app.clock.advance(TimeDelta::days(7));
    assert_eq!(boss.standing("ada").await, "UNREGISTERED", "the invitation has expired");
    assert_eq!(boss.invited(&["ada"]).await["attributes"]["invited"], 1);
}

#[tokio::test]
async fn who_is_named_twice_counts_once() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada"), user("bob")]).await;
    let done = boss.invited(&["bob", "ada", "bob", UNKNOWN, UNKNOWN, "ada"]).await;
    assert_eq!((&done["attributes"]["identityCount"], keys(&done).len()), (&json!(3), 1));
    let table = boss.get(&format!("{}/result", path(&done))).await.text;
    let who: Vec<_> = table.lines().skip(1).map(|it| it.split(',').nth(1).unwrap()).collect();
    assert_eq!(who, ["bob", "ada", UNKNOWN], "in the order in which they were named first");
}

#[tokio::test]
async fn there_is_a_limit_to_how_many_may_be_named() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let ids = |many: usize| (0..many).map(|n| format!("{n:064}")).collect::<Vec<_>>();
    let answer = boss.post(INVITE, &json!({"ids": ids(10_001)})).await;
    assert_eq!(answer.refused(), "`ids` must not be more than 10000");
    let created = boss.post(INVITE, &json!({"ids": ids(10_000)})).await.accepted();
    assert_eq!(created["attributes"]["identityCount"], 10_000);
    let mut twice = ids(10_000);
    twice.push(twice[0].clone());
    boss.post(INVITE, &json!({"ids": twice})).await.accepted();
    let answer = boss.post(INVITE, &json!({"ids": ["x".repeat(2_700_000)]})).await;
    assert_eq!(answer.bad(), (413, "The body is too large."));
}

#[tokio::test]
async fn where_as_many_tasks_wait_as_may_a_new_one_is_refused() {
    let app = TestApp::new().await.with_policy(|it| usher_application::Policy {
        quotas: usher_domain::Quotas { tasks: 2, ..it.quotas },
        ..it
    });
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada")]).await;
    boss.invite(&["ada"]).await;
    boss.invite(&["ada"]).await;
    for body in [json!({"ids": ["ada"]}), json!({"uninvited": true})] {
        let refused = boss.post(INVITE, &body).await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.headers[header::RETRY_AFTER], "60");
        let text = "at most 2 tasks can wait or run at once: try again when one is completed";
        assert_eq!(refused.body, json!({"message": text}));
    }
    app.run_tasks().await;
    boss.invite(&["ada"]).await;
}

#[tokio::test]
async fn whom_to_invite_must_be_clear() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada")]).await;
    let both = "`uninvited` must not be true when there are `ids`";
    let neither = "`ids` must not be empty unless `uninvited` is true";
    for (body, text) in [
        (json!({}), neither),
        (json!({"ids": null}), neither),
        (json!({"ids": [], "uninvited": false}), neither),
        (json!({"ids": ["ada"], "uninvited": true}), both),
        (json!({"ids": "ada"}), "`ids` must be a list of strings"),
        (json!({"ids": ["ada", null]}), "`ids[1]` must be a string"),
    ] {
        assert_eq!(boss.post(INVITE, &body).await.refused(), text, "{body}");
    }
    for junk in ["", "{", "[]", "ids=ada", "\u{feff}{}"] {
        let answer = boss.ask(Method::POST, INVITE, junk).await;
        assert!(answer.refused().starts_with("The body must be a JSON object"), "{junk}");
    }
    assert_eq!(boss.standing("ada").await, "UNREGISTERED");
    assert_eq!(boss.listed(TASKS, "id").await, [""; 0]);
    // The media type does not matter.
    let request = Request::post(INVITE).header(header::CONTENT_TYPE, "text/plain");
    boss.send(request, r#"{"ids":["ada"],"other":1}"#).await.accepted();
}

#[tokio::test]
async fn everybody_who_is_uninvited_can_be_invited_at_once() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let homeless = User { mailbox: None, ..user("cyd") };
    add_users(&app, vec![user("ada"), user("bob"), active("eve"), homeless]).await;
    boss.invited(&["bob"]).await;
    for (body, invited) in
        [(json!({"uninvited": true}), 1), (json!({"uninvited": true, "ids": null}), 0)]
    {
        let created = boss.post(INVITE, &body).await.accepted();
        app.run_tasks().await;
        let done = boss.task(&created).await;
        assert_eq!(
            done["attributes"],
            json!({"failed": 0, "identityCount": invited, "invited": invited, "skipped": 0})
        );
        assert_eq!(
            (&done["completionStatus"], &done["progress"]),
            (&json!("SUCCESS"), &json!("Completed"))
        );
        assert_eq!(done["messages"], json!([]));
        assert!(done["launched"].is_string() && done["completed"].is_string());
    }
    assert_eq!(boss.standing("ada").await, "PENDING");
}

#[tokio::test]
async fn no_more_than_a_thousand_are_invited_unnamed() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_unregistered(&app, 1001).await;
    let everybody = json!({"uninvited": true});
    let created = boss.post(INVITE, &everybody).await.accepted();
    assert_eq!(created["attributes"]["identityCount"], 1000);
    assert_eq!(keys(&created), [("INFO", "usher.task.full")]);
    // A slice at a time.
    app.usher.tasks.run.turn(1).await.unwrap();
    let half = boss.task(&created).await;
    assert_eq!(
        (&half["progress"], &half["percentComplete"]),
        (&json!("Inviting 500 of 1000"), &json!(50))
    );
    assert_eq!((&half["completionStatus"], &half["completed"]), (&Value::Null, &Value::Null));
    app.run_tasks().await;
    assert_eq!(boss.task(&created).await["attributes"]["invited"], 1000);
    let rest = boss.post(INVITE, &everybody).await.accepted();
    assert_eq!((&rest["attributes"]["identityCount"], &rest["messages"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn it_takes_a_person_who_may_invite() {
    let app = TestApp::new().await;
    add_users(&app, vec![user("ada")]).await;
    let nobody = Client::anonymous(&app).post(INVITE, &json!({})).await;
    assert_eq!((nobody.status, nobody.body.as_object().unwrap().len()), (401, 1));
    let reader = Client::person(&app, "rea", Authority::Reader).await;
    let bound = bound(&app, "bea").await;
    for client in [reader, bound] {
        // The answer does not even tell what is wrong with the request.
        for body in [json!({"ids": ["ada"]}), json!({}), json!(1)] {
            let answer = client.post(INVITE, &body).await;
            assert_eq!(answer.bad(), (403, "The key does not allow this."));
        }
    }
    let machine = Client::machine(&app, Authority::OrgAdmin).await;
    let answer = machine.post(INVITE, &json!({"ids": ["ada"]})).await;
    let text = "This takes the key of a person, and the one given is a machine's.";
    assert_eq!(answer.bad(), (403, text));
    assert_eq!(machine.listed(TASKS, "id").await, [""; 0]);
    for (name, authority) in [("hal", Authority::Helpdesk), ("ivy", Authority::Inviter)] {
        let client = Client::person(&app, name, authority).await;
        let task = client.invite(&["ada"]).await;
        assert_eq!(task["launcher"], format!("{} Person", name.to_uppercase()));
        app.run_tasks().await;
        assert_eq!(client.task(&task).await["completionStatus"], "SUCCESS");
    }
}

#[tokio::test]
async fn who_may_not_read_users_does_not_invite_those_whom_it_does_not_name() {
    let app = TestApp::new().await;
    add_users(&app, vec![user("ada")]).await;
    let inviter = Client::person(&app, "ivy", Authority::Inviter).await;
    let text =
        "Inviting everybody who is uninvited takes a key that may read users. Name them by `ids`.";
    let answer = inviter.post(INVITE, &json!({"uninvited": true})).await;
    assert_eq!(answer.bad(), (403, text));
    assert_eq!(inviter.listed(TASKS, "id").await, [""; 0]);
    let helpdesk = Client::person(&app, "hal", Authority::Helpdesk).await;
    let created = helpdesk.post(INVITE, &json!({"uninvited": true})).await.accepted();
    assert_eq!(created["attributes"]["identityCount"], 1);
}

#[tokio::test]
async fn people_of_another_tenant_are_unknown() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada")]).await;
    let zoe = other_tenant(&app).await;
    let mut done = zoe.invite(&["ada"]).await;
    app.run_tasks().await;
    assert_eq!(boss.get(&path(&done)).await.status, 404);
    done = zoe.task(&done).await;
    assert_eq!(keys(&done), [("ERROR", "usher.invitations.invite.unknown_user")]);
    let everybody = zoe.post(INVITE, &json!({"uninvited": true})).await.accepted();
    assert_eq!(everybody["attributes"]["identityCount"], 0);
    assert_eq!(boss.standing("ada").await, "UNREGISTERED");
}

#[tokio::test]
async fn the_experimental_header_is_required_where_the_operator_demands_it() {
    let options = Options { experimental: Experimental::Demand, ..Options::default() };
    let app = TestApp::new().await.with(options);
    let boss = Client::boss(&app).await;
    let ask = async |version: ApiVersion, said: Option<&str>| {
        let path = format!("{}/invite", version.identities());
        let mut request = Request::post(path);
        if let Some(said) = said {
            request = request.header("X-SailPoint-Experimental", said);
        }
        boss.send(request, json!({"ids": [UNKNOWN]}).to_string()).await
    };
    for version in ApiVersion::ALL {
        let demanded = ![ApiVersion::Plain, ApiVersion::Beta].contains(&version);
        for said in [None, Some("false"), Some(""), Some("yes")] {
            let answer = ask(version, said).await;
            if !demanded {
                answer.accepted();
                continue;
            }
            assert_eq!(answer.status, 400);
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json;charset=UTF-8");
            assert_eq!(answer.text, r#"{"error":"Experimental Header is missing or invalid."}"#);
        }
        for said in ["true", "True", " true "] {
            ask(version, Some(said)).await.accepted();
        }
        // Reading is not experimental.
        boss.get(&version.tasks()).await.good();
        boss.get(&version.identities()).await.good();
    }
    let reader = Client::person(&app, "rea", Authority::Reader).await;
    assert_eq!(reader.post(INVITE, &json!({})).await.status, 403, "authority comes first");
}

#[tokio::test]
async fn messages_are_in_the_readers_language() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await.in_language("fr, de-AT;q=0.9, en;q=0.5");
    let done = boss.invited(&[UNKNOWN]).await;
    insta::assert_json_snapshot!(done["messages"], @r#"
    [
      {
        "key": "usher.invitations.invite.unknown_user",
        "localizedText": {
          "locale": "de",
          "message": "00eebcf881994e419d72e757fd30dc0e: Diese Identität gibt es nicht."
        },
        "parameters": [
          "00eebcf881994e419d72e757fd30dc0e"
        ],
        "type": "ERROR"
      }
    ]
    "#);
    let boss = boss.in_language("fr");
    let shown = boss.task(&done).await["messages"][0]["localizedText"].clone();
    assert_eq!(
        shown,
        json!({"locale": "en-US", "message": format!("{UNKNOWN}: There is no such identity.")})
    );
    let shown = boss.in_language("en-GB").task(&done).await["messages"][0]["localizedText"].clone();
    assert_eq!(shown["locale"], "en");
}
