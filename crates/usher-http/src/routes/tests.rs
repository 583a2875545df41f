//! Who may use each route. A route that the table does not name fails a test, and every route is
//! tried with callers who may not use it.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{Method, Request, StatusCode, header},
};
use futures_util::{StreamExt as _, stream};
use http_body::{Frame, SizeHint};
use serde_json::{Value, json};
use usher_application::{
    Changes, Documents, Ledger as _, NewKey,
    testing::{TENANT, active, mailbox, membership, organization, role, tenant, user_id},
};
use usher_domain::{
    Action, Actor, Authority, Caller, ClientId, Credential, Invitation, InvitationId, Membership,
    Offer, Organization, OrganizationId, Role, Task, TaskId, TaskKind, Tenant, TenantId, User,
};
use uuid::Uuid;

use crate::{
    layers::MAX_BODY,
    request::MAX_KEYLESS_BODY,
    testing::{Answer, TestApp, on_both_stores},
};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    /// Anybody: the answer holds only what a secret in the request proves, or nothing of a tenant.
    Anybody,
    /// A key of at least this authority.
    Key(Authority),
}

use Authority::{Helpdesk, Inviter, OrgAdmin, Reader};
use Who::{Anybody, Key};

/// All routes, without the prefixes and endings that name the same one.
const ROUTES: &[(&str, &str, Who)] = &[
    ("GET", "/", Anybody),
    ("GET", "/healthz", Anybody),
    ("GET", "/readyz", Anybody),
    ("GET", "/assets/usher.css", Anybody),
    ("GET", "/favicon.ico", Anybody),
    ("GET", "/robots.txt", Anybody),
    // Pages: what they show and do hangs on the token of a link, a cookie, a password or a pin.
    ("GET", "/accept", Anybody),
    ("POST", "/accept", Anybody),
    ("GET", "/me", Anybody),
    ("GET", "/pin", Anybody),
    ("POST", "/pin", Anybody),
    ("GET", "/signin", Anybody),
    ("POST", "/signin", Anybody),
    ("POST", "/signout", Anybody),
    ("POST", "/me/password", Anybody),
    ("POST", "/me/sessions", Anybody),
    ("POST", "/me/confirm", Anybody),
    ("GET", "/confirm", Anybody),
    ("POST", "/confirm", Anybody),
    ("GET", "/reset", Anybody),
    ("POST", "/reset", Anybody),
    // It answers the same whoever is asked for.
    ("GET", "/forgot", Anybody),
    ("POST", "/forgot", Anybody),
    // Tokens for a client id and secret.
    ("POST", "/oauth/token", Anybody),
    ("POST", "/v1/oauth/token", Anybody),
    ("GET", "/heartbeat", Anybody),
    // Without a token it tells where tokens are issued; with one, whose it is.
    ("GET", "/oauth/info", Anybody),
    // The token of a link is the only credential.
    ("POST", "/v1/userInvitations:accept", Anybody),
    ("GET", "/v1/userInvitations:lookup", Anybody),
    ("GET", "/v1/userInvitations", Key(Reader)),
    ("POST", "/v1/userInvitations", Key(Inviter)),
    ("POST", "/v1/userInvitations:batchCreate", Key(Inviter)),
    ("GET", "/v1/userInvitations/{name}", Key(Reader)),
    // `:resend` and `:revoke`.
    ("POST", "/v1/userInvitations/{name}", Key(Inviter)),
    ("DELETE", "/v1/userInvitations/{name}", Key(Inviter)),
    ("GET", "/v1/users", Key(Reader)),
    ("GET", "/v1/users/{name}", Key(Reader)),
    ("GET", "/v2/manage/invitations", Key(Reader)),
    ("POST", "/v2/manage/invitations", Key(Inviter)),
    ("GET", "/v2/manage/invitations/{id}", Key(Reader)),
    ("PUT", "/v2/manage/invitations/{id}", Key(Inviter)),
    ("DELETE", "/v2/manage/invitations/{id}", Key(Inviter)),
    ("POST", "/v2/manage/invitations/{id}/resend", Key(Inviter)),
    ("GET", "/v2/manage/organizations", Key(Reader)),
    ("POST", "/v2/manage/organizations", Key(OrgAdmin)),
    ("GET", "/v2/manage/organizations/{id}", Key(Reader)),
    ("PUT", "/v2/manage/organizations/{id}", Key(OrgAdmin)),
    ("DELETE", "/v2/manage/organizations/{id}", Key(OrgAdmin)),
    ("PUT", "/v2/manage/organizations/{id}/policy", Key(OrgAdmin)),
    ("GET", "/v2/manage/organizations/{id}/orgcontext", Key(Reader)),
    ("GET", "/v2/manage/roles", Key(Reader)),
    ("POST", "/v2/manage/roles", Key(OrgAdmin)),
    ("GET", "/v2/manage/roles/{id}", Key(Reader)),
    ("DELETE", "/v2/manage/roles/{id}", Key(OrgAdmin)),
    ("GET", "/v2/manage/account/{uid}/orgcontext", Key(Reader)),
    ("PUT", "/v2/manage/account/{uid}/orgcontext/roles", Key(Helpdesk)),
    ("DELETE", "/v2/manage/account/{uid}/orgcontext/{id}", Key(Helpdesk)),
    ("PUT", "/v2/manage/account/{uid}/orgcontext/{id}/roles", Key(Helpdesk)),
    ("GET", "/identities", Key(Reader)),
    ("GET", "/identities/{id}", Key(Reader)),
    ("POST", "/identities/invite", Key(Inviter)),
    ("POST", "/identities/{id}/reset", Key(OrgAdmin)),
    ("GET", "/task-status", Key(Reader)),
    ("GET", "/task-status/pending-tasks", Key(Reader)),
    ("HEAD", "/task-status/pending-tasks", Key(Reader)),
    ("GET", "/task-status/{id}", Key(Reader)),
    ("PATCH", "/task-status/{id}", Key(Inviter)),
    ("GET", "/task-status/{id}/result", Key(Reader)),
    ("PUT", "/admin/users/invite", Key(Inviter)),
    ("PUT", "/admin/users/invite/tenant", Key(Inviter)),
    ("PUT", "/admin/users/uninvite", Key(Helpdesk)),
    ("PUT", "/admin/users/uninvite/tenant", Key(Helpdesk)),
    ("PUT", "/admin/user/self/invite", Key(Inviter)),
    ("PUT", "/admin/user/pin", Key(Helpdesk)),
    ("PUT", "/admin/user/groups", Key(Helpdesk)),
    ("PUT", "/admin/user/invited/groups", Key(Helpdesk)),
    ("GET", "/admin/user", Key(Reader)),
    ("POST", "/admin/user", Key(Helpdesk)),
    ("GET", "/admin/users", Key(Reader)),
    ("GET", "/admin/users/count", Key(Reader)),
    ("GET", "/user/tenants", Key(Reader)),
    ("POST", "/oauth/pin", Key(Reader)),
];

