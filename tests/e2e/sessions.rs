//! Sessions of PostgreSQL on a bad day: read-only servers, silent networks, roles with few rights,
//! clocks that differ.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use usher_tests::{Database, Output, Proxy, Server, Smtp, eventually, run};

fn home() -> Arc<TempDir> {
    Arc::new(TempDir::new().unwrap())
}

/// One command with these settings, in a folder of its own.
async fn command(settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let all: Vec<_> = settings.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    run(home().path(), &all, arguments, "").await
}

/// What `usher check` says of the database with this URL.
async fn check(url: &str, others: &[(&str, &str)]) -> String {
    let settings = [&[("USHER_DATABASE__URL", url)][..], others].concat();
    of_the_database(&command(&settings, &["check"]).await)
}

fn of_the_database(checked: &Output) -> String {
    let line = checked.stdout.lines().find(|it| it.contains("database: "));
    line.expect("a line about the database").to_owned()
}

#[tokio::test]
async fn a_role_that_may_only_change_rows_serves_what_another_one_migrated() {
    let database = Database::new().await;
    let role = database.name();
    database.ask(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'")).await;
    let url = database.as_role(role, "x");
    let mut early = Server::launch(home(), &[("USHER_DATABASE__URL", &url)], &[]);
    assert_eq!(early.ended().await, Some(1));
    let printed = early.printed();
    assert!(printed.contains("usher migrate"), "it says what to do: {printed}");

    let migrated = command(&[("USHER_DATABASE__URL", &database.url)], &["migrate"]).await;
    assert_eq!(migrated.code, Some(0), "{}", migrated.stderr);
    let grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO";
    database.ask(&format!("{grant} {role}")).await;
    let smtp = Smtp::start().await;
    let settings = [("USHER_DATABASE__URL", url.as_str()), ("USHER_MAIL__URL", &smtp.url())];
    let server = Server::start(&settings).await;
    let token = server.key("ORG_ADMIN").await;
    server.invite(&token, "ada@example.org").await;
    eventually("the letter", || async { (smtp.mails().len() == 1).then_some(()) }).await;
    assert_eq!(command(&settings, &["migrate"]).await.code, Some(0));
}

#[tokio::test]
async fn told_to_stop_it_ends_in_seconds_although_the_database_swallows_everything() {
    let database = Database::new().await;
    let proxy = Proxy::to(&database.address, true).await;
    let url = database.through(&proxy.address.to_string());
    let settings = [("USHER_DATABASE__URL", url.as_str()), ("USHER_HTTP__SHUTDOWN", "2s")];
    let mut server = Server::start(&settings).await;
    let token = server.key("ORG_ADMIN").await;
    server.invite(&token, "ada@example.org").await;
    proxy.fall_silent();
    let request = server
        .http
        .post(format!("{}/v1/userInvitations", server.url))
        .bearer_auth(&token)
        .json(&json!({"invitedEmail": "bob@example.org", "inviter": "Me"}));
    let waiting = tokio::spawn(request.send());
    let wrong = server.http.get(format!("{}/v1/userInvitations", server.url)).bearer_auth("wrong");
    let _ = tokio::time::timeout(Duration::from_secs(1), wrong.send()).await;
    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2 + 5), "{:?}", begun.elapsed());
    waiting.abort();
}

