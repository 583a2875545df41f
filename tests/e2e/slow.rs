//! What takes minutes, and is run by `cargo xtask test --slow` alone: whether the time that an answer
//! takes tells who exists, and what becomes of invitations and letters when PostgreSQL fails over.

mod failover;
mod patroni;

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use usher_tests::{Server, rank_difference};

/// How often each kind of attempt is made.
const TRIES: usize = 100;

/// From here on two kinds of attempts are told apart, in standard deviations. Chance comes this far once
/// in a hundred thousand runs.
const TOO_FAR: f64 = 4.5;

const ORGANIZATION: &str = "5c0e74ba9acc3c5a84a51259";

/// Of no known password: one as usher makes it, and one as other systems do, which is far cheaper.
const ARGON2: &str = "$argon2id$v=19$m=19456,t=2,p=1$dXNoZXIga25vd3Mgbm9uZQ\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const BCRYPT: &str = "$2b$04$EGdrhbKUv8Oc9vGiXX0HQOxSg445d458Muh7DAHskb6QbtCvdxcie";

/// A kind of attempt: what its names begin with, and whether it is made with a pin.
type Kind = (&'static str, bool);

const KNOWN: Kind = ("known", false);
const IMPORTED: Kind = ("imported", false);
const UNKNOWN: Kind = ("unknown", false);
const MEMBER: Kind = ("member", true);
const STRANGER: Kind = ("stranger", true);

#[tokio::test]
async fn the_time_of_an_answer_tells_nobody_who_exists() {
    let settings =
        [("USHER_HTTP__SIGN_IN_RATE", "0"), ("USHER_MAIL__URL", "none"), ("RUST_LOG", "off")];
    let server = Server::start(&settings).await;
    populate(&server).await;
    let kinds = [KNOWN, IMPORTED, UNKNOWN, MEMBER, STRANGER];
    for kind in kinds {
        // The first ones find cold caches.
        attempt(&server, kind, TRIES).await;
    }
    let mut taken: [Vec<Duration>; 5] = Default::default();
    for n in 0..TRIES {
        // In turns, so that whatever else the machine does meets all of them alike.
        for shift in 0..kinds.len() {
            let at = (n + shift) % kinds.len();
            taken[at].push(attempt(&server, kinds[at], n).await);
        }
    }
    let [known, imported, unknown, member, stranger] = &taken;
    for (name, one, other) in [
        ("a known name and an unknown one", known, unknown),
        ("an imported hash and an unknown name", imported, unknown),
        ("the pin of a member and that of a stranger", member, stranger),
    ] {
        let far = rank_difference(one, other);
        let (one, other) = (median(one), median(other));
        eprintln!("{name}: {far:.2} standard deviations, medians {one:?} and {other:?}");
        assert!(far.abs() < TOO_FAR, "{name} are told apart: {far}, {one:?} and {other:?}");
    }
}

/// A person for each try of each kind that exists, so that nobody has to wait.
async fn populate(server: &Server) {
    let organization = json!({"id": ORGANIZATION, "code": "DBTN", "name": "The day bureau"});
    import(server, "organizations", &organization.to_string()).await;
    let mut lines = Vec::new();
    for ((kind, _), password) in [(KNOWN, ARGON2), (IMPORTED, BCRYPT), (MEMBER, ARGON2)] {
        for n in 0..=TRIES {
            let mut membership = json!({"organization": ORGANIZATION, "roles": []});
            if kind == MEMBER.0 {
                membership["pin"] = json!(format!("{n:06}"));
                membership["pinAllowed"] = json!(true);
            }
            let person = json!({
                "id": format!("{kind}{n}"), "username": format!("{kind}{n}"),
                "email": format!("{kind}{n}@example.org"), "status": "active",
                "passwordHash": password, "memberships": [membership],
            });
            lines.push(person.to_string());
        }
    }
    import(server, "users", &lines.join("\n")).await;
}

async fn import(server: &Server, what: &str, lines: &str) {
    let output = server.run_with(&["import", what, "-"], lines).await;
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
}

/// How long it took to be told that the password or the pin is wrong.
async fn attempt(server: &Server, (kind, by_pin): Kind, n: usize) -> Duration {
    let path = if by_pin {
        format!("/pin?tenant=default&organization={ORGANIZATION}")
    } else {
        "/signin?tenant=default".to_owned()
    };
    let page = server.http.get(format!("{}{path}", server.url)).send().await.unwrap();
    let page = page.text().await.unwrap();
    let (_, rest) = page.split_once(r#"name="nonce" value=""#).expect("a form");
    let nonce = rest.split_once('"').unwrap().0;
    let name = format!("{kind}{n}");
    let mut form = vec![("tenant", "default"), ("nonce", nonce), ("name", &name)];
    if by_pin {
        form.extend([("organization", ORGANIZATION), ("pin", "999999")]);
    } else {
        form.push(("password", "nine otters sing here"));
    }
    let path = if by_pin { "/pin" } else { "/signin" };
    let request = server.http.post(format!("{}{path}", server.url)).form(&form);
    let request = request.header("origin", &server.url);
    let began = Instant::now();
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body = answer.text().await.unwrap();
    let taken = began.elapsed();
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{name}: {body}");
    taken
}

fn median(all: &[Duration]) -> Duration {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}