/// Routes that answer every method with an error, for paths that mean nothing.
const NOTHING: &[&str] = &[
    "/v1/users{*rest}",
    "/v1/userInvitations{*rest}",
    "/v2/manage",
    "/v2/manage/{*rest}",
    "/v2/manage/account",
    "/v2/manage/account/orgcontext",
    "/v2/manage/invitations/resend",
    "/identities{*rest}",
    "/task-status{*rest}",
    "/oauth{*rest}",
    "/{*rest}",
    "/admin",
    "/admin/{*rest}",
    "/",
];

const INVITATION: Uuid = Uuid::from_u128(0x51);
const TASK: Uuid = Uuid::from_u128(0x52);
const ABROAD: TenantId = TenantId(Uuid::from_u128(0xab));
/// In all that belongs to the organization `acme` and that no request of these tests contains.
const MARK: &str = "victim";

on_both_stores!(
    a_key_of_less_authority_is_refused_before_anything_is_read,
    nobody_uses_a_route_without_a_key,
    an_intruder_sees_and_changes_nothing,
);

/// The methods and paths that the router knows, as they are registered. axum has no list of them,
/// and its `Debug` has.
fn surface(app: &TestApp) -> Vec<(String, Vec<String>)> {
    let text = format!("{:#?}", app.app);
    let (routes, rest) = text.split_once("node: Node {").unwrap();
    let ids = |text: &str| -> Vec<(u32, String)> {
        let entries = text.split("RouteId(").skip(1);
        let entry = |it: &str| {
            let (id, rest) = it.split_once(')').unwrap();
            (id.trim().trim_end_matches(',').parse().unwrap(), rest.to_owned())
        };
        entries.map(entry).collect()
    };
    let by_path = ids(rest);
    let path = |id: u32| {
        let mut of_id = by_path.iter().filter(|it| it.0 == id);
        of_id.find_map(|it| it.1.split('"').nth(1)).map(str::to_owned)
    };
    let methods = |text: &str| -> Vec<String> {
        let names =
            ["get", "head", "delete", "options", "patch", "post", "put", "trace", "connect"];
        let served = names.into_iter().filter(|it| !text.contains(&format!(" {it}: None")));
        served.map(str::to_uppercase).collect()
    };
    let all = ids(routes).into_iter().filter(|(_, it)| it.starts_with(": MethodRouter"));
    all.filter_map(|(id, it)| Some((path(id)?, methods(&it)))).collect()
}

