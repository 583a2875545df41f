//! Members who are added at once, as clients of SOAJS add them: pins, mails, races, a move.

use std::{fs, process::Stdio};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command};
use usher_tests::{Browser, Database, Mail, ON_SQLITE, Server, Smtp, eventually};

/// A main tenant, two below it, and one that has nothing to do with them.
const ORGANIZATIONS: &str = r#"{"id":"5c0e74ba9acc3c5a84a51259","code":"DBTN","name":"The day bureau"}
{"id":"5da6d6280067e20d5fe67667","code":"SOME","name":"The night team","parent":"5c0e74ba9acc3c5a84a51259"}
{"id":"5d9321f8b40e09438afbd0e3","code":"MORE","name":"The dawn crew","parent":"5c0e74ba9acc3c5a84a51259"}
"#;

async fn done(server: &Server, arguments: &[&str], input: &str) -> String {
    let output = server.run_with(arguments, input).await;
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    output.stdout
}

/// Users who are in, and belong to the main tenant: `u0`, `u1`, …
async fn people(server: &Server, numbers: std::ops::Range<u32>) {
    done(server, &["import", "organizations", "-"], ORGANIZATIONS).await;
    let line = |n| {
        json!({
            "id": format!("{n:024x}"), "username": format!("u{n}"),
            "email": format!("u{n}@example.org"), "firstName": format!("U{n}"),
            "status": "active", "organization": "5c0e74ba9acc3c5a84a51259",
            "memberships": [{"organization": "5c0e74ba9acc3c5a84a51259", "roles": ["staff"]}],
        })
        .to_string()
    };
    let lines: Vec<_> = numbers.map(line).collect();
    done(server, &["import", "users", "-"], &lines.join("\n")).await;
}

/// The key that stands for an organization.
async fn key(server: &Server, organization: &str) -> String {
    let arguments = ["key", "create", "--authority", "HELPDESK", "--json", "--organization"];
    let made = done(server, &[&arguments[..], &[organization]].concat(), "").await;
    let made: Value = serde_json::from_str(&made).unwrap();
    made["key"].as_str().unwrap().to_owned()
}

async fn put(server: &Server, path: &str, key: &str, body: &Value) -> Value {
    let url = format!("{}/urac{path}", server.url);
    let answer = server.http.put(url).header("key", key).json(body).send().await.unwrap();
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["result"], true, "{answer}");
    answer["data"].clone()
}

async fn mail_to(smtp: &Smtp, address: &str) -> Mail {
    eventually(&format!("a mail to {address}"), || async {
        let mails = smtp.mails();
        mails.into_iter().rev().find(|it| it.header("To").is_some_and(|it| it.contains(address)))
    })
    .await
}

/// The pin and the link of a mail's text.
fn pin_and_link(mail: &Mail) -> (String, String) {
    let text = mail.text();
    let lines = || text.lines().map(str::trim);
    let link = lines().find(|it| it.starts_with("http") && it.contains("/pin?")).expect("a link");
    let pin = lines().find_map(|it| it.strip_prefix("Pin: ")).expect("a pin");
    (pin.to_owned(), link.to_owned())
}

