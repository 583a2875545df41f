//! What a server of PostgreSQL says of itself, and whether a pooler stands before it.

use std::time::Duration;

use sea_orm::sqlx::{
    self, Connection as _, Executor as _, Row as _,
    postgres::{PgConnectOptions, PgConnection},
};
use tokio::{time::timeout, try_join};

/// How often two sessions are held against each other: on a busy pooler, somebody else may get a
/// session in between.
const ROUNDS: u32 = 3;
/// How long a session may wait for its turn, behind one that a pooler keeps for another.
const TURN: Duration = Duration::from_secs(1);

/// Whether what is written to the server that a session leads to is refused.
pub(crate) const IS_READ_ONLY: &str =
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS it";

/// All as text, for the statement is not prepared: a pooler may not know what that is.
const ASK: &str = "SELECT (pg_is_in_recovery() OR current_setting('transaction_read_only')::bool)::text, \
     current_setting('server_encoding'), current_setting('default_transaction_isolation'), \
     (current_setting('max_connections')::int \
      - current_setting('superuser_reserved_connections')::int)::text";

/// What a server of PostgreSQL says of itself to whoever connects with the URL of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// It is a standby, or it takes no changes for another reason.
    pub is_read_only: bool,
    /// A pooler gives its sessions to one transaction after the other, so that what is set in a
    /// session holds for others, and what a session hears is heard by others.
    pub is_pooled: bool,
    /// How it encodes text: only `UTF8` can hold every name.
    pub encoding: String,
    /// What transactions are isolated by unless they say otherwise. Those of a store do.
    pub isolation: String,
    /// How many connections it takes, from all its clients together.
    pub room: u32,
}

impl Server {
    /// Asks over two connections, which are closed again.
    pub(crate) async fn ask(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        let connect = || PgConnection::connect_with(options);
        let (mut one, mut other) = try_join!(connect(), connect())?;
        let is_pooled = share_a_session(&mut one, &mut other).await?;
        if is_pooled {
            prepare(&mut one, &mut other).await?;
        }
        let row = one.fetch_one(ASK).await?;
        let text = |it: usize| row.try_get::<String, _>(it);
        let server = Self {
            is_read_only: text(0)? == "true",
            is_pooled,
            encoding: text(1)?,
            isolation: text(2)?,
            room: text(3)?.parse().unwrap_or(u32::MAX),
        };
        let _ = (one.close().await, other.close().await);
        Ok(server)
    }
}

/// Whether a pooler stands between that gives a session to one transaction after the other: then
/// somebody else gets the session that has just answered, or it is another one that answers next.
async fn share_a_session(
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    for _ in 0..ROUNDS {
        let told = session(one).await?;
        other.execute("BEGIN").await?;
        let is_shared = session(other).await? == told
            || !matches!(timeout(TURN, session(one)).await, Ok(Ok(it)) if it == told);
        other.execute("ROLLBACK").await?;
        if is_shared {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Fails behind a pooler that passes on prepared statements as they are. Whoever is given a session finds
/// those of others in it, and sooner or later every query would fail for that.
async fn prepare(one: &mut PgConnection, other: &mut PgConnection) -> Result<(), sqlx::Error> {
    for connection in [one, other] {
        connection.fetch_one(sqlx::query("SELECT 1")).await?;
    }
    Ok(())
}

/// The number of the process that serves a session.
async fn session(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    connection.fetch_one("SELECT pg_backend_pid()::text").await?.try_get(0)
}
