//! One attempt to write a group in one transaction.

use std::collections::HashSet;

use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbErr, QueryResult, TransactionTrait as _,
};
use usher_application::Conflict;
use usher_domain::{ClientId, TenantId};

use crate::{
    backend::failure::Failure,
    commit::{
        at_once::at_once,
        committing::IsCommitting,
        counts::{self, Which},
        group::{Conflicts, Group, ROWS},
        packed::PackedCommit,
        row::{Row, batches, json_array},
        seats,
        statements::Statements,
        table::Table,
        task_queue,
    },
    entity::versioned::Key,
    shared::Shared,
};

/// Writes all of a group, or nothing and says which commits met which conflicts. After an error, or when
/// it is dropped, `committing` says whether all may be written nevertheless.
pub(super) async fn attempt(
    shared: &Shared,
    statements: &Statements,
    group: &Group,
    committing: &IsCommitting,
) -> Result<Conflicts, DbErr> {
    let Some(ahead) = &statements.ahead else {
        return write(shared, statements, group, Which::All, committing).await;
    };
    if !ahead.count(shared, group).await? {
        // There may be enough for some of them.
        return write(shared, statements, group, Which::All, committing).await;
    }
    let outcome = write(shared, statements, group, Which::Narrow, committing).await;
    let may_be_written = match &outcome {
        Ok(conflicts) => conflicts.is_empty(),
        Err(_) => committing.get(),
    };
    if !may_be_written {
        ahead.take_back(shared, group).await;
    }
    outcome
}

async fn write(
    shared: &Shared,
    statements: &Statements,
    group: &Group,
    counted: Which,
    committing: &IsCommitting,
) -> Result<Conflicts, DbErr> {
    if at_once(shared, statements, group, counted, committing).await? {
        written(shared, group);
        return Ok(Conflicts::new());
    }
    let transaction = shared.begin().await?;
    let attempt = Attempt { shared, statements, group, transaction: &transaction };
    attempt.lock_what_is_counted().await?;
    let mut conflicts = attempt.remove().await?;
    attempt.write(&mut conflicts).await?;
    if conflicts.is_empty() {
        conflicts = attempt.count_seats().await?;
    }
    if conflicts.is_empty() {
        conflicts = attempt.count_tasks().await?;
    }
    if conflicts.is_empty() {
        attempt.append().await?;
        conflicts = counts::count(shared, &transaction, &statements.counts, group, counted).await?;
    }
    if !conflicts.is_empty() {
        transaction.rollback().await?;
        // Who reads again to decide again must not get what they met with from the cache.
        let losers = group.packed().enumerate().filter(|(n, _)| conflicts.contains_key(n));
        uncache(shared, losers.flat_map(|(_, it)| it.keys()));
        return Ok(conflicts);
    }
    committing.during(shared.backend, transaction.commit()).await?;
    written(shared, group);
    Ok(conflicts)
}

/// Removes what a group has written from the caches, and tells whoever does the jobs, here
/// and on the other nodes.
fn written(shared: &Shared, group: &Group) {
    uncache(shared, group.packed().flat_map(PackedCommit::keys));
    let lanes: HashSet<_> = group.packed().flat_map(|it| &it.jobs).map(|(lane, _)| *lane).collect();
    shared.upkeep.note(group.packed().map(PackedCommit::len).sum());
    for lane in lanes {
        shared.news.of(lane).notify_one();
        shared.announcer.tell(lane);
    }
}

/// Removes these from the caches.
fn uncache<'a>(shared: &Shared, all: impl Iterator<Item = &'a Key> + Clone) {
    shared.credentials.remove(all.clone().filter_map(|(tenant, it)| match it {
        Conflict::Credential(key) => Some(ClientId { tenant: TenantId(*tenant), key: *key }),
        _ => None,
    }));
    shared.tenants.remove(all.filter_map(|(_, it)| match it {
        Conflict::Tenant(id) => Some(*id),
        _ => None,
    }));
}

struct Attempt<'a> {
    shared: &'a Shared,
    statements: &'a Statements,
    group: &'a Group,
    transaction: &'a DatabaseTransaction,
}

impl<'a> Attempt<'a> {
    /// Waits until nobody else counts the same seats, or the tasks of the same tenants.
    async fn lock_what_is_counted(&self) -> Result<(), DbErr> {
        self.lock(self.statements.seats.lock.as_ref(), self.group.rows(|it| &it.seats)).await?;
        self.lock(self.statements.queue.lock.as_ref(), self.group.rows(|it| &it.queues)).await
    }