#[tokio::test]
async fn a_person_invited_by_a_batch_signs_in_with_the_pin_from_the_mail() {
    let smtp = Smtp::start().await;
    let server = Server::start(&[("USHER_MAIL__URL", &smtp.url())]).await;
    people(&server, 0..3).await;
    let key = key(&server, "SOME").await;
    let user = |n: u32| json!({"user": {"username": format!("u{n}")}, "groups": ["dev"], "pin": {"code": true, "allowed": true}});
    let body = json!({"users": [user(0), user(1), user(2), user(1)]});
    let data = put(&server, "/admin/users/invite", &key, &body).await;
    assert_eq!(data["succeeded"].as_array().unwrap().len(), 3, "{data}");
    assert_eq!(data["failed"][0]["reason"], "User has already been invited.", "{data}");

    let mail = mail_to(&smtp, "u1@example.org").await;
    assert!(mail.header("Subject").unwrap().contains("The night team"), "{}", mail.raw);
    let (pin, link) = pin_and_link(&mail);
    assert!(!mail.header("Subject").unwrap().contains(&pin), "{}", mail.raw);
    let browser = Browser::open().await;
    browser.page.goto(&link).await.unwrap();
    browser.sees(&["Sign in to The night team"]).await;
    browser.picture("pin").await;
    browser.fill("name", "u1@example.org").await;
    browser.fill("pin", "not it").await;
    browser.press("Sign in").await;
    browser.sees(&["do not belong together here"]).await;
    browser.picture("pin-error").await;
    browser.fill("pin", &pin).await;
    browser.press("Sign in").await;
    browser.arrives("/me").await;
    let text = browser.sees(&["U1", "The night team", "dev"]).await;
    assert!(!text.contains("The day bureau"), "{text}");
    browser.picture("me-pin").await;

    let body = json!({"user": {"username": "u1"}, "pin": {"reset": true}});
    assert_eq!(put(&server, "/admin/user/pin", &key, &body).await, true);
    let renewed = eventually("a mail with the new pin", || async {
        let (new, _) = pin_and_link(&mail_to(&smtp, "u1@example.org").await);
        (new != pin).then_some(new)
    })
    .await;
    browser.press("Sign out").await;
    browser.arrives("/signin").await;
    browser.page.goto(&link).await.unwrap();
    for (pin, text) in [(&pin, "do not belong together here"), (&renewed, "The night team")] {
        browser.fill("name", "u1").await;
        browser.fill("pin", pin).await;
        browser.press("Sign in").await;
        browser.sees(&[text]).await;
    }
    browser.arrives("/me").await;

    let body = json!({"users": [{"user": {"username": "u1"}}]});
    put(&server, "/admin/users/uninvite", &key, &body).await;
    browser.page.goto(format!("{}/me", server.url)).await.unwrap();
    browser.arrives("/signin").await;
    browser.close().await;
    assert_eq!(smtp.mails().len(), 4, "three letters and a new pin");
    let log = server.printed();
    assert!(!log.contains(&key) && !log.contains("u1@example.org"), "{log}");
}

/// 40 times, two organizations invite the same 100 users at once.
async fn everybody_is_invited_twice(settings: &[(&str, &str)]) {
    let server = Server::start(settings).await;
    people(&server, 0..4_000).await;
    let (night, dawn) = (key(&server, "SOME").await, key(&server, "MORE").await);
    for round in 0..40 {
        let user = |n: u32| json!({"user": {"id": format!("{n:024x}")}, "pin": {"code": true, "allowed": true}});
        let users: Vec<_> = (100 * round..100 * (round + 1)).map(user).collect();
        let body = json!({ "users": users });
        let (a, b) = tokio::join!(
            put(&server, "/admin/users/invite", &night, &body),
            put(&server, "/admin/users/invite", &dawn, &body),
        );
        for data in [a, b] {
            assert_eq!(data["failed"], json!([]), "round {round}");
            assert_eq!(data["succeeded"].as_array().unwrap().len(), 100, "round {round}");
        }
    }
    for key in [&night, &dawn] {
        let url = format!("{}/urac/admin/users/count", server.url);
        let answer = server.http.get(url).header("key", key).send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({"result": true, "data": 4_000}));
    }
}

#[tokio::test]
async fn two_organizations_invite_the_same_users_at_once_on_sqlite() {
    everybody_is_invited_twice(&[ON_SQLITE, ("USHER_MAIL__URL", "none")]).await;
}

#[tokio::test]
async fn two_organizations_invite_the_same_users_at_once_on_postgresql() {
    let database = Database::new().await;
    everybody_is_invited_twice(&[
        ("USHER_MAIL__URL", "none"),
        ("USHER_DATABASE__URL", &database.url),
    ])
    .await;
}

