//! Tests of the whole dialect over the real use cases on both stores: one for each documented
//! behaviour.

mod add;
mod admission;
mod change;
mod gateway;
mod input;
mod invite;
mod isolation;
mod read;
mod roles;
mod self_invite;
mod sign_in;
mod uninvite;

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, header, request::Builder},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use usher_application::{
    Changes, Ledger as _, NewKey, Organizations as _, Outbox as _, Users,
    testing::{TENANT, active, keyring, mailbox, membership, noon, organization},
};
use usher_domain::{
    Authority, Credential, Lane, Membership, Organization, OrganizationId, PinRules, User, UserId,
    UserRef, UserStatus,
};

use crate::testing::{Log, TestApp, on_both_stores};

/// A main tenant, two below it, and another main tenant with one below it.
const MAIN: &str = "5c0e74ba9acc3c5a84a51259";
const SUB: &str = "5da6d6280067e20d5fe67667";
const SUB_TOO: &str = "5d9321f8b40e09438afbd0e3";
const FAR: &str = "5e9321f8b40e09438afbd0e3";
const FAR_SUB: &str = "5ea6d6280067e20d5fe67667";

const INVITE: &str = "/admin/users/invite";
const UNINVITE: &str = "/admin/users/uninvite";
const USERS: &str = "/admin/users";
const USER: &str = "/admin/user";

/// Nobody's.
const NOBODY: &str = "ffffffffffffffffffffffff";

fn organization_id(id: &str) -> OrganizationId {
    OrganizationId::parse(id).unwrap()
}

fn organizations() -> Vec<Organization> {
    let make = |id, code: &str, parent: Option<&str>| Organization {
        code: Some(code.to_owned()),
        parent: parent.map(organization_id),
        ..organization(id)
    };
    vec![
        make(MAIN, "DBTN", None),
        make(FAR, "FARR", None),
        make(SUB, "SOME", Some(MAIN)),
        make(SUB_TOO, "TOOO", Some(MAIN)),
        make(FAR_SUB, "FARS", Some(FAR)),
    ]
}

/// The same app, where pins have four digits.
fn with_few_pins(app: TestApp) -> TestApp {
    let pins = PinRules::new("0123456789", 4).unwrap();
    app.with_policy(|it| usher_application::Policy { pins, ..it })
}

/// Their id: 24 digits, the same for the same name.
fn id(name: &str) -> String {
    let digits: Vec<_> = name.bytes().map(|it| format!("{it:02x}")).collect();
    format!("{:0>24}", digits.concat())
}

/// Someone who is in, at home in the main tenant: `john` is `johnd`, `john@example.org`.
fn person(name: &str) -> User {
    User {
        id: UserId::parse(&id(name)).unwrap(),
        username: Some(format!("{name}d")),
        first_name: Some(name[..1].to_uppercase() + &name[1..]),
        last_name: Some("Doe".to_owned()),
        home: Some(organization_id(MAIN)),
        ..active(name)
    }
}

fn at_home(home: &str, it: User) -> User {
    User { home: Some(organization_id(home)), ..it }
}

fn standing(status: UserStatus, it: User) -> User {
    User { status, ..it }
}

async fn add_users(app: &TestApp, users: Vec<User>) {
    app.store.commit(&Changes { users, ..Changes::default() }).await.unwrap();
}

/// A server with these tenants and john, who has a key of the main tenant.
async fn set_up(app: &TestApp) {
    let changes = Changes { organizations: organizations(), ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    add_users(app, vec![person("john")]).await;
}

/// Makes them a member without roles, as an import would.
async fn join(app: &TestApp, name: &str, to: &str) {
    let new = Membership { roles: Vec::new(), ..membership(&id(name), to) };
    let changes = Changes { memberships: vec![new], ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
}

async fn user(app: &TestApp, id: &str) -> User {
    let who = [UserRef::Id(UserId::parse(id).unwrap())];
    Users::find_many(&app.store, TENANT, &who).await.unwrap().pop().flatten().unwrap()
}

async fn member(app: &TestApp, name: &str, of: &str) -> Option<Membership> {
    let seat = [(UserId::parse(&id(name)).unwrap(), organization_id(of))];
    app.store.seats(TENANT, &seat).await.unwrap().pop().unwrap()
}

/// The characters of their pin.
async fn pin(app: &TestApp, name: &str, of: &str) -> String {
    let pin = member(app, name, of).await.unwrap().pin.unwrap();
    keyring().reveal_pin(&PinRules::default(), &organization_id(of), &pin).unwrap()
}

/// All letters that wait; they are not found a second time.
async fn letters(app: &TestApp) -> Vec<&'static str> {
    let now = noon() + TimeDelta::days(9);
    let jobs = app.store.claim(Lane::Letters, now, TimeDelta::days(99), 500).await.unwrap();
    let mut all: Vec<_> =
        jobs.iter().map(|it| it.kind.parts().0.trim_start_matches("mail_")).collect();
    all.sort_unstable();
    all
}

/// A client with a key, and maybe with an access token.
struct Client<'a> {
    app: &'a TestApp,
    key: Option<String>,
    token: Option<String>,
}