    async fn lock(&self, sql: Option<&String>, rows: Vec<(usize, &Row)>) -> Result<(), DbErr> {
        match sql {
            Some(sql) if !rows.is_empty() => {
                let rows = json_array(rows.iter().map(|(_, row)| &row.json));
                let statement = self.shared.statement(sql, [rows.into()]);
                self.transaction.query_all_raw(statement).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Removes rows. It comes before all writing, for it may make room.
    async fn remove(&self) -> Result<Conflicts, DbErr> {
        let mut conflicts = Conflicts::new();
        for removal in &self.statements.removals {
            let rows = self.group.rows(|it| it.removed(removal.table));
            for batch in rows.chunks(ROWS) {
                let mut removed = self.put(removal.key, &removal.delete, batch).await?;
                for (index, row) in batch {
                    if !removed.remove(&row.key) {
                        conflicts.entry(*index).or_default().push(row.key.1.clone());
                    }
                }
                for sql in &removal.cascade {
                    self.execute(sql, batch.iter().map(|(_, row)| &row.json)).await?;
                }
            }
        }
        Ok(conflicts)
    }

    /// Writes the rows that have versions. Replaced rows come first, for that may make room for
    /// inserted ones.
    async fn write(&self, conflicts: &mut Conflicts) -> Result<(), DbErr> {
        for is_new in [false, true] {
            for table in &self.statements.tables {
                let mut rows = self.group.rows(|it| it.written(table.name));
                rows.retain(|(_, row)| row.is_new == is_new);
                let mut refuse = |(index, row): (usize, &Row)| {
                    conflicts.entry(index).or_default().push(row.key.1.clone());
                };
                if self.group.one_by_one && !is_new {
                    let refused = self.replace(table, rows).await?;
                    refused.into_iter().for_each(refuse);
                    continue;
                }
                let sql = table.writing(is_new);
                for batch in batches(&rows, ROWS) {
                    let mut written = self.put(table.key, &sql, batch).await?;
                    let refused = batch.iter().filter(|(_, row)| !written.remove(&row.key));
                    refused.copied().for_each(&mut refuse);
                }
            }
        }
        Ok(())
    }

    /// Counts the seats once all is written. A commit that needs one where there are not enough for
    /// all of the group has met a conflict, and is written alone afterwards, as long as there are.
    async fn count_seats(&self) -> Result<Conflicts, DbErr> {
        let rows = self.group.rows(|it| &it.seats);
        self.exceeded(seats::key, &self.statements.seats.exceeded, rows).await
    }

    /// As [`Self::count_seats`], of the tasks that are not completed.
    async fn count_tasks(&self) -> Result<Conflicts, DbErr> {
        let rows = self.group.rows(|it| &it.queues);
        self.exceeded(task_queue::key, &self.statements.queue.exceeded, rows).await
    }

    async fn exceeded(
        &self,
        key: fn(&QueryResult) -> Result<Key, DbErr>,
        sql: &str,
        rows: Vec<(usize, &Row)>,
    ) -> Result<Conflicts, DbErr> {
        let mut conflicts = Conflicts::new();
        if rows.is_empty() {
            return Ok(conflicts);
        }
        let exceeded = self.put(key, sql, &rows).await?;
        for (index, row) in rows {
            if exceeded.contains(&row.key) {
                conflicts.entry(index).or_default().push(row.key.1.clone());
            }
        }
        Ok(conflicts)
    }

    /// Deletes forgotten tasks, and inserts jobs and audit entries.
    async fn append(&self) -> Result<(), DbErr> {
        let forgotten: Vec<_> = self.group.packed().flat_map(|it| &it.forgotten).collect();
        if !forgotten.is_empty() {
            for sql in &self.statements.forgotten {
                self.execute(sql, forgotten.iter().copied()).await?;
            }
        }
        let jobs = self.group.packed().flat_map(|it| &it.jobs).map(|(_, job)| job);
        self.insert(&self.statements.jobs, jobs).await?;
        self.insert(&self.statements.audit, self.group.packed().flat_map(|it| &it.audit)).await
    }

    async fn insert(&self, sql: &str, rows: impl Iterator<Item = &'a String>) -> Result<(), DbErr> {
        for batch in rows.collect::<Vec<_>>().chunks(ROWS) {
            self.execute(sql, batch.iter().copied()).await?;
        }
        Ok(())
    }

    /// The keys of the rows that were written.
    async fn put(
        &self,
        key: fn(&QueryResult) -> Result<Key, DbErr>,
        sql: &str,
        rows: &[(usize, &Row)],
    ) -> Result<HashSet<Key>, DbErr> {
        put(self.shared, self.transaction, key, sql, rows).await
    }

    /// Replaces one row after the other, and returns those that could not be replaced. A row that a
    /// unique index refuses is tried again after the others, for they may have made room.
    async fn replace<'b>(
        &self,
        table: &Table,
        mut rows: Vec<(usize, &'b Row)>,
    ) -> Result<Vec<(usize, &'b Row)>, DbErr> {
        loop {
            let mut refused = Vec::new();
            for it in &rows {
                if !self.replace_one(table, it.1).await? {
                    refused.push(*it);
                }
            }
            if refused.is_empty() || refused.len() == rows.len() {
                return Ok(refused);
            }
            // The other way round, so that a long chain takes no longer than a short one.
            refused.reverse();
            rows = refused;
        }
    }

    /// Replaces a row, and finds out whether a unique index refuses that.
    async fn replace_one(&self, table: &Table, row: &Row) -> Result<bool, DbErr> {
        let step = self.transaction.begin().await?;
        match put(self.shared, &step, table.key, &table.writing(false), &[(0, row)]).await {
            Ok(written) => {
                step.commit().await?;
                Ok(!written.is_empty())
            }
            Err(error) if Failure::of(self.shared.backend, &error) == Failure::Unique => {
                step.rollback().await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn execute<'b>(
        &self,
        sql: &str,
        rows: impl Iterator<Item = &'b String> + Clone,
    ) -> Result<(), DbErr> {
        let statement = self.shared.statement(sql, [json_array(rows).into()]);
        self.transaction.execute_raw(statement).await.map(drop)
    }
}

async fn put(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    key: fn(&QueryResult) -> Result<Key, DbErr>,
    sql: &str,
    rows: &[(usize, &Row)],
) -> Result<HashSet<Key>, DbErr> {
    let rows = json_array(rows.iter().map(|(_, row)| &row.json));
    let written = transaction.query_all_raw(shared.statement(sql, [rows.into()])).await?;
    written.iter().map(key).collect()
}
