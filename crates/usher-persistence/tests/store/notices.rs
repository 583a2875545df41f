//! How other nodes hear of new jobs, and that no commit waits for another one.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, Database, TransactionTrait as _};
use tokio::time::timeout;
use usher_application::{
    Changes, Counts as _, Ledger as _, Spending,
    testing::{TENANT, noon},
};
use usher_domain::{Lane, Quota, QuotaKey};
use uuid::Uuid;

use crate::postgres::{another, changes, fresh, news, task};

/// Puts a `pg_notify` before that of PostgreSQL, which does this.
const INSTEAD: &str = "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS \
    $$ BEGIN {does} END $$; \
    ALTER DATABASE {database} SET search_path = public, pg_catalog";

fn instead(database: &str, does: &str) -> String {
    INSTEAD.replace("{does}", does).replace("{database}", database)
}

/// Whoever commits a notification keeps all others from committing one until a standby has confirmed
/// it.
#[tokio::test(flavor = "multi_thread")]
async fn what_writes_jobs_notifies_nobody() {
    let (_, database) = fresh().await;
    database.run(&instead(&database.name, "RAISE EXCEPTION 'notified';")).await;
    let store = another(&database).await;
    store.commit(&changes(1)).await.unwrap();
    // Another invitation for the same person: the group is written step by step.
    assert!(store.commit(&changes(1)).await.is_err());
    store.commit(&task(2)).await.unwrap();
    assert_eq!(database.count("outbox").await, 2);
}

/// No round trip is waited for within a commit, so that nobody holds locks over one.
#[tokio::test(flavor = "multi_thread")]
async fn what_meets_no_conflict_is_written_by_one_statement() {
    let (store, database) = fresh().await;
    database
        .run(
            "CREATE TABLE seen (statement text); \
             CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO seen VALUES (current_query()); RETURN NULL; END $$; \
             CREATE TRIGGER see AFTER INSERT ON invitation FOR EACH STATEMENT EXECUTE FUNCTION see(); \
             CREATE TRIGGER see AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION see()",
        )
        .await;
    store.commit(&changes(1)).await.unwrap();
    assert_eq!(database.count("seen").await, 2);
    assert_eq!(database.count("(SELECT DISTINCT statement FROM seen) AS it").await, 1);
    // What meets one is written step by step.
    assert!(store.commit(&changes(1)).await.is_err());
    assert_eq!(database.count("outbox").await, 1);
}

/// Otherwise no two nodes would commit for one tenant at once, however long a standby takes to confirm.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_tenant_counts_together_is_not_held_until_a_commit_is_confirmed() {
    let (store, database) = fresh().await;
    // Commits of invitations wait at their very end, as for a standby.
    let wait = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \
        $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$; \
        CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON invitation \
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()";
    database.run(wait).await;
    let standby = Database::connect(database.options().url).await.unwrap();
    let lock = standby.begin().await.unwrap();
    lock.execute_unprepared("SELECT pg_advisory_xact_lock(1)").await.unwrap();
    let key = QuotaKey(Uuid::from_u128(1));
    let spent = Spending {
        tenant: TENANT,
        quota: Quota::Tenant,
        key,
        amount: 1,
        most: Some(10),
        now: noon(),
    };
    let other = another(&database).await;
    let waiting = Changes { spent: vec![spent.clone()], ..changes(1) };
    let waiting = tokio::spawn(async move { store.commit(&waiting).await });
    let begun = "pg_locks AS l JOIN pg_database AS d ON d.oid = l.database \
        WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted";
    while database.count(begun).await == 0 {}
    let quick = Changes { spent: vec![spent], ..task(2) };
    timeout(Duration::from_secs(3), other.commit(&quick)).await.expect("it waits").unwrap();
    assert!(!waiting.is_finished());
    lock.commit().await.unwrap();
    waiting.await.unwrap().unwrap();
    let counted = other.counted(TENANT, &[key], noon()).await.unwrap();
    assert_eq!(counted[0].unwrap().spent, 2);
}

/// A command commits, and ends.
#[tokio::test(flavor = "multi_thread")]
async fn others_hear_of_what_was_committed_before_a_store_is_closed() {
    let (_, database) = fresh().await;
    let worker = another(&database).await;
    news(&worker, Lane::Letters).await;
    for n in 1..=5 {
        let command = another(&database).await;
        command.commit(&changes(n)).await.unwrap();
        command.close().await;
        news(&worker, Lane::Letters).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_hear_of_jobs_although_the_connection_that_tells_was_lost() {
    let (node, database) = fresh().await;
    let worker = another(&database).await;
    news(&worker, Lane::Letters).await;
    database
        .run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND query NOT LIKE '%LISTEN%' \
             AND pid <> pg_backend_pid()",
        )
        .await;
    let begin = Instant::now();
    while node.commit(&changes(1)).await.is_err() {}
    news(&worker, Lane::Letters).await;
    assert!(begin.elapsed() < Duration::from_secs(2), "as late as without a word");
}

/// What comes up while others are told is told of by one notification.
#[tokio::test(flavor = "multi_thread")]
async fn many_commits_are_told_of_together() {
    let (_, database) = fresh().await;
    database.run("CREATE TABLE notices (lane text)").await;
    let slow = "INSERT INTO public.notices VALUES ($2); PERFORM pg_sleep(0.2);";
    database.run(&instead(&database.name, slow)).await;
    let store = another(&database).await;
    for n in 1..=20 {
        store.commit(&changes(n)).await.unwrap();
    }
    store.close().await;
    let told = database.count("notices").await;
    assert!((1..20).contains(&told), "told {told} times of 20 commits");
}
