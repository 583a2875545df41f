//! What is around the handlers of every surface: a request that does not say which host it is for, a
//! handler that takes too long, and a panic are answered as errors of that surface.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::Request,
    http::{StatusCode, Uri, Version, header::HOST},
    middleware::Next,
    response::Response,
};
use futures_util::FutureExt as _;
use tokio::time::timeout;

use crate::problem::Problem;

/// How long a handler may take; after that the answer is 503.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why no handler answers a request. Every dialect has an error of its own for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The request does not say which host it is for.
    Hostless,
    /// A handler took too long.
    Overdue,
    /// A handler panicked.
    Broken,
}

impl Unanswered {
    /// After how many seconds to try again, where that may help.
    pub(crate) fn pause(self) -> Option<u64> {
        (self == Self::Overdue).then_some(5)
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Hostless => StatusCode::BAD_REQUEST,
            Self::Overdue => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What is wrong, and what to do.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Hostless => {
                "The request must have one header `Host` with the name or address of a host, and maybe \
                 a port; a whole address in its first line must name the same one."
            }
            Self::Overdue => {
                "The server took too long, and may have done it. Look before you try again."
            }
            Self::Broken => "Something broke in the server. Try again later.",
        }
    }
}

impl From<Unanswered> for Problem {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Overdue => Self::undecided(why.text()),
            Unanswered::Hostless | Unanswered::Broken => {
                Self::new(why.status()).with_detail(why.text())
            }
        }
    }
}

/// The answer of the handlers, or the error of their surface: `.layer(from_fn(guarded::<Fault>))`.
pub(crate) async fn guarded<E: From<Unanswered>>(
    request: Request,
    next: Next,
) -> Result<Response, E> {
    if !names_one_host(&request) {
        return Err(Unanswered::Hostless.into());
    }
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match timeout(TIMEOUT, answer).await {
        Ok(Ok(response)) => Ok(response),
        // The message of a panic may hold secrets: the panic hook reports it, the answer does not.
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            Err(Unanswered::Broken.into())
        }
        Err(_) => Err(Unanswered::Overdue.into()),
    }
}

/// Whether a request says which host it is for as RFC 9112 demands it (section 3.2). No link and no
/// redirect of ours begins with it, but a proxy may go by it, and two parties that read different hosts
/// out of one request can be turned against each other.
fn names_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    match (host, another) {
        (Some(host), None) => host.to_str().is_ok_and(|it| is_host(it) && fits(request.uri(), it)),
        // HTTP/1.0 did not have the header, and some health checks still speak it.
        (None, _) => request.version() < Version::HTTP_11,
        (Some(_), Some(_)) => false,
    }
}