/// The path without what names an era or a gateway of the same API.
fn plain(path: &str) -> String {
    const PREFIXES: [&str; 7] =
        ["/urac/v3", "/urac", "/beta", "/latest", "/v2024", "/v2025", "/v2026"];
    let bare = PREFIXES.iter().find_map(|it| path.strip_prefix(it)).unwrap_or(path);
    let bare =
        bare.replace("/identities/v1", "/identities").replace("/task-status/v1", "/task-status");
    match bare.trim_end_matches('/') {
        "" => "/".to_owned(),
        it => it.to_owned(),
    }
}

#[tokio::test]
async fn every_route_says_who_may_use_it() {
    let app = TestApp::new().await;
    let surface = surface(&app);
    assert!(surface.len() > 100, "{surface:?}");
    let mut served = BTreeSet::new();
    for (path, methods) in surface {
        let path = plain(&path);
        if methods.is_empty() {
            let is_known = ROUTES.iter().any(|it| it.1 == path) || NOTHING.contains(&&*path);
            assert!(is_known, "{path}: say in NOTHING that it is served to nobody");
        }
        served.extend(methods.into_iter().map(|it| (it, path.clone())));
    }
    let known = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    let known: BTreeSet<_> = known.collect();
    let unknown: Vec<_> = served.difference(&known).collect();
    assert!(unknown.is_empty(), "say in ROUTES who may use them: {unknown:?}");
    let gone: Vec<_> = known.difference(&served).collect();
    assert!(gone.is_empty(), "ROUTES has routes that are not there: {gone:?}");
}

/// A row of the table, with the path as it is registered.
struct Route {
    method: Method,
    path: String,
    plain: String,
    who: Who,
}

fn routes(app: &TestApp) -> Vec<Route> {
    let mut all = Vec::new();
    for (path, methods) in surface(app) {
        for method in methods {
            let plain = plain(&path);
            let row = ROUTES.iter().find(|it| it.0 == method && it.1 == plain).unwrap();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            all.push(Route { method, path: path.clone(), plain, who: row.2 });
        }
    }
    all
}

/// A client id and its secret, and both as one key.
#[derive(Clone)]
struct Keys {
    id: String,
    secret: String,
    key: String,
}

async fn keys(
    app: &TestApp,
    tenant: TenantId,
    authority: Authority,
    organization: Option<&str>,
) -> Keys {
    let system = Caller::system(tenant);
    let organization = organization.map(|it| OrganizationId::parse(it).unwrap());
    let credentials = &app.usher.access.credentials;
    let made = credentials.issue(&system, NewKey { organization, ..NewKey::of(authority) }).await;
    let (credential, secret) = made.unwrap();
    let key = Credential::key(credential.client_id(), &secret).unwrap();
    Keys { id: credential.client_id().to_string(), secret: secret.reveal().to_owned(), key }
}

/// A request for what belongs to the victim, signed as each of the APIs wants it.
async fn ask(app: &TestApp, route: &Route, keys: Option<&Keys>, body: Body) -> Answer {
    ask_with(app, route, keys, "application/json", body).await
}

