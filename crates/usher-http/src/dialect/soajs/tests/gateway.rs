//! Keys, access tokens, paths and methods, and what every answer has in common.

use super::*;
use crate::options::{Options, QuerySecrets};

on_both_stores!(
    too_many_requests_are_answered_with_the_time_to_wait,
    without_a_valid_key_nothing_is_served,
    a_key_comes_in_the_header_or_in_the_query,
    secrets_in_the_query_are_refused_where_the_operator_says_so,
    the_key_alone_is_a_caller,
    an_access_token_says_who_it_is,
    a_token_that_does_not_go_with_the_key_is_none,
    of_two_authorities_the_lesser_counts,
    rights_are_checked_before_anything_else,
    everything_is_served_below_each_prefix,
    unknown_paths_and_methods_are_reported,
    the_heartbeat_answers,
    the_envelope_is_that_of_the_original,
    the_cause_of_a_store_error_is_not_shown,
    a_busy_store_is_no_error_of_the_store,
    who_does_not_hear_whether_it_was_done_is_told_so_and_how_to_find_out,
);

/// Each operation once, but for signing in.
const OPERATIONS: [(Method, &str); 12] = [
    (Method::PUT, "/admin/users/invite"),
    (Method::PUT, "/admin/users/invite/tenant"),
    (Method::PUT, "/admin/users/uninvite"),
    (Method::PUT, "/admin/users/uninvite/tenant"),
    (Method::PUT, "/admin/user/self/invite"),
    (Method::PUT, "/admin/user/pin"),
    (Method::PUT, "/admin/user/groups"),
    (Method::PUT, "/admin/user/invited/groups"),
    (Method::GET, "/admin/user"),
    (Method::GET, "/admin/users"),
    (Method::GET, "/admin/users/count"),
    (Method::POST, "/admin/user"),
];

const FORBIDDEN: (u16, u64, &str) =
    (401, 160, "You do not belong to a group with access to this System API.");
const INVALID: (u16, u64, &str) = (401, 401, "The access token provided is invalid.");

async fn without_a_valid_key_nothing_is_served(app: TestApp) {
    set_up(&app).await;
    let good = Client::main(&app).await.key.unwrap();
    let (unbound, revoked) = unbound_and_revoked(&app).await;
    let missing = (500, 153, "Unable to load provision information for the provided key.");
    let bad = (500, 148, "Unable to load the key information");
    let not_bound = (403, 132, "A valid key is needed to access any API.");
    let long = "a".repeat(10_000);
    let doubled = format!("{good}{good}");
    let wrong = format!("{}0", &good[..95]);
    let wrong = if wrong == good { format!("{}1", &good[..95]) } else { wrong };
    let not_hex = good.replace(|it: char| it.is_ascii_digit(), "x");
    let table = [
        (None, missing),
        (Some(""), missing),
        (Some("junk"), bad),
        (Some(&*wrong), bad),
        (Some(&*not_hex), bad),
        (Some(&good[..95]), bad),
        (Some(&*doubled), bad),
        (Some(&*long), bad),
        (Some(&*revoked), bad),
        (Some(&*unbound), not_bound),
    ];
    let all = OPERATIONS.into_iter().chain([(Method::POST, "/oauth/pin")]);
    for (method, path) in all {
        for (key, expected) in &table {
            let client = Client { key: key.map(str::to_owned), ..Client::anonymous(&app) };
            let answer = client.send(method.clone(), path, &json!({"pin": "1234"})).await;
            assert_eq!(answer.bad(), *expected, "{method} {path} {key:?}");
        }
    }
}

async fn unbound_and_revoked(app: &TestApp) -> (String, String) {
    let (system, keys) = (app.system(), &app.usher.access.credentials);
    let made = keys.issue(&system, NewKey::of(Authority::OrgAdmin)).await.unwrap();
    let unbound = Credential::key(made.0.client_id(), &made.1).unwrap();
    let made = keys
        .issue(
            &system,
            NewKey { organization: Some(organization_id(MAIN)), ..NewKey::of(Authority::OrgAdmin) },
        )
        .await
        .unwrap();
    keys.revoke(&system, made.0.id).await.unwrap();
    (unbound, Credential::key(made.0.client_id(), &made.1).unwrap())
}

