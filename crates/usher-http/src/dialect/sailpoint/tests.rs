//! Tests of the whole dialect over the real use cases: one for each documented behaviour.

mod cancel;
mod identities;
mod invite;
mod protocol;
mod tasks;
mod tokens;

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, header},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use usher_application::{
    Changes, Ledger as _, NewKey,
    testing::{active, membership, organization, tenant, user, user_id},
};
use usher_domain::{Authority, Caller, OrganizationId, Tenant, TenantId, User, UserId};

use super::api_version::ApiVersion;
use crate::{
    options::{Experimental, Options, QuerySecrets},
    testing::{Log, TestApp},
};

/// As long as a real one, and nobody's.
const UNKNOWN: &str = "00eebcf881994e419d72e757fd30dc0e";

/// The year that most tests ask.
const INVITE: &str = "/v2026/identities/invite";
const IDENTITIES: &str = "/v2026/identities";
const TASKS: &str = "/v2026/task-status";

/// A client, with a token or without.
struct Client<'a> {
    app: &'a TestApp,
    token: Option<String>,
    language: Option<&'static str>,
}

/// The answer to a request.
struct Answer {
    status: u16,
    headers: HeaderMap,
    /// Null without one.
    body: Value,
    text: String,
}

impl<'a> Client<'a> {
    fn anonymous(app: &'a TestApp) -> Self {
        Self { app, token: None, language: None }
    }

    /// A client with a key of this authority: of a machine, a person or an organization.
    async fn keyed(
        app: &'a TestApp,
        maker: &Caller,
        authority: Authority,
        user: Option<UserId>,
        organization: Option<OrganizationId>,
    ) -> Self {
        let made = app
            .usher
            .access
            .credentials
            .issue(maker, NewKey { user, organization, ..NewKey::of(authority) })
            .await;
        let (credential, secret) = made.unwrap();
        let token = Some(format!("{}.{}", credential.client_id(), secret.reveal()));
        Self { app, token, language: None }
    }

    async fn machine(app: &'a TestApp, authority: Authority) -> Self {
        Self::keyed(app, &app.system(), authority, None, None).await
    }

    /// A person who uses a key of their own.
    async fn person(app: &'a TestApp, name: &str, authority: Authority) -> Self {
        let display_name = Some(format!("{} Person", name.to_uppercase()));
        add_users(app, vec![User { display_name, ..active(name) }]).await;
        Self::keyed(app, &app.system(), authority, Some(user_id(name)), None).await
    }

    async fn boss(app: &'a TestApp) -> Self {
        Self::person(app, "boss", Authority::OrgAdmin).await
    }

    fn in_language(self, language: &'static str) -> Self {
        Self { language: Some(language), ..self }
    }

    async fn ask(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request, body).await
    }

    async fn send(
        &self,
        mut request: axum::http::request::Builder,
        body: impl Into<Body>,
    ) -> Answer {
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(language) = self.language {
            request = request.header(header::ACCEPT_LANGUAGE, language);
        }
        exchange(self.app, request.body(body.into()).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, Body::empty()).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, body.to_string()).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        let request = Request::patch(path);
        let request = request.header(header::CONTENT_TYPE, "application/json-patch+json");
        self.send(request, body.to_string()).await
    }

    /// Invites these; the task.
    async fn invite(&self, ids: &[&str]) -> Value {
        self.post(INVITE, &json!({"ids": ids})).await.accepted()
    }

    /// Invites these, and waits until it is done.
    async fn invited(&self, ids: &[&str]) -> Value {
        let task = self.invite(ids).await;
        self.app.run_tasks().await;
        self.task(&task).await
    }

    /// As it is now.
    async fn task(&self, task: &Value) -> Value {
        self.get(&path(task)).await.good()
    }

    /// The values of a key in a list.
    async fn listed(&self, path: &str, key: &str) -> Vec<String> {
        let list = self.get(path).await.good();
        let list = list.as_array().unwrap().iter();
        list.map(|it| it[key].as_str().unwrap().to_owned()).collect()
    }

    async fn standing(&self, id: &str) -> String {
        let identity = self.get(&format!("{IDENTITIES}/{id}")).await.good();
        assert_eq!(identity["attributes"]["cloudStatus"], identity["identityStatus"]);
        identity["identityStatus"].as_str().unwrap().to_owned()
    }
}

