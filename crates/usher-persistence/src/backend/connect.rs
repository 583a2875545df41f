//! Connects to a database: one pool for reads, and one for writes.

use std::{
    fs::OpenOptions,
    io,
    path::Path,
    str::FromStr as _,
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgPool,
        SqlitePool,
        pool::PoolOptions,
        postgres::{PgConnectOptions, PgConnection},
        sqlite::{
            SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions,
            SqliteSynchronous,
        },
    },
};

use crate::backend::Backend;

/// How long a call waits for a connection, and a connection for the write lock of SQLite.
const WAIT: Duration = Duration::from_secs(4);
/// Connections that nothing but writes may use, so that no flood of reads holds them up.
const WRITERS: u32 = 4;
/// How long a connection to PostgreSQL may be idle before it is tested when it is used again.
const IDLE: Duration = Duration::from_secs(1);
/// How long a statement that writes may take: longer than any that usher has.
const LONGEST_WRITE: Duration = Duration::from_mins(1);
/// How long it may wait for what another transaction has locked.
const LONGEST_LOCK: Duration = Duration::from_secs(20);
/// How long a transaction may do nothing, before the server ends it: whoever began it is gone.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How many steps SQLite takes before it looks whether a read takes too long: less than a
/// millisecond.
const STEPS: i32 = 10_000;
/// Compiling takes longer than any query here.
const READING: &str = "SET jit = off";
/// Searches are seldom alike, and few of them take as long as planning one takes time: each is planned
/// for what it looks for.
const SEARCHING: &str = "SET jit = off; SET plan_cache_mode = force_custom_plan";
/// Every row that is written is found by its key, which a planner without statistics may not do.
const WRITING: &str = "SET jit = off; SET enable_seqscan = off; \
     SET enable_hashjoin = off; SET enable_mergejoin = off";

/// The connections for reading, those for searches, and those for writing.
pub(crate) struct Pools {
    pub reads: DatabaseConnection,
    pub searches: DatabaseConnection,
    /// How many searches there are connections for.
    pub places: u32,
    pub writes: DatabaseConnection,
}

/// How long the database may work on a read, and on one that is a search. It ends what takes longer by
/// itself: that nobody waits for it any more would not end it.
#[derive(Clone, Copy)]
pub(crate) struct Longest {
    pub read: Duration,
    pub search: Duration,
}

/// Opens the pools, with up to this many connections in all.
pub(crate) async fn connect(
    backend: Backend,
    url: &str,
    connections: u32,
    longest: Longest,
) -> Result<Pools, sqlx::Error> {
    match backend {
        Backend::Postgres => postgres(url, connections, longest).await,
        Backend::Sqlite => sqlite(url, connections, longest).await,
    }
}

/// How many of so many connections for reading read, and how many search.
fn shares(readers: u32) -> (u32, u32) {
    let places = (readers / 4).max(1);
    (readers.saturating_sub(places).max(1), places)
}

async fn postgres(url: &str, connections: u32, longest: Longest) -> Result<Pools, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
    let (readers, places) = shares(connections.saturating_sub(WRITERS));
    let reads = postgres_pool(&options, readers, with_limits(READING, longest.read));
    let reads = SqlxPostgresConnector::from_sqlx_postgres_pool(reads.await?);
    let searches = postgres_pool(&options, places, with_limits(SEARCHING, longest.search));
    let searches = SqlxPostgresConnector::from_sqlx_postgres_pool(searches.await?);
    let writes = postgres_pool(&options, WRITERS, with_limits(WRITING, LONGEST_WRITE)).await?;
    let writes = SqlxPostgresConnector::from_sqlx_postgres_pool(writes);
    Ok(Pools { reads, searches, places, writes })
}

/// The settings of a connection, with limits of time for its statements.
fn with_limits(settings: &str, longest_statement: Duration) -> Arc<str> {
    let [statement, lock, pause] =
        [longest_statement, LONGEST_LOCK, LONGEST_PAUSE].map(|it| it.as_millis());
    format!(
        "{settings}; SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
         SET idle_in_transaction_session_timeout = {pause}"
    )
    .into()
}

async fn postgres_pool(
    options: &PgConnectOptions,
    size: u32,
    settings: Arc<str>,
) -> Result<PgPool, sqlx::Error> {
    PoolOptions::new()
        .after_connect(move |connection: &mut PgConnection, _| {
            let settings = AssertSqlSafe(settings.to_string());
            Box::pin(async move { connection.execute(settings).await.map(drop) })
        })
        .max_connections(size)
        .acquire_timeout(WAIT)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut PgConnection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options.clone())
        .await
}

async fn sqlite(url: &str, connections: u32, longest: Longest) -> Result<Pools, sqlx::Error> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT)
        .disable_statement_logging();
    let is_in_memory = url.contains(":memory:");
    if !is_in_memory {
        make_private(options.get_filename())?;
    }
    let writes = SqlxSqliteConnector::from_sqlx_sqlite_pool(sqlite_pool(&options, 1, None).await?);
    if is_in_memory {
        let (reads, searches) = (writes.clone(), writes.clone());
        return Ok(Pools { reads, searches, places: 1, writes });
    }
    let (readers, places) = shares(connections.saturating_sub(1));
    let reads = sqlite_pool(&options, readers, Some(longest.read)).await?;
    let reads = SqlxSqliteConnector::from_sqlx_sqlite_pool(reads);
    let searches = sqlite_pool(&options, places, Some(longest.search)).await?;
    let searches = SqlxSqliteConnector::from_sqlx_sqlite_pool(searches);
    Ok(Pools { reads, searches, places, writes })
}

/// Makes the file of a new database for its owner alone, whatever the umask is: it holds hashes and
/// addresses. SQLite gives the files beside it (`-wal`, `-shm`) the mode of this one.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The connections are never closed for their age, for a database in memory ends with its
/// connection. With `longest_use`, statements are interrupted that still run when their connection
/// was taken out of the pool so long ago; migrations and writes are not.
async fn sqlite_pool(
    options: &SqliteConnectOptions,
    size: u32,
    longest_use: Option<Duration>,
) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .after_connect(move |connection: &mut SqliteConnection, _| {
            Box::pin(interrupt_after(connection, longest_use))
        })
        .before_acquire(move |connection: &mut SqliteConnection, _| {
            Box::pin(async move {
                interrupt_after(connection, longest_use).await?;
                Ok(true)
            })
        })
        .max_connections(size)
        .acquire_timeout(WAIT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connection: &mut SqliteConnection, _| {
            // SQLite may end a transaction by itself, on a full disk for example. sqlx takes what
            // follows for a part of that transaction, and would never commit it.
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_with(options.clone())
        .await
}

/// Has SQLite interrupt whatever this connection does after this time from now.
async fn interrupt_after(
    connection: &mut SqliteConnection,
    longest_use: Option<Duration>,
) -> Result<(), sqlx::Error> {
    if let Some(longest_use) = longest_use {
        let begun = Instant::now();
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(STEPS, move || begun.elapsed() < longest_use);
    }
    Ok(())
}