/// The same with a body of this type.
async fn ask_with(
    app: &TestApp,
    route: &Route,
    keys: Option<&Keys>,
    media_type: &str,
    body: Body,
) -> Answer {
    let kind = route.plain.split('/').find(|it| {
        ["invitations", "organizations", "roles", "account", "identities"].contains(it)
            || it.starts_with("userInvitations")
            || it.starts_with("users")
            || it.starts_with("task-status")
    });
    let invitation = format!("inv_{INVITATION}");
    let id = match kind {
        Some("invitations") => &invitation,
        Some("organizations" | "account") => "acme",
        Some("roles") => "seer",
        Some("identities") => "ada",
        _ => &TASK.to_string(),
    };
    let name = if route.plain.contains("/users/") {
        "ada".to_owned()
    } else if route.method == Method::POST {
        format!("{INVITATION}:resend")
    } else {
        INVITATION.to_string()
    };
    let path = route.path.replace("{id}", id).replace("{uid}", "ada").replace("{name}", &name);
    let mut query = Vec::new();
    if route.path.starts_with("/v2/manage") {
        query.extend(keys.map(|it| format!("apikey={}&apisecret={}", it.id, it.secret)));
    }
    if route.plain == "/admin/user" && route.method == Method::GET {
        query.push("id=ada".to_owned());
    }
    let query = query.join("&");
    let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
    ask_at(app, route, uri, keys, media_type, body).await
}

/// The same at this address of the route.
async fn ask_at(
    app: &TestApp,
    route: &Route,
    uri: String,
    keys: Option<&Keys>,
    media_type: &str,
    body: Body,
) -> Answer {
    let mut request = Request::builder()
        .method(route.method.clone())
        .uri(uri)
        .header(header::HOST, "usher.test")
        .header(header::CONTENT_TYPE, media_type);
    if let Some(keys) = keys {
        let bearer = format!("Bearer {}.{}", keys.id, keys.secret);
        request = match &*route.plain {
            it if it.starts_with("/v2/manage") => request,
            it if it.starts_with("/admin") || it.starts_with("/user/") || it == "/oauth/pin" => {
                request.header("key", &keys.key)
            }
            _ => request.header(header::AUTHORIZATION, bearer),
        };
    }
    app.send(request.body(body).unwrap()).await
}

/// A body that would touch the victim if it were carried out.
fn body(route: &Route) -> Value {
    let user = json!({"id": "ada"});
    let acme = json!({"id": "acme", "code": "ACME"});
    match (route.method.as_str(), &*route.plain) {
        (_, "/admin/users/invite" | "/admin/users/uninvite") => {
            json!({"users": [{"user": user, "groups": ["x"]}]})
        }
        (_, "/admin/users/invite/tenant" | "/admin/users/uninvite/tenant") => {
            json!({"users": [{"user": user}], "tenant": acme})
        }
        (_, "/admin/user/pin") => {
            json!({"user": user, "tenantId": "acme", "pin": {"delete": true}})
        }
        (_, "/admin/user/groups" | "/admin/user/invited/groups") => {
            json!({"user": user, "tenantId": "acme", "groups": ["x"]})
        }
        (_, "/admin/user/self/invite") => json!({"username": "ada"}),
        ("POST", "/admin/user") => {
            json!({"firstName": "A", "lastName": "B", "username": "ada", "email": "ada@example.org"})
        }
        (_, "/oauth/pin") => json!({"pin": "123456"}),
        ("POST", "/v1/userInvitations") => {
            json!({"invitedEmail": "ada@example.org", "inviter": "x", "organization": "organizations/acme"})
        }
        ("POST", "/v1/userInvitations:batchCreate") => {
            let one = json!({"invitedEmail": "ada@example.org", "inviter": "x", "organization": "organizations/acme"});
            json!({"requests": [{"userInvitation": one}]})
        }
        (_, "/identities/invite") => json!({"ids": ["ada"], "uninvited": false}),
        ("PATCH", _) => {
            json!([{"op": "replace", "path": "/completionStatus", "value": "TERMINATED"}])
        }
        ("POST", "/v2/manage/invitations") => {
            json!({"EmailId": "ada@example.org", "OrgId": "acme", "InviterUid": "ada"})
        }
        (
            _,
            "/v2/manage/account/{uid}/orgcontext/roles"
            | "/v2/manage/account/{uid}/orgcontext/{id}/roles",
        ) => {
            json!({"RoleIds": ["seer"]})
        }
        ("POST", "/v2/manage/roles") => json!({"Name": "Seer", "OrgId": "acme"}),
        _ => json!({"Name": "x"}),
    }
}

