//! Access tokens: each way to ask for one, and who is refused.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::*;

const TOKEN: &str = "/oauth/token";
const FORM: &str = "application/x-www-form-urlencoded";

/// A key's id and secret.
async fn key(app: &TestApp, authority: Authority, user: Option<UserId>) -> (String, String) {
    let made = app
        .usher
        .access
        .credentials
        .issue(&app.system(), NewKey { user, ..NewKey::of(authority) })
        .await;
    let (credential, secret) = made.unwrap();
    (credential.client_id().to_string(), secret.reveal().to_owned())
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn multipart(fields: &[(&str, &str)]) -> (String, String) {
    let parts = fields.iter().map(|(name, value)| {
        format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let body = format!("{}--cut--\r\n", parts.collect::<String>());
    ("multipart/form-data; boundary=cut".to_owned(), body)
}

async fn ask(app: &TestApp, query: &str, kind: &str, basic: Option<&str>, body: String) -> Answer {
    let mut request = Request::post(format!("{TOKEN}{query}"));
    if !kind.is_empty() {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    if let Some(it) = basic {
        let text = format!("Basic {}", BASE64_STANDARD.encode(it));
        request = request.header(header::AUTHORIZATION, text);
    }
    exchange(app, request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_token_can_be_asked_for_in_every_way_that_clients_do() {
    let app = TestApp::new().await;
    add_users(&app, vec![active("boss")]).await;
    let (id, secret) = key(&app, Authority::OrgAdmin, Some(user_id("boss"))).await;
    let fields =
        [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", &*secret)];
    let (parts, in_parts) = multipart(&fields);
    let in_query = format!("?{}", form(&fields));
    let some = form(&fields[..2]);
    let more = [("grant_type", "CLIENT_CREDENTIALS"), ("scope", "sp:scopes:all")];
    let (shouted, basic) = (form(&[&more[..], &fields[1..]].concat()), format!("{id}:{secret}"));
    let none = String::new;
    for answer in [
        ask(&app, "", FORM, None, form(&fields)).await,
        ask(&app, "", "Application/X-WWW-Form-Urlencoded; charset=utf-8", None, shouted).await,
        ask(&app, "", &parts, None, in_parts).await,
        ask(&app, &in_query, "", None, none()).await,
        ask(&app, &in_query, "application/json", None, none()).await,
        ask(&app, &in_query, FORM, None, form(&fields)).await,
        ask(&app, &format!("?{some}"), FORM, None, form(&fields[2..])).await,
        ask(&app, "?grant_type=client_credentials", "", Some(&basic), none()).await,
        ask(&app, "", FORM, Some(&basic), some).await,
    ] {
        let body = answer.good();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(86400)));
        let token = Some(body["access_token"].as_str().unwrap().to_owned());
        Client { token, ..Client::anonymous(&app) }.get(IDENTITIES).await.good();
    }
}

#[tokio::test]
async fn a_token_says_whose_it_is() {
    let app = TestApp::new().await;
    add_users(&app, vec![active("boss")]).await;
    let asked = async |authority, user| {
        let (id, secret) = key(&app, authority, user).await;
        let query = format!("?grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let mut body = ask(&app, &query, "", None, String::new()).await.good();
        assert_eq!(body["jti"].as_str().unwrap().len(), 32);
        for secret in ["access_token", "jti"] {
            body[secret] = json!("…");
        }
        body
    };
    let boss = asked(Authority::OrgAdmin, Some(user_id("boss"))).await;
    insta::assert_json_snapshot!(boss, @r#"
    {
      "accessType": "OFFLINE",
      "access_token": "…",
      "enabled": true,
      "expires_in": 86400,
      "identity_id": "boss",
      "internal": false,
      "jti": "…",
      "org": "default",
      "pod": "usher",
      "scope": "read write",
      "strong_auth": false,
      "strong_auth_supported": false,
      "tenant_id": "0000000000000000000000000000007e",
      "token_type": "bearer",
      "user_id": "boss"
    }
    "#);
    let machine = asked(Authority::Reader, None).await;
    assert_eq!((machine.get("user_id"), machine.get("identity_id")), (None, None));
    assert_eq!(machine["scope"], "read");
}

#[tokio::test]
async fn who_cannot_prove_to_be_a_client_gets_no_token() {
    let app = TestApp::new().await;
    let (id, secret) = key(&app, Authority::OrgAdmin, None).await;
    let (id, secret) = (id.as_str(), secret.as_str());
    let grant = ("grant_type", "client_credentials");
    let right = format!("{id}:{secret}");
    let wrong = format!("{id}:wrong");
    for (fields, basic, status, error) in [
        (vec![grant, ("client_id", id), ("client_secret", "wrong")], None, 401, "invalid_client"),
        (vec![grant, ("client_id", "x"), ("client_secret", secret)], None, 401, "invalid_client"),
        (vec![grant, ("client_id", id)], None, 401, "invalid_client"),
        (vec![grant, ("client_secret", secret)], None, 401, "invalid_client"),
        (vec![grant], None, 401, "invalid_client"),
        (vec![grant], Some(wrong.as_str()), 401, "invalid_client"),
        (vec![grant], Some("nonsense"), 401, "invalid_client"),
        (vec![grant, ("client_id", "x")], Some(&right), 400, "invalid_request"),
        (vec![], None, 400, "invalid_request"),
        (vec![("client_id", id), ("client_secret", secret)], None, 400, "invalid_request"),
        (vec![grant, ("client_id", id), ("client_id", "x")], None, 400, "invalid_request"),
        (vec![("grant_type", "password"), ("client_id", id)], None, 400, "unsupported_grant_type"),
        (vec![("grant_type", "refresh_token")], None, 400, "unsupported_grant_type"),
    ] {
        let (parts, in_parts) = multipart(&fields);
        let query = format!("?{}", form(&fields));
        for answer in [
            ask(&app, "", FORM, basic, form(&fields)).await,
            ask(&app, "", &parts, basic, in_parts).await,
            ask(&app, &query, "", basic, String::new()).await,
        ] {
            assert_eq!(
                (answer.status, answer.body["error"].as_str().unwrap()),
                (status, error),
                "{fields:?}"
            );
            assert!(answer.body["error_description"].is_string());
            let how = answer.headers.get(header::WWW_AUTHENTICATE);
            assert_eq!(how.is_some_and(|it| it == "Basic realm=\"usher\""), status == 401);
        }
    }
    for (kind, body) in [
        ("multipart/form-data", "x".to_owned()),
        ("multipart/form-data; boundary=cut", "--cut\r\nbroken".to_owned()),
        (FORM, "x".repeat(17 << 10)),
        ("multipart/form-data; boundary=cut", multipart(&[("x", &"y".repeat(17 << 10))]).1),
    ] {
        let answer = ask(&app, "", kind, None, body).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_request")));
    }
}

#[tokio::test]
async fn endpoints_are_public_and_the_tenant_needs_a_token() {
    let app = TestApp::new().await;
    let info = Client::anonymous(&app).get("/oauth/info").await.good();
    insta::assert_json_snapshot!(info, @r#"
    {
      "authorizeEndpoint": null,
      "cloudDomainUrl": "http://usher.test",
      "logoutUrl": "http://usher.test/me",
      "pod": "usher",
      "tenantId": null,
      "tenantName": null,
      "tokenEndpoint": "http://usher.test/oauth/token"
    }
    "#);
    let machine = Client::machine(&app, Authority::Reader).await;
    let known = machine.get("/oauth/info").await.good();
    assert_eq!(known["tenantName"], "default");
    assert_eq!(known["tenantId"], app.tenant.to_string());
    let token = Some("nonsense".to_owned());
    let stranger = Client { token, ..Client::anonymous(&app) };
    assert_eq!(stranger.get("/oauth/info").await.status, 401);
}

#[tokio::test]
async fn a_secret_in_the_query_is_refused_where_the_operator_says_so() {
    let options = Options { query_secrets: QuerySecrets::Refuse, ..Options::default() };
    let app = TestApp::new().await.with(options);
    let (id, secret) = key(&app, Authority::OrgAdmin, None).await;
    let fields =
        [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", &*secret)];
    let in_query = format!("?{}", form(&fields));
    for body in [String::new(), form(&fields)] {
        let answer = ask(&app, &in_query, FORM, None, body).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_request")));
        let why = answer.body["error_description"].as_str().unwrap();
        assert!(why.contains("the header Authorization"), "{why}");
    }
    assert_eq!(ask(&app, "", FORM, None, form(&fields)).await.status, 200);
    let basic = format!("{id}:{secret}");
    let rest = format!("?{}", form(&fields[..2]));
    assert_eq!(ask(&app, &rest, "", Some(&basic), String::new()).await.status, 200);
}
