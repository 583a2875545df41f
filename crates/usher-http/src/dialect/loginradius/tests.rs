//! Tests of the whole dialect over the real use cases on both stores: one for each documented
//! behaviour.

mod accept;
mod busy;
mod credentials;
mod input;
mod invitations;
mod invite_again;
mod isolation;
mod members;
mod organizations;
mod paths;
mod redirects;
mod roles;
mod seats;
mod send;

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, header, request::Builder},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use usher_application::{
    Changes, Ledger as _, NewKey, Organizations as _, Outbox as _,
    testing::{TENANT, active, mailed_token, membership, noon, organization, role, tenant},
};
use usher_domain::{
    Authority, ClientId, CredentialId, Lane, Membership, Organization, OrganizationId,
    OrphanPolicy, RedirectRule, Role, Tenant, User, UserId, UserStatus,
};

use crate::testing::{Log, TestApp, on_both_stores};

const INVITATIONS: &str = "/v2/manage/invitations";
const ORGANIZATIONS: &str = "/v2/manage/organizations";
const ROLES: &str = "/v2/manage/roles";

/// An organization with a role of its own, and another one.
const ACME: &str = "org_Acme";
const FAR: &str = "org_Far";
/// Of all the tenant, of the one, of the other.
const EDITOR: &str = "role_Editor";
const OF_ACME: &str = "role_OfAcme";
const OF_FAR: &str = "role_OfFar";

/// Where invitations may lead.
const APP: &str = "https://app.example/welcome";

/// Each code that has an exact text: its status, message and description.
const TABLE: &[(u64, u16, &str, &str)] = &[
    (7914, 400, "Post body is invalid", "Please use a valid post body in JSON format."),
    (908, 400, "A parameter is not formatted correctly", "The invitation id is required."),
    (8126, 400, "Role id is required", "Role id is required, Please provide Role id."),
    (
        8129,
        400,
        "Organization id is required",
        "Organization id is required, Please provide organization id.",
    ),
    (8131, 400, "User id is required", "User id is required, Please provide user id."),
    (
        6002,
        401,
        "Access Unauthorized",
        "Access Unauthorized, please use valid authorization to access this endpoint.",
    ),
    (
        8143,
        403,
        "Role does not belong to tenant",
        "Role does not belong to tenant, Please provide valid Role id.",
    ),
    (
        8180,
        403,
        "Organization is not active",
        "Organization is not active, Please provide valid organization id.",
    ),
    (
        8118,
        404,
        "Organization not found",
        "The entered organization or its configuration does not exist.",
    ),
    (8125, 404, "Role does not exist", "Role does not exist, Please provide valid Role id."),
    (8132, 404, "User does not exist", "User does not exist, Please provide valid user id."),
    (
        8169,
        404,
        "Invitation not found",
        "Invitation not found, Please provide valid invitation id.",
    ),
    (8123, 409, "Duplicate Role name", "Duplicate Role name, Please provide valid Role name."),
    (
        8130,
        409,
        "User Role already exists",
        "User Role already exists, Please provide valid Role id.",
    ),
    (8166, 409, "Status already updated", "Status already updated, Please provide valid status."),
    (
        8170,
        409,
        "User already exist in an organization",
        "User already exist in an organization, Please provide correct email id.",
    ),
    (
        7909,
        500,
        "Operation failed due to an internal error.",
        "An unknown internal error occurred, please try again in a few minutes or contact your \
         system administrator.",
    ),
];

fn organization_id(id: &str) -> OrganizationId {
    OrganizationId::parse(id).unwrap()
}

fn user_id(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

async fn put(app: &TestApp, changes: Changes) {
    app.store.commit(&changes).await.unwrap();
}

async fn add_users(app: &TestApp, users: Vec<User>) {
    put(app, Changes { users, ..Changes::default() }).await;
}

/// A server with the organizations, the roles, and `boss` who is in.
async fn set_up(app: &TestApp) {
    let allowed = [APP, "http://localhost:3000"].map(|it| RedirectRule::parse(it).unwrap());
    let tenants = vec![Tenant { redirects: allowed.into(), version: 2, ..tenant() }];
    let organizations = vec![organization(ACME), organization(FAR)];
    put(app, Changes { tenants, organizations, ..Changes::default() }).await;
    let own = |id: &str, of| Role { organization: Some(organization_id(of)), ..role(id) };
    let roles = vec![role(EDITOR), own(OF_ACME, ACME), own(OF_FAR, FAR)];
    put(app, Changes { roles, users: vec![active("boss")], ..Changes::default() }).await;
}

/// Changes an organization, as the operator would.
async fn change(app: &TestApp, id: &str, change: impl FnOnce(&mut Organization)) {
    let mut held = Organization { ..found(app, id).await };
    change(&mut held);
    let organizations = vec![held.touched(noon())];
    put(app, Changes { organizations, ..Changes::default() }).await;
}

async fn found(app: &TestApp, id: &str) -> Organization {
    app.store.find_many(TENANT, &[organization_id(id)]).await.unwrap().pop().flatten().unwrap()
}

async fn join(app: &TestApp, name: &str, to: &str, roles: &[&str]) {
    let roles = roles.iter().map(|it| (*it).to_owned()).collect();
    let memberships = vec![Membership { roles, ..membership(name, to) }];
    put(app, Changes { memberships, ..Changes::default() }).await;
}

/// The invitation as it is kept.
async fn kept(app: &TestApp, id: &Value) -> usher_domain::Invitation {
    let id = id.as_str().unwrap().strip_prefix("inv_").unwrap();
    app.usher.invitations.find.run(&app.system(), id.parse().unwrap()).await.unwrap()
}

/// How many letters wait; they are not found a second time.
async fn letters(app: &TestApp) -> usize {
    let now = noon() + TimeDelta::days(99);
    app.store.claim(Lane::Letters, now, TimeDelta::days(999), 500).await.unwrap().len()
}

/// A client with a key and a secret.
#[derive(Clone)]
struct Client<'a> {
    app: &'a TestApp,
    key: String,
    secret: String,
}

