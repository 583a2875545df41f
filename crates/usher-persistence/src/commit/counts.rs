//! What is counted under quotas.
//!
//! A transaction adds to its counts by its last statement, so that it holds rows that others write as well
//! for as short as can be. Where a standby confirms what is committed, that is long: so on PostgreSQL wide
//! quotas are counted ahead, in a transaction of its own which nobody confirms, and taken back if nothing
//! was committed after it. If usher or the connection dies in between, what was not written stays counted.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbErr, sea_query::ColumnType};
use serde_json::json as object;
use usher_application::{Conflict, Spending};
use uuid::Uuid;

use crate::{
    backend::{
        Backend, Field,
        failure::{Failure, leaves_open},
        steps::{Step, UNCONFIRMED, all_or_nothing_unconfirmed},
    },
    commit::{
        group::{Conflicts, Group, ROWS},
        row::json_array,
    },
    shared::Shared,
};

/// How often it is tried to take back what was counted ahead: when a connection is lost, others often are as well.
const TRIES: u32 = 3;

/// The statement that adds to the counts. The rows are written in the
/// order of their keys, so that no two transactions wait for each other.
pub(super) fn add(backend: Backend) -> String {
    let time = |name| Field { name, kind: ColumnType::TimestampWithTimeZone };
    let spent = Field { name: "spent", kind: ColumnType::BigInteger };
    let (tenant, key) = (Field::id("tenant_id"), Field::id("key"));
    let rows = backend.json_rows(1, &[tenant, key, spent, time("started_at"), time("ends_at")]);
    let columns = "tenant_id, key, spent, started_at, ends_at";
    let is_over = "quota_count.ends_at <= excluded.started_at";
    let begun = |column: &str| {
        format!(
            "{column} = CASE WHEN {is_over} THEN excluded.{column} ELSE quota_count.{column} END"
        )
    };
    format!(
        "INSERT INTO quota_count ({columns}) SELECT {columns} FROM {rows} AS r WHERE true \
         ORDER BY tenant_id, key ON CONFLICT (tenant_id, key) DO UPDATE SET \
         spent = excluded.spent + CASE WHEN {is_over} THEN 0 ELSE quota_count.spent END, \
         {}, {}",
        begun("started_at"),
        begun("ends_at")
    )
}

/// Which counts are added to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Wide,
    /// All but the wide ones, which were added to ahead.
    Narrow,
}

impl Which {
    fn has(self, it: &Spending) -> bool {
        match self {
            Self::All => true,
            Self::Wide => it.quota.is_wide(),
            Self::Narrow => !it.quota.is_wide(),
        }
    }
}

/// The statements that count ahead.
pub(super) struct Ahead {
    add: String,
    take_back: String,
}

impl Ahead {
    /// None where one transaction writes at a time.
    pub(super) fn new(backend: Backend) -> Option<Self> {
        let spent = Field { name: "spent", kind: ColumnType::BigInteger };
        let started = Field { name: "started_at", kind: ColumnType::TimestampWithTimeZone };
        let rows = [Field::id("tenant_id"), Field::id("key"), spent, started];
        let rows = backend.json_rows(1, &rows);
        let step = Step::Count { sql: add(backend), rows: most(backend, 1) };
        backend.has_many_writers().then(|| Self {
            add: all_or_nothing_unconfirmed(&[step]),
            take_back: format!(
                "WITH less AS (UPDATE quota_count AS c SET spent = c.spent - r.spent FROM {rows} AS r \
                 WHERE c.tenant_id = r.tenant_id AND c.key = r.key AND c.spent >= r.spent \
                 AND c.started_at <= r.started_at AND r.started_at < c.ends_at RETURNING 1) \
                 SELECT count(*), {UNCONFIRMED} FROM less"
            ),
        })
    }

