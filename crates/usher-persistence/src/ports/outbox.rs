//! Claims and settles the jobs of the outbox.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult as _, sea_query::ColumnType};
use serde_json::json as object;
use tokio::{task::JoinSet, time::timeout};
use usher_application::{Outbox, Settlement, StoreError, Verdict};
use usher_domain::{Job, Lane, Timestamp};
use uuid::Uuid;

use crate::{
    backend::{Field, news::listen},
    commit::table::insert,
    entity::{delivery, outbox::Model},
    shared::{json, number},
    store::SqlStore,
};

#[async_trait]
impl Outbox for SqlStore {
    async fn claim(
        &self,
        lane: Lane,
        now: Timestamp,
        lease: TimeDelta,
        limit: u64,
    ) -> Result<Vec<Job>, StoreError> {
        let mut jobs = Vec::new();
        loop {
            let wanted = limit - jobs.len() as u64;
            let round = match self.claim_once(lane, now, lease, wanted).await {
                // An error does not lose the jobs that were claimed before.
                Err(_) if !jobs.is_empty() => Vec::new(),
                round => round?,
            };
            let is_last = round.len() as u64 == wanted || !has_more(&round, wanted);
            jobs.extend(round);
            if is_last {
                return jobs.into_iter().map(TryInto::try_into).collect();
            }
        }
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<(), StoreError> {
        let deliveries = settlements.iter().filter_map(|it| it.delivery.as_ref());
        let deliveries: Vec<_> = deliveries.map(delivery::Model::from).collect();
        let (done, left): (Vec<_>, Vec<_>) =
            settlements.iter().partition(|it| it.verdict == Verdict::Done);
        let done = done.iter().map(|it| {
            let Job { tenant, id, attempts, .. } = it.job;
            object!({ "tenant_id": tenant.0, "id": id.0, "attempts": attempts })
        });
        let left = left.iter().map(|it| {
            let (due_at, dead) = match &it.verdict {
                Verdict::Done => (None, None),
                Verdict::Retry { at } => (Some(at), None),
                Verdict::Dead { why } => (None, Some(why)),
            };
            let Job { tenant, id, attempts, .. } = it.job;
            object!({
                "tenant_id": tenant.0,
                "id": id.0,
                "attempts": attempts,
                "due_at": due_at,
                "dead": dead,
            })
        });
        let backend = self.shared.backend;
        // `attempts` is the fencing token: every claim counts it up.
        let work = [
            (
                deliveries.len(),
                // A delivery that is there already was settled by an earlier call that seemed to fail.
                format!("{} ON CONFLICT DO NOTHING", insert::<delivery::Entity>(backend)),
                json(&deliveries)?,
            ),
            (
                done.len(),
                format!(
                    "DELETE FROM outbox WHERE (tenant_id, id, attempts) IN \
                     (SELECT tenant_id, id, attempts FROM {} AS r)",
                    backend.json_rows(1, &claimed())
                ),
                json(done)?,
            ),
            (
                left.len(),
                format!(
                    "UPDATE outbox SET due_at = coalesce(r.due_at, outbox.due_at), dead = r.dead \
                     FROM {} AS r WHERE outbox.tenant_id = r.tenant_id AND outbox.id = r.id \
                     AND outbox.attempts = r.attempts",
                    backend.json_rows(1, &verdict())
                ),
                json(left)?,
            ),
        ];
        let work = &work;
        let settle = || async move {
            let transaction = self.shared.begin().await?;
            for (_, sql, rows) in work.iter().filter(|(rows, ..)| *rows > 0) {
                transaction.execute_raw(self.shared.statement(sql, [rows.clone()])).await?;
            }
            transaction.commit().await
        };
        if settlements.is_empty() { Ok(()) } else { self.shared.writing(settle).await }
    }

    async fn next_due(&self, lane: Lane) -> Result<Option<Timestamp>, StoreError> {
        // The attempts are there because the partial index asks for them.
        let sql = "SELECT due_at FROM outbox WHERE lane = $1 AND dead IS NULL AND attempts >= 0 \
             ORDER BY due_at LIMIT 1";
        let statement = self.shared.statement(sql, [lane.as_str().into()]);
        let row = self.shared.bounded(self.shared.reads.query_one_raw(statement)).await?;
        row.map(|it| it.try_get("", "due_at")).transpose().map_err(|it: DbErr| StoreError::new(it))
    }

    async fn news(&self, lane: Lane, patience: Duration) {
        if let Some(source) = &self.listen {
            self.listener.get_or_init(|| {
                let mut task = JoinSet::new();
                task.spawn(listen(source.clone(), self.shared.news.clone()));
                task
            });
        }
        // When the time is up the caller looks for work all the same.
        let _ = timeout(patience, self.shared.news.of(lane).notified()).await;
    }
}

impl SqlStore {
    /// Claims the same number of jobs of each tenant that has some due, or fewer where there are no
    /// more, in the order that the port promises. A claim moves `due_at` to the end of the lease.
    ///
    /// The tenants are found one after the other by the index, however many jobs each has. Only as
    /// many tenants get a turn as jobs are wanted.
    async fn claim_once(
        &self,
        lane: Lane,
        now: Timestamp,
        lease: TimeDelta,
        limit: u64,
    ) -> Result<Vec<Model>, StoreError> {
        let due = self.shared.backend.lock_for_claim(
            "turn",
            "outbox",
            "FROM outbox WHERE lane = $1 AND outbox.tenant_id = turn.tenant_id AND dead IS NULL \
             AND due_at <= $2 ORDER BY due_at, outbox.id LIMIT (SELECT jobs FROM share)",
        );
        let sql = format!(
            "WITH RECURSIVE waiting (tenant_id) AS (
                SELECT (SELECT tenant_id FROM outbox WHERE lane = $1 AND dead IS NULL
                    ORDER BY tenant_id LIMIT 1)
                UNION ALL
                SELECT (SELECT next.tenant_id FROM outbox AS next
                    WHERE next.lane = $1 AND next.dead IS NULL AND next.tenant_id > it.tenant_id
                    ORDER BY next.tenant_id LIMIT 1)
                FROM waiting AS it WHERE it.tenant_id IS NOT NULL
            ), first (tenant_id, id) AS (
                SELECT it.tenant_id, (SELECT job.id FROM outbox AS job
                    WHERE job.lane = $1 AND job.tenant_id = it.tenant_id AND job.dead IS NULL
                    ORDER BY job.due_at, job.id LIMIT 1)
                FROM waiting AS it WHERE it.tenant_id IS NOT NULL
            ), turn AS (
                SELECT it.tenant_id FROM first
                JOIN outbox AS it ON it.tenant_id = first.tenant_id AND it.id = first.id
                WHERE it.due_at <= $2 ORDER BY it.due_at, it.id LIMIT $4
            ), share AS (
                SELECT 1 + ($4 - 1) / nullif(count(*), 0) AS jobs FROM turn
            ), due AS (
                SELECT t.tenant_id, t.id, t.due_at,
                    row_number() OVER (PARTITION BY t.tenant_id ORDER BY t.due_at, t.id) AS rank
                FROM {due}
            )
            UPDATE outbox SET waited_from = due_at, due_at = $3, attempts = attempts + 1
            WHERE (tenant_id, id) IN
                (SELECT tenant_id, id FROM due ORDER BY rank, due_at, tenant_id, id LIMIT $4)
            RETURNING *"
        );
        let values = [lane.as_str().into(), now.into(), (now + lease).into(), number(limit)];
        let statement = self.shared.statement(&sql, values);
        let rows = self.shared.writing(|| self.shared.write(statement.clone())).await?;
        let rows = rows.iter().map(|it| Model::from_query_result(it, ""));
        let jobs: Vec<_> = rows.collect::<Result<_, _>>().map_err(StoreError::new)?;
        Ok(interleave(jobs))
    }
}

