//! Connects to a database: one pool for reads, and one for writes.

use std::{fs::OpenOptions, io, path::Path, str::FromStr as _, time::Duration};

use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        self, ConnectOptions as _, Connection as _, Executor as _, PgPool, SqlitePool,
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
/// Compiling takes longer than any query here.
const READING: &str = "SET jit = off";
/// Every row that is written is found by its key, which a planner without statistics may not do.
const WRITING: &str = "SET jit = off; SET enable_seqscan = off; \
     SET enable_hashjoin = off; SET enable_mergejoin = off";

/// The connections for reading and those for writing.
pub(crate) struct Pools {
    pub reads: DatabaseConnection,
    pub writes: DatabaseConnection,
}

/// Opens the pools, with up to this many connections in all.
pub(crate) async fn connect(
    backend: Backend,
    url: &str,
    connections: u32,
) -> Result<Pools, sqlx::Error> {
    match backend {
        Backend::Postgres => postgres(url, connections).await,
        Backend::Sqlite => sqlite(url, connections).await,
    }
}

async fn postgres(url: &str, connections: u32) -> Result<Pools, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
    let reads = postgres_pool(&options, connections.saturating_sub(WRITERS).max(1), READING);
    let reads = SqlxPostgresConnector::from_sqlx_postgres_pool(reads.await?);
    let writes = postgres_pool(&options, WRITERS, WRITING).await?;
    Ok(Pools { reads, writes: SqlxPostgresConnector::from_sqlx_postgres_pool(writes) })
}

async fn postgres_pool(
    options: &PgConnectOptions,
    size: u32,
    settings: &'static str,
) -> Result<PgPool, sqlx::Error> {
    PoolOptions::new()
        .after_connect(move |connection: &mut PgConnection, _| {
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

async fn sqlite(url: &str, connections: u32) -> Result<Pools, sqlx::Error> {
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
    let writes = SqlxSqliteConnector::from_sqlx_sqlite_pool(sqlite_pool(&options, 1).await?);
    let reads = if is_in_memory {
        writes.clone()
    } else {
        let readers = connections.saturating_sub(1).max(1);
        SqlxSqliteConnector::from_sqlx_sqlite_pool(sqlite_pool(&options, readers).await?)
    };
    Ok(Pools { reads, writes })
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
/// connection.
async fn sqlite_pool(options: &SqliteConnectOptions, size: u32) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
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
