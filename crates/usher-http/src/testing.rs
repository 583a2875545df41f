//! For tests: the real use cases on a database in memory, with a clock that tests set.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header::HOST},
    response::Response,
};
use sea_orm::ConnectionTrait as _;
use tower::ServiceExt as _;
use tracing::subscriber::DefaultGuard;
use usher_application::{
    Changes, CommitError, DeliveryError, Entropy, Ledger, NewKey, Policy, Ports, Postman,
    StoreError, Usher,
    testing::{ManualClock, PlainPasswords, SequentialIds, keyring, noon, tenant},
};
use usher_domain::{Authority, Caller, CredentialSecret, Lane, Letter, TenantId};
use usher_persistence::{SqlStore, StoreOptions};

use crate::{health::Health, options::Options, routes::router};

/// A server at noon on 2 January 2026, with the tenant `default` and nobody in it.
pub(crate) struct TestApp {
    pub usher: Arc<Usher>,
    pub ports: Ports,
    pub store: SqlStore,
    pub clock: Arc<ManualClock>,
    pub app: Router,
    pub tenant: TenantId,
    pub ledger: Arc<TestLedger>,
    /// Dropped with the app, after the store.
    pub database: Option<Database>,
}

/// The answer to a request.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        Self::on(SqlStore::in_memory().await.unwrap(), None).await
    }

    /// The same on PostgreSQL, in a database of its own.
    pub(crate) async fn on_postgres() -> Self {
        let database = Database::new().await;
        let options = StoreOptions::new(format!("{}/{}", server(), database.name));
        let store = SqlStore::open(&options).await.unwrap();
        store.migrate().await.unwrap();
        Self::on(store, Some(database)).await
    }

    async fn on(store: SqlStore, database: Option<Database>) -> Self {
        let changes = Changes { tenants: vec![tenant()], ..Changes::default() };
        store.commit(&changes).await.unwrap();
        let clock = Arc::new(ManualClock::at(noon()));
        let entropy = Arc::new(SequentialIds::default());
        let (ports, ledger) = ports(&store, clock.clone(), entropy);
        let policy = Policy::at("http://usher.test");
        let usher = Arc::new(Usher::new(&ports, &keyring(), &policy));
        let app = router(usher.clone(), ready(), Options::default());
        Self { usher, ports, store, clock, app, tenant: tenant().id, ledger, database }
    }

    /// The use cases of another node, with a store of its own on the same database; on SQLite it
    /// shares the store, for there is one node.
    pub(crate) async fn second_node(&self) -> Arc<Usher> {
        let store = match &self.database {
            Some(it) => {
                let options = StoreOptions::new(format!("{}/{}", server(), it.name));
                SqlStore::open(&options).await.unwrap()
            }
            None => self.store.clone(),
        };
        let (ports, _) = ports(&store, self.clock.clone(), self.ports.entropy.clone());
        Arc::new(Usher::new(&ports, &keyring(), &self.usher.policy))
    }

    /// The caller who may do everything: the operator.
    pub(crate) fn system(&self) -> Caller {
        Caller::system(self.tenant)
    }

    /// A client id and secret of this authority.
    pub(crate) async fn client(&self, authority: Authority) -> (String, CredentialSecret) {
        let system = self.system();
        let (credential, secret) =
            self.usher.access.credentials.issue(&system, NewKey::of(authority)).await.unwrap();
        (credential.client_id().to_string(), secret)
    }

    /// The same app with another policy.
    pub(crate) fn with_policy(self, change: impl FnOnce(Policy) -> Policy) -> Self {
        let policy = change(self.usher.policy.clone());
        let usher = Arc::new(Usher::new(&self.ports, &keyring(), &policy));
        let app = router(usher.clone(), ready(), Options::default());
        Self { usher, app, ..self }
    }

    /// The same app with other options.
    pub(crate) fn with(self, options: Options) -> Self {
        let app = router(self.usher.clone(), ready(), options);
        Self { app, ..self }
    }

    /// From now on every commit of a use case fails, as if others had been first each time.
    pub(crate) fn make_busy(&self) {
        *self.ledger.mood.lock().unwrap() = Mood::Busy;
    }

    /// From now on every commit of a use case happens, and nobody hears of it; or all is well again.
    pub(crate) fn lose_outcomes(&self, lost: bool) {
        *self.ledger.mood.lock().unwrap() = if lost { Mood::Lossy } else { Mood::Well };
    }

    /// How many letters wait to be sent.
    pub(crate) async fn letters(&self) -> usize {
        let at = noon() + chrono::TimeDelta::days(1);
        let lease = chrono::TimeDelta::zero();
        self.ports.outbox.claim(Lane::Letters, at, lease, 100).await.unwrap().len()
    }

    /// Runs all tasks that wait, to their ends.
    pub(crate) async fn run_tasks(&self) {
        while self.usher.tasks.run.turn(8).await.unwrap() > 0 {}
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().entry(HOST).or_insert(HeaderValue::from_static("usher.test"));
        let answer: Response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

/// The ports on a store.
fn ports(
    store: &SqlStore,
    clock: Arc<ManualClock>,
    entropy: Arc<dyn Entropy>,
) -> (Ports, Arc<TestLedger>) {
    let shared = Arc::new(store.clone());
    let ledger = Arc::new(TestLedger { store: store.clone(), mood: Mutex::default() });
    let ports = Ports {
        attempts: shared.clone(),
        audit: shared.clone(),
        clock,
        counts: shared.clone(),
        credentials: shared.clone(),
        directory: shared.clone(),
        entropy,
        invitations: shared.clone(),
        ledger: ledger.clone(),
        organizations: shared.clone(),
        outbox: shared.clone(),
        passwords: Arc::new(PlainPasswords),
        postman: Arc::new(Nobody),
        profiles: shared.clone(),
        purges: shared.clone(),
        roles: shared.clone(),
        sessions: shared.clone(),
        tasks: shared.clone(),
        tenants: shared.clone(),
        users: shared,
    };
    (ports, ledger)
}

/// The health of a process that is ready.
pub(crate) fn ready() -> Health {
    Health::new(|| async { Ok(()) })
}

/// Writes to the store, as well as the mood lets it.
pub(crate) struct TestLedger {
    store: SqlStore,
    mood: Mutex<Mood>,
}

#[derive(Clone, Copy, Default)]
enum Mood {
    #[default]
    Well,
    /// Others are always first.
    Busy,
    /// The answers to commits get lost.
    Lossy,
}

#[async_trait]
impl Ledger for TestLedger {
    async fn commit(&self, changes: &Changes) -> Result<(), CommitError> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Well => self.store.commit(changes).await,
            Mood::Busy => Err(StoreError::busy().into()),
            Mood::Lossy => {
                self.store.commit(changes).await?;
                Err(StoreError::undecided("the connection was lost").into())
            }
        }
    }
}