/// The first job of each tenant, then the second ones, and so on; those that are due for longest
/// come first.
fn interleave(mut jobs: Vec<Model>) -> Vec<Model> {
    jobs.sort_by_key(|it| (it.waited_from, it.id, it.tenant_id));
    let mut ranks: HashMap<Uuid, u64> = HashMap::new();
    let with_rank = |it: Model| {
        let rank = ranks.entry(it.tenant_id).or_default();
        *rank += 1;
        (*rank, it)
    };
    let mut jobs: Vec<_> = jobs.into_iter().map(with_rank).collect();
    jobs.sort_by_key(|(rank, _)| *rank);
    jobs.into_iter().map(|(_, it)| it).collect()
}

/// Whether there may be more jobs due: some tenant had as many as its share.
fn has_more(jobs: &[Model], wanted: u64) -> bool {
    let mut given: HashMap<Uuid, u64> = HashMap::new();
    for it in jobs {
        *given.entry(it.tenant_id).or_default() += 1;
    }
    let tenants = given.len() as u64;
    given.values().any(|it| *it > wanted.saturating_sub(1) / tenants)
}

/// The columns that identify a claimed job.
fn claimed() -> Vec<Field> {
    let attempts = Field { name: "attempts", kind: ColumnType::BigInteger };
    vec![Field::id("tenant_id"), Field::id("id"), attempts]
}

/// The columns of a job that stays in the outbox.
fn verdict() -> Vec<Field> {
    let mut fields = claimed();
    fields.push(Field { name: "due_at", kind: ColumnType::TimestampWithTimeZone });
    fields.push(Field::text("dead"));
    fields
}
