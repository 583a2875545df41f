//! What takes too long is ended by the database itself, and keeps nobody else from reading.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait as _, Database};
use usher_application::{
    Audit, Changes, Filter, InvitationCondition, Invitations, Ledger as _, Page, StoreError,
    testing::{TENANT, invitation, noon},
};
use usher_domain::{Action, Actor, Entry, EntryId, Subject};
use usher_persistence::{SqlStore, StoreOptions};
use uuid::Uuid;

/// How long a read may take in these tests.
pub(crate) const LIMIT: Duration = Duration::from_millis(500);

/// A store at this URL, with one connection for reading.
pub(crate) async fn with_one_reader(url: String, connections: u32) -> SqlStore {
    let options = StoreOptions {
        max_connections: connections,
        longest_read: LIMIT,
        ..StoreOptions::new(url)
    };
    SqlStore::open(&options).await.unwrap()
}

/// Puts a query that never ends in the place of the audit, reads it, and reads something else.
pub(crate) async fn an_endless_read_ends_and_leaves_its_connection(store: &SqlStore, url: &str) {
    let entry = Entry {
        id: EntryId(Uuid::nil()),
        tenant: TENANT,
        at: noon(),
        actor: Actor::System,
        action: Action::Invited,
        subject: Subject::Tenant,
        detail: None,
        source: None,
        count: 1,
    };
    store.commit(&Changes { audit: vec![entry], ..Changes::default() }).await.unwrap();
    let beside = Database::connect(url).await.unwrap();
    let endless = "ALTER TABLE audit RENAME TO audit_before; CREATE VIEW audit AS \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT (i + 1) % 1000 FROM n) \
         SELECT * FROM audit_before WHERE (SELECT count(*) FROM n) < 0";
    beside.execute_unprepared(endless).await.unwrap();
    for _ in 0..3 {
        let begun = Instant::now();
        assert!(Audit::list(store, TENANT, None, 1).await.is_err());
        assert!(begun.elapsed() >= LIMIT && begun.elapsed() < LIMIT * 8, "{:?}", begun.elapsed());
        // There is one connection for reading: it would not be free.
        let begun = Instant::now();
        store.ping().await.unwrap();
        assert!(store.pending_migrations().await.unwrap().is_empty());
        assert!(begun.elapsed() < LIMIT * 4, "{:?}", begun.elapsed());
    }
}

/// A store at this URL, with one connection for searches, which have little time.
pub(crate) async fn with_one_searcher(url: String) -> SqlStore {
    let options =
        StoreOptions { max_connections: 7, longest_search: LIMIT, ..StoreOptions::new(url) };
    SqlStore::open(&options).await.unwrap()
}

/// Puts a query that never ends in the place of the invitations, and searches them many times at once.
pub(crate) async fn endless_searches_end_and_leave_other_reads_alone(store: &SqlStore, url: &str) {
    store
        .commit(&Changes { invitations: vec![invitation(1, "u1")], ..Changes::default() })
        .await
        .unwrap();
    let beside = Database::connect(url).await.unwrap();
    let endless = "ALTER TABLE invitation RENAME TO before; CREATE VIEW invitation AS \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT (i + 1) % 1000 FROM n) \
         SELECT * FROM before WHERE (SELECT count(*) FROM n) < 0";
    beside.execute_unprepared(endless).await.unwrap();
    let walks = InvitationCondition::Lifetime(None, Some(TimeDelta::seconds(1)));
    let filter = Filter::Is(walks);
    let page = Page { after: None, skip: 0, limit: 10 };
    let begun = Instant::now();
    let searches =
        join_all((0..40).map(|_| Invitations::list(store, TENANT, &filter, page, noon())));
    let others = async {
        for _ in 0..20 {
            let begun = Instant::now();
            assert!(Audit::list(store, TENANT, None, 1).await.unwrap().is_empty());
            store.commit(&Changes::default()).await.unwrap();
            assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
        }
    };
    let (outcomes, ()) = tokio::join!(searches, others);
    let errors: Vec<StoreError> = outcomes.into_iter().map(Result::unwrap_err).collect();
    assert!(errors.iter().any(StoreError::is_too_broad), "{errors:?}");
    assert!(errors.iter().any(StoreError::is_of_many_searches), "{errors:?}");
    let is_clear = |it: &StoreError| it.is_too_broad() || it.is_of_many_searches();
    assert!(errors.iter().all(is_clear), "{errors:?}");
    assert!(begun.elapsed() < LIMIT * 12, "{:?}", begun.elapsed());
}
