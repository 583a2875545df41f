//! The contract on a server, and what is PostgreSQL's alone.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use tokio::time::timeout;
use usher_application::{
    Audit, Changes, CommitError, Conflict, Credentials, Directory, Filter, Invitations,
    InviteeQuery, Ledger, Organizations, Outbox, Page, Seated, Sessions, StoreError, Tenants,
    Users,
    testing::{TENANT, invitation, mailbox, membership, noon, organization, tenant},
};
use usher_domain::{
    Actor, Authority, ClientId, Credential, CredentialId, Job, JobId, JobKind, Lane, Membership,
    Organization, Pin, SessionId, TaskId, Tenant, UserRef,
};
use usher_persistence::{SqlStore, StoreOptions};
use uuid::Uuid;

use crate::limits::{
    an_endless_read_ends_and_leaves_its_connection,
    endless_searches_end_and_leave_other_reads_alone, with_one_reader, with_one_searcher,
};

usher_application::store_contract!(fresh);

/// Longer than any test waits.
const HOUR: Duration = Duration::from_hours(1);

/// A database that goes when the test ends.
pub(crate) struct Fresh {
    pub name: String,
}

fn server() -> String {
    std::env::var("USHER_TEST_POSTGRES").expect(
        "run `cargo xtask test`, or set USHER_TEST_POSTGRES to postgres://user:password@host:port",
    )
}

/// `HOST:PORT`
pub(crate) fn server_address() -> String {
    server().rsplit_once('@').unwrap().1.to_owned()
}

impl Fresh {
    #[expect(clippy::disallowed_methods, reason = "a name that no other test has")]
    async fn new() -> Self {
        let name = format!("usher_{}", uuid::Uuid::new_v4().simple());
        // One that sorts as people do: the store must not depend on how a server was set up.
        let create = format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' \
             LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'"
        );
        administer(&create).await;
        Self { name }
    }

    pub(crate) fn options(&self) -> StoreOptions {
        StoreOptions::new(format!("{}/{}", server(), self.name))
    }

    /// By way of another address.
    pub(crate) fn through(&self, address: SocketAddr) -> StoreOptions {
        let url = self.options().url.replace(&server_address(), &address.to_string());
        StoreOptions::new(format!("{url}?sslmode=disable"))
    }

    /// Runs statements in it.
    pub(crate) async fn run(&self, statements: &str) {
        let database = Database::connect(self.options().url).await.unwrap();
        database.execute_unprepared(statements).await.unwrap();
    }

    /// How many rows there are in it of a kind, as in FROM.
    pub(crate) async fn count(&self, of: &str) -> i64 {
        let database = Database::connect(self.options().url).await.unwrap();
        let ask = format!("SELECT count(*) AS count FROM {of}");
        let ask = Statement::from_string(DbBackend::Postgres, ask);
        database.query_one_raw(ask).await.unwrap().unwrap().try_get("", "count").unwrap()
    }

    /// Ends every connection to it.
    pub(crate) async fn cut(&self) {
        administer(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
            self.name
        ))
        .await;
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(administer(&statement));
        };
        let _ = std::thread::spawn(drop).join();
    }
}

pub(crate) async fn administer(statement: &str) {
    let server = Database::connect(format!("{}/postgres", server())).await.unwrap();
    server.execute_unprepared(statement).await.unwrap();
}

/// A database without tables.
pub(crate) async fn database() -> Fresh {
    Fresh::new().await
}

pub(crate) async fn fresh() -> (SqlStore, Fresh) {
    let database = database().await;
    let store = SqlStore::open(&database.options()).await.unwrap();
    store.migrate().await.unwrap();
    (store, database)
}

pub(crate) async fn another(database: &Fresh) -> SqlStore {
    SqlStore::open(&database.options()).await.unwrap()
}

pub(crate) fn changes(n: u128) -> Changes {
    let invitation = invitation(n, &format!("u{n}"));
    let kind = JobKind::MailInvitation { invitation: invitation.id, letter: 1 };
    let id = JobId(Uuid::from_u128(n));
    Changes {
        invitations: vec![invitation],
        jobs: vec![Job { id, tenant: TENANT, kind, due_at: noon(), attempts: 0 }],
        ..Changes::default()
    }
}

pub(crate) fn task(n: u128) -> Changes {
    let kind = JobKind::RunTask { task: TaskId(Uuid::nil()), slice: 0 };
    let jobs = vec![Job { kind, ..changes(n).jobs.remove(0) }];
    Changes { jobs, ..Changes::default() }
}

/// Waits for news, or fails.
pub(crate) async fn news(store: &SqlStore, lane: Lane) {
    let heard = timeout(Duration::from_secs(20), store.news(lane, HOUR)).await;
    assert!(heard.is_ok(), "no news in {lane:?}");
}

