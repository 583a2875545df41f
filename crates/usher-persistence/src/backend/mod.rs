//! Everything in which the two databases differ.

pub(crate) mod announcer;
pub(crate) mod connect;
pub(crate) mod failure;
pub(crate) mod news;
pub(crate) mod server;
pub(crate) mod steps;
pub(crate) mod trust;
pub(crate) mod upkeep;

use sea_orm::{
    DbBackend,
    sea_query::{ColumnType, Expr, IntoColumnRef, Value},
};
use usher_application::StoreError;

/// The channel on which PostgreSQL notifies the nodes of new jobs.
pub(crate) const CHANNEL: &str = "usher_outbox";
/// The number of the advisory lock that migrations take: the letters `ushe`.
const MIGRATION_LOCK: i64 = 0x7573_6865;

/// One of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Postgres,
    Sqlite,
}

/// A column of rows that are handed over as JSON.
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

impl Backend {
    /// Reads the scheme of a URL.
    pub(crate) fn of(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            Some("sqlite") => Ok(Self::Sqlite),
            _ => Err(StoreError::new("the database URL must begin with `sqlite:` or `postgres:`")),
        }
    }

    /// As the query builder names it.
    pub(crate) fn builder(self) -> DbBackend {
        match self {
            Self::Postgres => DbBackend::Postgres,
            Self::Sqlite => DbBackend::Sqlite,
        }
    }

    /// Whether more than one transaction can write at a time.
    pub(crate) fn has_many_writers(self) -> bool {
        self == Self::Postgres
    }

    /// Rows that are handed over as one JSON array of objects, for a FROM clause. However many
    /// they are, they take one bind, and the statement stays the same and prepared.
    pub(crate) fn json_rows(self, bind: u32, fields: &[Field]) -> String {
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
                        // In the format in which sqlx binds a timestamp.
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

    /// A query for the rows `t` of a table that match the rows `r` that are handed over.
    pub(crate) fn select_matching(
        self,
        table: &str,
        bind: u32,
        fields: &[Field],
        condition: &str,
    ) -> String {
        let rows = self.json_rows(bind, fields);
        format!("SELECT t.* FROM {}", self.nested_join(&rows, table, condition))
    }

    /// Rows `r` with the rows `t` of a table that match them, for a FROM clause. It makes the
    /// planner look up one after the other by an index, even if it has no statistics.
    pub(crate) fn nested_join(self, rows: &str, table: &str, condition: &str) -> String {
        match self {
            Self::Postgres => format!(
                "{rows} AS r CROSS JOIN LATERAL \
                 (SELECT t.* FROM {table} AS t WHERE {condition} OFFSET 0) AS t"
            ),
            Self::Sqlite => format!("{rows} AS r CROSS JOIN {table} AS t ON {condition}"),
        }
    }

    /// Whether a text column, with which an index begins, holds one of the texts of a JSON array.
    pub(crate) fn is_in_json(self, column: impl IntoColumnRef, texts: Value) -> Expr {
        let column = Expr::col(column);
        match self {
            // As an array, for the planner would make rows a join, in an order that it cannot judge.
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

    /// Whether an invitation is one of few, by what an index of texts has told of them.
    pub(crate) fn is_among(self, few: Value) -> Expr {
        Expr::cust_with_values(
            match self {
                Self::Postgres => {
                    "id = ANY (ARRAY(SELECT CAST(json_array_elements_text(CAST($1 AS json)) AS uuid)))"
                }
                Self::Sqlite => "number IN (SELECT CAST(value AS integer) FROM json_each(?))",
            },
            [few],
        )
    }

    /// The type of a text column that sorts and folds by its bytes.
    pub(crate) fn text_type(self) -> ColumnType {
        match self {
            Self::Postgres => ColumnType::custom("text COLLATE \"C\""),
            Self::Sqlite => ColumnType::Text,
        }
    }

    /// The value of one label, compared by its bytes.
    pub(crate) fn label_value(self, name: &str) -> Expr {
        match self {
            Self::Postgres => Expr::cust_with_values("(labels ->> $1) COLLATE \"C\"", [name]),
            // Not `->>`: SQLite would read some names as paths.
            Self::Sqlite => Expr::cust_with_values(
                "(SELECT value FROM json_each(labels) WHERE key = ?)",
                [name],
            ),
        }
    }

    /// Whether a JSON array of texts contains this one.
    pub(crate) fn contains(self, column: &str, text: &str) -> Expr {
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
    pub(crate) fn id_as_hex(self) -> Expr {
        Expr::cust(match self {
            Self::Postgres => "replace(CAST(id AS text), '-', '') COLLATE \"C\"",
            Self::Sqlite => "lower(hex(id))",
        })
    }

    /// The rows `t` of a table that a query finds for each row of another, locked, so that nobody
    /// else gets them: those that others are claiming are skipped. SQLite has one writer and needs
    /// no such lock. `found` begins with FROM, calls the table by its name, and may end with LIMIT.
    pub(crate) fn lock_for_claim(self, each: &str, table: &str, found: &str) -> String {
        match self {
            Self::Postgres => format!(
                "{each} CROSS JOIN LATERAL (SELECT {table}.* {found} FOR UPDATE SKIP LOCKED) AS t"
            ),
            Self::Sqlite => {
                let key = format!("{table}.tenant_id, {table}.id");
                format!(
                    "{each} CROSS JOIN {table} AS t ON (t.tenant_id, t.id) IN (SELECT {key} {found})"
                )
            }
        }
    }

    /// The end of a query for rows to delete: locks those that it finds, and passes over those that
    /// others have locked. SQLite has one writer and needs no such lock.
    pub(crate) fn lock_unlocked(self) -> &'static str {
        match self {
            Self::Postgres => "FOR UPDATE SKIP LOCKED",
            Self::Sqlite => "",
        }
    }

    /// Statistics of the users' indexes for a planner that has none yet: SQLite's would assume that
    /// a tenant has ten users, and rather read them all in some order than sort a few.
    pub(crate) fn planner_statistics(self) -> &'static str {
        match self {
            Self::Postgres => "",
            Self::Sqlite => {
                "ANALYZE person; DELETE FROM sqlite_stat1 WHERE tbl = 'person';
                INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
                    ('person', 'sqlite_autoindex_person_1', '100000 10000 1'),
                    ('person', 'person_username', '100000 10000 1'),
                    ('person', 'person_mailbox', '100000 10000 1'),
                    ('person', 'person_name', '100000 10000 2 1'),
                    ('person', 'person_first_name', '100000 10000 20 1'),
                    ('person', 'person_last_name', '100000 10000 20'),
                    ('person', 'person_standing', '100000 10000 9000 1');
                ANALYZE sqlite_schema"
            }
        }
    }

    /// Whether a JSON array of texts contains the text of a bind.
    pub(crate) fn contains_bind(self, column: &str, bind: u32) -> String {
        match self {
            Self::Postgres => format!("{column} @> to_jsonb(CAST(${bind} AS text))"),
            Self::Sqlite => {
                format!("EXISTS (SELECT 1 FROM json_each({column}) WHERE value = ${bind})")
            }
        }
    }

    /// Whether something of a row with gifts is a gift of this actor.
    pub(crate) fn has_gift_by(self, actor: &str) -> Expr {
        let placeholder = match self {
            Self::Postgres => "$1",
            Self::Sqlite => "?",
        };
        Expr::cust_with_values(self.has_gift_of(placeholder), [actor])
    }

    /// As [`Self::has_gift_by`], of the actor of a bind.
    pub(crate) fn has_gift_by_bind(self, bind: u32) -> String {
        self.has_gift_of(&format!("${bind}"))
    }

    fn has_gift_of(self, actor: &str) -> String {
        match self {
            Self::Postgres => format!(
                "EXISTS (SELECT 1 FROM jsonb_array_elements(gifts) AS it(gift) \
                 WHERE CAST({actor} AS text) IN (gift ->> 'by', gift ->> 'shown_to'))"
            ),
            Self::Sqlite => format!(
                "EXISTS (SELECT 1 FROM json_each(gifts) \
                 WHERE {actor} IN (value ->> '$.by', value ->> '$.shown_to'))"
            ),
        }
    }

    /// Whether an organization may be joined by whoever has an address in one of its domains. Such
    /// organizations are few, and have an index of their own.
    pub(crate) fn is_open_to_domains(self) -> &'static str {
        match self {
            Self::Postgres => "active AND policies @> '{\"join\": true}'",
            Self::Sqlite => "active AND policies ->> '$.join'",
        }
    }

    /// Whether the domain of a bind is among the verified ones of an organization.
    pub(crate) fn has_verified_domain(self, bind: u32) -> String {
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

    /// Locks these organizations until the transaction is over, so that no two transactions count
    /// their seats at once. SQLite has one writer and needs no such lock.
    pub(crate) fn lock_organizations(self, rows: &str) -> Option<String> {
        (self == Self::Postgres).then(|| {
            format!(
                "SELECT o.id FROM organization AS o \
                 WHERE (o.tenant_id, o.id) IN (SELECT tenant_id, organization_id FROM {rows} AS r) \
                 ORDER BY o.tenant_id, o.id FOR NO KEY UPDATE"
            )
        })
    }

    /// As [`Self::lock_organizations`], of tenants whose tasks are counted.
    pub(crate) fn lock_tenants(self, rows: &str) -> Option<String> {
        (self == Self::Postgres).then(|| {
            format!(
                "SELECT t.id FROM tenant AS t WHERE t.id IN (SELECT tenant_id FROM {rows} AS r) \
                 ORDER BY t.id FOR NO KEY UPDATE"
            )
        })
    }

    /// Leaves room in the pages of a table for its rows to change where they are, so that their
    /// indexes need not follow.
    pub(crate) fn leave_room(self, table: &str) -> Option<String> {
        (self == Self::Postgres).then(|| format!("ALTER TABLE {table} SET (fillfactor = 70)"))
    }

    /// The statement by which a transaction has no limits of time, for a migration may take long, and
    /// wait for another one. SQLite has none where it writes.
    pub(crate) fn without_limits(self) -> Option<&'static str> {
        (self == Self::Postgres).then_some(
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
             SET LOCAL idle_in_transaction_session_timeout = 0",
        )
    }

    /// The statement that a migrating transaction begins with, so that no two migrate at once.
    pub(crate) fn migration_lock(self) -> Option<String> {
        (self == Self::Postgres).then(|| format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
    }
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