    /// Adds what a group spends to the wide counts. `false`: one of them would come to more than there may
    /// be, and nothing was added.
    pub(super) async fn count(&self, shared: &Shared, group: &Group) -> Result<bool, DbErr> {
        match self.write(shared, &self.add, group).await {
            Ok(()) => Ok(true),
            Err(error) if Failure::of(shared.backend, &error) == Failure::Content => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes back what [`Self::count`] has added. If that fails, it stays counted.
    pub(super) async fn take_back(&self, shared: &Shared, group: &Group) {
        for _ in 0..TRIES {
            match self.write(shared, &self.take_back, group).await {
                Ok(()) => return,
                // Of this kind, it may be done: to do it twice would let others have too much.
                Err(error) if leaves_open(shared.backend, &error) => {
                    tracing::debug!(%error, "what was counted ahead may stay counted");
                    return;
                }
                Err(error) => tracing::debug!(%error, "what was counted ahead is still counted"),
            }
        }
    }

    async fn write(&self, shared: &Shared, sql: &str, group: &Group) -> Result<(), DbErr> {
        let rows = rows(group, Which::Wide);
        if rows.is_empty() {
            return Ok(());
        }
        let statement = shared.statement(sql, [json_array(rows.iter()).into()]);
        shared.write(statement).await.map(drop)
    }
}

/// The rows of a bind with the most that each count may come to, for a FROM clause.
pub(super) fn most(backend: Backend, bind: u32) -> String {
    let most = Field { name: "most", kind: ColumnType::BigInteger };
    backend.json_rows(bind, &[Field::id("tenant_id"), Field::id("key"), most])
}

/// What a group adds to one count.
struct Sum<'a> {
    first: &'a Spending,
    amount: u64,
    most: u32,
}

/// Adds what the commits of a group spend. A commit that adds to a count which comes to more than
/// there may be has met a conflict, and is written alone afterwards, if there may be as many then.
pub(super) async fn count(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    sql: &str,
    group: &Group,
    which: Which,
) -> Result<Conflicts, DbErr> {
    let sums = sums(group, which);
    let rows: Vec<_> = sums.values().map(row).collect();
    let mut exceeded = HashSet::new();
    let sql = format!("{sql} RETURNING tenant_id, key, spent");
    for batch in rows.chunks(ROWS) {
        let statement = shared.statement(&sql, [json_array(batch.iter()).into()]);
        for row in transaction.query_all_raw(statement).await? {
            let key = (row.try_get::<Uuid>("", "tenant_id")?, row.try_get::<Uuid>("", "key")?);
            let spent: i64 = row.try_get("", "spent")?;
            if sums.get(&key).is_some_and(|it| spent > i64::from(it.most)) {
                exceeded.insert(key);
            }
        }
    }
    let mut conflicts = Conflicts::new();
    if exceeded.is_empty() {
        return Ok(conflicts);
    }
    for (index, packed) in group.packed().enumerate() {
        let used_up = packed.spent.iter().filter(|it| exceeded.contains(&(it.tenant.0, it.key.0)));
        let met: Vec<_> = used_up.map(|it| Conflict::Quota(it.key)).collect();
        if !met.is_empty() {
            conflicts.insert(index, met);
        }
    }
    Ok(conflicts)
}

/// The rows that add what the commits of a group spend.
pub(super) fn rows(group: &Group, which: Which) -> Vec<String> {
    sums(group, which).values().map(row).collect()
}

fn sums(group: &Group, which: Which) -> BTreeMap<(Uuid, Uuid), Sum<'_>> {
    let mut sums: BTreeMap<(Uuid, Uuid), Sum<'_>> = BTreeMap::new();
    for it in group.packed().flat_map(|it| &it.spent).filter(|it| which.has(it)) {
        let Some(most) = it.most else { continue };
        let sum = sums.entry((it.tenant.0, it.key.0));
        let sum = sum.or_insert(Sum { first: it, amount: 0, most });
        sum.amount += u64::from(it.amount);
        sum.most = sum.most.min(most);
    }
    sums
}

fn row(it: &Sum<'_>) -> String {
    let Spending { tenant, key, quota, now, .. } = it.first;
    object!({
        "tenant_id": tenant.0,
        "key": key.0,
        "spent": it.amount,
        "most": it.most,
        "started_at": now,
        "ends_at": *now + quota.window(),
    })
    .to_string()
}