/// Whether there is news that nobody has waited for yet.
fn has_news(store: &SqlStore, lane: Lane) -> bool {
    store.news(lane, HOUR).now_or_never().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn news_comes_from_other_nodes() {
    let (node, database) = fresh().await;
    let worker = another(&database).await;
    // The first call begins to listen, and that counts as news in both lanes.
    news(&worker, Lane::Letters).await;
    news(&worker, Lane::Tasks).await;
    for n in 1..=3 {
        let changes = changes(n);
        let (outcome, ()) = tokio::join!(node.commit(&changes), news(&worker, Lane::Letters));
        outcome.unwrap();
        assert!(!has_news(&worker, Lane::Tasks), "news of a letter in the lane of tasks");
    }
    node.commit(&task(4)).await.unwrap();
    news(&worker, Lane::Tasks).await;
    assert!(!has_news(&worker, Lane::Letters), "news of a task in the lane of letters");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_may_migrate_at_once() {
    let database = Fresh::new().await;
    let (one, two) = (another(&database).await, another(&database).await);
    assert_eq!(one.pending_migrations().await.unwrap(), ["m0001_first"]);
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    first.unwrap();
    second.unwrap();
    assert!(two.pending_migrations().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_that_want_the_same_one_wins() {
    let (one, database) = fresh().await;
    let two = another(&database).await;
    for round in 0..10 {
        // In opposite order, so that each waits for the other.
        let batch = |from: u128, backwards: bool| {
            let mut all: Vec<_> =
                (0..300).map(|n| invitation(from + n, &format!("r{round}n{n}"))).collect();
            if backwards {
                all.reverse();
            }
            Changes { invitations: all, ..Changes::default() }
        };
        let from = u128::from(10_000 * round + 1_u32);
        let (ours, theirs) = (batch(from, false), batch(from + 5_000, true));
        let (ours, theirs) = tokio::join!(one.commit(&ours), two.commit(&theirs));
        let lost = match (ours, theirs) {
            (Ok(()), Err(CommitError::Conflict(lost)))
            | (Err(CommitError::Conflict(lost)), Ok(())) => lost,
            other => panic!("{other:?}"),
        };
        assert_eq!(lost.len(), 300);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_that_give_the_same_pins_one_wins() {
    let (one, database) = fresh().await;
    let two = another(&database).await;
    for round in 0..10 {
        let place = format!("o{round}");
        let holder = |prefix: &str, n: u32| Membership {
            pin: Some(Pin { digest: n.to_be_bytes().to_vec(), seed: None }),
            ..membership(&format!("{prefix}{n}"), &place)
        };
        let members = |all| Changes { memberships: all, ..Changes::default() };
        // In opposite order, so that each waits for the other.
        let mut ours: Vec<_> = (0..300).map(|n| holder("a", n)).collect();
        let mut theirs: Vec<_> = (0..300).rev().map(|n| holder("b", n)).collect();
        if round % 2 == 1 {
            let bare = ours.iter().chain(&theirs).map(|it| Membership { pin: None, ..it.clone() });
            one.commit(&members(bare.collect())).await.unwrap();
            for all in [&mut ours, &mut theirs] {
                for it in all.iter_mut() {
                    it.version = 2;
                }
            }
        }
        let (ours, theirs) = (members(ours), members(theirs));
        let (ours, theirs) = tokio::join!(one.commit(&ours), two.commit(&theirs));
        let lost = match (ours, theirs) {
            (Ok(()), Err(CommitError::Conflict(lost)))
            | (Err(CommitError::Conflict(lost)), Ok(())) => lost,
            other => panic!("{other:?}"),
        };
        assert_eq!(lost.len(), 300);
    }
}

#[tokio::test]
async fn a_key_revoked_elsewhere_is_of_no_use_after_a_second() {
    let (one, database) = fresh().await;
    let two = another(&database).await;
    let key = Credential {
        id: CredentialId(Uuid::from_u128(1)),
        tenant: TENANT,
        secret_digest: [0; 32],
        authority: Authority::Reader,
        user: None,
        organization: None,
        created_at: noon(),
        made_by: Actor::System,
        revoked_at: None,
        expires_at: None,
        version: 1,
    };
    let change = |it| Changes { credentials: vec![it], ..Changes::default() };
    one.commit(&change(key.clone())).await.unwrap();
    assert!(Credentials::find(&two, key.client_id()).await.unwrap().unwrap().revoked_at.is_none());
    one.commit(&change(key.clone().revoked(noon()))).await.unwrap();
    // No connection is in use, so that nothing else notices the leap.
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(1_001)).await;
    tokio::time::resume();
    assert!(Credentials::find(&two, key.client_id()).await.unwrap().unwrap().revoked_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_come_than_there_are_seats_on_however_many_nodes() {
    let (one, database) = fresh().await;
    let two = another(&database).await;
    let full = Organization { seats: Some(10), ..organization("o") };
    one.commit(&Changes { organizations: vec![full], ..Changes::default() }).await.unwrap();
    let all: Vec<_> = (0..100)
        .map(|n| Changes {
            memberships: vec![membership(&format!("u{n}"), "o")],
            seated: vec![Seated {
                tenant: TENANT,
                organization: organization("o").id,
                now: noon(),
            }],
            ..Changes::default()
        })
        .collect();
    let commits = all
        .iter()
        .enumerate()
        .map(|(n, it)| if n % 2 == 0 { one.commit(it) } else { two.commit(it) });
    let outcomes = futures_util::future::join_all(commits).await;
    let came = outcomes.iter().filter(|it| it.is_ok()).count();
    let seat = [Conflict::Seat(organization("o").id)];
    let lost = |it: &&Result<(), CommitError>| matches!(it, Err(CommitError::Conflict(lost)) if *lost == seat);
    assert_eq!((came, outcomes.iter().filter(lost).count()), (10, 90));
    assert_eq!(one.seats_used(TENANT, &[organization("o").id], noon()).await.unwrap(), [10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_to_another_node_reads_what_that_one_wrote() {
    let (one, database) = fresh().await;
    let two = another(&database).await;
    let change = |version: u32| Changes {
        tenants: vec![Tenant { display_name: version.to_string(), version, ..tenant() }],
        ..Changes::default()
    };
    one.commit(&change(1)).await.unwrap();
    for version in 2..5 {
        // It is known on both nodes.
        assert!(Tenants::find(&two, TENANT).await.unwrap().is_some());
        assert!(Tenants::named(&two, "default").await.unwrap().is_some());
        one.commit(&change(version)).await.unwrap();
        assert!(two.commit(&change(version)).await.is_err());
        assert_eq!(Tenants::find(&two, TENANT).await.unwrap().unwrap().version, version);
        assert_eq!(Tenants::named(&two, "default").await.unwrap().unwrap().version, version);
    }
}

/// Every call of every port, and whether it failed.
async fn failures(store: &SqlStore) -> Vec<bool> {
    fn failed<T>(outcome: &Result<T, StoreError>) -> bool {
        outcome.is_err()
    }
    let page = Page { after: None, skip: 0, limit: 10 };
    let ada = || UserRef::Mailbox(mailbox("ada@example.org"));
    let question = [InviteeQuery { who: ada(), organization: None }];
    let minute = TimeDelta::minutes(1);
    let unknown = ClientId { tenant: TENANT, key: CredentialId(Uuid::nil()) };
    vec![
        failed(&store.ping().await),
        failed(&store.pending_migrations().await),
        failed(&Audit::list(store, TENANT, None, 1).await),
        failed(&Credentials::find(store, unknown).await),
        failed(&store.resolve(TENANT, &question).await),
        failed(&Invitations::list(store, TENANT, &Filter::Everything, page, noon()).await),
        failed(&Sessions::find(store, TENANT, SessionId(Uuid::nil())).await),
        failed(&Tenants::named(store, "nobody").await),
        failed(&Users::find_many(store, TENANT, &[ada()]).await),
        failed(&store.claim(Lane::Letters, noon(), minute, 0).await),
        failed(&store.next_due(Lane::Letters).await),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_and_comes_back_is_borne() {
    let (store, database) = fresh().await;
    let other = another(&database).await;
    news(&store, Lane::Tasks).await;
    store.commit(&changes(1)).await.unwrap();
    assert!(!failures(&store).await.contains(&true));

    administer(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", database.name)).await;
    database.cut().await;
    let begin = Instant::now();
    let waiting: Vec<_> = (10..60).map(changes).collect();
    let waiting = waiting.iter().map(|it| store.commit(it));
    let outcomes = futures_util::future::join_all(waiting).await;
    assert!(outcomes.iter().all(|it| matches!(it, Err(CommitError::Store(_)))));
    assert!(begin.elapsed() < Duration::from_secs(15));
    for _ in 0..2 {
        assert!(!failures(&store).await.contains(&false));
    }
    administer(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", database.name)).await;

    store.commit(&changes(2)).await.unwrap();
    assert!(!failures(&store).await.contains(&true));
    // It listens again as well. The loss of its connection may count as news, and so does the new
    // one: the third time it can only be what was committed.
    for n in 3..6 {
        // A connection that was cut a moment ago is found out by its use.
        while other.commit(&task(n)).await.is_err() {}
        news(&store, Lane::Tasks).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_takes_too_long_is_ended_by_the_server() {
    let (_, database) = fresh().await;
    let url = database.options().url;
    let store = with_one_reader(url.clone(), 5).await;
    an_endless_read_ends_and_leaves_its_connection(&store, &url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_end_after_their_time_and_leave_other_reads_alone() {
    let (_, database) = fresh().await;
    let url = database.options().url;
    let store = with_one_searcher(url.clone()).await;
    endless_searches_end_and_leave_other_reads_alone(&store, &url).await;
}