#[tokio::test]
async fn a_read_only_server_is_waited_for_at_the_start_and_makes_a_node_unready_later() {
    let database = Database::new().await;
    let set = format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name());
    let reset = format!("ALTER DATABASE {} RESET default_transaction_read_only", database.name());
    database.administer(&set).await;
    assert!(check(&database.url, &[]).await.starts_with("failed"), "a read-only server");
    let server = Server::launch(home(), &[("USHER_DATABASE__URL", &database.url)], &[]);
    eventually("it says that it waits", || async {
        server.printed().contains("standby or read-only").then_some(())
    })
    .await;
    database.administer(&reset).await;
    server.ready().await;
    let token = server.key("ORG_ADMIN").await;

    // From now on each new session is read-only.
    database.administer(&set).await;
    database.cut().await;
    let ready = || async {
        let answer = server.http.get(format!("{}/readyz", server.url)).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    eventually("it is not ready", || async {
        let (status, text) = ready().await;
        (status == StatusCode::SERVICE_UNAVAILABLE && text.contains("read-only")).then_some(())
    })
    .await;
    database.administer(&reset).await;
    let begun = Instant::now();
    eventually("it is ready", || async { (ready().await.0 == StatusCode::OK).then_some(()) }).await;
    let body = || Some(json!({"invitedEmail": "bob@example.org", "inviter": "Me"}));
    eventually("it writes", || async {
        let (status, _) = server.call(Method::POST, "/v1/userInvitations", &token, body()).await;
        (status == StatusCode::OK).then_some(())
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn check_finds_what_a_server_is_not_fit_for() {
    let database = Database::new().await;
    let url = &database.url;
    assert_eq!(command(&[("USHER_DATABASE__URL", url)], &["migrate"]).await.code, Some(0));
    assert!(check(url, &[]).await.starts_with("ok "), "all is well");
    let ignored = check(&format!("{url}&keepalives=1"), &[]).await;
    assert!(ignored.starts_with("failed") && ignored.contains("keepalives"), "{ignored}");
    let many = check(url, &[("USHER_DATABASE__MAX_CONNECTIONS", "1000")]).await;
    assert!(many.starts_with("failed") && many.contains("max_connections"), "{many}");

    let name = database.name();
    let latin = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0";
    database.administer(&format!("CREATE DATABASE {name}_latin {latin}")).await;
    let elsewhere = url.replace(name, &format!("{name}_latin"));
    let latin = check(&elsewhere, &[]).await;
    assert!(latin.starts_with("failed") && latin.contains("LATIN1"), "{latin}");
    let refused = command(&[("USHER_DATABASE__URL", &elsewhere)], &["migrate"]).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("LATIN1"), "{}", refused.stderr);
    let level = "default_transaction_isolation = 'repeatable read'";
    database.administer(&format!("ALTER DATABASE {name} SET {level}")).await;
    let isolation = check(url, &[]).await;
    assert!(
        isolation.starts_with("failed") && isolation.contains("repeatable read"),
        "{isolation}"
    );
}

/// Has a database tell another time than this machine.
async fn shift_clock(database: &Database, by: &str) {
    let body = format!("SELECT pg_catalog.clock_timestamp() + interval '{by}'");
    database
        .ask(&format!(
            "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz \
             LANGUAGE sql AS $$ {body} $$; \
             ALTER DATABASE {} SET search_path = public, pg_catalog",
            database.name()
        ))
        .await;
}

#[tokio::test]
async fn all_nodes_go_by_the_clock_of_the_database() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    shift_clock(&database, "30 seconds").await;
    let settings =
        [("USHER_DATABASE__URL", database.url.as_str()), ("USHER_MAIL__URL", &smtp.url())];
    let server = Server::start(&settings).await;
    assert!(server.printed().contains("s behind that of the database"), "it warns");
    let token = server.key("ORG_ADMIN").await;
    let is_right = "SELECT bool_and(abs(extract(epoch FROM issued_at - clock_timestamp())) < 3) \
         FROM invitation WHERE mailbox LIKE";
    server.invite(&token, "ada@example.org").await;
    assert_eq!(database.ask(&format!("{is_right} 'ada%'")).await, "t");
    eventually("the letter", || async { (smtp.mails().len() == 1).then_some(()) }).await;
    let said = of_the_database(&server.run(&["check"]).await);
    assert!(said.starts_with("failed") && said.contains("clock"), "{said}");

    // It goes on with a clock that is set meanwhile, whatever the machine's own says.
    shift_clock(&database, "-1 hour").await;
    let mut n = 0;
    eventually("it goes by the new time", || {
        n += 1;
        let (server, token, database) = (&server, &token, &database);
        async move {
            server.invite(token, &format!("bob{n}@example.org")).await;
            let last = format!("{is_right} 'bob{n}@%'");
            (database.ask(&last).await == "t").then_some(())
        }
    })
    .await;

    let mut far = Server::launch(home(), &settings, &[]);
    assert_eq!(far.ended().await, Some(1));
    let printed = far.printed();
    assert!(printed.contains("s ahead of that of the database"), "{printed}");
}
