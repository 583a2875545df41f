//! Where the two databases differ: the whole list.

pub(crate) mod news;

use std::{str::FromStr as _, time::Duration};

use sea_orm::{
    DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxPostgresConnector, SqlxSqliteConnector,
    sea_query::{ColumnType, Expr, IntoColumnRef, Value},
    sqlx::{
        self, ConnectOptions as _, Connection as _, Executor as _,
        error::ErrorKind,
        pool::PoolOptions,
        postgres::{PgConnectOptions, PgConnection, Postgres},
        sqlite::{
            SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions,
            SqliteSynchronous,
        },
    },
};
use usher_application::StoreError;

/// How long a call waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(4);
/// Connections that nothing but writes may use, so that no flood of reads holds them up.
const WRITERS: u32 = 4;
/// No query here is worth compiling.
const READING: &str = "SET jit = off";
/// All that is written is found by its key, which a planner without statistics may not believe.
const WRITING: &str = "SET jit = off; SET enable_seqscan = off; \
     SET enable_hashjoin = off; SET enable_mergejoin = off";
/// Where PostgreSQL announces new jobs.
pub(crate) const CHANNEL: &str = "usher_outbox";
/// Names the lock that migrations take: the letters `ushe`.
const MIGRATION_LOCK: i64 = 0x7573_6865;

/// One of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres,
    Sqlite,
}

/// The connections for reading and those for writing.
pub(crate) struct Pools {
    pub reads: DatabaseConnection,
    pub writes: DatabaseConnection,
}

/// A column of rows that are handed over.
pub(crate) struct Field {
    pub name: &'static str,
    pub kind: ColumnType,
}

impl Field {
    pub(crate) fn text(name: &'static str) -> Self {
        Self { name, kind: ColumnType::Text }
    }

    pub(crate) fn id(name: &'static str) -> Self {
        Self { name, kind: ColumnType::Uuid }
    }
}

/// What an error says about the statement that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another transaction was in the way: the same again may succeed.
    Again,
    /// A unique index refused a row.
    Unique,
    /// The database cannot keep these values; others it could.
    Content,
    /// The database itself cannot do its work.
    Database,
}