/// All that an intruder might see or change.
#[derive(Debug, PartialEq)]
struct Victims {
    users: Vec<User>,
    organizations: Vec<Organization>,
    memberships: Vec<Membership>,
    roles: Vec<Role>,
    invitations: Vec<Option<Invitation>>,
    task: Option<Task>,
}

/// The organization `acme` with its member `ada`, a role, an invitation and a task; the
/// organization `beta` of the same tenant; and another tenant with an organization `acme` too.
async fn set_up(app: &TestApp) {
    let abroad = Tenant { id: ABROAD, name: "abroad".to_owned(), ..tenant() };
    let there = Organization { tenant: ABROAD, ..organization("acme") };
    let acme = OrganizationId::parse("acme").unwrap();
    let named = |text: &str| Some(format!("{MARK} {text}"));
    let seer =
        Role { organization: Some(acme.clone()), name: format!("{MARK} seer"), ..role("seer") };
    let ada = User {
        display_name: named("Ada"),
        first_name: named("Ada"),
        phone: named("1"),
        home: Some(acme.clone()),
        ..active("ada")
    };
    let offer = Offer { organization: Some(acme), ..Offer::new(chrono::TimeDelta::days(7)) };
    let invitation = Invitation {
        name: named("Eve"),
        ..Invitation::issue(
            InvitationId(INVITATION),
            TENANT,
            mailbox(&format!("{MARK}@example.org")),
            offer,
            Actor::User(user_id("ada")),
            app.usher.now(),
        )
    };
    let by = Caller { name: named("Ada"), ..app.system() };
    let task = Task::draft(TaskId(TASK), by, TaskKind::Invite, false, app.usher.now());
    let first = Changes {
        tenants: vec![abroad],
        organizations: vec![
            Organization { name: format!("{MARK} Acme"), ..organization("acme") },
            organization("beta"),
        ],
        roles: vec![seer],
        users: vec![ada],
        ..Changes::default()
    };
    app.store.commit(&first).await.unwrap();
    let second = Changes {
        organizations: vec![there],
        memberships: vec![membership("ada", "acme")],
        invitations: vec![invitation],
        tasks: vec![Task { submitted: true, ..task }],
        ..Changes::default()
    };
    app.store.commit(&second).await.unwrap();
}

async fn victims(app: &TestApp) -> Victims {
    let ports = &app.ports;
    let acme = OrganizationId::parse("acme").unwrap();
    let all = ports.users.list(TENANT, None, 1000, Documents::With).await.unwrap();
    let organizations = ports.organizations.list(TENANT, None, 1000).await.unwrap();
    let roles = ports.roles.list(TENANT).await.unwrap();
    Victims {
        users: all.into_iter().filter(|it| it.id == user_id("ada")).collect(),
        organizations: organizations.into_iter().filter(|it| it.id == acme).collect(),
        memberships: ports.organizations.members(TENANT, &acme, None, 1_000).await.unwrap(),
        roles: roles.into_iter().filter(|it| it.organization.as_ref() == Some(&acme)).collect(),
        invitations: ports.invitations.proven(&[(TENANT, InvitationId(INVITATION))]).await.unwrap(),
        task: ports.tasks.find(TENANT, TaskId(TASK)).await.unwrap(),
    }
}

