//! A client of databases for `cargo xtask bench`: it writes batches as fast as PostgreSQL takes them,
//! and fills databases with many rows.
//!
//! `bench-client batches URL SECONDS CLIENTS ROWS` prints the rows a second, and `bench-client fill URL`
//! reads statements from standard input. SQLite is the one that usher has: that of the machine may not
//! know its indexes of texts.

use std::{
    env,
    io::{self, Write as _},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection,
    postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};
use uuid::Uuid;

/// Both tables in one statement, which is one transaction and one round trip.
const BATCH: &str = "WITH made AS (
        INSERT INTO invitation (id, tenant, mailbox, expires_at)
        SELECT id, 1, mailbox, now() + interval '7 days'
        FROM unnest($1::uuid[], $2::text[]) AS it (id, mailbox)
    )
    INSERT INTO outbox (invitation) SELECT unnest($1::uuid[])";

/// The tables that are filled.
const TABLES: &str = "('invitation', 'audit', 'person', 'outbox')";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["batches", url, seconds, clients, rows] => {
            let time = Duration::from_secs(seconds.parse()?);
            let rate = batches(url, time, clients.parse()?, rows.parse()?).await?;
            writeln!(io::stdout(), "{rate:.0}")?;
        }
        ["fill", url] => {
            let statements = io::read_to_string(io::stdin())?;
            match url.strip_prefix("sqlite:") {
                Some(file) => fill_sqlite(file, &statements).await?,
                None => fill_postgres(url, &statements).await?,
            }
        }
        _ => bail!("bench-client batches URL SECONDS CLIENTS ROWS, or bench-client fill URL"),
    }
    Ok(())
}

/// Rows a second that so many clients write, each in batches of so many rows.
#[expect(clippy::disallowed_methods, reason = "nothing here is part of usher")]
async fn batches(url: &str, time: Duration, clients: usize, rows: usize) -> Result<f64> {
    let options: PgConnectOptions = url.parse()?;
    let start = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let options = options.clone();
        all.spawn(async move {
            let mut connection = PgConnection::connect_with(&options).await?;
            let mut count = 0_u32;
            while start.elapsed() < time {
                let ids: Vec<_> = (0..rows).map(|_| Uuid::now_v7()).collect();
                let mailboxes: Vec<_> =
                    ids.iter().map(|it| format!("u{}@example.com", it.simple())).collect();
                sqlx::query(BATCH).bind(&ids).bind(&mailboxes).execute(&mut connection).await?;
                count += 1;
            }
            connection.close().await?;
            anyhow::Ok(count)
        });
    }
    let mut count = 0;
    while let Some(it) = all.join_next().await {
        count += it??;
    }
    let rows = f64::from(count) * f64::from(u32::try_from(rows)?);
    Ok(rows / start.elapsed().as_secs_f64())
}

async fn fill_postgres(url: &str, statements: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let settings = "SET synchronous_commit = off; SET maintenance_work_mem = '1GB'";
    sqlx::raw_sql(settings).execute(&mut connection).await?;
    // Those of constraints stay.
    let indexes = format!(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN {TABLES}
         AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)"
    );
    let rows = sqlx::query(AssertSqlSafe(indexes)).fetch_all(&mut connection).await?;
    let indexes: Vec<_> = rows.iter().map(|it| (it.get(0), it.get(1))).collect();
    for it in plan(statements, &indexes).into_iter().chain(["VACUUM".to_owned()]) {
        sqlx::raw_sql(AssertSqlSafe(it.clone())).execute(&mut connection).await.context(it)?;
    }
    connection.close().await?;
    Ok(())
}

async fn fill_sqlite(file: &str, statements: &str) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    // A fill that fails is thrown away.
    let settings =
        "PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -1000000;
        PRAGMA temp_store = file";
    sqlx::raw_sql(settings).execute(&mut connection).await?;
    let indexes = format!(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {TABLES}"
    );
    let rows = sqlx::query(AssertSqlSafe(indexes)).fetch_all(&mut connection).await?;
    let indexes: Vec<_> = rows.iter().map(|it| (it.get(0), it.get(1))).collect();
    // The statistics of an index that is dropped go with it.
    sqlx::raw_sql("CREATE TEMP TABLE kept AS SELECT * FROM sqlite_stat1")
        .execute(&mut connection)
        .await?;
    let last = [
        "DELETE FROM sqlite_stat1",
        "INSERT INTO sqlite_stat1 SELECT * FROM kept",
        "PRAGMA journal_mode = wal",
    ];
    for it in plan(statements, &indexes).into_iter().chain(last.map(str::to_owned)) {
        sqlx::raw_sql(AssertSqlSafe(it.clone())).execute(&mut connection).await.context(it)?;
    }
    connection.close().await?;
    Ok(())
}

/// What writes rows runs without the indexes, which is much faster, and all else once they are there
/// again.
fn plan(statements: &str, indexes: &[(String, String)]) -> Vec<String> {
    let lines = statements.lines().filter(|it| !it.starts_with("--"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let all = text.split(";\n").map(|it| it.trim().trim_end_matches(';').to_owned());
    let (writes, rest): (Vec<_>, Vec<_>) = all
        .filter(|it| !it.is_empty())
        .partition(|it| it.starts_with("INSERT") || it.starts_with("UPDATE"));
    let dropped = indexes.iter().map(|(name, _)| format!("DROP INDEX {name}"));
    let made = indexes.iter().map(|(_, made)| made.clone());
    dropped.chain(writes).chain(made).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::plan;

    #[test]
    fn indexes_are_away_while_rows_are_written_and_there_for_what_follows() {
        let statements = "-- Rows.\nINSERT INTO a\nVALUES (1);\nANALYZE;\nUPDATE a SET b = 2;\n";
        let index = ("of_a".to_owned(), "CREATE INDEX of_a ON a (b)".to_owned());
        let expected = [
            "DROP INDEX of_a",
            "INSERT INTO a\nVALUES (1)",
            "UPDATE a SET b = 2",
            "CREATE INDEX of_a ON a (b)",
            "ANALYZE",
        ];
        assert_eq!(plan(statements, &[index]), expected);
    }
}
