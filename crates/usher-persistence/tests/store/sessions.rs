//! What sessions of PostgreSQL may be like, and what becomes of them on a bad day.

use std::{
    error::Error,
    iter,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DbBackend, Statement, TransactionTrait as _,
};
use tokio::time::{sleep, timeout};
use usher_application::{
    Changes, CommitError, Ledger as _, Organizations as _, Outbox as _, Seated, Settlement,
    Verdict,
    testing::{TENANT, membership, noon, organization},
};
use usher_domain::{Lane, Organization};
use usher_persistence::{Listen, SqlStore, StoreOptions};

use crate::{
    network::Network,
    pooler::Pooler,
    postgres::{administer, another, changes, database, fresh, server_address},
};

/// An error with all that led to it.
fn text(error: &dyn Error) -> String {
    let all = iter::successors(Some(error), |it| (*it).source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A transaction that relies on reading what others committed meanwhile says so itself.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_come_than_there_are_seats_whatever_isolation_the_database_prefers() {
    for level in ["read uncommitted", "repeatable read", "serializable"] {
        let database = database().await;
        let prefer = format!(
            "ALTER DATABASE {} SET default_transaction_isolation = '{level}'",
            database.name
        );
        administer(&prefer).await;
        let (one, two) = (another(&database).await, another(&database).await);
        one.migrate().await.unwrap();
        for trial in 0..50 {
            assert_eq!(
                come_to_five_seats(&one, &two, trial).await,
                (5, 19),
                "{level}, trial {trial}"
            );
        }
    }
}

/// How many of 24 who come at once, by two nodes, get one of five seats, and how many do not.
async fn come_to_five_seats(one: &SqlStore, two: &SqlStore, trial: u32) -> (usize, usize) {
    let place = format!("o{trial}");
    let id = organization(&place).id;
    let full = Organization { seats: Some(5), ..organization(&place) };
    one.commit(&Changes { organizations: vec![full], ..Changes::default() }).await.unwrap();
    let all: Vec<_> = (0..24)
        .map(|n| Changes {
            memberships: vec![membership(&format!("u{n}"), &place)],
            seated: vec![Seated { tenant: TENANT, organization: id.clone(), now: noon() }],
            ..Changes::default()
        })
        .collect();
    let nodes = iter::repeat([one, two]).flatten();
    let outcomes = join_all(all.iter().zip(nodes).map(|(it, node)| node.commit(it))).await;
    let came = outcomes.iter().filter(|it| it.is_ok()).count();
    let lost = outcomes.iter().filter(|it| matches!(it, Err(CommitError::Conflict(_)))).count();
    assert_eq!(one.seats_used(TENANT, &[id], noon()).await.unwrap(), [came as u64]);
    (came, lost)
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_claimed_and_settled_although_other_transactions_are_in_the_way() {
    let (store, database) = fresh().await;
    // The first two that change the outbox hear that they are to try again.
    let in_the_way = "CREATE SEQUENCE tried; \
         CREATE FUNCTION in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('tried') % 3 <> 0 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END IF; \
         RETURN coalesce(NEW, OLD); END $$; \
         CREATE TRIGGER in_the_way BEFORE UPDATE OR DELETE ON outbox \
         FOR EACH ROW EXECUTE FUNCTION in_the_way()";
    store.commit(&changes(1)).await.unwrap();
    database.run(in_the_way).await;
    let jobs = loop {
        // One that failed may still be letting go of the job.
        let jobs = store.claim(Lane::Letters, noon(), TimeDelta::minutes(5), 10).await.unwrap();
        if !jobs.is_empty() {
            break jobs;
        }
    };
    assert_eq!(jobs.len(), 1);
    let done = Settlement { job: jobs[0].clone(), delivery: None, verdict: Verdict::Done };
    store.settle(&[done]).await.unwrap();
    assert_eq!(store.next_due(Lane::Letters).await.unwrap(), None);
}

/// A connection that leads to a standby is of no use, however long it lasts.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_made_to_a_read_only_server_go_once_a_write_fails() {
    let (store, database) = fresh().await;
    store.commit(&changes(1)).await.unwrap();
    // As where a name leads to a standby for a while: sessions that begin now stay read-only.
    let on = format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name);
    administer(&on).await;
    database.cut().await;
    let mut n = 1;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        n += 1;
        assert!(store.commit(&changes(n)).await.is_err());
        let _ = store.claim(Lane::Letters, noon(), TimeDelta::minutes(5), 10).await;
        assert!(!matches!(store.is_read_only().await, Ok(false)));
        sleep(Duration::from_millis(20)).await;
    }
    let off = format!("ALTER DATABASE {} RESET default_transaction_read_only", database.name);
    administer(&off).await;
    let begun = Instant::now();
    loop {
        n += 1;
        if store.commit(&changes(n)).await.is_ok() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "it writes to a read-only server");
        sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..50 {
        n += 1;
        store.commit(&changes(n)).await.unwrap();
        store.claim(Lane::Letters, noon(), TimeDelta::minutes(5), 10).await.unwrap();
        assert!(!store.is_read_only().await.unwrap());
    }
}