/// The answer to a request.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
    text: String,
}

impl<'a> Client<'a> {
    fn anonymous(app: &'a TestApp) -> Self {
        Self { app, key: None, token: None }
    }

    async fn of(app: &'a TestApp, organization: &str, authority: Authority) -> Self {
        let (system, organization) = (app.system(), organization_id(organization));
        let made = app
            .usher
            .access
            .credentials
            .issue(&system, NewKey { organization: Some(organization), ..NewKey::of(authority) })
            .await;
        let (credential, secret) = made.unwrap();
        Self { app, key: Credential::key(credential.client_id(), &secret), token: None }
    }

    /// Whoever has a key of the main tenant.
    async fn main(app: &'a TestApp) -> Self {
        Self::of(app, MAIN, Authority::Helpdesk).await
    }

    async fn sub(app: &'a TestApp) -> Self {
        Self::of(app, SUB, Authority::Helpdesk).await
    }

    /// The same, being this person.
    async fn acting_as(self, name: &str, authority: Authority) -> Self {
        let (system, user) = (self.app.system(), UserId::parse(&id(name)).unwrap());
        let made = self
            .app
            .usher
            .access
            .credentials
            .issue(&system, NewKey { user: Some(user), ..NewKey::of(authority) })
            .await;
        let (credential, secret) = made.unwrap();
        Self { token: Some(format!("{}.{}", credential.client_id(), secret.reveal())), ..self }
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in [("key", &self.key), ("access_token", &self.token)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).header(header::CONTENT_TYPE, "application/json");
        exchange(self.app, request.body(body.to_string().into()).unwrap()).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &body).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &body).await
    }

    async fn get(&self, path: &str) -> Answer {
        exchange(self.app, self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// Does it to each of these, as they are named; what became of them.
    async fn each(&self, path: &str, users: &[Value]) -> Value {
        let users: Vec<_> = users.iter().map(|it| json!({"user": it})).collect();
        self.put(path, json!({"users": users})).await.good()
    }

    /// Invites by username; all of them are.
    async fn invite(&self, names: &[&str]) {
        let users: Vec<_> = names.iter().map(|it| json!({"username": format!("{it}d")})).collect();
        assert_eq!(self.each(INVITE, &users).await, json!({"succeeded": users, "failed": []}));
    }

    /// The same by their addresses, as people from elsewhere are named.
    async fn invite_from_elsewhere(&self, names: &[&str]) {
        let email = |it: &&str| json!({"email": format!("{it}@example.org")});
        let users: Vec<_> = names.iter().map(email).collect();
        assert_eq!(self.each(INVITE, &users).await, json!({"succeeded": users, "failed": []}));
    }

    /// Whom they see: first names, as listed.
    async fn sees(&self, query: &str) -> Vec<String> {
        let list = self.get(&format!("{USERS}?{query}")).await.good();
        let count = self.get(&format!("{USERS}/count?{query}")).await.good();
        let list = list.as_array().unwrap();
        assert_eq!(json!(list.len()), count, "{query}");
        list.iter().map(|it| it["firstName"].as_str().unwrap().to_owned()).collect()
    }
}

async fn exchange(app: &TestApp, request: Request<Body>) -> Answer {
    let answer = app.send(request).await;
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json; charset=utf-8");
    let body = if answer.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&answer.body).expect("JSON")
    };
    let (status, headers, text) = (answer.status.as_u16(), answer.headers, answer.body);
    Answer { status, headers, body, text }
}

impl Answer {
    /// What is in the envelope.
    #[track_caller]
    fn good(mut self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        let keys: Vec<_> = self.body.as_object().unwrap().keys().collect();
        assert_eq!((keys.len(), &self.body["result"]), (2, &json!(true)), "{}", self.text);
        self.body["data"].take()
    }

    /// Status, code and text of the one thing that is wrong.
    #[track_caller]
    fn bad(&self) -> (u16, u64, &str) {
        let all = self.wrongs();
        assert_eq!(all.len(), 1, "{}", self.text);
        (self.status, all[0].0, all[0].1)
    }

    /// Codes and texts of all that is wrong.
    #[track_caller]
    fn wrongs(&self) -> Vec<(u64, &str)> {
        assert_eq!(self.body["result"], false, "{}", self.text);
        let errors = &self.body["errors"];
        let details = errors["details"].as_array().unwrap().iter();
        let all: Vec<_> = details
            .map(|it| (it["code"].as_u64().unwrap(), it["message"].as_str().unwrap()))
            .collect();
        let mut codes: Vec<_> = all.iter().map(|it| it.0).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(errors["codes"], json!(codes));
        all
    }
}
