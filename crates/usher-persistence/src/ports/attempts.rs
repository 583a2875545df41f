//! Counts attempts to sign in.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Statement, Value};
use usher_application::{Attempts, Counted, CountedAttempt, StoreError};
use usher_domain::{AttemptRecord, Counter, TenantId, Timestamp};

use crate::{
    entity::convert::hex,
    shared::{Shared, number},
    store::SqlStore,
};

/// The digits of a key by which records are told into parts: 4 096 parts for each tenant.
const PART: usize = 3;
/// How many records a part has room for: 131 072 for each tenant. Keys are digests, so nobody can
/// fill one part and not the others.
const ROOM: u64 = 32;

#[async_trait]
impl Attempts for SqlStore {
    async fn count(
        &self,
        tenant: TenantId,
        counters: &[Counter],
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        // In one order, so that no two calls wait for each other's rows.
        let mut in_order: Vec<_> = counters.iter().enumerate().collect();
        in_order.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
        let shared = &self.shared;
        let in_order = &in_order;
        let count = || async move {
            let transaction = shared.begin().await?;
            let mut attempts = Vec::with_capacity(counters.len());
            for &(place, counter) in in_order {
                let before = shared.locked(&transaction, tenant, counter, now).await?;
                match before.attempted(now, counter.allowance) {
                    Ok(after) => {
                        let counter = counter.clone();
                        attempts.push((place, CountedAttempt { counter, before, after }));
                    }
                    Err(wait) => {
                        transaction.rollback().await?;
                        return Ok(Counted::Wait(wait));
                    }
                }
            }
            for (_, it) in &attempts {
                let write = shared.write_record(tenant, &it.counter, it.after, now);
                transaction.execute_raw(write).await?;
                if it.before == AttemptRecord::default() {
                    transaction.execute_raw(shared.make_room(tenant, &it.counter)).await?;
                }
            }
            transaction.commit().await?;
            attempts.sort_by_key(|(place, _)| *place);
            Ok::<_, DbErr>(Counted::Attempt(attempts.into_iter().map(|(_, it)| it).collect()))
        };
        shared.writing(count).await
    }

    async fn take_back(
        &self,
        tenant: TenantId,
        attempt: &CountedAttempt,
        to: AttemptRecord,
    ) -> Result<(), StoreError> {
        let CountedAttempt { counter, after, .. } = attempt;
        let place: [Value; 2] = [tenant.0.into(), hex(&counter.key).into()];
        let seen: [Value; 2] = [number(after.failures.into()), after.not_before.into()];
        let same = "WHERE tenant_id = $1 AND key = $2 AND failures = $3 AND not_before = $4";
        let values = place.clone().into_iter().chain(seen);
        let (as_it_was, values) = match (to.expires_at(counter.allowance), to.not_before) {
            (Some(expires_at), Some(not_before)) if to.failures > 0 => {
                let new: [Value; 3] =
                    [number(to.failures.into()), not_before.into(), expires_at.into()];
                let set = "SET failures = $5, not_before = $6, expires_at = $7";
                (format!("UPDATE attempt {set} {same}"), values.chain(new).collect::<Vec<_>>())
            }
            _ => (format!("DELETE FROM attempt {same}"), values.collect()),
        };
        let one_less = "UPDATE attempt SET failures = failures - 1 \
             WHERE tenant_id = $1 AND key = $2 AND failures > 0";
        let as_it_was = &self.shared.statement(&as_it_was, values);
        let one_less = &self.shared.statement(one_less, place);
        let take_back = || async move {
            let transaction = self.shared.begin().await?;
            if transaction.execute_raw(as_it_was.clone()).await?.rows_affected() == 0 {
                transaction.execute_raw(one_less.clone()).await?;
            }
            transaction.commit().await
        };
        self.shared.writing(take_back).await
    }
}

impl Shared {
    /// The record under a counter, which nobody else counts under until the transaction is over.
    async fn locked(
        &self,
        transaction: &DatabaseTransaction,
        tenant: TenantId,
        counter: &Counter,
        now: Timestamp,
    ) -> Result<AttemptRecord, DbErr> {
        let sql = "INSERT INTO attempt (tenant_id, key, failures, not_before, expires_at) \
             VALUES ($1, $2, 0, $3, $3) ON CONFLICT (tenant_id, key) \
             DO UPDATE SET failures = attempt.failures RETURNING failures, not_before";
        let values = [tenant.0.into(), hex(&counter.key).into(), now.into()];
        let row = transaction.query_one_raw(self.statement(sql, values)).await?;
        row.map_or(Ok(AttemptRecord::default()), |row| record(&row))
    }

    fn write_record(
        &self,
        tenant: TenantId,
        counter: &Counter,
        record: AttemptRecord,
        now: Timestamp,
    ) -> Statement {
        let sql = "UPDATE attempt SET failures = $3, not_before = $4, expires_at = $5 \
             WHERE tenant_id = $1 AND key = $2";
        let values: [Value; 5] = [
            tenant.0.into(),
            hex(&counter.key).into(),
            number(record.failures.into()),
            record.not_before.unwrap_or(now).into(),
            record.expires_at(counter.allowance).unwrap_or(now).into(),
        ];
        self.statement(sql, values)
    }

    /// Forgets the records of the counter's part that it has no room for, and that are forgiven
    /// soonest.
    fn make_room(&self, tenant: TenantId, counter: &Counter) -> Statement {
        let sql = format!(
            "DELETE FROM attempt WHERE tenant_id = $1 AND key IN (SELECT key FROM attempt \
             WHERE tenant_id = $1 AND key >= $2 AND key < $3 \
             ORDER BY expires_at DESC, key LIMIT 1000 OFFSET $4 {})",
            self.backend.lock_unlocked()
        );
        let key = hex(&counter.key);
        let part = key.get(..PART).unwrap_or(&key);
        // `g` comes after all hexadecimal digits.
        let values = [tenant.0.into(), part.into(), format!("{part}g").into(), number(ROOM)];
        self.statement(&sql, values)
    }
}

fn record(row: &QueryResult) -> Result<AttemptRecord, DbErr> {
    let failures: i64 = row.try_get("", "failures")?;
    let not_before: DateTime<Utc> = row.try_get("", "not_before")?;
    Ok(match u32::try_from(failures) {
        Ok(failures) if failures > 0 => AttemptRecord { failures, not_before: Some(not_before) },
        _ => AttemptRecord::default(),
    })
}