/// Writes so many letters, each with a commit of its own, twenty at a time; says how many failed.
async fn failures(store: &SqlStore, from: u128, count: u128) -> u128 {
    let mut failed = 0;
    for first in (from..from + count).step_by(20) {
        let all: Vec<_> = (first..first + 20).map(changes).collect();
        let outcomes = join_all(all.iter().map(|it| store.commit(it))).await;
        failed += outcomes.iter().filter(|it| it.is_err()).count() as u128;
    }
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_nothing_is_lost_and_news_comes_by_a_url_of_its_own() {
    let (_, database) = fresh().await;
    let pooler = Pooler::to(&server_address(), 6).await;
    let direct = database.through(server_address().parse().unwrap()).url;
    let options = StoreOptions { listen: Listen::At(direct), ..database.through(pooler.address) };
    let (one, two) =
        (SqlStore::open(&options).await.unwrap(), SqlStore::open(&options).await.unwrap());
    assert!(one.server().unwrap().is_pooled);
    // Beginning to listen counts as news.
    for store in [&one, &two] {
        timeout(Duration::from_secs(20), store.news(Lane::Letters, Duration::MAX)).await.unwrap();
    }
    let (ours, theirs) = tokio::join!(failures(&one, 1_000, 600), failures(&two, 2_000, 600));
    assert_eq!((ours, theirs), (0, 0));
    // What is left of the news of those, until there is none.
    while timeout(Duration::from_secs(1), two.news(Lane::Letters, Duration::MAX)).await.is_ok() {}
    one.commit(&changes(1)).await.unwrap();
    timeout(Duration::from_secs(1), two.news(Lane::Letters, Duration::MAX)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_through_a_pooler_or_leaves_settings_to_others() {
    let (_, database) = fresh().await;
    let pooler = Pooler::to(&server_address(), 4).await;
    let through = database.through(pooler.address);
    let listens = [Listen::AtDatabase, Listen::At(through.url.clone()), Listen::Never];
    for (listen, n) in listens.into_iter().zip(1..) {
        let store = SqlStore::open(&StoreOptions { listen, ..through.clone() }).await.unwrap();
        store.news(Lane::Letters, Duration::from_secs(2)).await;
        // It notifies, and whoever listened would hear that in the middle of their commit.
        assert_eq!(failures(&store, n * 1_000, 200).await, 0);
        assert_eq!(
            store.claim(Lane::Letters, noon(), TimeDelta::minutes(5), 200).await.unwrap().len(),
            200
        );
    }
    let mut others = ConnectOptions::new(&through.url);
    others.map_sqlx_postgres_opts(|it| it.extra_float_digits(None));
    let others = Database::connect(others).await.unwrap();
    let ask = "SELECT current_setting('enable_seqscan') || current_setting('statement_timeout') \
         || current_setting('jit') || (SELECT count(*) FROM pg_listening_channels()) AS it";
    for _ in 0..20 {
        let ask = || others.query_one_raw(Statement::from_string(DbBackend::Postgres, ask));
        for row in join_all((0..6).map(|_| ask())).await {
            let said: String = row.unwrap().unwrap().try_get("", "it").unwrap();
            assert_eq!(said, "on0on0");
        }
    }
}

/// Found at once, and not by whoever comes first to a session that somebody else had.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_mixes_up_prepared_statements_is_found_when_the_store_is_opened() {
    let (_, database) = fresh().await;
    let pooler = Pooler::mixing_statements(&server_address(), 4).await;
    let opened = SqlStore::open(&database.through(pooler.address)).await;
    let said = text(&opened.err().expect("it cannot be used"));
    assert!(said.contains("prepared statement"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_hold_behind_a_pooler_whatever_isolation_the_database_prefers() {
    let (_, database) = fresh().await;
    let prefer = "SET default_transaction_isolation = 'repeatable read'";
    administer(&format!("ALTER DATABASE {} {prefer}", database.name)).await;
    let pooler = Pooler::to(&server_address(), 6).await;
    let options = database.through(pooler.address);
    let (one, two) =
        (SqlStore::open(&options).await.unwrap(), SqlStore::open(&options).await.unwrap());
    for trial in 0..20 {
        assert_eq!(come_to_five_seats(&one, &two, trial).await, (5, 19), "trial {trial}");
    }
}

/// The connections that there are swallow all that they are given, and new ones lead to a server.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_network_is_given_up_in_seconds_and_news_comes_again_within_a_minute() {
    let (node, database) = fresh().await;
    let network = Network::to(&server_address()).await;
    let store = SqlStore::open(&database.through(network.address)).await.unwrap();
    let hour = Duration::from_hours(1);
    store.news(Lane::Letters, hour).await;
    store.news(Lane::Tasks, hour).await;
    for n in 1..20 {
        store.commit(&changes(n)).await.unwrap();
        store.next_due(Lane::Letters).await.unwrap();
    }
    store.news(Lane::Letters, hour).await;
    network.fall_silent();
    let begun = Instant::now();
    // A connection that was made meanwhile may come before those that are silent.
    let (mut n, mut in_a_row) = (100, 0);
    while in_a_row < 10 {
        n += 1;
        let is_written = store.commit(&changes(n)).await.is_ok();
        let is_read = store.next_due(Lane::Letters).await.is_ok();
        in_a_row = if is_written && is_read { in_a_row + 1 } else { 0 };
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    }
    let left = Duration::from_mins(1).saturating_sub(begun.elapsed());
    // What the store wrote itself is news of letters only.
    timeout(left, store.news(Lane::Tasks, hour)).await.expect("it listens again");
    while timeout(Duration::from_secs(1), store.news(Lane::Letters, hour)).await.is_ok() {}
    node.commit(&changes(1_000)).await.unwrap();
    timeout(Duration::from_secs(1), store.news(Lane::Letters, hour)).await.expect("news");
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_takes_seconds_on_a_silent_network() {
    let (_, database) = fresh().await;
    let network = Network::to(&server_address()).await;
    let store = SqlStore::open(&database.through(network.address)).await.unwrap();
    store.commit(&changes(1)).await.unwrap();
    network.fall_silent();
    let reading = tokio::spawn({
        let store = store.clone();
        async move { store.next_due(Lane::Letters).await }
    });
    let writing = tokio::spawn({
        let store = store.clone();
        async move { store.commit(&changes(2)).await }
    });
    sleep(Duration::from_millis(200)).await;
    timeout(Duration::from_secs(6), store.close()).await.expect("it gives up");
    reading.abort();
    writing.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_says_to_whoever_connects_is_told() {
    let begun = Instant::now();
    let nowhere = SqlStore::open(&StoreOptions::new("postgres://u@127.0.0.1:1/usher")).await;
    let said = text(&nowhere.err().unwrap());
    assert!(said.contains("refused") && begun.elapsed() < Duration::from_secs(2), "{said}");

    let (_, database) = fresh().await;
    let role = &database.name;
    database
        .run(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x' CONNECTION LIMIT 4; \
             GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await;
    let url = database.options().url.replace("postgres:postgres@", &format!("{role}:x@"));
    let store = SqlStore::open(&StoreOptions::new(&url)).await.unwrap();
    // It has one by which it tells other nodes of jobs.
    let mut others = Vec::new();
    for _ in 0..3 {
        // A connection that was closed is gone when the server has noticed.
        others.push(loop {
            if let Ok(it) = Database::connect(&url).await {
                break it;
            }
        });
    }
    let Err(CommitError::Store(error)) = store.commit(&changes(1)).await else { panic!("written") };
    let said = text(&error);
    assert!(said.contains("too many connections") && !error.may_be_written(), "{said}");
    let said = text(&store.next_due(Lane::Letters).await.unwrap_err());
    assert!(said.contains("too many connections"), "{said}");
    drop((others, store));
    database.cut().await;
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_of_a_node_are_told_by_its_name_unless_the_url_has_one() {
    let (_, database) = fresh().await;
    for (url, name) in [
        (database.options().url, "usher/here"),
        (format!("{}?application_name=mine", database.options().url), "mine"),
    ] {
        let options = StoreOptions { name: "usher/here".to_owned(), ..StoreOptions::new(url) };
        let store = SqlStore::open(&options).await.unwrap();
        store.news(Lane::Letters, Duration::from_secs(20)).await;
        let _ = store.commit(&changes(1)).await;
        store.ping().await.unwrap();
        // One that writes, one that reads, and one that listens.
        let ours = format!("pg_stat_activity WHERE application_name = '{name}'");
        assert!(database.count(&ours).await >= 3, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_waits_for_another_however_impatient_the_database_is() {
    let database = database().await;
    for limit in ["lock_timeout", "statement_timeout"] {
        administer(&format!("ALTER DATABASE {} SET {limit} = '100ms'", database.name)).await;
    }
    let store = another(&database).await;
    let other = Database::connect(database.options().url).await.unwrap();
    let other = other.begin().await.unwrap();
    other.execute_unprepared("SELECT pg_advisory_xact_lock(x'75736865'::bigint)").await.unwrap();
    let release = async {
        sleep(Duration::from_secs(1)).await;
        other.commit().await.unwrap();
    };
    let (migrated, ()) = tokio::join!(store.migrate(), release);
    migrated.unwrap();
}