/// A name or an address, and maybe a port. After the colon there may be none (RFC 3986, section 3.2.3).
fn is_host(text: &str) -> bool {
    let is_port = |it: &str| {
        // A number may be written with a plus sign, and a port may not.
        it.is_empty() || (!it.starts_with('+') && it.parse::<u16>().is_ok())
    };
    let (name, port) = match text.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((address, rest)) => {
            let is_address = address.parse::<std::net::Ipv6Addr>().is_ok();
            return is_address && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let is_name = |it: u8| it.is_ascii_alphanumeric() || b"-._".contains(&it);
    (1..=255).contains(&name.len()) && name.bytes().all(is_name) && is_port(port)
}

/// Whether the target of a request, which may be a whole address, names this host if it names one.
fn fits(target: &Uri, host: &str) -> bool {
    target.authority().is_none_or(|it| it.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{
        Router,
        body::Body,
        http::{Method, header::CONTENT_TYPE},
        routing::get,
    };
    use tower::ServiceExt as _;
    use usher_application::{
        Policy, Usher,
        testing::{MockPorts, keyring},
    };
    use usher_domain::Authority;

    use super::*;
    use crate::{
        options::Options,
        routes::router,
        testing::{TestApp, ready},
    };

    #[test]
    fn a_host_is_a_name_or_an_address_and_maybe_a_port() {
        for host in [
            "usher.example",
            "USHER.example:443",
            "usher_1.example.",
            "xn--mnchen-3ya.example",
            "localhost:",
            "usher.example:65535",
            "192.0.2.1:8080",
            "[2001:db8::1]",
            "[::1]:8080",
        ] {
            assert!(is_host(host), "{host}");
        }
        let long = "a".repeat(256);
        for host in [
            "",
            ":80",
            "usher.example:http",
            "usher.example:80:80",
            "usher.example:65536",
            "usher.example:99999999",
            "usher.example:+80",
            "usher.example:-1",
            "[::1]:65536",
            "[::1]:+80",
            "usher example",
            "ada@usher.example",
            "usher.example/accept",
            "usher.example,other.example",
            "usher.example%0d%0a",
            "<script>",
            "münchen.example",
            "[::1",
            "::1",
            "[::1]80",
            "[usher.example]",
            &long,
        ] {
            assert!(!is_host(host), "{host}");
        }
    }

    #[tokio::test]
    async fn a_request_names_one_host() {
        let app = Router::new()
            .route("/here", get(async || "here"))
            .layer(axum::middleware::from_fn(guarded::<Problem>));
        let ask = async |version: Version, target: &str, hosts: &[&str]| {
            let request = Request::builder().version(version).uri(target);
            let request = hosts.iter().fold(request, |it, host| it.header(HOST, *host));
            app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
        };
        for (version, target, hosts, status) in [
            (Version::HTTP_11, "/here", &["usher.test"][..], 200),
            (Version::HTTP_11, "/here", &[], 400),
            (Version::HTTP_11, "/here", &["usher.test", "usher.test"], 400),
            (Version::HTTP_11, "/here", &["usher.test", "other.test"], 400),
            (Version::HTTP_11, "/here", &["<b>"], 400),
            (Version::HTTP_11, "/here", &["usher.test:99999999"], 400),
            (Version::HTTP_11, "/here", &[""], 400),
            // Servers must take a whole address (RFC 9112, section 3.2.2).
            (Version::HTTP_11, "http://usher.test/here", &["Usher.test"], 200),
            (Version::HTTP_11, "http://other.test/here", &["usher.test"], 400),
            (Version::HTTP_11, "http://ada@usher.test/here", &["usher.test"], 400),
            (Version::HTTP_11, "http://usher.test/here", &[], 400),
            (Version::HTTP_10, "/here", &[], 200),
            (Version::HTTP_10, "/here", &["usher.test", "usher.test"], 400),
        ] {
            let answered = ask(version, target, hosts).await;
            assert_eq!(answered.as_u16(), status, "{version:?} {target} {hosts:?}");
        }
    }

    #[tokio::test]
    async fn no_link_and_no_redirect_follows_from_the_host() {
        let app = TestApp::new().await;
        for path in [
            "/",
            "/me",
            "/signin",
            "/pin",
            "/forgot",
            "/accept?invitation=x",
            "/nowhere",
            "/oauth/info",
            "/v1/users",
            "/v2/manage/roles",
            "/beta/task-status",
            "/admin/users",
            "/urac/heartbeat",
        ] {
            let request = Request::builder()
                .uri(path)
                .header(HOST, "evil.example")
                .header("x-forwarded-host", "evil.example")
                .header("forwarded", "host=evil.example;proto=http");
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            let headers = format!("{:?}", answer.headers);
            assert!(!headers.contains("evil"), "{path}: {headers}");
            assert!(!answer.body.contains("evil"), "{path}: {}", answer.body);
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_the_surface_where_it_happened() {
        let (id, secret) = TestApp::new().await.client(Authority::Reader).await;
        let secret = secret.reveal();
        // Every port that is asked for anything panics.
        let usher =
            Usher::new(&MockPorts::default().into(), &keyring(), &Policy::at("http://usher.test"));
        let app = router(Arc::new(usher), ready(), Options::default());
        let app = TestApp { app, ..TestApp::new().await };
        let link = format!("/accept?invitation={}", "A".repeat(64));
        for (path, kind, text) in [
            ("/v1/users", "application/json", r#""reason":"INTERNAL""#),
            ("/beta/task-status", "application/json", r#""trackingId":"#),
            (&link, "text/html; charset=utf-8", "<h1>Something broke here</h1>"),
        ] {
            let bearer = format!("Bearer {id}.{secret}");
            let request = Request::builder().uri(path).header("authorization", bearer);
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status.as_u16(), 500, "{path}: {}", answer.body);
            assert_eq!(answer.headers[CONTENT_TYPE], kind, "{path}");
            assert!(answer.body.contains(text), "{path}: {}", answer.body);
        }
    }

    /// A path of each surface, and a text in the answer that its errors alone have.
    #[tokio::test]
    async fn each_surface_says_in_its_own_form_that_the_host_is_missing() {
        let app = TestApp::new().await;
        for (path, kind, text) in [
            ("/v1/users", "application/json", r#""reason":"HOST_INVALID""#),
            ("/v2/manage/roles", "application/json", r#""Description":"#),
            ("/beta/task-status", "application/json", r#""trackingId":"#),
            ("/admin/users", "application/json; charset=utf-8", r#""result":false"#),
            ("/accept", "text/html; charset=utf-8", "<h1>"),
            ("/nowhere", "application/problem+json", r#""status":400"#),
        ] {
            let request = Request::builder().method(Method::GET).uri(path).header(HOST, "a b");
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.body);
            assert_eq!(answer.headers[CONTENT_TYPE], kind, "{path}");
            assert!(answer.body.contains(text), "{path}: {}", answer.body);
        }
    }
}
