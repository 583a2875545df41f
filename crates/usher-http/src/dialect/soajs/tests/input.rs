//! The validation of requests, and the texts of its errors.

use super::*;

on_both_stores!(
    what_is_missing_is_named_in_order,
    what_is_invalid_is_named_with_its_reasons,
    a_second_invalid_field_is_named_alone,
    both_may_be_wrong_at_once,
    a_body_must_be_what_it_says,
    a_form_is_cast,
    json_is_not_cast,
    a_query_is_cast,
    input_beyond_the_limits_is_refused,
);

async fn what_is_missing_is_named_in_order(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    for (path, fields) in [
        ("/admin/users/invite", "users"),
        ("/admin/users/invite/tenant", "users, tenant"),
        ("/admin/users/uninvite", "users"),
        ("/admin/users/uninvite/tenant", "users, tenant"),
        ("/admin/user/self/invite", "tenant"),
        ("/admin/user/pin", "pin, user"),
        ("/admin/user/groups", "groups, user"),
        ("/admin/user/invited/groups", "groups, tenantId, user"),
    ] {
        let text = format!("Missing required field: {fields}");
        let nothing = fields.split(", ").map(|it| (it.to_owned(), Value::Null)).collect();
        for body in [json!({}), json!([]), json!([{"users": []}]), Value::Object(nothing)] {
            assert_eq!(client.put(path, body).await.bad(), (500, 172, &*text), "{path}");
        }
    }
    let answer = client.post(USER, json!({})).await;
    assert_eq!(answer.bad(), (500, 172, "Missing required field: firstName, lastName"));
    assert_eq!(client.get(USER).await.bad(), (500, 172, "Missing required field: id"));
    let answer = client.put("/admin/user/groups", json!({"groups": []})).await;
    assert_eq!(answer.bad(), (500, 172, "Missing required field: user"));
}

async fn what_is_invalid_is_named_with_its_reasons(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    for (path, body, field, reasons) in invalid_invites().into_iter().chain(invalid_others()) {
        let answer = client.put(path, body.clone()).await;
        assert_eq!(answer.bad(), (500, 173, &*failed(field, &reasons)), "{path} {body}");
    }
    assert!(member(&app, "john", MAIN).await.is_none());
}

