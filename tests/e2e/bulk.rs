//! Tasks of many rows, when workers die and tenants share them.

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::RandomState},
    fmt::Write as _,
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use usher_tests::{Database, ON_SQLITE, Server, Smtp, eventually};

/// Enough for several slices.
const PEOPLE: usize = 2_300;

/// Enough to be killed ten times before the end.
const CROWD: usize = 5_000;

#[tokio::test]
async fn a_task_survives_kills_at_ten_random_moments_on_sqlite() {
    let smtp = Smtp::start().await;
    let server = Server::start(&[ON_SQLITE, ("USHER_MAIL__URL", &smtp.url())]).await;
    let file = server.home.path().join("usher-data/usher.db");
    survives(server, &smtp, async |query: &str| sqlite(&file, query).await).await;
}

#[tokio::test]
async fn a_task_survives_kills_at_ten_random_moments_on_postgresql() {
    let smtp = Smtp::start().await;
    let database = Database::new().await;
    let settings = [("USHER_MAIL__URL", &*smtp.url()), ("USHER_DATABASE__URL", &*database.url)];
    let server = Server::start(&settings).await;
    survives(server, &smtp, async |query: &str| database.ask(query).await).await;
}

async fn survives(mut server: Server, smtp: &Smtp, ask: impl AsyncFn(&str) -> String) {
    let boss = boss(&server, CROWD).await;
    let ids: Vec<_> = (0..CROWD).map(|n| format!("u{n}")).collect();
    let task = submit(&server, &boss, json!({ "ids": ids })).await;
    let (mut killed_at, mut in_the_middle) = (Vec::new(), 0);
    for _ in 0..10 {
        let moment = Duration::from_millis(RandomState::new().build_hasher().finish() % 120);
        tokio::time::sleep(moment).await;
        server.kill().await;
        killed_at.push(moment);
        let open = ask("SELECT count(*) FROM task WHERE completion IS NULL").await;
        in_the_middle += usize::from(open == "1");
        // The leases of what was in hand run out by themselves; a test turns the clock by hand.
        ask("UPDATE outbox SET due_at = '2020-01-01T00:00:00.000000+00:00'").await;
        server.kill_and_restart().await;
    }
    let when = format!("killed after {killed_at:?}");
    assert!(in_the_middle >= 5, "{when}: the task was through after {in_the_middle} of them");
    let done = completed(&server, &boss, &task).await;
    assert_eq!(done["completionStatus"], "SUCCESS", "{when}: {done}");
    assert_eq!(done["attributes"]["invited"], CROWD, "{when}");

    let count = async |what: &str| ask(&format!("SELECT {what}")).await;
    let people = CROWD.to_string();
    assert_eq!(count("count(*) FROM invitation WHERE user_id <> 'boss'").await, people, "{when}");
    let distinct = "count(DISTINCT user_id) FROM invitation WHERE user_id <> 'boss'";
    assert_eq!(count(distinct).await, people, "{when}");
    let audited = "count(DISTINCT subject) FROM audit WHERE action = 'invited' AND actor = 'uboss'";
    assert_eq!(count(audited).await, people, "{when}");

    eventually("no letter waits any more", || async {
        (count("count(*) FROM outbox").await == "0").then_some(())
    })
    .await;
    let mut letters: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for it in smtp.mails() {
        let (to, id) = (it.header("To").unwrap(), it.header("Message-ID").unwrap());
        letters.entry(to).or_default().insert(id);
    }
    assert_eq!(letters.len(), CROWD, "{when}");
    let twice: Vec<_> = letters.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(twice.is_empty(), "{when}: a repeated letter has the same Message-ID: {twice:?}");
}