async fn a_key_comes_in_the_header_or_in_the_query(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let key = client.key.clone().unwrap();
    let nobody = Client::anonymous(&app);
    nobody.get(&format!("{USERS}?key={key}")).await.good();
    nobody.get(&format!("{USERS}?key={}", key.to_uppercase())).await.good();
    // The header takes precedence over the query.
    client.get(&format!("{USERS}?key=junk")).await.good();
    assert_eq!(nobody.get(&format!("{USERS}?key={key}&key={key}")).await.bad().1, 148);
    let twice = client.request(Method::GET, USERS).header("key", &key);
    assert_eq!(exchange(&app, twice.body(Body::empty()).unwrap()).await.bad().1, 148);
    let not_utf8 = Request::get(USERS).header("key", b"\xff\xfe".as_slice());
    assert_eq!(exchange(&app, not_utf8.body(Body::empty()).unwrap()).await.bad().1, 148);
    assert_eq!(nobody.get(&format!("{USERS}?key=%ff%fe")).await.bad().1, 148);
}

async fn secrets_in_the_query_are_refused_where_the_operator_says_so(app: TestApp) {
    let app = app.with(Options { query_secrets: QuerySecrets::Refuse, ..Options::default() });
    set_up(&app).await;
    let client = Client::main(&app).await;
    let key = client.key.clone().unwrap();
    for asking in [&client, &Client::anonymous(&app)] {
        let answer = asking.get(&format!("{USERS}?key={key}")).await;
        let (status, code, why) = answer.bad();
        assert_eq!((status, code), (500, 148));
        assert!(why.ends_with("send it in the header key"), "{why}");
    }
    client.get(&format!("{USERS}?key=")).await.good();
    let answer = client.get(&format!("{USERS}?access_token=junk")).await;
    let (status, code, why) = answer.bad();
    assert_eq!((status, code), (400, 400));
    assert!(why.ends_with("send it in the header Authorization."), "{why}");
}

async fn the_key_alone_is_a_caller(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ada")]).await;
    let of = async |authority| Client::of(&app, SUB, authority).await;
    for authority in [Authority::Inviter, Authority::Helpdesk, Authority::OrgAdmin] {
        let name = format!("p{}", authority as u8);
        add_users(&app, vec![person(&name)]).await;
        of(authority).await.invite(&[&name]).await;
    }
    let answer = of(Authority::Reader).await.put(INVITE, json!({})).await;
    assert_eq!(answer.bad(), FORBIDDEN);
}

async fn an_access_token_says_who_it_is(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await.acting_as("john", Authority::Helpdesk).await;
    let token = client.token.clone().unwrap();
    let myself = json!({"tenant": {"id": SUB, "code": "SOME"}});
    let path = "/admin/user/self/invite";
    // Once by each way; from the second time on he is invited already.
    client.put(path, myself.clone()).await.good();
    let already = (500, 529, "User has already been invited.");
    let without = Client { token: None, ..client };
    let answer = without.put(&format!("{path}?access_token={token}"), myself.clone()).await;
    assert_eq!(answer.bad(), already);
    let ask = async |authorization: &str, path: &str, body: &Value| {
        let request = without.request(Method::PUT, path);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::AUTHORIZATION, authorization);
        exchange(&app, request.body(body.to_string().into()).unwrap()).await
    };
    let bearer = format!("Bearer {token}");
    assert_eq!(ask(&bearer, path, &myself).await.bad(), already);
    assert_eq!(ask(&format!("bearer  {token} "), path, &myself).await.bad(), already);
    for authorization in [&token, "Basic eDp5", "Bearer"] {
        let answer = ask(authorization, path, &myself).await;
        assert_eq!(answer.bad(), (400, 400, "Malformed auth header"), "{authorization}");
    }
    let many = "Only one method may be used to authenticate at a time (Auth header,  GET or POST).";
    let answer = ask(&bearer, &format!("{path}?access_token={token}"), &myself).await;
    assert_eq!(answer.bad(), (400, 400, many));
    let mut in_body = myself.clone();
    in_body["access_token"] = json!(token);
    assert_eq!(ask(&bearer, path, &in_body).await.bad(), (400, 400, many));
    let with = Client { token: Some(token.clone()), ..without };
    let answer = with.put(&format!("{path}?access_token={token}"), myself.clone()).await;
    assert_eq!(answer.bad(), (400, 400, many));
    let answer = with.get(&format!("{USERS}?access_token=a&access_token=b")).await;
    assert_eq!(answer.bad(), (400, 400, many));
    // A token in the body alone is an unknown field, and is ignored.
    let keyed = Client { token: None, ..with };
    let nobody = (500, 527, "username or id is required to invite user.");
    assert_eq!(keyed.put(path, in_body).await.bad(), nobody);
}

