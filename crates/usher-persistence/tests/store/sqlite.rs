//! The contract on files and in memory, and what is SQLite's alone.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _};

use sea_orm::{ConnectionTrait as _, Database};
use tempfile::TempDir;
use usher_application::{
    Changes, Filter, Invitations as _, Ledger as _, Page,
    testing::{TENANT, invitation, noon},
};
use usher_persistence::{SqlStore, StoreOptions};

use crate::limits::{
    an_endless_read_ends_and_leaves_its_connection,
    endless_searches_end_and_leave_other_reads_alone, with_one_reader, with_one_searcher,
};

usher_application::store_contract!(fresh);

mod in_memory {
    use usher_persistence::SqlStore;

    usher_application::store_contract!(fresh);

    async fn fresh() -> (SqlStore, ()) {
        (SqlStore::in_memory().await.unwrap(), ())
    }
}

pub(crate) async fn fresh() -> (SqlStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store.migrate().await.unwrap();
    (store, folder)
}

pub(crate) fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("usher.db").display())
}

async fn open(folder: &TempDir) -> SqlStore {
    SqlStore::open(&StoreOptions::new(url(folder))).await.unwrap()
}

fn changes(n: u128) -> Changes {
    Changes { invitations: vec![invitation(n, &format!("u{n}"))], ..Changes::default() }
}

async fn stored(store: &SqlStore) -> usize {
    let page = Page { after: None, skip: 0, limit: 10_000 };
    store.list(TENANT, &Filter::Everything, page, noon()).await.unwrap().len()
}

#[tokio::test]
async fn nobody_else_may_read_a_file_of_the_database() {
    let (store, folder) = fresh().await;
    store.commit(&changes(1)).await.unwrap();
    let mut modes = BTreeMap::new();
    for file in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        modes.insert(file.file_name().into_string().unwrap(), mode);
    }
    let expected = ["usher.db", "usher.db-shm", "usher.db-wal"].map(|it| (it.to_owned(), 0o600));
    assert_eq!(modes, BTreeMap::from(expected));
}

#[tokio::test]
async fn opening_does_not_touch_the_schema_and_migrating_twice_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let pending = store.pending_migrations().await.unwrap();
    assert_eq!(pending, ["m0001_first"]);
    assert_eq!(store.pending_migrations().await.unwrap(), pending);
    store.ping().await.unwrap();
    assert!(store.commit(&changes(1)).await.is_err());
    for _ in 0..2 {
        store.migrate().await.unwrap();
        assert!(store.pending_migrations().await.unwrap().is_empty());
    }
    store.commit(&changes(1)).await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let (store, folder) = fresh().await;
    store.commit(&changes(1)).await.unwrap();
    store.close().await;
    let options = StoreOptions::new(url(&folder).replace("sqlite:", "sqlite://"));
    let store = SqlStore::open(&options).await.unwrap();
    assert_eq!(stored(&store).await, 1);
}

#[tokio::test]
async fn closing_finishes_the_commits_in_hand_and_lets_no_more_in() {
    let (store, folder) = fresh().await;
    let commits: Vec<_> = (1..=300)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(&changes(n)).await.is_ok() })
        })
        .collect();
    // On one thread each of them runs up to where it waits.
    tokio::task::yield_now().await;
    store.close().await;
    for commit in commits {
        assert!(commit.await.unwrap(), "a commit in hand was given up");
    }
    assert!(store.commit(&changes(999)).await.is_err());
    assert!(store.ping().await.is_err());
    assert_eq!(stored(&open(&folder).await).await, 300);
}

/// As a full disk does: a transaction is over before anyone ends it, then one fails that is not.
#[tokio::test]
async fn what_follows_a_transaction_that_the_database_itself_ended_is_written() {
    let (store, folder) = fresh().await;
    let beside = Database::connect(url(&folder)).await.unwrap();
    for how in ["ROLLBACK", "ABORT"] {
        let trigger = format!(
            "CREATE TRIGGER {how}_ BEFORE INSERT ON invitation WHEN NEW.name = '{how}' \
             BEGIN SELECT RAISE({how}, 'full'); END"
        );
        beside.execute_unprepared(&trigger).await.unwrap();
    }
    for n in 1..=9 {
        let mut changes = changes(n);
        let name = ["fine", "ROLLBACK", "ABORT"][usize::try_from(n % 3).unwrap()];
        changes.invitations[0].name = Some(name.to_owned());
        assert_eq!(store.commit(&changes).await.is_ok(), n % 3 == 0);
    }
    assert_eq!(stored(&open(&folder).await).await, 3, "not what was said to be written");
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused_without_repeating_it() {
    for url in ["mysql://root:secret@host/db", "secret", "postgres://u:secret@host:port/db"] {
        let error = SqlStore::open(&StoreOptions::new(url)).await.err().unwrap();
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_read_that_takes_too_long_is_interrupted() {
    let (_, folder) = fresh().await;
    let store = with_one_reader(url(&folder), 2).await;
    an_endless_read_ends_and_leaves_its_connection(&store, &url(&folder)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_end_after_their_time_and_leave_other_reads_alone() {
    let (_, folder) = fresh().await;
    let store = with_one_searcher(url(&folder)).await;
    endless_searches_end_and_leave_other_reads_alone(&store, &url(&folder)).await;
}
