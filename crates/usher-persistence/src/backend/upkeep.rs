//! What PostgreSQL would do by itself up to a minute later, done as soon as much was written.
//!
//! Until a table was analyzed, the planner knows of no column how many values it has, and may look through
//! all rows of a tenant for one. And the words of new rows wait in a list that whoever fills it must put
//! into the index of texts, while all who commit wait for that.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbErr};
use tokio::{sync::watch, time::sleep};

/// After how many rows it is done for the first time.
const FIRST: u64 = 200;
/// After how many rows it is done again, at the latest. A search looks through those that are not in the
/// index of texts.
const EVERY: u64 = 10_000;
/// The least time between two times.
const PAUSE: Duration = Duration::from_secs(1);

/// Tables of the role that have more than twice the pages that they had when they were analyzed. Of one
/// that is split into partitions it is the whole: PostgreSQL never analyzes that by itself.
const GROWN: &str = "SELECT DISTINCT CAST(CAST(coalesce(pg_partition_root(c.oid), c.oid) AS regclass) \
     AS text) AS it FROM pg_class AS c \
     WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace \
     AND pg_has_role(c.relowner, 'USAGE') \
     AND pg_relation_size(c.oid) / current_setting('block_size')::bigint > 2 * c.relpages + 2";

/// Puts what is waiting into the indexes of the role that have such a list.
const MERGE: &str = "SELECT gin_clean_pending_list(c.oid) FROM pg_class AS c \
     JOIN pg_am AS a ON a.oid = c.relam AND a.amname = 'gin' \
     WHERE c.relkind = 'i' AND c.relnamespace = current_schema()::regnamespace \
     AND pg_has_role(c.relowner, 'USAGE')";

/// Sees to the tables while rows are written to them.
pub(crate) struct Upkeep(watch::Sender<u64>);

impl Upkeep {
    /// Sees to them by this connection, if there is one, until it is dropped.
    pub(crate) fn start(connection: Option<DatabaseConnection>) -> Self {
        let (written, receiver) = watch::channel(0);
        if let Some(connection) = connection {
            tokio::spawn(run(connection, receiver));
        }
        Self(written)
    }

    /// So many rows were written.
    pub(crate) fn note(&self, rows: usize) {
        self.0.send_modify(|it| *it += rows as u64);
    }
}

async fn run(connection: DatabaseConnection, mut written: watch::Receiver<u64>) {
    let mut next = FIRST;
    while let Ok(now) = written.wait_for(|it| *it >= next).await.map(|it| *it) {
        // A role that does not own the tables leaves them to PostgreSQL.
        if let Err(error) = see_to_tables(&connection).await {
            tracing::debug!(%error, "the tables are left to PostgreSQL");
        }
        next = now + (4 * now).min(EVERY);
        sleep(PAUSE).await;
    }
}

async fn see_to_tables(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let grown = sea_orm::Statement::from_string(connection.get_database_backend(), GROWN);
    for row in connection.query_all_raw(grown).await? {
        let table: String = row.try_get("", "it")?;
        connection.execute_unprepared(&format!("ANALYZE {table}")).await?;
    }
    connection.execute_unprepared(MERGE).await.map(drop)
}
