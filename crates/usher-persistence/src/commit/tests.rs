use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait as _, Database, TransactionTrait as _};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tracing::{Event, Level, Metadata, Subscriber, span, subscriber::DefaultGuard};
use usher_application::{
    Changes, CommitError, Filter, Invitations as _, Ledger as _, Page, Spending,
    testing::{TENANT, invitation, noon},
};
use usher_domain::{Invitation, Quota, QuotaKey};
use uuid::Uuid;

use crate::{
    commit::{
        at_once::at_once,
        committing::IsCommitting,
        counts::Which,
        group::{Group, QueuedCommit},
        packed::PackedCommit,
        statements::Statements,
    },
    store::{SqlStore, StoreOptions},
};

/// Calls a function with each warning of this crate, as part of the task that warns.
struct OnWarning<F>(F);

impl<F: Fn() + Send + Sync + 'static> OnWarning<F> {
    fn call(function: F) -> DefaultGuard {
        tracing::subscriber::set_default(Self(function))
    }
}

impl<F: Fn() + Send + Sync + 'static> Subscriber for OnWarning<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target().starts_with("usher_persistence")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        (self.0)();
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The write lock of a database, held by another connection with a thread of its own.
struct Lock {
    release: mpsc::Sender<()>,
    holder: JoinHandle<()>,
}

impl Lock {
    fn hold(folder: &TempDir) -> Self {
        let (url, (release, released), (lock, locked)) =
            (url(folder), mpsc::channel(), mpsc::channel());
        let holder = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let transaction = Database::connect(url).await.unwrap().begin().await.unwrap();
                transaction.execute_unprepared("DELETE FROM tenant").await.unwrap();
                lock.send(()).unwrap();
                released.recv().unwrap();
                transaction.rollback().await.unwrap();
            });
        });
        locked.recv().unwrap();
        Self { release, holder }
    }

    fn release(self) {
        self.release.send(()).unwrap();
        self.holder.join().unwrap();
    }
}

fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("usher.db").display())
}

async fn fresh() -> (SqlStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&StoreOptions::new(url(&folder))).await.unwrap();
    store.migrate().await.unwrap();
    (store, folder)
}

/// Lets each try to lock the database fail at once instead of after seconds.
async fn without_patience(store: &SqlStore) {
    store.shared.writes.execute_unprepared("PRAGMA busy_timeout = 0").await.unwrap();
}

fn changes(n: u128) -> Changes {
    Changes { invitations: vec![invitation(n, &format!("u{n}"))], ..Changes::default() }
}

async fn stored(store: &SqlStore) -> usize {
    let page = Page { after: None, skip: 0, limit: 10_000 };
    store.list(TENANT, &Filter::Everything, page, noon()).await.unwrap().len()
}

#[tokio::test]
async fn commits_are_tried_again_while_another_process_holds_the_lock() {
    let (store, folder) = fresh().await;
    without_patience(&store).await;
    let lock = Mutex::new(Some(Lock::hold(&folder)));
    let _guard = OnWarning::call(move || {
        if let Some(lock) = lock.lock().unwrap().take() {
            lock.release();
        }
    });
    let all: Vec<_> = (1..=3).map(changes).collect();
    for outcome in join_all(all.iter().map(|it| store.commit(it))).await {
        outcome.unwrap();
    }
    assert_eq!(stored(&store).await, 3);
}

#[tokio::test]
async fn a_lock_that_another_process_never_releases_is_not_waited_for_for_ever() {
    let (store, folder) = fresh().await;
    without_patience(&store).await;
    let lock = Lock::hold(&folder);
    let tries = Arc::new(AtomicU32::new(0));
    let counted = tries.clone();
    let guard = OnWarning::call(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    assert!(matches!(store.commit(&changes(1)).await, Err(CommitError::Store(_))));
    assert_eq!(tries.load(Ordering::Relaxed), 5);
    assert_eq!(stored(&store).await, 0, "reading goes on meanwhile");
    drop(guard);
    lock.release();
    store.commit(&changes(2)).await.unwrap();
    assert_eq!(stored(&store).await, 1);
}

/// Whoever else writes waits for the lock with the only connection that writes.
#[tokio::test]
async fn commits_are_tried_again_while_the_connection_is_in_use() {
    let (store, _folder) = fresh().await;
    let in_use = Mutex::new(Some(store.shared.begin().await.unwrap()));
    // Until it is known to be in use, the time to wait passes at once.
    tokio::time::pause();
    let _guard = OnWarning::call(move || {
        if let Some(connection) = in_use.lock().unwrap().take() {
            tokio::time::resume();
            drop(connection);
        }
    });
    store.commit(&changes(1)).await.unwrap();
    assert_eq!(stored(&store).await, 1);
}

/// A group of these commits, nobody waits for.
fn group(all: &[Changes]) -> Group {
    let queued = |it: &Changes| QueuedCommit {
        packed: PackedCommit::pack(it).unwrap(),
        outcome: oneshot::channel().0,
    };
    Group::of(all.iter().map(queued).collect())
}

#[tokio::test]
async fn a_group_is_written_at_once_unless_one_of_it_meets_a_conflict() {
    let store = SqlStore::in_memory().await.unwrap();
    let statements = Statements::new(store.shared.backend);
    let put = |all: Vec<Changes>| {
        let (shared, statements) = (&store.shared, &statements);
        async move {
            let committing = IsCommitting::default();
            at_once(shared, statements, &group(&all), Which::All, &committing).await.unwrap()
        }
    };
    assert!(put(vec![changes(1), changes(2)]).await);
    assert_eq!(stored(&store).await, 2);
    assert!(!put(vec![changes(3), changes(2)]).await, "an id twice");
    let stale = Invitation { version: 5, ..invitation(1, "u1") };
    let stale = Changes { invitations: vec![stale], ..Changes::default() };
    assert!(!put(vec![changes(3), stale]).await, "a version that was replaced");
    let spent = |amount| Changes {
        spent: vec![Spending {
            tenant: TENANT,
            quota: Quota::Caller,
            key: QuotaKey(Uuid::max()),
            amount,
            most: Some(3),
            now: noon(),
        }],
        ..changes(3)
    };
    assert!(!put(vec![spent(4)]).await, "more than there may be");
    assert_eq!(stored(&store).await, 2, "nothing of them is written");
    assert!(put(vec![spent(3)]).await);
    assert_eq!(stored(&store).await, 3);
    let mut split = group(&[changes(4)]);
    split.is_split = true;
    let committing = IsCommitting::default();
    let written = at_once(&store.shared, &statements, &split, Which::All, &committing).await;
    assert!(!written.unwrap());
}
