//! Connects to a database: one pool for reads, and one for writes.

use std::{
    fs::OpenOptions,
    io, iter,
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

use crate::backend::{
    Backend,
    server::Server,
    trust::{Trust, Trusts},
};

/// How long a call waits for a connection, and a connection for the write lock of SQLite.
const WAIT: Duration = Duration::from_secs(4);
/// Connections that nothing but writes may use, so that no flood of reads holds them up.
const WRITERS: u32 = 4;
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
const READING: &[&str] = &["jit = off"];
/// Searches are seldom alike, and few of them take as long as planning one takes time: each is planned
/// for what it looks for.
const SEARCHING: &[&str] = &["jit = off", "plan_cache_mode = force_custom_plan"];
/// Every row that is written is found by its key, which a planner without statistics may not do.
const WRITING: &[&str] =
    &["jit = off", "enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off"];

/// The connections for reading, those for searches, and those for writing.
pub(crate) struct Pools {
    pub reads: DatabaseConnection,
    pub searches: DatabaseConnection,
    /// How many searches there are connections for.
    pub places: u32,
    pub writes: DatabaseConnection,
    /// The connection by which the other nodes are told of new jobs, if there may be some.
    pub notices: Option<DatabaseConnection>,
    /// Which of them can still be used.
    pub trusts: Trusts,
    /// What each transaction that writes begins with, where sessions are not the store's own.
    pub prelude: Option<String>,
    /// The server, where there is one.
    pub remote: Option<Remote>,
}

/// A server of PostgreSQL: how it is connected to, and what it said of itself at the start.
pub(crate) struct Remote {
    pub options: PgConnectOptions,
    pub server: Server,
}

/// How long the database may work on a read, and on one that is a search. It ends what takes longer by
/// itself: that nobody waits for it any more would not end it.
#[derive(Clone, Copy)]
pub(crate) struct Longest {
    pub read: Duration,
    pub search: Duration,
}

/// Opens the pools, with up to this many connections in all. PostgreSQL shows them by `name`.
pub(crate) async fn connect(
    backend: Backend,
    url: &str,
    name: &str,
    connections: u32,
    longest: Longest,
) -> Result<Pools, sqlx::Error> {
    match backend {
        Backend::Postgres => postgres(postgres_options(url, name)?, connections, longest).await,
        Backend::Sqlite => sqlite(url, connections, longest).await,
    }
}

/// What a URL of PostgreSQL says, and how the connections name themselves if it does not say that.
/// Nothing is asked of the server at the start of a session that a pooler would refuse.
pub(crate) fn postgres_options(url: &str, name: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options =
        PgConnectOptions::from_str(url)?.disable_statement_logging().extra_float_digits(None);
    Ok(match options.get_application_name() {
        Some(_) => options,
        None => options.application_name(name),
    })
}

/// How many of so many connections for reading read, and how many search.
fn shares(readers: u32) -> (u32, u32) {
    let places = (readers / 4).max(1);
    (readers.saturating_sub(places).max(1), places)
}

async fn postgres(
    options: PgConnectOptions,
    connections: u32,
    longest: Longest,
) -> Result<Pools, sqlx::Error> {
    let server = Server::ask(&options).await?;
    let trusts = Trusts::new();
    let writing = with_limits(WRITING, LONGEST_WRITE);
    // What is set in a session that others get as well would hold for them.
    let is_own = !server.is_pooled;
    let (readers, places) = shares(connections.saturating_sub(WRITERS));
    let pool = |size, settings: &[String], trust| {
        postgres_pool(&options, size, is_own.then(|| of_session(settings)), trust)
    };
    let notices = pool(1, &writing, &trusts.writes);
    // What runs beside everything else shall not begin with connecting.
    drop(notices.acquire().await?);
    let store = SqlxPostgresConnector::from_sqlx_postgres_pool;
    Ok(Pools {
        reads: store(pool(readers, &with_limits(READING, longest.read), &trusts.reads)),
        searches: store(pool(places, &with_limits(SEARCHING, longest.search), &trusts.reads)),
        places,
        writes: store(pool(WRITERS, &writing, &trusts.writes)),
        notices: Some(store(notices)),
        prelude: (!is_own).then(|| of_transaction(&writing)),
        trusts,
        remote: Some(Remote { options, server }),
    })
}

/// Settings with limits of time for statements.
fn with_limits(settings: &[&str], longest_statement: Duration) -> Vec<String> {
    let limits = [
        ("statement_timeout", longest_statement),
        ("lock_timeout", LONGEST_LOCK),
        ("idle_in_transaction_session_timeout", LONGEST_PAUSE),
    ];
    let limits = limits.map(|(name, it)| format!("{name} = {}", it.as_millis()));
    settings.iter().map(|it| (*it).to_owned()).chain(limits).collect()
}

/// Statements that hold as long as the session. Whoever counts rows must see what others have
/// committed meanwhile, whatever the database prefers.
fn of_session(settings: &[String]) -> Arc<str> {
    let all = settings.iter().map(|it| format!("; SET {it}"));
    let isolation = "SET default_transaction_isolation = 'read committed'".to_owned();
    iter::once(isolation).chain(all).collect::<String>().into()
}

/// The same for the one transaction that begins with them.
fn of_transaction(settings: &[String]) -> String {
    let all = settings.iter().map(|it| format!("; SET LOCAL {it}"));
    iter::once("SET LOCAL transaction_isolation = 'read committed'".to_owned()).chain(all).collect()
}

/// A pool that connects when somebody asks for a connection.
fn postgres_pool(
    options: &PgConnectOptions,
    size: u32,
    settings: Option<Arc<str>>,
    trust: &Arc<Trust>,
) -> PgPool {
    let (before, after) = (trust.clone(), trust.clone());
    PoolOptions::new()
        .after_connect(move |connection: &mut PgConnection, _| {
            let settings = settings.as_ref().map(|it| AssertSqlSafe(it.to_string()));
            Box::pin(async move {
                match settings {
                    Some(settings) => connection.execute(settings).await.map(drop),
                    None => Ok(()),
                }
            })
        })
        .max_connections(size)
        .acquire_timeout(WAIT)
        .test_before_acquire(false)
        .before_acquire(move |connection: &mut PgConnection, metadata| {
            let trust = before.clone();
            Box::pin(async move { Ok(trust.admits(connection, metadata).await) })
        })
        .after_release(move |connection: &mut PgConnection, metadata| {
            let trust = after.clone();
            Box::pin(async move { Ok(trust.takes_back(connection, metadata).await) })
        })
        .connect_lazy_with(options.clone())
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
    let (reads, searches, places) = if is_in_memory {
        (writes.clone(), writes.clone(), 1)
    } else {
        let (readers, places) = shares(connections.saturating_sub(1));
        let reads = sqlite_pool(&options, readers, Some(longest.read)).await?;
        let searches = sqlite_pool(&options, places, Some(longest.search)).await?;
        let connect = SqlxSqliteConnector::from_sqlx_sqlite_pool;
        (connect(reads), connect(searches), places)
    };
    let trusts = Trusts::new();
    Ok(Pools {
        reads,
        searches,
        places,
        writes,
        notices: None,
        trusts,
        prelude: None,
        remote: None,
    })
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