async fn a_token_that_does_not_go_with_the_key_is_none(app: TestApp) {
    set_up(&app).await;
    let (system, keys) = (app.system(), &app.usher.access.credentials);
    let made = async |organization: &str| {
        let organization = Some(organization_id(organization));
        let (it, secret) = keys
            .issue(&system, NewKey { organization, ..NewKey::of(Authority::OrgAdmin) })
            .await
            .unwrap();
        format!("{}.{}", it.client_id(), secret.reveal())
    };
    let client = Client::main(&app).await;
    let with = |token: String| Client {
        token: Some(token),
        key: client.key.clone(),
        ..Client::anonymous(&app)
    };
    with(made(MAIN).await).get(USERS).await.good();
    for other in [SUB, FAR] {
        assert_eq!(with(made(other).await).get(USERS).await.bad(), INVALID, "{other}");
    }
    for junk in ["junk", "a.b", &"x".repeat(10_000), "ключ"] {
        let answer = with(junk.to_owned()).get(USERS).await;
        assert_eq!(answer.bad(), INVALID, "{junk}");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    let (id, secret) = keys.issue(&system, NewKey::of(Authority::OrgAdmin)).await.unwrap();
    let token = app
        .usher
        .access
        .authenticate
        .token(&id.client_id().to_string(), secret.reveal())
        .await
        .unwrap();
    let client = with(token.text);
    client.get(USERS).await.good();
    app.clock.advance(TimeDelta::hours(24));
    assert_eq!(client.get(USERS).await.bad(), (401, 401, "The access token provided has expired."));
}

async fn of_two_authorities_the_lesser_counts(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ada")]).await;
    let body = json!({"users": [{"user": {"username": "nobody"}}]});
    for (key, person, may) in [
        (Authority::OrgAdmin, Authority::Reader, false),
        (Authority::Reader, Authority::OrgAdmin, false),
        (Authority::Inviter, Authority::OrgAdmin, true),
        (Authority::OrgAdmin, Authority::Inviter, true),
    ] {
        let client = Client::of(&app, MAIN, key).await.acting_as("ada", person).await;
        let answer = client.put(INVITE, body.clone()).await;
        assert_eq!(answer.status == 200, may, "{key:?} {person:?} {}", answer.text);
        assert_eq!(client.put(UNINVITE, body.clone()).await.bad(), FORBIDDEN);
    }
}

async fn rights_are_checked_before_anything_else(app: TestApp) {
    set_up(&app).await;
    let reader = Client::of(&app, MAIN, Authority::Reader).await;
    for (method, path) in OPERATIONS.into_iter().filter(|it| it.0 != Method::GET) {
        let request = reader.request(method, path).body("{".into()).unwrap();
        assert_eq!(exchange(&app, request).await.bad(), FORBIDDEN, "{path}");
    }
    let inviter = Client::of(&app, MAIN, Authority::Inviter).await;
    for (method, path) in OPERATIONS {
        if path.contains("/invite") && !path.contains("uninvite") {
            continue;
        }
        let request = inviter.request(method, path).body("{".into()).unwrap();
        assert_eq!(exchange(&app, request).await.bad(), FORBIDDEN, "{path}");
    }
}

async fn everything_is_served_below_each_prefix(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let operations = OPERATIONS.into_iter().chain([(Method::POST, "/oauth/pin")]);
    for (method, path) in operations {
        for prefix in ["", "/urac", "/urac/v3"] {
            for slash in ["", "/"] {
                let path = format!("{prefix}{path}{slash}");
                let answer = client.send(method.clone(), &path, &json!({})).await;
                let served = match answer.body.get("errors") {
                    None => answer.status == 200,
                    Some(_) => answer.wrongs()[0].0 == 172,
                };
                assert!(served, "{method} {path}: {}", answer.text);
            }
        }
    }
}

async fn unknown_paths_and_methods_are_reported(app: TestApp) {
    let nobody = Client::anonymous(&app);
    let unknown = (400, 151, "You are trying to reach an unknown rest service!");
    let long = format!("/urac/{}", "x".repeat(10_000));
    for path in [
        "/urac",
        "/urac/",
        "/urac/v3",
        "/urac/v4/admin/users/invite",
        "/urac/nothing",
        "/urac/v3/admin",
        "/urac/%ff%fe",
        "/admin",
        "/admin/",
        "/admin/users/invite/",
        "/admin/users/invite/more",
        "/admin/user/status",
        &long,
    ] {
        assert_eq!(nobody.get(path).await.bad(), unknown, "{path}");
    }
    for (method, path) in [
        (Method::POST, "/admin/users/invite"),
        (Method::DELETE, "/urac/admin/user"),
        (Method::PUT, "/urac/v3/admin/users/"),
        (Method::GET, "/oauth/pin"),
        (Method::GET, "/urac/oauth/pin/"),
        (Method::POST, "/urac/heartbeat"),
        (Method::PATCH, "/admin"),
    ] {
        assert_eq!(nobody.send(method, path, &json!({})).await.bad(), unknown, "{path}");
    }
    // Other paths are not part of this API.
    let answer = app.send(Request::get("/heartbeat").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.body.contains("result")), (404, false));
    let answer = app.send(Request::get("/uracs").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 404);
}