impl Dialect {
    /// Reads the scheme of a URL.
    pub(crate) fn of(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            Some("sqlite") => Ok(Self::Sqlite),
            _ => Err(StoreError::new("a store's URL begins with `sqlite:` or `postgres:`")),
        }
    }

    pub(crate) async fn connect(self, url: &str, connections: u32) -> Result<Pools, sqlx::Error> {
        match self {
            Self::Postgres => {
                let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
                let pool =
                    |size, settings| postgres_pool(size, settings).connect_with(options.clone());
                let readers = connections.saturating_sub(WRITERS).max(1);
                Ok(Pools {
                    reads: SqlxPostgresConnector::from_sqlx_postgres_pool(
                        pool(readers, READING).await?,
                    ),
                    writes: SqlxPostgresConnector::from_sqlx_postgres_pool(
                        pool(WRITERS, WRITING).await?,
                    ),
                })
            }
            Self::Sqlite => {
                let options = SqliteConnectOptions::from_str(url)?
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(ACQUIRE)
                    .disable_statement_logging();
                // One that is closed takes a database in memory with it.
                let pool = |size: u32| {
                    SqlitePoolOptions::new()
                        .max_connections(size)
                        .acquire_timeout(ACQUIRE)
                        .test_before_acquire(false)
                        .idle_timeout(None)
                        .max_lifetime(None)
                        .after_release(|connection: &mut SqliteConnection, _| {
                            // SQLite may end a transaction by itself, on a full disk for one, and
                            // sqlx takes what follows for a part of it: never again committed.
                            Box::pin(async move {
                                connection.ping().await?;
                                Ok(!connection.is_in_transaction())
                            })
                        })
                        .connect_with(options.clone())
                };
                let writes = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool(1).await?);
                let reads = if url.contains(":memory:") {
                    writes.clone()
                } else {
                    let readers = connections.saturating_sub(1).max(1);
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(pool(readers).await?)
                };
                Ok(Pools { reads, writes })
            }
        }
    }

    pub(crate) fn backend(self) -> DbBackend {
        match self {
            Self::Postgres => DbBackend::Postgres,
            Self::Sqlite => DbBackend::Sqlite,
        }
    }

    /// Whether more than one transaction can write at a time.
    pub(crate) fn writes_side_by_side(self) -> bool {
        self == Self::Postgres
    }

    /// Rows that are handed over as one JSON array of objects, for a FROM clause. However many
    /// they are, they take one bind, and the statement stays the same and prepared.
    pub(crate) fn rows(self, bind: u32, fields: &[Field]) -> String {
        let list = |column: &dyn Fn(&Field) -> String| {
            fields.iter().map(column).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Postgres => {
                let columns = list(&|it| format!("\"{}\" {}", it.name, postgres_type(&it.kind)));
                format!("(SELECT * FROM json_to_recordset(CAST(${bind} AS json)) AS x({columns}))")
            }
            Self::Sqlite => {
                let columns = list(&|it| {
                    let value = format!("value ->> '$.{}'", it.name);
                    let value = match it.kind {
                        ColumnType::Uuid => format!("unhex({value}, '-')"),
                        // As a timestamp is written when it is bound.
                        ColumnType::TimestampWithTimeZone => {
                            format!("replace({value}, 'Z', '+00:00')")
                        }
                        _ => value,
                    };
                    format!("{value} AS \"{}\"", it.name)
                });
                format!("(SELECT {columns} FROM json_each(${bind}))")
            }
        }
    }

    /// The rows `t` of a table that go with the rows `r` that are handed over.
    pub(crate) fn find(self, table: &str, bind: u32, fields: &[Field], condition: &str) -> String {
        format!("SELECT t.* FROM {}", self.beside(&self.rows(bind, fields), table, condition))
    }

    /// Rows `r` with the rows `t` of a table that go with them, for a FROM clause: looked up by an
    /// index one after the other, whatever a planner without statistics makes of it.
    pub(crate) fn beside(self, rows: &str, table: &str, condition: &str) -> String {
        match self {
            Self::Postgres => format!(
                "{rows} AS r CROSS JOIN LATERAL \
                 (SELECT t.* FROM {table} AS t WHERE {condition} OFFSET 0) AS t"
            ),
            Self::Sqlite => format!("{rows} AS r CROSS JOIN {table} AS t ON {condition}"),
        }
    }

    /// Whether a text is in a JSON array, which is looked up in an index that begins with it.
    pub(crate) fn among(self, column: impl IntoColumnRef, texts: Value) -> Expr {
        let column = Expr::col(column);
        match self {
            // As an array: of rows it would make a join, in an order that it cannot judge.
            Self::Postgres => Expr::cust_with_exprs(
                "$1 = ANY (ARRAY(SELECT json_array_elements_text(CAST($2 AS json))))",
                [column, texts.into()],
            ),
            Self::Sqlite => Expr::cust_with_exprs(
                "? IN (SELECT value FROM json_each(?))",
                [column, texts.into()],
            ),
        }
    }

    /// Text that sorts and folds by its bytes.
    pub(crate) fn text(self) -> ColumnType {
        match self {
            Self::Postgres => ColumnType::custom("text COLLATE \"C\""),
            Self::Sqlite => ColumnType::Text,
        }
    }

    /// One label's value, by its bytes.
    pub(crate) fn label(self, name: &str) -> Expr {
        match self {
            Self::Postgres => Expr::cust_with_values("(labels ->> $1) COLLATE \"C\"", [name]),
            // Not `->>`: SQLite would read some names as paths.
            Self::Sqlite => Expr::cust_with_values(
                "(SELECT value FROM json_each(labels) WHERE key = ?)",
                [name],
            ),
        }
    }

    /// Whether a JSON array of texts holds this one.
    pub(crate) fn lists(self, column: &str, text: &str) -> Expr {
        match self {
            Self::Postgres => {
                Expr::cust_with_values(format!("{column} @> to_jsonb(CAST($1 AS text))"), [text])
            }
            Self::Sqlite => Expr::cust_with_values(
                format!("EXISTS (SELECT 1 FROM json_each({column}) WHERE value = ?)"),
                [text],
            ),
        }
    }

    /// An invitation's id as 32 hexadecimal digits.
    pub(crate) fn id_text(self) -> Expr {
        Expr::cust(match self {
            Self::Postgres => "replace(CAST(id AS text), '-', '') COLLATE \"C\"",
            Self::Sqlite => "lower(hex(id))",
        })
    }

    /// The rows `t` of a table that a query finds for each row of another, so that nobody else gets
    /// them: those that others are claiming are passed over. SQLite has one writer and no need of
    /// that. What is `found` begins with FROM, knows its table by its name, and may end with LIMIT.
    pub(crate) fn taken(self, each: &str, table: &str, found: &str) -> String {
        match self {
            Self::Postgres => format!(
                "{each} CROSS JOIN LATERAL (SELECT {table}.* {found} FOR UPDATE SKIP LOCKED) AS t"
            ),
            Self::Sqlite => {
                format!("{each} CROSS JOIN {table} AS t ON t.id IN (SELECT {table}.id {found})")
            }
        }
    }

    /// An insert of jobs that tells the other nodes the lanes once it is committed.
    pub(crate) fn announced(self, insert: &str) -> String {
        match self {
            Self::Postgres => format!(
                "WITH new AS ({insert} RETURNING lane) \
                 SELECT pg_notify('{CHANNEL}', lane) FROM (SELECT DISTINCT lane FROM new) AS lanes"
            ),
            Self::Sqlite => insert.to_owned(),
        }
    }

    /// What the planner is to take for true of users before it has looked: SQLite's thinks that a
    /// tenant has ten of them, and would rather read them all in some order than sort a few.
    pub(crate) fn assumptions(self) -> &'static str {
        match self {
            Self::Postgres => "",
            Self::Sqlite => {
                "ANALYZE person; DELETE FROM sqlite_stat1 WHERE tbl = 'person';
                INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
                    ('person', 'sqlite_autoindex_person_1', '100000 10000 1'),
                    ('person', 'person_username', '100000 10000 1'),
                    ('person', 'person_mailbox', '100000 10000 1'),
                    ('person', 'person_name', '100000 10000 2 1'),
                    ('person', 'person_first_name', '100000 10000 20'),
                    ('person', 'person_last_name', '100000 10000 20');
                ANALYZE sqlite_schema"
            }
        }
    }

    /// The same for an index that came later.
    pub(crate) fn assumption(self, index: &str, rows: &str) -> Option<String> {
        (self == Self::Sqlite).then(|| {
            format!(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('person', '{index}', '{rows}');
                ANALYZE sqlite_schema"
            )
        })
    }

    /// Whether a JSON array of texts holds what is bound.
    pub(crate) fn has(self, column: &str, bind: u32) -> String {
        match self {
            Self::Postgres => format!("{column} @> to_jsonb(CAST(${bind} AS text))"),
            Self::Sqlite => {
                format!("EXISTS (SELECT 1 FROM json_each({column}) WHERE value = ${bind})")
            }
        }
    }

    /// What holds of organizations that one joins by one's address alone. They are few, and have an
    /// index of their own.
    pub(crate) fn joins(self) -> &'static str {
        match self {
            Self::Postgres => "active AND policies @> '{\"join\": true}'",
            Self::Sqlite => "active AND policies ->> '$.join'",
        }
    }

    /// Whether a domain that is bound is among the verified ones of an organization.
    pub(crate) fn verified(self, bind: u32) -> String {
        match self {
            Self::Postgres => format!(
                "domains @> jsonb_build_array( \
                 jsonb_build_object('name', CAST(${bind} AS text), 'verified', true))"
            ),
            Self::Sqlite => format!(
                "EXISTS (SELECT 1 FROM json_each(domains) \
                 WHERE value ->> '$.name' = ${bind} AND value ->> '$.verified')"
            ),
        }
    }

    /// Holds these organizations fast until the transaction is over, so that no two count their
    /// seats at once. SQLite has one writer and no need of that.
    pub(crate) fn hold(self, rows: &str) -> Option<String> {
        (self == Self::Postgres).then(|| {
            format!(
                "SELECT o.id FROM organization AS o \
                 WHERE (o.tenant_id, o.id) IN (SELECT tenant_id, organization_id FROM {rows} AS r) \
                 ORDER BY o.tenant_id, o.id FOR NO KEY UPDATE"
            )
        })
    }

    /// A random UUID for each row.
    pub(crate) fn random_id(self) -> &'static str {
        match self {
            Self::Postgres => "gen_random_uuid()",
            Self::Sqlite => "randomblob(16)",
        }
    }

    /// Makes a column one that is never null, not even in rows of a node that does not know it yet.
    /// SQLite has no such nodes, and no such statement.
    pub(crate) fn given(self, table: &str, column: &str, value: &str) -> Option<String> {
        (self == Self::Postgres).then(|| {
            format!(
                "ALTER TABLE {table} ALTER {column} SET DEFAULT {value}, \
                 ALTER {column} SET NOT NULL"
            )
        })
    }

    /// Leaves room for the rows of a table to change where they are, so that their indexes need not
    /// follow.
    pub(crate) fn roomy(self, table: &str) -> Option<String> {
        (self == Self::Postgres).then(|| format!("ALTER TABLE {table} SET (fillfactor = 70)"))
    }

    /// What a transaction does first so that migrations never run twice at once.
    pub(crate) fn migration_lock(self) -> Option<String> {
        (self == Self::Postgres).then(|| format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
    }

    pub(crate) fn trouble(self, error: &DbErr) -> Trouble {
        let (DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))) = error
        else {
            return Trouble::Database;
        };
        let Some(error) = error.as_database_error() else {
            return Trouble::Database;
        };
        let code = error.code().unwrap_or_default();
        match (self, error.kind()) {
            (_, ErrorKind::UniqueViolation) => Trouble::Unique,
            (Self::Postgres, _) => match code.get(..2) {
                Some("40") => Trouble::Again,
                Some("22" | "23" | "54") => Trouble::Content,
                _ => Trouble::Database,
            },
            (Self::Sqlite, ErrorKind::Other) => match &*code {
                // An error in the statement, here the JSON in it; too big; of a wrong type.
                "1" | "18" | "20" => Trouble::Content,
                _ => Trouble::Database,
            },
            (Self::Sqlite, _) => Trouble::Content,
        }
    }
}

/// Looks whether a connection is still alive, but not at each use.
fn postgres_pool(size: u32, settings: &'static str) -> PoolOptions<Postgres> {
    PoolOptions::new()
        .after_connect(move |connection: &mut PgConnection, _| {
            Box::pin(async move { connection.execute(settings).await.map(drop) })
        })
        .max_connections(size)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut PgConnection, meta| {
            Box::pin(async move {
                if meta.idle_for > Duration::from_secs(1) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

fn postgres_type(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Uuid => "uuid",
        ColumnType::TimestampWithTimeZone => "timestamptz",
        ColumnType::BigInteger => "bigint",
        ColumnType::Boolean => "boolean",
        ColumnType::JsonBinary => "jsonb",
        _ => "text",
    }
}