/// Takes whoever was added to `beta` out of it again: members are seen, and rightly so.
async fn part(app: &TestApp) {
    let beta = OrganizationId::parse("beta").unwrap();
    let removed = app.ports.organizations.members(TENANT, &beta, None, 1_000).await.unwrap();
    let changes = Changes { removed, ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
}

fn shows_nothing(route: &Route, who: &str, answer: &Answer) {
    let said = format!("{:?} {}", answer.headers, answer.body).to_lowercase();
    assert!(!said.contains(MARK), "{} {} tells {who}: {said}", route.method, route.path);
}

/// The types of bodies that some handler reads.
const KINDS: [&str; 3] =
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"];

/// Whichever way a handler reads its body: one that forgets the limit is found.
#[tokio::test]
async fn no_route_reads_more_of_a_body_than_it_takes() {
    const CHUNK: &[u8] = &[b'x'; 4 << 10];
    let app = TestApp::new().await;
    set_up(&app).await;
    let admin = keys(&app, TENANT, OrgAdmin, Some("acme")).await;
    let (mut most, routes) = (0, routes(&app));
    for route in &routes {
        for (keys, limit) in [(None, MAX_KEYLESS_BODY), (Some(&admin), MAX_BODY)] {
            if keys.is_some() && route.who == Anybody {
                continue;
            }
            for kind in KINDS {
                let read = Arc::new(AtomicUsize::new(0));
                let counted = read.clone();
                let chunks = stream::iter(0..1024).map(move |_| {
                    counted.fetch_add(CHUNK.len(), Ordering::Relaxed);
                    Ok::<_, Infallible>(CHUNK)
                });
                let answer = ask_with(&app, route, keys, kind, Body::from_stream(chunks)).await;
                let read = read.load(Ordering::Relaxed);
                let said = (&route.method, &route.path, kind, keys.is_some(), answer.status);
                assert!(read <= limit + CHUNK.len(), "{said:?} reads {read} bytes");
                most = most.max(read);
            }
        }
    }
    assert!(most > MAX_BODY, "nothing was read: {most}");
}

/// A body that says how long it is, and counts how often somebody asks for it. To ask for the body of
/// a client that waits to be told so (`Expect: 100-continue`) is to tell it.
struct AskedFor {
    length: usize,
    times: Arc<AtomicUsize>,
}

impl HttpBody for AskedFor {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.times.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length as u64)
    }
}

/// Whichever way a handler reads its body.
#[tokio::test]
async fn no_route_asks_for_a_body_that_says_that_it_is_too_long() {
    let app = TestApp::new().await;
    set_up(&app).await;
    let admin = keys(&app, TENANT, OrgAdmin, Some("acme")).await;
    let (mut refused, routes) = (0, routes(&app));
    for route in &routes {
        for (keys, limit) in [(None, MAX_KEYLESS_BODY), (Some(&admin), MAX_BODY)] {
            if keys.is_some() && route.who == Anybody {
                continue;
            }
            for kind in KINDS {
                let times = Arc::new(AtomicUsize::new(0));
                let body = AskedFor { length: limit + 1, times: times.clone() };
                let answer = ask_with(&app, route, keys, kind, Body::new(body)).await;
                let said = (&route.method, &route.path, kind, keys.is_some(), answer.status);
                assert_eq!(times.load(Ordering::Relaxed), 0, "{said:?} asks for it");
                refused += usize::from(answer.status == StatusCode::PAYLOAD_TOO_LARGE);
            }
        }
    }
    assert!(refused > 20, "it is refused for its length: {refused}");
}

/// The same body with many of these in each list; where none is given, with what stands there, each
/// of whose texts is wrong.
fn flooded(body: &Value, with: Option<&Value>) -> Value {
    match body {
        Value::Array(all) => {
            let wrong = all.first().map(|it| flooded(it, with)).unwrap_or_default();
            let wrong = with.cloned().unwrap_or(wrong);
            // As many as there is room for, also where lists hold lists.
            let many = (MAX_BODY / 16 / wrong.to_string().len()).clamp(1, 2_000);
            Value::Array(vec![wrong; many])
        }
        Value::Object(all) => {
            all.iter().map(|(name, it)| (name.clone(), flooded(it, with))).collect()
        }
        Value::String(_) if with.is_none() => json!("\u{7}<"),
        other => other.clone(),
    }
}

/// Whatever an API says of each of many: it does not say it of all of them.
#[tokio::test]
async fn however_much_of_a_batch_is_wrong_the_answer_is_short() {
    const MOST: usize = 64 << 10;
    let app = TestApp::new().await;
    set_up(&app).await;
    let all = [
        keys(&app, TENANT, OrgAdmin, Some("acme")).await,
        keys(&app, TENANT, OrgAdmin, None).await,
    ];
    let (mut longest, number) = (0, json!(7));
    let object = json!({"a": {"b": [1]}, "user": 7, "pin": "x"});
    for route in routes(&app).iter().filter(|it| it.who != Anybody && it.method != Method::GET) {
        for with in [None, Some(&number), Some(&object)] {
            let body = flooded(&body(route), with).to_string();
            assert!(body.len() <= MAX_BODY, "{} is too long to be read", route.path);
            for keys in &all {
                let answer = ask(&app, route, Some(keys), Body::from(body.clone())).await;
                let said = (&route.method, &route.path, with, answer.status);
                assert!(answer.body.len() <= MOST, "{said:?}: {} bytes", answer.body.len());
                longest = longest.max(answer.body.len());
            }
        }
    }
    assert!(longest > 1_000, "nothing was said: {longest}");
}