/// Where it is sent, what, and what is wrong with which of its fields.
type Invalid = (&'static str, Value, &'static str, Vec<&'static str>);

fn invalid_invites() -> Vec<Invalid> {
    let john = json!({"id": id("john")});
    let many = vec![json!({"user": john}); 101];
    let item = |it: Value| json!({"users": [it]});
    vec![
        (INVITE, json!({"users": "x"}), "users", vec!["instance is not of a type(s) array"]),
        (INVITE, json!({"users": {}}), "users", vec!["instance is not of a type(s) array"]),
        (INVITE, json!({"users": []}), "users", vec!["instance does not meet minimum length of 1"]),
        (
            INVITE,
            json!({"users": many}),
            "users",
            vec!["instance does not meet maximum length of 100"],
        ),
        (
            UNINVITE,
            json!({"users": many}),
            "users",
            vec!["instance does not meet maximum length of 100"],
        ),
        (INVITE, item(json!("x")), "users", vec!["instance[0] is not of a type(s) object"]),
        (
            INVITE,
            json!({"users": [{"user": john}, {"user": "x"}]}),
            "users",
            vec!["instance[1].user is not of a type(s) object"],
        ),
        (
            INVITE,
            item(json!({"user": null})),
            "users",
            vec!["instance[0].user is not of a type(s) object"],
        ),
        (
            INVITE,
            item(json!({"user": john, "foo": 1})),
            "users",
            vec![r#"instance[0] is not allowed to have the additional property "foo""#],
        ),
        (
            INVITE,
            item(json!({"user": john, "pin": {"code": true}})),
            "users",
            vec!["instance[0].pin.allowed is required"],
        ),
        (
            INVITE,
            item(json!({"user": john, "pin": {}})),
            "users",
            vec!["instance[0].pin.code is required", "instance[0].pin.allowed is required"],
        ),
        (
            INVITE,
            item(json!({"user": john, "pin": {"code": "true", "allowed": true}})),
            "users",
            vec!["instance[0].pin.code is not of a type(s) boolean"],
        ),
        (
            INVITE,
            item(json!({"user": john, "groups": "dev"})),
            "users",
            vec!["instance[0].groups is not of a type(s) array"],
        ),
        (
            INVITE,
            item(json!({"user": john, "groups": [1]})),
            "users",
            vec!["instance[0].groups[0] is not of a type(s) string"],
        ),
        (
            INVITE,
            item(json!({"user": john, "membership": []})),
            "users",
            vec!["instance[0].membership is not of a type(s) string"],
        ),
    ]
}

fn invalid_others() -> Vec<Invalid> {
    let john = json!({"id": id("john")});
    let (users, tenant) = (json!([{"user": john}]), json!({"id": SUB, "code": "SOME"}));
    let (to, from) = ("/admin/users/invite/tenant", "/admin/users/uninvite/tenant");
    let (myself, pin, groups) =
        ("/admin/user/self/invite", "/admin/user/pin", "/admin/user/groups");
    let item = |it: Value| json!({"users": [it]});
    vec![
        (
            to,
            json!({"users": [{}], "tenant": tenant}),
            "users",
            vec![r#"instance[0] requires property "user""#],
        ),
        (
            to,
            json!({"users": users, "tenant": {"id": SUB}}),
            "tenant",
            vec![r#"instance requires property "code""#],
        ),
        (
            to,
            json!({"users": users, "tenant": {"id": 5, "code": "x"}}),
            "tenant",
            vec!["instance.id is not of a type(s) string"],
        ),
        (
            UNINVITE,
            item(json!({"user": john, "groups": []})),
            "users",
            vec![r#"instance[0] is not allowed to have the additional property "groups""#],
        ),
        (
            from,
            json!({"users": [{}], "tenant": tenant}),
            "users",
            vec![r#"instance[0] requires property "user""#],
        ),
        (
            myself,
            json!({"tenant": {"id": SUB, "code": "SOME", "name": "x"}}),
            "tenant",
            vec![r#"instance is not allowed to have the additional property "name""#],
        ),
        (myself, json!({"tenant": {"id": SUB}}), "tenant", vec!["instance.code is required"]),
        (
            myself,
            json!({"tenant": tenant, "pin": {"code": true}}),
            "pin",
            vec!["instance.allowed is required"],
        ),
        (
            myself,
            json!({"tenant": tenant, "pin": {"code": true, "allowed": true, "x": 1}}),
            "pin",
            vec![r#"instance is not allowed to have the additional property "x""#],
        ),
        (
            pin,
            json!({"user": "john", "pin": {"reset": true}}),
            "user",
            vec!["instance is not of a type(s) object"],
        ),
        (
            pin,
            json!({"user": john, "pin": {"reset": "yes"}}),
            "pin",
            vec!["instance.reset is not of a type(s) boolean"],
        ),
        (
            groups,
            json!({"user": john, "groups": ["a", "b", "a"]}),
            "groups",
            vec!["instance contains duplicate item"],
        ),
    ]
}

/// The text of the error for a field and these reasons.
fn failed(field: &str, reasons: &[&str]) -> String {
    let reasons =
        reasons.iter().map(|it| format!(" -> The parameter '{field}' failed due to: {it}"));
    format!("Validation failed for field: {field}{}", reasons.collect::<String>())
}

async fn a_second_invalid_field_is_named_alone(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let body = json!({"users": [], "tenant": {"id": 1}});
    let answer = client.put("/admin/users/invite/tenant", body).await;
    let text = failed("users", &["instance does not meet minimum length of 1"]) + ", tenant";
    assert_eq!(answer.bad(), (500, 173, &*text));
    let answer = client.get("/admin/users?start=x&limit=0&config=maybe&status=active").await;
    let text = failed("start", &["instance is not of a type(s) integer"]) + ", limit, config";
    assert_eq!(answer.bad(), (500, 173, &*text));
}

async fn both_may_be_wrong_at_once(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let answer = client.put("/admin/user/groups", json!({"groups": 5})).await;
    let text = failed("groups", &["instance is not of a type(s) array"]);
    assert_eq!(answer.wrongs(), [(172, "Missing required field: user"), (173, &*text)]);
    assert_eq!(answer.status, 500);
}

async fn a_body_must_be_what_it_says(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let broken = (500, 164, "Unknown error @ rest core!");
    let missing = (500, 172, "Missing required field: users");
    let body = json!({"users": [{"user": {"id": NOBODY}}]}).to_string();
    let ask = async |kind: Option<&str>, body: &[u8]| {
        let mut request = client.request(Method::PUT, INVITE);
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        exchange(&app, request.body(body.to_vec().into()).unwrap()).await
    };
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON;x"] {
        ask(Some(kind), body.as_bytes()).await.good();
    }
    for kind in [None, Some("text/plain"), Some("application/xml"), Some("multipart/form-data")] {
        assert_eq!(ask(kind, body.as_bytes()).await.bad(), missing, "{kind:?}");
    }
    let deep = format!("{{\"users\":{}{}}}", "[".repeat(9_000), "]".repeat(9_000));
    for bad in ["{", "\"users\"", "5", "null", "true", "{\"users\":[}", "{}x", &*deep] {
        assert_eq!(ask(Some("application/json"), bad.as_bytes()).await.bad(), broken, "{bad:.20}");
    }
    assert_eq!(ask(Some("application/json"), b"{\"users\":\"\xff\"}").await.bad(), broken);
    for empty in ["", "  \n", "[]", "{}"] {
        assert_eq!(ask(Some("application/json"), empty.as_bytes()).await.bad(), missing);
    }
}

async fn a_form_is_cast(app: TestApp) {
    set_up(&app).await;
    add_users(&app, vec![person("ada"), person("bob")]).await;
    let client = Client::sub(&app).await;
    let ask = async |path: &str, fields: &[(&str, &str)]| {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = client.request(Method::PUT, path);
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let request = request.header(header::CONTENT_TYPE, kind);
        exchange(&app, request.body(body.into()).unwrap()).await
    };
    let users =
        r#"[{"user":{"username":"adad"},"groups":["dev"],"pin":{"code":true,"allowed":false}}]"#;
    let answer = ask(INVITE, &[("users", users), ("other", "x")]).await;
    assert_eq!(answer.good(), json!({"succeeded": [{"username": "adad"}], "failed": []}));
    let ada = member(&app, "ada", SUB).await.unwrap();
    assert_eq!(
        (ada.roles, ada.pin.is_some(), ada.pin_allowed),
        (vec!["dev".to_owned()], true, false)
    );
    let user = ("user", r#"{"username":"adad"}"#);
    // A field that stands more than once is a list.
    let answer = ask("/admin/user/groups", &[("groups", "a"), user, ("groups", "b")]).await;
    assert_eq!(answer.good(), json!(true));
    assert_eq!(member(&app, "ada", SUB).await.unwrap().roles, ["a", "b"]);
    let answer = ask("/admin/user/groups", &[user, ("groups", "a")]).await;
    assert_eq!(answer.bad().2, failed("groups", &["instance is not of a type(s) array"]));
    let answer = ask(INVITE, &[("users", "[{")]).await;
    assert_eq!(answer.bad().2, failed("users", &["instance is not of a type(s) array"]));
    assert_eq!(ask(INVITE, &[]).await.bad().1, 172);
    let token = client.acting_as("john", Authority::Helpdesk).await;
    let request = token.request(Method::PUT, INVITE);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = exchange(&app, request.body("access_token=x".into()).unwrap()).await;
    assert_eq!((answer.bad().0, answer.bad().1), (400, 400));
}

async fn json_is_not_cast(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    let answer = client.put(INVITE, json!({"users": "[{\"user\":{}}]"})).await;
    assert_eq!(answer.bad().2, failed("users", &["instance is not of a type(s) array"]));
    let body = json!({"firstName": "A", "lastName": 5});
    let answer = client.post(USER, body).await;
    assert_eq!(answer.bad().2, failed("lastName", &["instance is not of a type(s) string"]));
}

async fn a_query_is_cast(app: TestApp) {
    set_up(&app).await;
    let client = Client::main(&app).await;
    client.get("/admin/users?start=0&limit=2000&config=true&nothing=x").await.good();
    for (query, field, reason) in [
        ("start=-1", "start", "instance is not of a type(s) integer"),
        ("start=1.5", "start", "instance is not of a type(s) integer"),
        ("start=", "start", "instance is not of a type(s) integer"),
        ("start=2147483648", "start", "instance must have a maximum value of 2147483647"),
        ("limit=0", "limit", "instance must have a minimum value of 1"),
        ("limit=2001", "limit", "instance must have a maximum value of 2000"),
        ("limit=99999999999999999999", "limit", "instance is not of a type(s) integer"),
        ("config=1", "config", "instance is not of a type(s) boolean"),
        (
            "scope=all",
            "scope",
            "instance is not one of enum values: myTenancy,otherTenancy,otherTenancyInvited",
        ),
        ("keywords=a&keywords=b", "keywords", "instance is not of a type(s) string"),
        ("limit=1&limit=1", "limit", "instance is not of a type(s) integer"),
    ] {
        let answer = client.get(&format!("/admin/users?{query}")).await;
        assert_eq!(answer.bad(), (500, 173, &*failed(field, &[reason])), "{query}");
        assert_eq!(client.get(&format!("/admin/users/count?{query}")).await.text, answer.text);
    }
    let answer = client.get("/admin/user?id=a&id=b").await;
    assert_eq!(answer.bad().2, failed("id", &["instance is not of a type(s) string"]));
}

async fn input_beyond_the_limits_is_refused(app: TestApp) {
    // How many reasons are told, before it is said that there are more.
    let told = |answer: &Answer| {
        let (_, _, text) = answer.bad();
        let (reasons, _) = text.split_once("instance fails in more ways than these 20").unwrap();
        reasons.matches(" -> ").count() - 1
    };
    set_up(&app).await;
    let client = Client::main(&app).await;
    let long = "x".repeat(10_000);
    for name in ["id", "username", "email"] {
        let entry = json!({name: long});
        let answer = client.each(INVITE, std::slice::from_ref(&entry)).await;
        assert_eq!(answer["failed"], json!([{name: long, "reason": "Unable to find user."}]));
        client.each(UNINVITE, &[entry]).await;
    }
    let big = json!({"users": [{"user": {"id": "x".repeat(1 << 20)}}]});
    assert_eq!(client.put(INVITE, big).await.bad(), (500, 164, "Unknown error @ rest core!"));
    // Only the first of a thousand errors are listed.
    let answer =
        client.put("/admin/user/groups", json!({"user": {}, "groups": vec![1; 300_000]})).await;
    assert_eq!(told(&answer), 20);
    let all: serde_json::Map<_, _> = (0..9_000).map(|it| (it.to_string(), json!(1))).collect();
    let answer = client.put(INVITE, json!({"users": [all]})).await;
    assert_eq!(told(&answer), 20);
    let twice: Vec<_> = (0..100_000).map(|it| (it % 99_999).to_string()).collect();
    let answer = client.put("/admin/user/groups", json!({"user": {}, "groups": twice})).await;
    assert_eq!(answer.bad().2, failed("groups", &["instance contains duplicate item"]));
}
