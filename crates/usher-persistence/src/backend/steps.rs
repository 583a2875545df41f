//! The steps of a commit as one text: one statement on PostgreSQL, one call on SQLite.

use std::fmt::Write as _;

use crate::backend::Backend;

/// A step, and what must be so once it is done.
pub(crate) enum Step {
    /// Writes as many rows as the bind with this number says.
    Write { sql: String, expected: u32 },
    /// Adds rows, all of them.
    Append(String),
    /// Adds to counts. None may come to more than the most of its row among these, which are for a FROM
    /// clause.
    Count { sql: String, rows: String },
}

impl Backend {
    /// The text that takes all of these steps, or fails like one with content that cannot be stored.
    /// On SQLite, whoever runs it has begun a transaction, and ends it.
    pub(crate) fn all_or_nothing(self, steps: &[Step]) -> String {
        match self {
            Self::Postgres => postgres(steps),
            Self::Sqlite => sqlite(steps),
        }
    }
}

/// On PostgreSQL, the same in a transaction that waits neither for the disk nor for a standby. Whoever
/// commits afterwards and waits has waited for it as well.
pub(crate) fn all_or_nothing_unconfirmed(steps: &[Step]) -> String {
    format!("{}, {UNCONFIRMED}", postgres(steps))
}

/// By this, a statement that is a transaction of its own does not wait.
pub(crate) const UNCONFIRMED: &str = "set_config('synchronous_commit', 'off', true)";

/// Every step sees what was there before all of them, and takes place whether it is looked at or not.
fn postgres(steps: &[Step]) -> String {
    let (mut text, mut checks) = (String::new(), String::from("true"));
    for (n, step) in steps.iter().enumerate() {
        text.push_str(if n == 0 { "WITH " } else { ", " });
        let _ = match step {
            Step::Write { sql, expected } => {
                let _ = write!(checks, " AND (SELECT count(*) FROM s{n}) = ${expected}");
                write!(text, "s{n} AS ({sql} RETURNING 1)")
            }
            Step::Append(sql) => write!(text, "s{n} AS ({sql})"),
            Step::Count { sql, rows } => {
                let _ = write!(
                    checks,
                    " AND NOT EXISTS (SELECT 1 FROM s{n} AS c JOIN {rows} AS r \
                     ON r.tenant_id = c.tenant_id AND r.key = c.key WHERE c.spent > r.most)"
                );
                write!(text, "s{n} AS ({sql} RETURNING tenant_id, key, spent)")
            }
        };
    }
    let _ = write!(text, " SELECT 1 / CASE WHEN {checks} THEN 1 ELSE 0 END");
    text
}

/// SQLite raises errors of one's own in triggers alone; text that is no JSON is refused everywhere.
fn sqlite(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let _ = match step {
            Step::Write { sql, expected } => write!(
                text,
                "{sql}; SELECT 1 WHERE json(iif(changes() = ${expected}, '1', 'refused')) IS NULL;"
            ),
            Step::Append(sql) => write!(text, "{sql};"),
            Step::Count { sql, rows } => write!(
                text,
                "{sql}; SELECT 1 WHERE json(iif(EXISTS (SELECT 1 FROM {rows} AS r \
                 CROSS JOIN quota_count AS c ON c.tenant_id = r.tenant_id AND c.key = r.key \
                 WHERE c.spent > r.most), 'exceeded', '1')) IS NULL;"
            ),
        };
    }
    text
}
