//! `PgBouncer` as Debian packages it, before the database.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use usher_tests::{Database, Nodes, PgBouncer, Server, Smtp, eventually};

/// How many callers invite people at the same time, and how many each.
const CALLERS: usize = 20;
const EACH: usize = 60;

#[tokio::test]
async fn in_session_mode_nobody_is_turned_away_and_news_comes_by_a_url_of_its_own() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let pooler = PgBouncer::start(&database, "session").await;
    let nodes = Nodes::on(&database.through(&pooler.address), &smtp).await;
    // Its stock settings give as many sessions as one node may take, with the two that it has in addition.
    let mut server = Arc::new(nodes.start(&[]).await);
    let token = server.key("ORG_ADMIN").await;
    let callers = (0..CALLERS).map(|caller| {
        let (server, token) = (server.clone(), token.clone());
        tokio::spawn(async move {
            let mut statuses = Vec::new();
            for n in 0..EACH {
                let body =
                    json!({"invitedEmail": format!("u{caller}.{n}@example.org"), "inviter": "Me"});
                let path = "/v1/userInvitations";
                statuses.push(server.call(Method::POST, path, &token, Some(body)).await.0);
            }
            statuses
        })
    });
    let mut counts: BTreeMap<StatusCode, usize> = BTreeMap::new();
    for caller in callers.collect::<Vec<_>>() {
        for status in caller.await.unwrap() {
            *counts.entry(status).or_default() += 1;
        }
    }
    assert_eq!(counts, BTreeMap::from([(StatusCode::OK, CALLERS * EACH)]));
    eventually("all letters", || async { (smtp.mails().len() == CALLERS * EACH).then_some(()) })
        .await;
    assert_eq!(Arc::get_mut(&mut server).unwrap().stop().await, Some(0));

    // Sessions of the pooler for two nodes, and one past it on which the worker listens.
    let few = ("USHER_DATABASE__MAX_CONNECTIONS", "6");
    let front = nodes.start(&[few, ("USHER_WORKER__ENABLED", "false")]).await;
    let direct = [few, ("USHER_DATABASE__LISTEN_URL", &database.url)];
    let _worker = nodes.launch(&direct, &["worker"]);
    let listens = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND query ILIKE 'LISTEN %'",
        database.name()
    );
    eventually("the worker listens", || async {
        (database.ask(&listens).await == "1").then_some(())
    })
    .await;
    let mut waits = Vec::new();
    for n in 1..=5 {
        front.invite(&token, &format!("late{n}@example.org")).await;
        let begun = Instant::now();
        eventually("the letter", || async {
            (smtp.mails().len() == CALLERS * EACH + n).then_some(())
        })
        .await;
        waits.push(begun.elapsed());
    }
    waits.sort();
    // Without news they wait for the two seconds after which a worker looks, one on average.
    assert!(waits[2] < Duration::from_millis(500), "{waits:?}");
}

/// Sessions that know the prepared statements of others are of no use, and only another pooler helps.
#[tokio::test]
async fn in_transaction_mode_without_prepared_statements_it_is_refused_with_what_to_do() {
    let (database, smtp) = (Database::new().await, Smtp::start().await);
    let pooler = PgBouncer::start(&database, "transaction").await;
    let nodes = Nodes::on(&database.through(&pooler.address), &smtp).await;
    for arguments in [&[][..], &["worker"], &["migrate"]] {
        let begun = Instant::now();
        let mut server: Server = nodes.launch(&[], arguments);
        assert_eq!(server.ended().await, Some(1), "{arguments:?}");
        let said = server.printed();
        assert!(said.contains("max_prepared_statements"), "{arguments:?}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(15), "it waits, although that is of no use");
    }
    let home = Arc::new(TempDir::new().unwrap());
    let url = database.through(&pooler.address);
    let check = Server::launch(home, &[("USHER_DATABASE__URL", &url)], &["check"]);
    let mut check = check;
    assert_eq!(check.ended().await, Some(1));
    let said = check.printed();
    assert!(
        said.contains("failed  database") && said.contains("max_prepared_statements"),
        "{said}"
    );
    assert_eq!(
        database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await,
        "0"
    );
}