/// The answer to a request.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
    text: String,
}

impl<'a> Client<'a> {
    async fn of(app: &'a TestApp, authority: Authority) -> Self {
        Self::with(app, authority, None, None).await
    }

    async fn bound(app: &'a TestApp, authority: Authority, to: &str) -> Self {
        Self::with(app, authority, None, Some(to)).await
    }

    async fn with(
        app: &'a TestApp,
        authority: Authority,
        user: Option<&str>,
        to: Option<&str>,
    ) -> Self {
        let (user, to) = (user.map(user_id), to.map(organization_id));
        let made = app
            .usher
            .access
            .credentials
            .issue(&app.system(), NewKey { user, organization: to, ..NewKey::of(authority) })
            .await;
        let (credential, secret) = made.unwrap();
        Self { app, key: credential.client_id().to_string(), secret: secret.reveal().to_owned() }
    }

    /// The id of its key, which is part of what it calls itself.
    fn id(&self) -> CredentialId {
        self.key.parse::<ClientId>().unwrap().key
    }

    /// An administrator of a server that [`settle`] has filled.
    async fn admin(app: &'a TestApp) -> Self {
        set_up(app).await;
        Self::of(app, Authority::OrgAdmin).await
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        let more = if path.contains('?') { '&' } else { '?' };
        let (key, secret) = (&self.key, &self.secret);
        let uri = format!("{path}{more}apikey={key}&apisecret={secret}");
        Request::builder().method(method).uri(uri)
    }

    async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        exchange(self.app, self.request(method, path).body(body.into()).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body.to_string()).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, body.to_string()).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Body::empty()).await
    }

    /// Invites `name@example.org` to the organization.
    async fn invite(&self, name: &str, to: &str) -> Value {
        self.post(INVITATIONS, invitee(name, to)).await.good()
    }

    async fn resend(&self, id: &Value) -> Answer {
        self.send(Method::POST, &format!("{}/resend", at(id)), Body::empty()).await
    }

    /// The names whose invitations are listed.
    async fn lists(&self, query: &str) -> Vec<String> {
        let list = self.get(&format!("{INVITATIONS}?{query}")).await.good();
        let name = |it: &Value| it["EmailId"].as_str().unwrap().split('@').next().map(String::from);
        list["Data"].as_array().unwrap().iter().filter_map(name).collect()
    }
}

fn invitee(name: &str, to: &str) -> Value {
    json!({"email": format!("{name}@example.org"), "orgId": to})
}

/// The path of an invitation.
fn at(id: &Value) -> String {
    format!("{INVITATIONS}/{}", id.as_str().unwrap())
}

/// What all answers have in common.
async fn exchange(app: &TestApp, request: Request<Body>) -> Answer {
    let answer = app.send(request).await;
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert!(!answer.body.contains("errorCode"), "{}", answer.body);
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    let (status, headers, text) = (answer.status.as_u16(), answer.headers, answer.body);
    let answer = Answer { status, headers, body, text };
    if status == 200 {
        assert_eq!(answer.body.get("ErrorCode"), None);
        return answer;
    }
    let mut members: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["Description", "ErrorCode", "Message"], "{}", answer.text);
    let row = TABLE.iter().find(|it| answer.body["ErrorCode"] == it.0);
    if let Some((code, status, message, description)) = row {
        assert_eq!(answer.body["Message"], *message);
        if *code != 7914 {
            assert_eq!(answer.status, *status, "{}", answer.text);
        }
        let told = answer.body["Description"].as_str().unwrap();
        if ![7914, 908].contains(code) && !told.starts_with("RoleIds: the role ") {
            assert_eq!(told, *description);
        }
    }
    answer
}

impl Answer {
    #[track_caller]
    fn good(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.body
    }

    /// Status and code.
    #[track_caller]
    fn bad(&self) -> (u16, u64) {
        (self.status, self.body["ErrorCode"].as_u64().unwrap_or_else(|| panic!("{}", self.text)))
    }

    /// Code and description.
    #[track_caller]
    fn why(&self) -> (u64, &str) {
        (self.bad().1, self.body["Description"].as_str().unwrap())
    }
}