/// A record as SOAJS keeps it.
const RECORD: &str = r#"{"_id":"5c0e74ba9acc3c5a84a5125a","username":"johnd",
 "password":"$2b$04$EGdrhbKUv8Oc9vGiXX0HQOxSg445d458Muh7DAHskb6QbtCvdxcie","firstName":"John","lastName":"Doe",
 "email":"john@localhost.com","phone":"+961 1","ln":"en","ts":1552747600152,"status":"active","locked":true,
 "profile":{"a":{"b":[1,2]}},"groups":["AAAA"],"socialId":{"x":1},"lastLogin":0,
 "tenant":{"id":"5c0e74ba9acc3c5a84a51259","code":"DBTN","pin":{"code":"1222","allowed":true}},
 "config":{"packages":{"P":{}},"keys":{"k":{}},"allowedTenants":[
  {"tenant":{"id":"5da6d6280067e20d5fe67667","code":"SOME","pin":{"code":"1494","allowed":true}},"groups":["dev"]},
  {"tenant":{"id":"5d9321f8b40e09438afbd0e3","code":"MORE"}}]}}"#;

/// Runs the command of the dialect's document that begins so, with a record as its input.
async fn run_documented_command(begins: &str, record: &str) -> String {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dialects/soajs.md");
    let document = fs::read_to_string(document).unwrap();
    let at = document.find(begins).expect("the document has the line");
    let line = document[at..].split("```").next().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(record.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "install jq");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_record_moves_over_with_all_that_it_holds() {
    let server = Server::start(&[]).await;
    let tenants = r#"{"_id":"5c0e74ba9acc3c5a84a51259","code":"DBTN","name":"The day bureau","type":"product"}
        {"_id":{"$oid":"5da6d6280067e20d5fe67667"},"code":"SOME","name":"The night team","type":"client","tenant":{"id":"5c0e74ba9acc3c5a84a51259","code":"DBTN"}}
        {"_id":"5d9321f8b40e09438afbd0e3","code":"MORE","name":"The dawn crew","type":"client","tenant":{"id":"5c0e74ba9acc3c5a84a51259","code":"DBTN"}}"#;
    let organizations =
        run_documented_command("jq -c '{id: (._id | .[\"$oid\"]? // .), code", tenants).await;
    done(&server, &["import", "organizations", "-"], &organizations).await;
    let line = run_documented_command("jq -c 'def oid", RECORD).await;
    done(&server, &["import", "users", "-"], &line).await;

    let mut record: Value = serde_json::from_str(&line).unwrap();
    let mut exported: Value =
        serde_json::from_str(&done(&server, &["export", "users"], "").await).unwrap();
    let vouched_for = exported.as_object_mut().unwrap().remove("emailProvenAt");
    assert!(vouched_for.is_some(), "the import vouches for the address");
    for it in record["memberships"].as_array_mut().unwrap() {
        it.as_object_mut().unwrap().remove("pin");
    }
    let memberships = record["memberships"].as_array_mut().unwrap();
    memberships.sort_by_key(|it| it["organization"].to_string());
    assert_eq!(exported, record, "what comes in goes out, but for the pins");
    let kept = &exported["attributes"];
    assert_eq!(
        *kept,
        json!({"locked": true, "lastLogin": 0, "socialId": {"x": 1}, "ts": 1_552_747_600_152_u64, "status": "active", "packages": {"P": {}}, "keys": {"k": {}}})
    );

    for (organization, pin) in [("DBTN", "1222"), ("SOME", "1494")] {
        let key = key(&server, organization).await;
        let url = format!("{}/oauth/pin", server.url);
        let body = json!({"pin": pin, "grant_type": "password"});
        let answer = server.http.post(url).header("key", &key).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.json::<Value>().await.unwrap()["token_type"], "bearer");
    }
    let key = key(&server, "DBTN").await;
    let url = format!("{}/urac/admin/user?id=5c0e74ba9acc3c5a84a5125a", server.url);
    let answer = server.http.get(url).header("key", &key).send().await.unwrap();
    let user = answer.json::<Value>().await.unwrap()["data"].clone();
    assert_eq!(user["_id"], "5c0e74ba9acc3c5a84a5125a", "{user}");
    assert_eq!(user["groups"], json!(["AAAA"]), "{user}");
    assert_eq!(user["locked"], true, "{user}");
    assert_eq!(user["config"]["allowedTenants"].as_array().unwrap().len(), 2, "{user}");
    assert!(!user.to_string().contains("1494") && user.get("socialId").is_none(), "{user}");
}
