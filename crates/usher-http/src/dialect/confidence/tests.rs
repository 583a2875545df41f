//! Tests of the whole dialect over the real use cases: one for each documented behaviour.

mod accounts;
mod create;
mod ends;
mod links;
mod list;
mod manage;
mod quotas;
mod taken_back;
mod tokens;

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use usher_application::{
    Changes, Ledger as _, NewKey,
    testing::{active, mailed_token, tenant, user_id},
};
use usher_domain::{Authority, Caller, OrganizationId, Tenant, TenantId, User, UserId};

use crate::testing::{Log, TestApp};

const INVITATIONS: &str = "/v1/userInvitations";

/// A client, with a token or without.
struct Client<'a> {
    app: &'a TestApp,
    token: Option<String>,
}

/// The answer to a request.
struct Answer {
    status: u16,
    headers: axum::http::HeaderMap,
    body: Value,
}

impl<'a> Client<'a> {
    fn anonymous(app: &'a TestApp) -> Self {
        Self { app, token: None }
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
        Self { app, token: Some(format!("{}.{}", credential.client_id(), secret.reveal())) }
    }

    async fn machine(app: &'a TestApp, authority: Authority) -> Self {
        Self::keyed(app, &app.system(), authority, None, None).await
    }

    /// An administrator called Boss, who uses a key of their own.
    async fn boss(app: &'a TestApp) -> Self {
        let boss = User { display_name: Some("The Boss".to_owned()), ..active("boss") };
        add_users(app, vec![boss]).await;
        let boss = Some(user_id("boss"));
        Self::keyed(app, &app.system(), Authority::OrgAdmin, boss, None).await
    }

    async fn ask(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        exchange(self.app, request.body(body.into()).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, Body::empty()).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, Body::empty()).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, body.to_string()).await
    }

    /// Invites in the name of Ann; the invitation.
    async fn invite(&self, email: &str) -> Value {
        let body = json!({"invitedEmail": email, "inviter": "Ann", "ttl": "86400s"});
        self.post(INVITATIONS, body).await.good()
    }
}

async fn exchange(app: &TestApp, request: Request<Body>) -> Answer {
    let answer = app.send(request).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json", "{}", answer.body);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let mut body: Value = serde_json::from_str(&answer.body).unwrap();
    // Features of other crates may make serde_json keep the order, which must not matter here.
    body.sort_all_objects();
    Answer { status: answer.status.as_u16(), headers: answer.headers, body }
}

impl Answer {
    #[track_caller]
    fn good(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// The status, the code of gRPC and the reason. Each error has all of its parts.
    #[track_caller]
    fn bad(&self) -> (u16, u64, &str) {
        let keys: Vec<_> = self.body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "details", "message"], "{}", self.body);
        let info = self.detail("ErrorInfo");
        assert_eq!(info["domain"], "iam.usher");
        assert!(info["metadata"].is_object());
        (self.status, self.body["code"].as_u64().unwrap(), info["reason"].as_str().unwrap())
    }

    /// The fields that are named as wrong.
    #[track_caller]
    fn fields(&self) -> Vec<&str> {
        assert_eq!((self.status, &self.body["code"]), (400, &json!(3)), "{}", self.body);
        let wrong = self.detail("BadRequest")["fieldViolations"].as_array().unwrap();
        wrong.iter().map(|it| it["field"].as_str().unwrap()).collect()
    }

    #[track_caller]
    fn detail(&self, kind: &str) -> &Value {
        let kind = format!("type.googleapis.com/google.rpc.{kind}");
        let mut all = self.body["details"].as_array().unwrap().iter();
        all.find(|it| it["@type"] == kind).unwrap_or_else(|| panic!("{}", self.body))
    }
}

/// Where an invitation is.
fn path(invitation: &Value) -> String {
    format!("/v1/{}", invitation["name"].as_str().unwrap())
}

async fn add_users(app: &TestApp, users: Vec<User>) {
    app.store.commit(&Changes { users, ..Changes::default() }).await.unwrap();
}

/// The same server, asked for another tenant.
async fn other_tenant(app: &TestApp) -> Client<'_> {
    let id = TenantId(uuid::Uuid::from_u128(0xab));
    let name = "abroad".to_owned();
    let tenant = Tenant { id, name, ..tenant() };
    let changes = Changes { tenants: vec![tenant], ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    Client::keyed(app, &Caller::system(id), Authority::OrgAdmin, None, None).await
}

fn days(days: i64) -> TimeDelta {
    TimeDelta::days(days)
}
