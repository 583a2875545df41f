use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::header::{AUTHORIZATION, CONTENT_TYPE},
};
use usher_application::{
    Changes, Ledger as _,
    testing::{active, user_id},
};
use usher_domain::{Action, Actor, Authority, ClientId, CredentialId, Entry, Subject};

use super::*;
use crate::{
    options::Options,
    source::SourceDetail,
    testing::{Log, TestApp, on_both_stores},
};

on_both_stores!(
    what_is_refused_to_a_caller_is_in_the_audit_with_who_what_and_whence,
    many_refusals_are_one_entry_with_a_count,
    a_wrong_password_is_in_the_audit_under_the_id_of_its_user_alone,
);

const FROM: &str = "192.0.2.7";

async fn send(app: &TestApp, method: &str, path: &str, token: &str, body: &str) -> StatusCode {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .extension(ConnectInfo(SocketAddr::new(FROM.parse().unwrap(), 4711)));
    app.send(request.body(Body::from(body.to_owned())).unwrap()).await.status
}

/// What the audit has of refusals, by their actions: the clock stands still.
async fn refusals(app: &TestApp) -> Vec<Entry> {
    app.usher.acts.write().await.unwrap();
    let mut all = app.usher.tenants.audit.run(&app.system(), None, 100).await.unwrap();
    all.retain(|it| it.action.is_counted());
    all.sort_by_key(|it| it.action.as_str());
    all
}

async fn what_is_refused_to_a_caller_is_in_the_audit_with_who_what_and_whence(app: TestApp) {
    let app = app.with(Options { rate: Some(2), ..Options::default() });
    let (id, secret) = app.client(Authority::Reader).await;
    let token = format!("{id}.{}", secret.reveal());
    let create = send(&app, "POST", "/v1/userInvitations", &token, "{}").await;
    assert_eq!(create, StatusCode::FORBIDDEN);
    // What is answered, or is not there, is no refusal.
    assert_eq!(send(&app, "GET", "/v1/userInvitations", &token, "").await, StatusCode::OK);
    let often = send(&app, "GET", "/v1/userInvitations", &token, "").await;
    assert_eq!(often, StatusCode::TOO_MANY_REQUESTS);
    let seen = refusals(&app).await;
    let [denied, throttled] = &seen[..] else { panic!("{seen:?}") };
    for (it, action, what) in [
        (denied, Action::Denied, "POST /v1/userInvitations"),
        (throttled, Action::Throttled, "GET /v1/userInvitations"),
    ] {
        assert_eq!((it.action, it.detail.as_deref(), it.count), (action, Some(what), 1));
        assert_eq!(it.actor, Actor::Client(id.parse::<ClientId>().unwrap().key));
        assert_eq!(it.source.as_deref(), Some("192.0.2.0/24"));
        assert_eq!(it.subject, Subject::Tenant);
    }
}

async fn many_refusals_are_one_entry_with_a_count(app: TestApp) {
    let (id, secret) = app.client(Authority::Reader).await;
    let token = format!("{id}.{}", secret.reveal());
    for _ in 0..30 {
        send(&app, "POST", "/v1/userInvitations", &token, "{}").await;
    }
    for wrong in ["a", "b", "c"] {
        send(&app, "GET", "/v1/users", &format!("{id}.{wrong}"), "").await;
        // Nobody has this key, so there is nobody to tell.
        let unknown = ClientId { tenant: app.tenant, key: CredentialId(uuid::Uuid::nil()) };
        send(&app, "GET", "/v1/users", &format!("{unknown}.{wrong}"), "").await;
    }
    let seen: Vec<_> = refusals(&app).await.into_iter().map(|it| (it.action, it.count)).collect();
    assert_eq!(seen, [(Action::Denied, 30), (Action::SignInFailed, 3)]);
}

async fn a_wrong_password_is_in_the_audit_under_the_id_of_its_user_alone(app: TestApp) {
    let changes = Changes { users: vec![active("ada")], ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    for name in ["ada%40example.org", "secret-typed-as-a-name"] {
        let nonce = app.usher.forms.nonce("signin");
        let body = format!("nonce={nonce}&name={name}&password=wrong");
        send(&app, "POST", "/signin", "x", &body).await;
    }
    let seen = refusals(&app).await;
    assert!(!format!("{seen:?}").contains("typed"), "{seen:?}");
    let subjects: Vec<_> = seen.iter().map(|it| &it.subject).collect();
    let ada = Subject::User(user_id("ada"));
    assert!(subjects.contains(&&ada) && subjects.contains(&&Subject::Tenant), "{seen:?}");
    assert!(seen.iter().all(|it| it.source.as_deref() == Some("192.0.2.0/24")), "{seen:?}");
}

#[tokio::test]
async fn a_refused_act_leaves_one_line_with_source_and_caller() {
    for (source, shown) in [
        (SourceDetail::Full, "source=192.0.2.7 "),
        (SourceDetail::Truncated, "source=192.0.2.0/24 "),
        (SourceDetail::None, ""),
    ] {
        let app = TestApp::new().await.with(Options { source, ..Options::default() });
        let (id, secret) = app.client(Authority::Reader).await;
        let log = Log::default();
        let guard = log.record();
        let token = format!("{id}.{}", secret.reveal());
        send(&app, "POST", "/v1/userInvitations", &token, "{}").await;
        drop(guard);
        let text = log.text();
        let lines: Vec<_> = text.lines().filter(|it| it.contains("refused event=")).collect();
        let [line] = lines[..] else { panic!("{text}") };
        let end = format!(r#"refused event="denied" {shown}status=403"#);
        assert!(line.ends_with(&end), "{line}");
        let key = id.parse::<ClientId>().unwrap().key;
        assert!(line.contains(&format!("caller=c{key}")), "{line}");
        assert_eq!(line.contains("192.0.2"), source != SourceDetail::None, "{line}");
    }
}