async fn exchange(app: &TestApp, request: Request<Body>) -> Answer {
    let answer = app.send(request).await;
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let tracking = answer.headers["slpt-request-id"].to_str().unwrap().to_owned();
    assert!(tracking.len() == 32 && tracking.bytes().all(|it| it.is_ascii_hexdigit()));
    let mut body: Value = Value::Null;
    let kind = answer.headers.get(header::CONTENT_TYPE).map(|it| it.to_str().unwrap());
    if !answer.body.is_empty() && kind.is_some_and(|it| it.starts_with("application/json")) {
        body = serde_json::from_str(&answer.body).unwrap();
        // Features of other crates may make serde_json keep the order, which must not matter here.
        body.sort_all_objects();
    }
    if let Some(named) = body.get("trackingId") {
        assert_eq!(named, tracking.as_str());
    }
    let (status, headers, text) = (answer.status.as_u16(), answer.headers, answer.body);
    Answer { status, headers, body, text }
}

impl Answer {
    #[track_caller]
    fn good(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.body
    }

    /// A task that was just taken on.
    #[track_caller]
    fn accepted(self) -> Value {
        assert_eq!(self.status, 202, "{}", self.text);
        self.body
    }

    /// The status, and the text of an error in the general form, which always has all of its parts.
    #[track_caller]
    fn bad(&self) -> (u16, &str) {
        let keys: Vec<_> = self.body.as_object().expect(&self.text).keys().collect();
        assert_eq!(keys, ["causes", "detailCode", "messages", "trackingId"], "{}", self.body);
        let code = self.body["detailCode"].as_str().unwrap();
        assert!(code.starts_with(&self.status.to_string()), "{code}");
        (self.status, self.body["messages"][0]["text"].as_str().unwrap())
    }

    /// The text of an error with the status 400.
    #[track_caller]
    fn refused(&self) -> &str {
        let (status, text) = self.bad();
        assert_eq!(status, 400, "{text}");
        text
    }

    #[track_caller]
    fn total(&self) -> Option<u64> {
        self.headers.get("x-total-count").map(|it| it.to_str().unwrap().parse().unwrap())
    }
}

/// Where a task is.
fn path(task: &Value) -> String {
    format!("{TASKS}/{}", task["id"].as_str().unwrap())
}

/// The type and the key of each message.
fn keys(task: &Value) -> Vec<(&str, &str)> {
    let messages = task["messages"].as_array().unwrap().iter();
    messages.map(|it| (it["type"].as_str().unwrap(), it["key"].as_str().unwrap())).collect()
}

async fn add_users(app: &TestApp, users: Vec<User>) {
    app.store.commit(&Changes { users, ..Changes::default() }).await.unwrap();
}

/// So many people who are unregistered: `p0000`, `p0001`, …
async fn add_unregistered(app: &TestApp, many: usize) {
    add_users(app, (0..many).map(|n| user(&format!("p{n:04}"))).collect()).await;
}

fn query(filter: &str) -> String {
    url::form_urlencoded::byte_serialize(filter.as_bytes()).collect()
}

/// The same server, asked by an administrator of another tenant, called Zoe.
async fn other_tenant(app: &TestApp) -> Client<'_> {
    let id = TenantId(uuid::Uuid::from_u128(0xab));
    let changes = Changes {
        tenants: vec![Tenant { id, name: "abroad".to_owned(), ..tenant() }],
        users: vec![User { tenant: id, ..active("zoe") }],
        ..Changes::default()
    };
    app.store.commit(&changes).await.unwrap();
    let zoe = Some(user_id("zoe"));
    Client::keyed(app, &Caller::system(id), Authority::OrgAdmin, zoe, None).await
}

/// A person's key that is bound to the organization `acme`.
async fn bound<'a>(app: &'a TestApp, name: &str) -> Client<'a> {
    let acme = organization("acme");
    let id = Some(acme.id.clone());
    let changes = Changes {
        organizations: vec![acme],
        users: vec![active(name)],
        memberships: vec![membership(name, "acme")],
        ..Changes::default()
    };
    app.store.commit(&changes).await.unwrap();
    let user = Some(user_id(name));
    Client::keyed(app, &app.system(), Authority::OrgAdmin, user, id).await
}