async fn the_heartbeat_answers(app: TestApp) {
    for path in ["/urac/heartbeat", "/urac/heartbeat/", "/urac/v3/heartbeat"] {
        let answer = Client::anonymous(&app).get(path).await;
        let service = json!({"service": "URAC", "type": "rest", "route": "/heartbeat"});
        let ts = noon().timestamp_millis();
        let expected =
            json!({"result": true, "ts": ts, "service": service, "versions": {"urac": "3"}});
        assert_eq!((answer.status, answer.body), (200, expected));
    }
}

async fn the_envelope_is_that_of_the_original(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let answer = client.put(INVITE, json!({"users": [{"user": {"id": NOBODY}}]})).await;
    let failed = format!(r#"{{"id":"{NOBODY}","reason":"Unable to find user."}}"#);
    let text = format!(r#"{{"result":true,"data":{{"succeeded":[],"failed":[{failed}]}}}}"#);
    assert_eq!(answer.text, text);
    let answer = client.put(INVITE, json!({})).await;
    let text = r#"{"result":false,"errors":{"codes":[172],"details":[{"code":172,"message":"Missing required field: users"}]}}"#;
    assert_eq!((answer.status, &*answer.text), (500, text));
}

async fn the_cause_of_a_store_error_is_not_shown(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    client.get(USERS).await.good();
    app.store.clone().close().await;
    for (method, path) in OPERATIONS {
        let body = json!({"users": [{"user": {"id": NOBODY}}], "user": {"id": NOBODY}, "groups": [],
            "tenantId": MAIN, "tenant": {"id": MAIN, "code": ""}, "firstName": "a",
            "lastName": "b", "username": "abcde", "pin": {"code": true, "allowed": true}});
        let path = if path == USER { &format!("{path}?id={NOBODY}") } else { path };
        let answer = client.send(method, path, &body).await;
        let expected = (500, 602, "Model error: the store is unavailable");
        assert_eq!(answer.bad(), expected, "{path}");
        assert_eq!(answer.headers[header::RETRY_AFTER], "5");
    }
    let answer = client.post("/oauth/pin", json!({"pin": "1234"})).await;
    assert_eq!(answer.bad().1, 602);
}

async fn a_busy_store_is_no_error_of_the_store(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    app.make_busy();
    let log = Log::default();
    let guard = log.record();
    let body = json!({"user": {"username": "johnd"}, "groups": ["admin"]});
    let answer = client.put("/admin/user/groups", body).await;
    let text = "Model error: others keep changing the same data, try again";
    assert_eq!(answer.bad(), (503, 602, text));
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    drop(guard);
    assert!(!log.text().contains("the store failed"), "{}", log.text());
}

async fn who_does_not_hear_whether_it_was_done_is_told_so_and_how_to_find_out(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ada")]).await;
    let client = Client::sub(&app).await;
    app.lose_outcomes(true);
    let body = json!({"users": [{"user": {"username": "adad"}}]});
    let answer = client.put(INVITE, body.clone()).await;
    let text = "Model error: it may have been done, look before you send the same request again";
    assert_eq!(answer.bad(), (503, 602, text));
    assert_eq!(answer.headers[header::RETRY_AFTER], "5");
    app.lose_outcomes(false);
    assert!(member(&app, "ada", SUB).await.is_some());
    // The same again says that it was done, and mails nothing again.
    let again = client.put(INVITE, body).await.good();
    assert_eq!(again["failed"][0]["reason"], "User has already been invited.", "{again}");
    assert_eq!(app.letters().await, 1);
}

async fn too_many_requests_are_answered_with_the_time_to_wait(app: TestApp) {
    let options = Options { rate: Some(2), ..Options::default() };
    let app = app.with(options);
    set_up(&app).await;
    let main = Client::main(&app).await;
    for path in [USERS, "/urac/v3/admin/users"] {
        main.get(path).await.good();
    }
    let text = "Too many requests were sent, try again later.";
    for path in [USERS, "/admin/users/count"] {
        let answer = main.get(path).await;
        assert_eq!(answer.bad(), (429, 429, text));
        assert_eq!(answer.headers[header::RETRY_AFTER], "5");
    }
    assert_eq!(main.post("/oauth/pin", json!({"pin": "1"})).await.bad(), (429, 429, text));
    Client::sub(&app).await.get(USERS).await.good();
    app.clock.advance(TimeDelta::seconds(5));
    main.get(USERS).await.good();
}
