use axum::{
    body::Body,
    http::{
        Method,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
    },
};
use chrono::TimeDelta;
use usher_application::testing::{ManualClock, noon};
use usher_domain::Authority;
use uuid::Uuid;

use super::*;
use crate::{
    options::Options,
    testing::{Answer, Log, TestApp, on_both_stores},
};

on_both_stores!(
    whoever_tries_secrets_from_one_address_is_stopped_and_nobody_else,
    wrong_tokens_count_for_their_source_and_right_ones_do_not,
);

/// Five attempts at once, and one more in each six seconds.
fn slow(app: TestApp) -> TestApp {
    app.with(Options { sign_in_rate: 10, ..Options::default() })
}

async fn send(app: &TestApp, from: &str, method: Method, path: &str, token: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(ACCEPT, "text/html")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .extension(ConnectInfo(SocketAddr::new(from.parse().unwrap(), 4711)));
    app.send(request.body(Body::from("invitation=x&answer=accept&name=x&password=x")).unwrap())
        .await
}

#[tokio::test]
async fn who_is_refused_leaves_a_line_with_their_address_and_without_what_they_typed() {
    let options = Options { sign_in_rate: 10, source: SourceDetail::Full, ..Options::default() };
    let app = TestApp::new().await.with(options);
    let log = Log::default();
    let guard = log.record();
    for _ in 0..6 {
        send(&app, "192.0.2.1", Method::POST, "/oauth/token", "x").await;
        send(&app, "192.0.2.9", Method::GET, "/v1/users", "guessed-token").await;
    }
    drop(guard);
    let text = log.text();
    for (source, status, times) in
        [("192.0.2.1", 429, 1), ("192.0.2.9", 401, 6), ("192.0.2.9", 429, 0)]
    {
        let line = format!(r#"refused event="attempt_refused" source={source} status={status}"#);
        assert_eq!(text.matches(&line).count(), times, "{line} in {text}");
    }
    assert!(!text.contains("guessed-token"));
}

#[tokio::test]
async fn whoever_looks_up_links_that_may_be_guessed_is_stopped_as_well() {
    let app = slow(TestApp::new().await);
    let path = "/v1/userInvitations:lookup?invitationToken=guessed";
    let look_up = async |from| send(&app, from, Method::GET, path, "x").await.status;
    for _ in 0..5 {
        assert_eq!(look_up("192.0.2.1").await, StatusCode::NOT_FOUND);
    }
    assert_eq!(look_up("192.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(look_up("192.0.2.2").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_wrong_secret_for_a_token_counts_once_and_leaves_one_line() {
    for path in ["/oauth/token", "/v1/oauth/token"] {
        let options =
            Options { sign_in_rate: 10, source: SourceDetail::Full, ..Options::default() };
        let app = TestApp::new().await.with(options);
        let (id, _) = app.client(Authority::Reader).await;
        let log = Log::default();
        let guard = log.record();
        let mut answers = Vec::new();
        for _ in 0..6 {
            let from: SocketAddr = "192.0.2.1:4711".parse().unwrap();
            let request = Request::builder()
                .method(Method::POST)
                .uri(path)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .extension(ConnectInfo(from));
            let body =
                format!("grant_type=client_credentials&client_id={id}&client_secret=guessed");
            answers.push(app.send(request.body(Body::from(body)).unwrap()).await.status.as_u16());
        }
        drop(guard);
        assert_eq!(answers, [401, 401, 401, 401, 401, 429], "{path}");
        let line =
            |status| format!(r#"refused event="attempt_refused" source=192.0.2.1 status={status}"#);
        let times = [401, 429].map(|it| log.text().matches(&line(it)).count());
        assert_eq!(times, [5, 1], "{path}: {}", log.text());
    }
}

#[test]
fn a_source_is_shown_as_the_operator_wants_it() {
    for (address, truncated) in
        [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48"), ("::1", "::/48")]
    {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(SourceDetail::Truncated.shown(address).as_deref(), Some(truncated));
        assert_eq!(SourceDetail::Full.shown(address).as_deref(), Some(&*address.to_string()));
        assert_eq!(SourceDetail::None.shown(address), None);
    }
}

/// Every handler that looks at a secret without asking for a key first.
async fn whoever_tries_secrets_from_one_address_is_stopped_and_nobody_else(app: TestApp) {
    for (path, is_page) in [
        ("/signin", true),
        ("/pin", true),
        ("/accept", true),
        ("/v1/oauth/token", false),
        ("/v1/userInvitations:accept", false),
        ("/oauth/token", false),
    ] {
        let app = slow(TestApp::new().await);
        let post = async |from| send(&app, from, Method::POST, path, "x").await;
        for _ in 0..5 {
            assert_ne!(post("192.0.2.1").await.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        }
        let refused = post("192.0.2.1").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert_eq!(refused.headers[RETRY_AFTER], "6", "{path}");
        let is_html = refused.headers[CONTENT_TYPE].to_str().unwrap().starts_with("text/html");
        assert_eq!(is_html, is_page, "{path}: {}", refused.body);
        assert_ne!(post("192.0.2.2").await.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        let page = send(&app, "192.0.2.1", Method::GET, path, "x").await;
        assert_ne!(page.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        app.clock.advance(TimeDelta::seconds(6));
        assert_ne!(post("192.0.2.1").await.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    // The others count together: whoever tries one after the other has no more than that.
    let app = slow(app);
    for path in ["/signin", "/pin", "/accept", "/v1/oauth/token", "/oauth/token"] {
        send(&app, "192.0.2.1", Method::POST, path, "x").await;
    }
    let refused = send(&app, "192.0.2.1", Method::POST, "/signin", "x").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
}

async fn wrong_tokens_count_for_their_source_and_right_ones_do_not(app: TestApp) {
    let app = slow(app);
    let (id, secret) = app.client(Authority::OrgAdmin).await;
    let right = format!("{id}.{}", secret.reveal());
    let get = async |token: &str| {
        send(&app, "192.0.2.1", Method::GET, "/v1/userInvitations", token).await.status
    };
    for _ in 0..20 {
        assert_eq!(get(&right).await, StatusCode::OK);
    }
    for _ in 0..5 {
        assert_eq!(get("wrong").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(get("wrong").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(get(&right).await, StatusCode::OK);
    let other = send(&app, "192.0.2.2", Method::GET, "/v1/userInvitations", "wrong").await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn many_sources_of_one_network_have_a_bound_together() {
    // Five of one source at once, and so twenty of a home and eighty of a site.
    for (what, source, most, neighbour) in [
        (
            "a /56",
            (|n| format!("2001:db8:0:{n:x}::1")) as fn(u32) -> String,
            20,
            "2001:db8:0:100::1",
        ),
        ("a /48", |n| format!("2001:db8:0:{n:x}00::1"), 80, "2001:db8:1::1"),
        ("a /24", |n| format!("192.0.2.{n}"), 80, "192.0.3.1"),
    ] {
        let app = slow(TestApp::new().await);
        let status = async |from: &str| send(&app, from, Method::POST, "/signin", "x").await.status;
        // Whoever goes on after their own are used up takes nothing from the others.
        for _ in 0..30 {
            status(&source(0)).await;
        }
        for n in 5..most {
            assert_ne!(status(&source(n)).await, StatusCode::TOO_MANY_REQUESTS, "{what} {n}");
        }
        assert_eq!(status(&source(most)).await, StatusCode::TOO_MANY_REQUESTS, "{what}");
        assert_ne!(status(neighbour).await, StatusCode::TOO_MANY_REQUESTS, "{what}");
    }
}

fn trusted(networks: &[&str]) -> TrustedProxies {
    TrustedProxies::parse(networks.iter().copied()).unwrap()
}

fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

fn client(networks: &[&str], peer: &str, lines: &[(HeaderName, &str)]) -> String {
    client_by(ProxyHeader::XForwardedFor, networks, peer, lines)
}

fn client_by(
    header: ProxyHeader,
    networks: &[&str],
    peer: &str,
    lines: &[(HeaderName, &str)],
) -> String {
    let proxies = trusted(networks).writing(header);
    proxies.client(peer.parse().unwrap(), &headers(lines)).to_string()
}

#[test]
fn without_a_trusted_proxy_the_connection_says_where_a_request_comes_from() {
    let invented = [(FORWARDED_FOR, "192.0.2.1"), (FORWARDED, "for=192.0.2.1")];
    for lines in [&invented[..], &invented[..1], &invented[1..], &[]] {
        assert_eq!(client(&[], "198.51.100.7", lines), "198.51.100.7");
        assert_eq!(client(&["10.0.0.0/8"], "198.51.100.7", lines), "198.51.100.7");
    }
    assert_eq!(client(&[], "::ffff:198.51.100.7", &[]), "198.51.100.7");
}

#[test]
fn the_last_address_that_is_no_trusted_proxy_is_the_client() {
    let all = ["10.0.0.0/8", "fd00::/8", "203.0.113.9"];
    for (line, expected) in [
        ("192.0.2.1", "192.0.2.1"),
        // What a client wrote itself comes before what the proxies add.
        ("10.9.9.9, 192.0.2.66, 192.0.2.1", "192.0.2.1"),
        ("192.0.2.66, 192.0.2.1, 10.1.2.3,fd00::1 , 203.0.113.9", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("64:ff9b::192.0.2.1", "192.0.2.1"),
        ("[64:ff9b::c000:201]:4711", "192.0.2.1"),
        ("64:ff9b:1::192.0.2.1", "64:ff9b:1::c000:201"),
        // All of them are ours.
        ("10.1.2.3, 10.1.2.4", "10.1.2.3"),
        // What is no address ends the search.
        ("192.0.2.1, unknown", "10.0.0.1"),
        ("192.0.2.1, unknown, 10.1.2.3", "10.1.2.3"),
        ("", "10.0.0.1"),
        ("192.0.2.1,", "10.0.0.1"),
    ] {
        assert_eq!(client(&all, "10.0.0.1", &[(FORWARDED_FOR, line)]), expected, "{line}");
    }
    let two = [(FORWARDED_FOR, "192.0.2.66"), (FORWARDED_FOR, "192.0.2.1, 10.1.2.3")];
    assert_eq!(client(&all, "::ffff:10.0.0.1", &two), "192.0.2.1");
    let endless = ["10.1.2.3"; 1_000].join(",");
    let endless = format!("192.0.2.1,{endless}");
    assert_eq!(client(&all, "10.0.0.1", &[(FORWARDED_FOR, &endless)]), "10.1.2.3");
}

#[test]
fn the_header_of_rfc_7239_is_read_as_well() {
    for (line, expected) in [
        ("for=192.0.2.1", "192.0.2.1"),
        ("For=\"192.0.2.1:80\";proto=https", "192.0.2.1"),
        ("for=192.0.2.66, proto=http; for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ("for=\"[2001:db8::1]\", for=10.1.2.3", "2001:db8::1"),
        ("for=_hidden", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
    ] {
        let lines = [(FORWARDED, line)];
        let client = client_by(ProxyHeader::Forwarded, &["10.0.0.0/8"], "10.0.0.1", &lines);
        assert_eq!(client, expected, "{line}");
    }
}

#[test]
fn nobody_chooses_where_they_come_from_by_the_header_that_the_proxy_does_not_write() {
    use ProxyHeader::{Forwarded, XForwardedFor};
    let (theirs, real) = ("192.0.2.66", "192.0.2.1");
    let said = |header: ProxyHeader, client: &str| match header {
        XForwardedFor => (FORWARDED_FOR, client.to_owned()),
        Forwarded => (FORWARDED, format!("for={client}")),
    };
    for (written, invented) in [(XForwardedFor, Forwarded), (Forwarded, XForwardedFor)] {
        let proxys = said(written, real);
        // What the client sent in the same header comes before what the proxy adds to it.
        let added = said(written, &format!("{theirs}, {}", said(written, real).1));
        for (lines, expected) in [
            (vec![], "10.0.0.1"),
            (vec![said(invented, theirs)], "10.0.0.1"),
            (vec![proxys.clone()], real),
            (vec![added.clone()], real),
            (vec![proxys.clone(), said(invented, theirs)], real),
            (vec![said(invented, theirs), proxys.clone()], real),
            (vec![said(invented, real), proxys.clone()], real),
            (vec![said(invented, "10.0.0.7"), added, said(invented, theirs)], real),
            (vec![said(invented, "unknown"), proxys], real),
        ] {
            let lines: Vec<_> = lines.iter().map(|(name, it)| (name.clone(), &**it)).collect();
            let client = client_by(written, &["10.0.0.0/8"], "10.0.0.1", &lines);
            assert_eq!(client, expected, "{written:?} {lines:?}");
        }
    }
}

#[test]
fn what_is_no_network_is_refused() {
    for text in ["", "10.0.0.0/33", "localhost", "10.0.0/8", "::/129"] {
        assert_eq!(TrustedProxies::parse([text]), Err(InvalidNetwork), "{text}");
    }
    assert_eq!(TrustedProxies::parse([]), Ok(TrustedProxies::default()));
}

fn slow_limit(a_minute: u32, clock: &Arc<ManualClock>) -> SourceLimit {
    SourceLimit::new(a_minute, TrustedProxies::default(), SourceDetail::Full, clock.clone())
}

#[tokio::test]
async fn each_address_counts_by_itself_and_a_network_of_ipv6_as_one() {
    let limit = slow_limit(4, &Arc::new(ManualClock::at(noon())));
    let admitted = async |address: &str| limit.admit(Some(address.parse().unwrap())).await.is_ok();
    for (addresses, expected) in [
        (["192.0.2.1"; 3], [true, true, false]),
        (["192.0.2.2"; 3], [true, true, false]),
        (["2001:db8::1", "2001:db8::2", "2001:db8::3"], [true, true, false]),
        (["2001:db8:0:1::1"; 3], [true, true, false]),
    ] {
        for (address, expected) in addresses.into_iter().zip(expected) {
            assert_eq!(admitted(address).await, expected, "{address}");
        }
    }
}

#[tokio::test]
async fn half_of_a_minutes_requests_may_come_at_once_and_zero_is_no_limit() {
    let clock = Arc::new(ManualClock::at(noon()));
    let limit = slow_limit(60, &clock);
    let mut seen = 0;
    while limit.admit(None).await.is_ok() {
        seen += 1;
    }
    assert_eq!(seen, 30);
    for _ in 0..60 {
        clock.advance(TimeDelta::seconds(1));
        assert!(limit.admit(None).await.is_ok());
        assert_eq!(limit.admit(None).await.unwrap_err().retry_after(), 1);
    }
    let limit = slow_limit(0, &clock);
    for _ in 0..1_000 {
        assert!(limit.admit(None).await.is_ok());
    }
}

#[tokio::test]
async fn a_refusal_is_held_back_and_nothing_else_is() {
    let clock = Arc::new(ManualClock::at(noon()));
    let limit = slow_limit(4, &clock);
    for _ in 0..2 {
        assert!(limit.admit(None).await.is_ok());
    }
    assert_eq!(clock.rested(), TimeDelta::zero());
    for refused in 1..=3 {
        assert!(limit.admit(None).await.is_err());
        assert_eq!(clock.rested(), TimeDelta::seconds(refused));
    }
}

#[tokio::test]
async fn people_in_known_browsers_have_a_count_of_their_own_and_that_of_their_source() {
    let clock = Arc::new(ManualClock::at(noon()));
    let limit = slow_limit(4, &clock);
    let [one, other] =
        ["one", "other"].map(|it| KnownBrowser(TenantId(Uuid::nil()), UserId::parse(it).unwrap()));
    let [here, there] = [1, 2].map(|it| Some(IpAddr::from([192, 0, 2, it])));
    // What others behind the same address used up is not theirs.
    for admitted in [true, true, false] {
        assert_eq!(limit.admit(here).await.is_ok(), admitted);
    }
    for admitted in [true, true, false] {
        assert_eq!(limit.admit_known(&one, here).await.is_ok(), admitted);
    }
    assert!(limit.admit_known(&other, here).await.is_ok());
    // Nor is what somebody used up who has a browser of theirs.
    for admitted in [true, true, false] {
        assert_eq!(limit.admit_known(&one, there).await.is_ok(), admitted);
    }
}
