//! Key and secret in each place where they may be sent, and the rights of each authority.

use std::{cell::RefCell, io, sync::Once};

use super::*;
use crate::options::{Options, QuerySecrets};

on_both_stores!(
    too_many_requests_are_answered_with_the_time_to_wait,
    key_and_secret_are_found_wherever_they_stand,
    secrets_in_the_query_are_refused_where_the_operator_says_so,
    what_is_missing_half_wrong_or_at_odds_is_nobodys,
    each_authority_has_its_rights,
    a_caller_without_the_right_learns_nothing,
);

/// The answer to a request for the roles with these headers and this query.
async fn asks(app: &TestApp, headers: &[(&str, &str)], query: &str) -> (u16, Option<u64>) {
    let mut request = Request::get(format!("{ROLES}?{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = exchange(app, request.body(Body::empty()).unwrap()).await;
    (answer.status, answer.body["ErrorCode"].as_u64())
}

async fn key_and_secret_are_found_wherever_they_stand(app: TestApp) {
    let Client { key, secret, .. } = &Client::admin(&app).await;
    for (key_name, secret_name) in
        [("apikey", "apisecret"), ("apiKey", "apiSecret"), ("APIKEY", "ApiSecret")]
    {
        let query = format!("{key_name}={key}&region=eu&{secret_name}={secret}");
        assert_eq!(asks(&app, &[], &query).await, (200, None), "{query}");
    }
    for (key_name, secret_name) in [
        ("X-LoginRadius-APIKey", "X-LoginRadius-APISecret"),
        ("X-LoginRadius-ApiKey", "X-LoginRadius-ApiSecret"),
        ("x-loginradius-apikey", "x-loginradius-apisecret"),
    ] {
        let headers = [(key_name, key.as_str()), (secret_name, secret)];
        assert_eq!(asks(&app, &headers, "").await, (200, None));
        assert_eq!(asks(&app, &headers[..1], &format!("apisecret={secret}")).await, (200, None));
        assert_eq!(asks(&app, &headers[1..], &format!("apiKey={key}")).await, (200, None));
        let both = format!("apikey={key}&apisecret={secret}&apisecret=");
        assert_eq!(asks(&app, &headers, &both).await, (200, None));
    }
}

async fn what_is_missing_half_wrong_or_at_odds_is_nobodys(app: TestApp) {
    let own = Client::admin(&app).await;
    let Client { key, secret, .. } = &own;
    let other = Client::of(&app, Authority::OrgAdmin).await;
    let (theirs, their_secret) = (other.key, other.secret);
    let (key_header, secret_header) = ("x-loginradius-apikey", "x-loginradius-apisecret");
    for (headers, query) in [
        (vec![], String::new()),
        (vec![], format!("apikey={key}")),
        (vec![], format!("apisecret={secret}")),
        (vec![], format!("apikey={key}&apisecret=")),
        (vec![], format!("apikey={key}&apisecret=wrong")),
        (vec![], format!("apikey=wrong&apisecret={secret}")),
        (vec![], format!("apikey={theirs}&apisecret={secret}")),
        (vec![], format!("apikey={key}&apisecret={secret}&ApiKey={theirs}")),
        (vec![], format!("apikey={key}&apisecret={secret}&apisecret={their_secret}")),
        (vec![(key_header, theirs.as_str())], format!("apikey={key}&apisecret={secret}")),
        (vec![(secret_header, their_secret.as_str())], format!("apikey={key}&apisecret={secret}")),
        (vec![(key_header, key), (key_header, &theirs), (secret_header, secret)], String::new()),
        (vec![("authorization", secret)], format!("apikey={key}")),
    ] {
        assert_eq!(asks(&app, &headers, &query).await, (401, Some(6002)), "{headers:?} {query}");
    }
    let good = format!("apikey={key}&apisecret={secret}");
    assert_eq!(asks(&app, &[], &good).await, (200, None));
    app.usher.access.credentials.revoke(&app.system(), own.id()).await.unwrap();
    assert_eq!(asks(&app, &[], &good).await, (401, Some(6002)));
}

async fn each_authority_has_its_rights(app: TestApp) {
    let admin = Client::admin(&app).await;
    add_users(&app, vec![active("ada")]).await;
    let id = admin.invite("cyd", ACME).await["Id"].clone();
    let (one, members) = (at(&id), format!("{ORGANIZATIONS}/{ACME}/orgcontext"));
    let role = format!("{ROLES}/{EDITOR}");
    let (acme, policy) =
        (format!("{ORGANIZATIONS}/{ACME}"), format!("{ORGANIZATIONS}/{ACME}/policy"));
    let (given, theirs) =
        ("/v2/manage/account/ada/orgcontext/org_Acme/roles", "/v2/manage/account/ada/orgcontext");
    let (in_tenant, gone) =
        ("/v2/manage/account/ada/orgcontext/roles", "/v2/manage/account/ada/orgcontext/org_Acme");
    // The status for the reader, the inviter and the helpdesk.
    let (no, ok) = (401, 200);
    let cases = [
        (Method::GET, INVITATIONS, json!({}), [ok, ok, ok]),
        (Method::POST, INVITATIONS, invitee("dan", ACME), [no, ok, ok]),
        (Method::GET, &one, json!({}), [ok, 404, ok]),
        (Method::PUT, &one, json!({}), [no, 404, ok]),
        (Method::POST, &format!("{one}/resend"), json!({}), [no, 404, ok]),
        (Method::DELETE, &one, json!({}), [no, 404, ok]),
        (Method::GET, ORGANIZATIONS, json!({}), [ok, ok, ok]),
        (Method::POST, ORGANIZATIONS, json!({"Name": "New"}), [no, no, no]),
        (Method::GET, &acme, json!({}), [ok, ok, ok]),
        (Method::PUT, &acme, json!({"Name": "New"}), [no, no, no]),
        (Method::PUT, &policy, json!({}), [no, no, no]),
        (Method::DELETE, &acme, json!({}), [no, no, no]),
        (Method::GET, ROLES, json!({}), [ok, ok, ok]),
        (Method::POST, ROLES, json!({"Name": "New"}), [no, no, no]),
        (Method::GET, &role, json!({}), [ok, ok, ok]),
        (Method::DELETE, &role, json!({}), [no, no, no]),
        (Method::GET, &members, json!({}), [ok, no, ok]),
        (Method::GET, theirs, json!({}), [ok, no, ok]),
        (Method::PUT, given, json!({"RoleIds": [EDITOR]}), [no, no, ok]),
        (Method::PUT, in_tenant, json!({"RoleIds": [EDITOR]}), [no, no, ok]),
        (Method::DELETE, gone, json!({}), [no, no, ok]),
    ];
    let who = [Authority::Reader, Authority::Inviter, Authority::Helpdesk];
    for (number, authority) in who.into_iter().enumerate() {
        let client = Client::of(&app, authority).await;
        for (method, path, body, statuses) in &cases {
            let mut body = body.clone();
            if body.get("email").is_some() {
                body["email"] = format!("{number}@example.org").into();
            }
            let answer = client.send(method.clone(), path, body.to_string()).await;
            assert_eq!(
                answer.status, statuses[number],
                "{authority} {method} {path} {}",
                answer.text
            );
        }
    }
}

/// Credentials come first, then authority, then the request.
async fn a_caller_without_the_right_learns_nothing(app: TestApp) {
    set_up(&app).await;
    let reader = Client::of(&app, Authority::Reader).await;
    let nobody = Client { secret: "wrong".to_owned(), ..reader.clone() };
    for client in [reader, nobody] {
        for (method, path) in [
            (Method::POST, INVITATIONS.to_owned()),
            (Method::PUT, format!("{INVITATIONS}/inv_none")),
            (Method::DELETE, format!("{INVITATIONS}/%20")),
            (Method::PUT, format!("{ORGANIZATIONS}/org_None")),
            (Method::PUT, format!("{ORGANIZATIONS}/org_None/policy")),
            (Method::POST, ROLES.to_owned()),
            (Method::PUT, "/v2/manage/account/nobody/orgcontext/org_None/roles".to_owned()),
        ] {
            assert_eq!(client.send(method, &path, "no JSON").await.bad(), (401, 6002), "{path}");
        }
    }
    let inviter = Client::of(&app, Authority::Inviter).await;
    for path in
        [format!("{ORGANIZATIONS}/%20/orgcontext"), "/v2/manage/account/%20/orgcontext".into()]
    {
        assert_eq!(inviter.get(&path).await.bad(), (401, 6002), "{path}");
    }
}

thread_local! {
    /// What this thread logs, while a test records it.
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|it| it.iter_mut().for_each(|it| it.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes requests of many kinds, valid and invalid.
async fn make_requests(admin: &Client<'_>) {
    let id = admin.invite("ada", ACME).await["Id"].clone();
    admin.resend(&id).await.good();
    admin.post(INVITATIONS, invitee("ada", "org_None")).await;
    admin.get(&format!("{INVITATIONS}?email=ada@example.org")).await.good();
    admin.get("/v2/manage//account/ada@example.org/orgcontext").await.good();
    admin.get("/v2/manage/nowhere/ada@example.org").await;
    Client { key: "wrong".to_owned(), ..admin.clone() }.get(ROLES).await;
}

/// All that is logged meanwhile. The subscriber is that of the whole process: one of a thread alone
/// is not asked about what others were the first to log.
async fn logged(admin: &Client<'_>) -> String {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log);
        subscriber.with_max_level(tracing::Level::TRACE).init();
    });
    LOG.set(Some(Vec::new()));
    make_requests(admin).await;
    String::from_utf8(LOG.take().unwrap()).unwrap()
}

#[tokio::test]
async fn secrets_and_addresses_are_never_logged() {
    let app = TestApp::new().await;
    let admin = Client::admin(&app).await;
    let route = r#"route="/v2/manage/invitations/{id}/resend""#;
    let text = logged(&admin).await;
    assert!(text.contains("usher_http") && text.contains(route), "{text}");
    for secret in [admin.secret.as_str(), "apisecret", "ada@example"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

async fn too_many_requests_are_answered_with_the_time_to_wait(app: TestApp) {
    let options = Options { rate: Some(2), ..Options::default() };
    let app = app.with(options);
    let admin = Client::admin(&app).await;
    // With slashes that clients double as well.
    for path in [INVITATIONS, "/v2/manage//roles"] {
        admin.get(path).await.good();
    }
    for path in [ORGANIZATIONS, "/v2/manage//roles"] {
        let answer = admin.get(path).await;
        assert_eq!(answer.bad(), (429, 429));
        assert_eq!(answer.body["Message"], "Too many requests");
        let description = "Too many requests were sent, try again in 5 seconds.";
        assert_eq!(answer.body["Description"], description);
        assert_eq!(answer.headers[header::RETRY_AFTER], "5");
    }
    Client::of(&app, Authority::Reader).await.get(INVITATIONS).await.good();
    app.clock.advance(TimeDelta::seconds(5));
    admin.get(INVITATIONS).await.good();
}

async fn secrets_in_the_query_are_refused_where_the_operator_says_so(app: TestApp) {
    let app = app.with(Options { query_secrets: QuerySecrets::Refuse, ..Options::default() });
    let Client { key, secret, .. } = &Client::admin(&app).await;
    let headers = [("x-loginradius-apikey", key.as_str()), ("x-loginradius-apisecret", secret)];
    let both = format!("apikey={key}&ApiSecret={secret}");
    for (headers, query) in [
        (&headers[..0], both.clone()),
        (&headers[..1], format!("apiSecret={secret}")),
        (&headers[1..], format!("apikey={key}")),
        (&headers[..], both),
    ] {
        let mut request = Request::get(format!("{ROLES}?{query}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status.as_u16(), &body["ErrorCode"]), (401, &json!(6002)));
        let about = body["Description"].as_str().unwrap();
        assert!(about.contains("X-LoginRadius-ApiSecret"), "{about}");
    }
    assert_eq!(asks(&app, &headers, "apisecret=").await, (200, None));
}
