//! What is said of commits that failed: whether they may have happened all the same.

use usher_application::{
    Changes, CommitError, Ledger as _, Seated, Spending, StoreError,
    testing::{TENANT, membership, noon, organization},
};
use usher_domain::{Quota, QuotaKey};
use usher_persistence::SqlStore;
use uuid::Uuid;

use crate::{
    network::Network,
    pooler::Pooler,
    postgres::{Fresh, changes, fresh, server_address},
};

/// An invitation whose commit needs more than one statement, because seats are counted.
fn with_seats(n: u128) -> Changes {
    let place = organization("place");
    Changes {
        seated: vec![Seated { tenant: TENANT, organization: place.id, now: noon() }],
        memberships: vec![membership(&format!("m{n}"), "place")],
        ..changes(n)
    }
}

/// How often the invitation and its letter are there.
async fn written(database: &Fresh, n: u128) -> (i64, i64) {
    let all =
        ["invitation", "outbox"].map(|it| format!("{it} WHERE id = '{}'", Uuid::from_u128(n)));
    (database.count(&all[0]).await, database.count(&all[1]).await)
}

fn failure(outcome: Result<(), CommitError>) -> StoreError {
    match outcome {
        Err(CommitError::Store(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// A store by way of a network, on connections that have written before.
async fn behind(network: &Network, database: &Fresh) -> SqlStore {
    let store = SqlStore::open(&database.through(network.address)).await.unwrap();
    store.commit(&changes(900)).await.unwrap();
    store.commit(&with_seats(901)).await.unwrap();
    store
}

async fn with_a_place() -> Fresh {
    let (store, database) = fresh().await;
    let place = Changes { organizations: vec![organization("place")], ..Changes::default() };
    store.commit(&place).await.unwrap();
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_got_lost_may_be_written_and_is() {
    let database = with_a_place().await;
    let direct = Network::to(&server_address()).await;
    let pooler = Pooler::to(&server_address(), 6).await;
    let shared = Network::to(&pooler.address.to_string()).await;
    let mut n = 100;
    for (network, is_pooled) in [(&direct, false), (&shared, true)] {
        let store = behind(network, &database).await;
        assert_eq!(store.server().unwrap().is_pooled, is_pooled);
        // One statement is a commit by itself; behind a pooler there is always a transaction.
        let at_once = if is_pooled { "COMMIT" } else { "u{n}@" };
        for (all, last) in [(changes(n), at_once), (with_seats(n + 1), "COMMIT")] {
            network.lose_answer_to(&last.replace("{n}", &n.to_string()));
            let error = failure(store.commit(&all).await);
            assert!(network.has_lost_it(), "the connection has not ended");
            assert!(error.may_be_written(), "{n}: {error}");
            assert_eq!(written(&database, n).await, (1, 1), "{n}");
            // The same again is a conflict, and no second letter.
            assert!(matches!(store.commit(&all).await, Err(CommitError::Conflict(_))));
            assert_eq!(written(&database, n).await, (1, 1), "{n}");
            n += 1;
        }
        n += 1;
        database.run("DELETE FROM invitation; DELETE FROM outbox; DELETE FROM membership").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_not_asked_for_yet_is_known_not_to_be_written() {
    let database = with_a_place().await;
    let network = Network::to(&server_address()).await;
    let store = behind(&network, &database).await;
    // Within a transaction, before its end.
    network.lose_answer_to("u101@");
    let error = failure(store.commit(&with_seats(101)).await);
    assert!(network.has_lost_it() && !error.may_be_written(), "{error}");
    assert_eq!(written(&database, 101).await, (0, 0));
    // A statement that the server refuses.
    database.run("ALTER TABLE outbox RENAME TO elsewhere").await;
    let error = failure(store.commit(&changes(102)).await);
    assert!(!error.may_be_written(), "{error}");
    let error = failure(store.commit(&with_seats(103)).await);
    assert!(!error.may_be_written(), "{error}");
    database.run("ALTER TABLE elsewhere RENAME TO outbox").await;
    assert_eq!(written(&database, 102).await, (0, 0));
}

/// Nobody shall be told tomorrow that they have used up what was never written.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_not_to_be_written_is_not_counted() {
    let database = with_a_place().await;
    let network = Network::to(&server_address()).await;
    let store = behind(&network, &database).await;
    let (key, most) = (QuotaKey(Uuid::from_u128(7)), Some(10));
    let spending =
        Spending { tenant: TENANT, quota: Quota::Caller, key, amount: 3, most, now: noon() };
    let counted = |it: Changes| Changes { spent: vec![spending.clone()], ..it };
    // The connection is lost in the middle of a transaction.
    network.lose_answer_to("u101@");
    failure(store.commit(&counted(with_seats(101))).await);
    assert!(network.has_lost_it());
    // The server refuses, and not for what is written.
    database.run("ALTER TABLE outbox RENAME TO elsewhere").await;
    failure(store.commit(&counted(changes(102))).await);
    failure(store.commit(&counted(with_seats(103))).await);
    database.run("ALTER TABLE elsewhere RENAME TO outbox").await;
    let of_nothing = format!("quota_count WHERE key = '{}' AND spent = 0", key.0);
    assert_eq!(database.count(&of_nothing).await, 1, "it was counted, and taken back");
    // What may be written is counted.
    network.lose_answer_to("u104@");
    assert!(failure(store.commit(&counted(changes(104))).await).may_be_written());
    let once = format!("quota_count WHERE key = '{}' AND spent = 3", key.0);
    assert_eq!(database.count(&once).await, 1);
}

/// Whether the server has heard it is not known, so it is not said.
#[tokio::test(flavor = "multi_thread")]
async fn what_got_lost_on_the_way_to_the_server_may_be_written_for_all_that_is_known() {
    let database = with_a_place().await;
    let network = Network::to(&server_address()).await;
    let store = behind(&network, &database).await;
    for (n, words) in [(101, "COMMIT"), (102, "u102@")] {
        network.lose(words);
        let all = if n == 101 { with_seats(n) } else { changes(n) };
        assert!(failure(store.commit(&all).await).may_be_written());
        assert_eq!(written(&database, n).await, (0, 0));
        store.commit(&all).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_not_answered_in_time_may_be_written() {
    let database = with_a_place().await;
    let network = Network::to(&server_address()).await;
    let store = behind(&network, &database).await;
    network.swallow("u101@");
    assert!(failure(store.commit(&changes(101)).await).may_be_written());
    assert_eq!(written(&database, 101).await, (0, 0));
}
