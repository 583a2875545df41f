//! Invitations into organizations, as clients of LoginRadius send them, in a real browser.

use axum::{Router, extract::RawQuery, routing::get};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use usher_tests::{Browser, Mail, Server, Smtp, eventually};

const PASSWORD: &str = "seven llamas dance";

/// The product: it says what it was asked for.
async fn product() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let page = async |RawQuery(query): RawQuery| format!("Welcome {}", query.unwrap_or_default());
    let app = Router::new().route("/welcome", get(page));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A client of the management API.
struct Client<'a> {
    server: &'a Server,
    query: String,
}

impl<'a> Client<'a> {
    async fn of(server: &'a Server) -> Self {
        let token = server.key("ORG_ADMIN").await;
        let (id, secret) = token.split_once('.').unwrap();
        Self { server, query: format!("apikey={id}&apisecret={secret}") }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = format!("{}/v2/manage/{path}{mark}{}", self.server.url, self.query);
        let answer = self.server.http.request(method, url).json(&body).send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap())
    }

    async fn made(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }
}

async fn mail_to(smtp: &Smtp, address: &str) -> Mail {
    eventually(&format!("a mail to {address}"), || async {
        let mails = smtp.mails();
        mails.into_iter().rev().find(|it| it.header("To").is_some_and(|it| it.contains(address)))
    })
    .await
}

#[tokio::test]
async fn an_invitee_sees_the_organization_and_lands_in_the_product() {
    let (smtp, product) = (Smtp::start().await, product().await);
    let server = Server::start(&[("USHER_MAIL__URL", &smtp.url())]).await;
    let client = Client::of(&server).await;
    let organization = client
        .made("organizations", json!({"Name": "night", "Display": {"Name": "The night team"}}))
        .await;
    let role = client.made("roles", json!({"Name": "Shift lead", "Permissions": []})).await;
    let body = json!({
        "email": "ada@example.org", "orgId": organization["Id"], "roleIds": [role["Id"]],
    });
    let send = format!("invitations?invitation_url={product}/welcome%3Ffrom%3Dmail");

    let (status, refused) = client.call(Method::POST, &send, body.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{refused}");
    assert!(smtp.mails().is_empty());
    let allowed = server.run(&["tenant", "allow", &format!("{product}/welcome")]).await;
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
    // Known on this node within seconds.
    let invitation = eventually("the address is allowed", || async {
        let (status, answer) = client.call(Method::POST, &send, body.clone()).await;
        (status == StatusCode::OK).then_some(answer)
    })
    .await;
    assert!(invitation["Id"].as_str().unwrap().starts_with("inv_"), "{invitation}");
    let mail = mail_to(&smtp, "ada@example.org").await;
    assert!(mail.header("Subject").unwrap().contains("The night team"), "{}", mail.raw);
    assert!(mail.text().contains("Shift lead"), "{}", mail.text());

    let browser = Browser::open().await;
    browser.page.goto(mail.link()).await.unwrap();
    browser.sees(&["The night team", "Shift lead", "ada@example.org"]).await;
    browser.picture("accept-organization").await;
    browser.fill("name", "Ada Lovelace").await;
    browser.fill("password", PASSWORD).await;
    browser.press("Accept").await;
    browser.arrives("/welcome").await;
    let text = browser.sees(&["Welcome from=mail&", "status=accepted"]).await;
    let organization = organization["Id"].as_str().unwrap().to_owned();
    assert!(text.contains(&format!("organization={organization}")), "{text}");

    let second = client.made("organizations", json!({"Name": "dawn"})).await;
    let again = json!({"email": "ADA@example.org", "orgId": second["Id"], "roleIds": []});
    client.made("invitations", again).await;
    let mail = eventually("a second mail", || async {
        smtp.mails().into_iter().find(|it| it.text().contains("dawn"))
    })
    .await;
    browser.page.goto(mail.link()).await.unwrap();
    browser.press("Accept and join").await;
    browser.arrives("/me").await;
    browser.sees(&["The night team", "Shift lead", "dawn"]).await;
    browser.picture("me-organizations").await;
    browser.close().await;

    let path = format!("organizations/{organization}/orgcontext");
    let (_, members) = client.call(Method::GET, &path, Value::Null).await;
    assert_eq!(members["Data"][0]["Email"], "ada@example.org", "{members}");
    assert_eq!(members["Data"][0]["RoleId"], role["Id"], "{members}");
    let secret = client.query.rsplit_once('=').unwrap().1;
    assert!(!server.printed().contains(secret), "the log holds a secret");
}