#[tokio::test]
async fn the_one_row_of_a_tenant_does_not_wait_for_the_many_of_another() {
    let smtp = Smtp::start().await;
    let server = Server::start(&[("USHER_MAIL__URL", &smtp.url())]).await;
    let many = boss(&server, PEOPLE).await;
    let ids: Vec<_> = (0..PEOPLE).map(|n| format!("u{n}")).collect();
    let elsewhere = [("USHER_TENANT__NAME".to_owned(), "elsewhere".to_owned())];
    let few = boss_in(&server, &elsewhere, 1).await;

    let long = submit(&server, &many, json!({ "ids": ids })).await;
    let short = submit(&server, &few, json!({ "ids": ["u0"] })).await;
    let done = completed(&server, &few, &short).await;
    assert_eq!(done["completionStatus"], "SUCCESS", "{done}");
    let (_, other) = server.call(Method::GET, &path(&long), &many, None).await;
    assert_eq!(other["completionStatus"], Value::Null, "the long one was through first: {other}");
    // Its letter passes those that wait already.
    eventually("the letter is out", || async {
        let mails = smtp.mails();
        let theirs = mails.iter().any(|it| it.header("To").is_some_and(|it| it.contains("@few")));
        theirs.then_some(())
    })
    .await;
    assert!(smtp.mails().len() < PEOPLE, "it waited for all of theirs");
}

#[tokio::test]
async fn what_is_submitted_twice_is_mailed_once() {
    let smtp = Smtp::start().await;
    let server = Server::start(&[("USHER_MAIL__URL", &smtp.url())]).await;
    let boss = boss(&server, 3).await;
    let body = json!({ "ids": ["u0", "u1", "u1", "u2"], "uninvited": false });
    let first = submit(&server, &boss, body.clone()).await;
    let second = submit(&server, &boss, body).await;
    let (first, second) =
        (completed(&server, &boss, &first).await, completed(&server, &boss, &second).await);
    let sum = |what: &str| {
        let of = |it: &Value| it["attributes"][what].as_u64().unwrap();
        of(&first) + of(&second)
    };
    assert_eq!((sum("invited"), sum("skipped"), sum("failed")), (3, 3, 0));
    assert_eq!((&first["messages"], &second["messages"]), (&json!([]), &json!([])));
    eventually("all letters are out", || async { (smtp.mails().len() >= 3).then_some(()) }).await;
    let last = server.invite(&boss, "last@example.org").await;
    assert!(last["name"].is_string());
    eventually("the last letter is out", || async {
        let of_last =
            |it: &usher_tests::Mail| it.header("To").is_some_and(|it| it.contains("last"));
        smtp.mails().iter().any(of_last).then_some(())
    })
    .await;
    assert_eq!(smtp.mails().len(), 4);
}

/// The key of an administrator of the server's own tenant, which has so many people to invite.
async fn boss(server: &Server, people: usize) -> String {
    boss_in(server, &[], people).await
}

async fn boss_in(server: &Server, settings: &[(String, String)], people: usize) -> String {
    let host = if settings.is_empty() { "many.example.org" } else { "few.example.org" };
    let mut lines =
        format!("{}\n", json!({"id": "boss", "email": "boss@x.org", "status": "active"}));
    for n in 0..people {
        let email = format!("u{n}@{host}");
        writeln!(lines, "{}", json!({"id": format!("u{n}"), "email": email})).unwrap();
    }
    let imported = server.run_as(settings, &["import", "users", "-"], &lines).await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    let arguments = ["key", "create", "--authority", "ORG_ADMIN", "--user", "boss", "--json"];
    let made = server.run_as(settings, &arguments, "").await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let key: Value = serde_json::from_str(&made.stdout).unwrap();
    format!("{}.{}", key["id"].as_str().unwrap(), key["secret"].as_str().unwrap())
}

async fn submit(server: &Server, token: &str, body: Value) -> Value {
    let (status, task) = server.call(Method::POST, "/identities/invite", token, Some(body)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{task}");
    task
}

async fn completed(server: &Server, token: &str, task: &Value) -> Value {
    eventually("the task is completed", || async {
        let (_, now) = server.call(Method::GET, &path(task), token, None).await;
        (!now["completionStatus"].is_null() && now["id"] == task["id"]).then_some(now)
    })
    .await
}

fn path(task: &Value) -> String {
    format!("/task-status/{}", task["id"].as_str().unwrap())
}

/// What a query on a SQLite file answers, one value.
async fn sqlite(file: &std::path::Path, query: &str) -> String {
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],timeout=30)\n\
                  r=c.execute(sys.argv[2]).fetchone()\nc.commit()\nprint(r[0] if r else '')";
    let mut python = tokio::process::Command::new("python3");
    let output = python.args(["-c", script]).arg(file).arg(query).output().await;
    let output = output.expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
