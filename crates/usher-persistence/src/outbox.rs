//! Claims and settles jobs.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult as _, sea_query::ColumnType};
use serde_json::json as object;
use sqlx::postgres::PgListener;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};
use usher_application::{Outbox, Settlement, StoreError, Verdict};
use usher_domain::{Job, Timestamp};

use crate::{
    SqlStore, bounded,
    dialect::{CHANNEL, Dialect, Field},
    entity::{delivery, outbox::Model},
    json, number,
    table::insert,
};

#[async_trait]
impl Outbox for SqlStore {
    /// A claim is a promise in time: it moves `due_at` to the end of the lease.
    async fn claim(
        &self,
        now: Timestamp,
        lease: TimeDelta,
        limit: u64,
    ) -> Result<Vec<Job>, StoreError> {
        let skip_locked = self.shared.dialect.skip_locked();
        let sql = format!(
            "WITH due AS (
                SELECT id FROM outbox WHERE dead IS NULL AND due_at <= $1
                ORDER BY due_at, id LIMIT $2 {skip_locked}
            )
            UPDATE outbox SET waited_from = due_at, due_at = $3, attempts = attempts + 1
            WHERE id IN (SELECT id FROM due) RETURNING *"
        );
        let values = [now.into(), number(limit), (now + lease).into()];
        let statement = self.shared.statement(&sql, values);
        let rows = bounded(self.shared.writes.query_all_raw(statement)).await?;
        let rows = rows.iter().map(|it| Model::from_query_result(it, ""));
        let mut jobs: Vec<_> = rows.collect::<Result<_, _>>().map_err(StoreError::new)?;
        jobs.sort_by_key(|it| (it.waited_from, it.id));
        jobs.into_iter().map(TryInto::try_into).collect()
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<(), StoreError> {
        let deliveries = settlements.iter().filter_map(|it| it.delivery.as_ref());
        let deliveries: Vec<_> = deliveries.map(delivery::Model::from).collect();
        let (done, left): (Vec<_>, Vec<_>) =
            settlements.iter().partition(|it| it.verdict == Verdict::Done);
        let done =
            done.iter().map(|it| object!({ "id": it.job.id.0, "attempts": it.job.attempts }));
        let left = left.iter().map(|it| {
            let (due_at, dead) = match &it.verdict {
                Verdict::Done => (None, None),
                Verdict::Retry { at } => (Some(at), None),
                Verdict::Dead { why } => (None, Some(why)),
            };
            let Job { id, attempts, .. } = it.job;
            object!({ "id": id.0, "attempts": attempts, "due_at": due_at, "dead": dead })
        });
        let dialect = self.shared.dialect;
        // `attempts` is the fencing token: it moves on with every claim.
        let work = [
            (
                deliveries.len(),
                // One that was recorded before was settled before, by a call that seemed to fail.
                format!("{} ON CONFLICT DO NOTHING", insert::<delivery::Entity>(dialect)),
                json(&deliveries)?,
            ),
            (
                done.len(),
                format!(
                    "DELETE FROM outbox WHERE (id, attempts) IN (SELECT id, attempts FROM {} AS r)",
                    dialect.rows(1, &claimed())
                ),
                json(done)?,
            ),
            (
                left.len(),
                format!(
                    "UPDATE outbox SET due_at = coalesce(r.due_at, outbox.due_at), dead = r.dead \
                     FROM {} AS r WHERE outbox.id = r.id AND outbox.attempts = r.attempts",
                    dialect.rows(1, &verdict())
                ),
                json(left)?,
            ),
        ];
        let settle = async {
            let transaction = self.shared.begin().await?;
            for (_, sql, rows) in work.into_iter().filter(|(rows, ..)| *rows > 0) {
                transaction.execute_raw(self.shared.statement(&sql, [rows])).await?;
            }
            transaction.commit().await
        };
        if settlements.is_empty() { Ok(()) } else { bounded(settle).await }
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT due_at FROM outbox WHERE dead IS NULL ORDER BY due_at LIMIT 1";
        let row = bounded(self.shared.reads.query_one_raw(self.shared.statement(sql, []))).await?;
        row.map(|it| it.try_get("", "due_at")).transpose().map_err(|it: DbErr| StoreError::new(it))
    }

    async fn news(&self, patience: Duration) {
        if self.shared.dialect == Dialect::Postgres {
            self.listener.get_or_init(|| {
                let mut task = JoinSet::new();
                task.spawn(listen(self.url.clone(), self.shared.news.clone()));
                task
            });
        }
        // Whoever waited long enough looks for work anyway.
        let _ = timeout(patience, self.shared.news.notified()).await;
    }
}

/// A job as it was claimed.
fn claimed() -> Vec<Field> {
    vec![Field::id("id"), Field { name: "attempts", kind: ColumnType::BigInteger }]
}

fn verdict() -> Vec<Field> {
    let mut fields = claimed();
    fields.push(Field { name: "due_at", kind: ColumnType::TimestampWithTimeZone });
    fields.push(Field::text("dead"));
    fields
}

/// Passes on what other nodes announce, for ever. Each new connection counts as news, for nobody
/// knows what was announced while there was none.
async fn listen(url: Arc<str>, news: Arc<Notify>) {
    loop {
        if let Ok(mut listener) = PgListener::connect(&url).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            news.notify_one();
            while listener.try_recv().await.is_ok() {
                news.notify_one();
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}