async fn nobody_uses_a_route_without_a_key(app: TestApp) {
    set_up(&app).await;
    let before = victims(&app).await;
    let made_up =
        Keys { id: Uuid::from_u128(9).to_string(), secret: "x".repeat(43), key: "0".repeat(96) };
    let mut foreign = keys(&app, TENANT, OrgAdmin, None).await;
    foreign.secret = keys(&app, TENANT, OrgAdmin, None).await.secret;
    foreign.key = format!("{}{}", &foreign.key[..32], "0".repeat(64));
    for route in routes(&app) {
        for (who, keys) in [
            ("nobody", None),
            ("a made-up key", Some(&made_up)),
            ("a wrong secret", Some(&foreign)),
        ] {
            let answer = ask(&app, &route, keys, Body::from(body(&route).to_string())).await;
            shows_nothing(&route, who, &answer);
            if let Key(_) = route.who {
                let said = (&route.method, &route.path, who, answer.status, &answer.body);
                assert!(!answer.status.is_success(), "{said:?}");
                let garbage = ask(&app, &route, keys, Body::from("{")).await;
                assert_eq!(garbage.status, answer.status, "{said:?} looks at the body first");
            }
        }
    }
    assert_eq!(victims(&app).await, before);
}

async fn a_key_of_less_authority_is_refused_before_anything_is_read(app: TestApp) {
    set_up(&app).await;
    let before = victims(&app).await;
    let mut tried = 0;
    for authority in [Reader, Inviter, Helpdesk] {
        // A key for the organization itself: only its authority is too little.
        let keys = keys(&app, TENANT, authority, Some("acme")).await;
        for route in routes(&app) {
            let Key(least) = route.who else { continue };
            // The greater authority comes first.
            if authority <= least {
                continue;
            }
            tried += 1;
            let answer = ask(&app, &route, Some(&keys), Body::from(body(&route).to_string())).await;
            let said = (authority, &route.method, &route.path, answer.status, &answer.body);
            assert!([401, 403].contains(&answer.status.as_u16()), "{said:?}");
            let garbage = ask(&app, &route, Some(&keys), Body::from("{")).await;
            assert_eq!(garbage.status, answer.status, "{said:?} looks at the body first");
            // Whichever use case or dialect refuses it, the audit is told.
            app.usher.acts.write().await.unwrap();
            let entry = app.ports.audit.list(TENANT, None, 1).await.unwrap().remove(0);
            let what = format!("{} {}", route.method, route.path);
            let denied = (Action::Denied, Some(what), 2);
            assert_eq!((entry.action, entry.detail, entry.count), denied, "{said:?}");
            let ClientId { key, .. } = keys.id.parse().unwrap();
            assert_eq!(entry.actor, Actor::Client(key), "{said:?}");
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(victims(&app).await, before);
}

async fn an_intruder_sees_and_changes_nothing(app: TestApp) {
    set_up(&app).await;
    let before = victims(&app).await;
    for (who, tenant, organization) in [
        ("another organization", TENANT, Some("beta")),
        ("another tenant's organization", ABROAD, Some("acme")),
        // Last, because it may remove its own organization.
        ("another tenant", ABROAD, None),
    ] {
        for authority in [OrgAdmin, Helpdesk, Inviter, Reader] {
            let keys = keys(&app, tenant, authority, organization).await;
            for route in routes(&app) {
                let body = body(&route).to_string();
                let answer = ask(&app, &route, Some(&keys), Body::from(body)).await;
                shows_nothing(&route, who, &answer);
                let said =
                    (&route.method, &route.path, who, authority, answer.status, &answer.body);
                assert_eq!(victims(&app).await, before, "{said:?}");
                part(&app).await;
            }
        }
    }
}

mod nul;