/// What is logged by the thread of a test.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Records at every level until the guard is dropped.
    pub(crate) fn record(&self) -> DefaultGuard {
        let log = self.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone());
        tracing::subscriber::set_default(subscriber.with_max_level(tracing::Level::TRACE).finish())
    }

    pub(crate) fn text(&self) -> String {
        let bytes: MutexGuard<'_, Vec<u8>> = self.0.lock().unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A postman that nobody calls: in these tests no worker runs.
struct Nobody;

#[async_trait]
impl Postman for Nobody {
    async fn deliver(&self, _: &Letter) -> Result<String, DeliveryError> {
        Err(DeliveryError::Later("nobody".to_owned()))
    }

    fn delivers(&self) -> bool {
        true
    }

    fn has_template(&self, _: &str) -> bool {
        false
    }
}

fn server() -> String {
    std::env::var("USHER_TEST_POSTGRES").expect(
        "run `cargo xtask test`, or set USHER_TEST_POSTGRES to postgres://user:password@host:port",
    )
}

/// A database that is dropped when the test ends.
pub(crate) struct Database {
    name: String,
}

impl Database {
    #[expect(clippy::disallowed_methods, reason = "a name that no other test has")]
    async fn new() -> Self {
        let name = format!("usher_{}", uuid::Uuid::new_v4().simple());
        // It sorts by a language's rules: nothing may depend on the collation of a server.
        let create = format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' \
             LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'"
        );
        administer(&create).await;
        Self { name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(administer(&statement));
        };
        let _ = std::thread::spawn(drop).join();
    }
}

async fn administer(statement: &str) {
    let server = sea_orm::Database::connect(format!("{}/postgres", server())).await.unwrap();
    server.execute_unprepared(statement).await.unwrap();
}

/// Makes two tests of each case: one on SQLite in memory, one on PostgreSQL.
macro_rules! on_both_stores {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::testing::TestApp::new().await).await;
                }
            )+
        }

        mod postgres {
            $(
                // The database is dropped while connections to it are still being made.
                #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
                async fn $case() {
                    super::$case($crate::testing::TestApp::on_postgres().await).await;
                }
            )+
        }
    };
}

pub(crate) use on_both_stores;
