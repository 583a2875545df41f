//! Access tokens: both ways to ask for one, and who is refused.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::TimeDelta;

use super::*;
use crate::options::Options;

const TOKEN: &str = "/v1/oauth/token";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

#[tokio::test]
async fn a_token_in_the_dialects_own_json_opens_the_rest() {
    let app = TestApp::new().await;
    let (id, secret) = app.client(Authority::Reader).await;
    let nobody = Client::anonymous(&app);
    for body in [
        json!({"grantType": "client_credentials", "clientId": id, "clientSecret": secret.reveal()}),
        json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret.reveal()}),
    ] {
        let body = nobody.post(TOKEN, body).await.good();
        assert_eq!(body["expiresIn"], "86400");
        assert_eq!(body.as_object().unwrap().len(), 2);
        let token = body["accessToken"].as_str().unwrap().to_owned();
        let client = Client { app: &app, token: Some(token) };
        client.get(INVITATIONS).await.good();
    }
}

#[tokio::test]
async fn who_cannot_prove_to_be_a_client_gets_no_token() {
    let app = TestApp::new().await;
    let (id, _) = app.client(Authority::Reader).await;
    let nobody = Client::anonymous(&app);
    for (id, secret) in [(id.as_str(), "wrong"), ("nobody", "wrong")] {
        let body =
            json!({"grantType": "client_credentials", "clientId": id, "clientSecret": secret});
        let answer = nobody.post(TOKEN, body).await;
        assert_eq!(answer.bad(), (401, 16, "CLIENT_INVALID"));
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    let answer = nobody.post(TOKEN, json!({"grantType": "password", "username": "x"})).await;
    assert_eq!(answer.bad(), (400, 3, "GRANT_TYPE_UNSUPPORTED"));
    assert_eq!(
        nobody.post(TOKEN, json!({})).await.fields(),
        ["grantType", "clientId", "clientSecret"]
    );
    let answer =
        nobody.post(TOKEN, json!({"grantType": 1, "clientId": 2, "clientSecret": ""})).await;
    assert_eq!(answer.fields(), ["grantType", "clientId", "clientSecret"]);
}

#[tokio::test]
async fn a_form_is_answered_as_rfc_6749_has_it() {
    let app = TestApp::new().await;
    let (id, secret) = app.client(Authority::Reader).await;
    let secret = secret.reveal();
    let basic = |text: String| format!("Basic {}", BASE64_STANDARD.encode(text));
    // Each character may come encoded.
    let coded: Vec<_> = id.bytes().map(|it| format!("%{it:02x}")).collect();
    let coded = coded.concat();
    let grant = "grant_type=client_credentials";
    let named = format!("{grant}&client_id={id}");
    let whole = format!("{named}&client_secret={secret}");
    for (header, form) in [
        (None, whole.clone()),
        (Some(basic(format!("{id}:{secret}"))), grant.to_owned()),
        (Some(basic(format!("{coded}:{secret}"))), named.clone()),
    ] {
        let body = ask(&app, header, form).await.good();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(86400)));
        let token = Some(body["access_token"].as_str().unwrap().to_owned());
        Client { app: &app, token }.get(INVITATIONS).await.good();
    }
    let right = Some(basic(format!("{id}:{secret}")));
    for (header, form, status, error) in [
        (None, String::new(), 400, "invalid_request"),
        (None, "grant_type=password".to_owned(), 400, "unsupported_grant_type"),
        (None, grant.to_owned(), 401, "invalid_client"),
        (None, format!("{named}&client_secret=wrong"), 401, "invalid_client"),
        (Some(basic(format!("{id}:wrong"))), grant.to_owned(), 401, "invalid_client"),
        (Some("Basic ???".to_owned()), grant.to_owned(), 401, "invalid_client"),
        (Some("Bearer x".to_owned()), grant.to_owned(), 401, "invalid_client"),
        (right.clone(), whole.clone(), 400, "invalid_request"),
        (right, format!("{grant}&client_id=other"), 400, "invalid_request"),
        (None, format!("{whole}&{grant}"), 400, "invalid_request"),
    ] {
        let answer = ask(&app, header, form.clone()).await;
        assert_eq!((answer.status, answer.body), (status, json!({"error": error})), "{form}");
        let how = answer.headers.get(header::WWW_AUTHENTICATE);
        assert_eq!(how.is_some_and(|it| it == "Basic realm=\"usher\""), status == 401);
    }
}

async fn ask(app: &TestApp, authorization: Option<String>, form: String) -> Answer {
    let mut request = Request::post(TOKEN).header(header::CONTENT_TYPE, FORM);
    if let Some(it) = authorization {
        request = request.header(header::AUTHORIZATION, it);
    }
    exchange(app, request.body(Body::from(form)).unwrap()).await
}

#[tokio::test]
async fn without_a_good_token_nothing_is_served() {
    let app = TestApp::new().await;
    let (id, secret) = app.client(Authority::OrgAdmin).await;
    let token = app.usher.access.authenticate.token(&id, secret.reveal()).await.unwrap().text;
    let answer = Client::anonymous(&app).get(INVITATIONS).await;
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": 16,
      "details": [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          "domain": "iam.usher",
          "metadata": {},
          "reason": "CREDENTIALS_MISSING"
        }
      ],
      "message": "An access token is required: `Authorization: Bearer …`."
    }
    "#);
    for junk in ["", "junk", "a.b", &format!("{token}x")] {
        let client = Client { app: &app, token: Some(junk.to_owned()) };
        for (method, path) in [
            (Method::GET, "/v1/userInvitations"),
            (Method::POST, "/v1/userInvitations"),
            (Method::POST, "/v1/userInvitations:batchCreate"),
            (Method::GET, "/v1/userInvitations/1"),
            (Method::DELETE, "/v1/userInvitations/1"),
            (Method::POST, "/v1/userInvitations/1:resend"),
            (Method::GET, "/v1/users"),
            (Method::GET, "/v1/users/1"),
        ] {
            let answer = client.ask(method, path, "{").await;
            assert_eq!((answer.status, &answer.body["code"]), (401, &json!(16)), "{path}");
            assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE));
        }
    }
    app.clock.advance(TimeDelta::hours(24));
    let answer = Client { app: &app, token: Some(token) }.get(INVITATIONS).await;
    assert_eq!(answer.bad(), (401, 16, "ACCESS_TOKEN_EXPIRED"));
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer error=\"invalid_token\"");
}

#[tokio::test]
async fn too_many_requests_are_answered_with_the_time_to_wait() {
    let options = Options { rate: Some(2), ..Options::default() };
    let app = TestApp::new().await.with(options);
    let client = Client::machine(&app, Authority::Reader).await;
    for path in [INVITATIONS, "/v1/users"] {
        client.get(path).await.good();
    }
    let answer = client.get(INVITATIONS).await;
    assert_eq!(answer.bad(), (429, 8, "RATE_LIMIT_EXCEEDED"));
    assert_eq!(answer.headers[header::RETRY_AFTER], "5");
    let message = "Too many requests were sent. Try again in 5s.";
    assert_eq!(answer.body["message"], message);
    Client::machine(&app, Authority::Reader).await.get(INVITATIONS).await.good();
    app.clock.advance(TimeDelta::seconds(5));
    client.get(INVITATIONS).await.good();
}
