//! Group commit: commits that wait at the same time share one transaction.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    num::TryFromIntError,
    sync::Arc,
    time::Duration,
};

use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbErr, QueryResult, TransactionTrait as _,
};
use serde::Serialize;
use serde_json::json as object;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use usher_application::{Changes, CommitError, Conflict, StoreError};
use usher_domain::{
    CredentialId, InvitationId, Lane, OrganizationId, ProfileId, RoleId, SessionId, TaskId,
    TenantId, UserId,
};

use super::{
    removals::{self, GOING, Removal},
    seats::{self, Seats},
};
use crate::{
    backend::{Backend, Field, failure::Failure},
    commit::table::{Key, Table, insert},
    entity::{
        audit, credential, invitation, membership, organization, outbox, person, profile, role,
        session, slice, task, tenant,
    },
    shared::Shared,
};

/// How many commits may wait before those who come must wait to wait.
const QUEUE: usize = 1024;
/// The most commits in a group.
const MEMBERS: usize = 128;
/// The most rows in a group of more than one, and in a statement.
const ROWS: usize = 2_000;
/// How often a group gives way to another transaction before it fails.
const PATIENCE: u32 = 5;
/// The longest that a transaction takes for each [`ROWS`] rows before it counts as failed.
const WRITE: Duration = Duration::from_secs(10);
/// How many tables have versions.
const TABLES: usize = 11;
/// As how many rows one counts that is longer than most: another one for so many bytes.
const ROW: usize = 4_000;
/// As how many rows a task counts that goes, for its slices go too.
const FORGOTTEN: usize = 100;

/// A commit as the writer needs it: rows, ready to be handed over.
#[derive(Default)]
pub(crate) struct Parcel {
    /// In the order of [`Statements::tables`].
    kept: [Vec<Row>; TABLES],
    /// What goes, in the order of [`removals::rows`].
    removed: [Vec<Row>; GOING],
    /// Organizations whose seats are counted.
    seated: Vec<Row>,
    jobs: Vec<(Lane, String)>,
    audit: Vec<String>,
    forgotten: Vec<String>,
}

pub(super) struct Row {
    pub key: Key,
    /// Inserted; otherwise it replaces the version before.
    pub first: bool,
    pub json: String,
}

impl Row {
    fn weight(&self) -> usize {
        1 + self.json.len() / ROW
    }
}

impl Parcel {
    pub(crate) fn pack(changes: &Changes) -> Result<Self, StoreError> {
        let Changes {
            tenants,
            organizations,
            users,
            memberships,
            invitations,
            credentials,
            sessions,
            profiles,
            tasks,
            slices,
            jobs,
            audit,
            roles,
            seated,
            forgotten,
            removed: _,
            removed_roles: _,
            removed_organizations: _,
        } = changes;
        Ok(Self {
            kept: [
                rows::<_, tenant::Model>(tenants, |it| {
                    (it.id, Conflict::Tenant(it.id), it.version)
                })?,
                rows::<_, organization::Model>(organizations, |it| {
                    (it.tenant, Conflict::Organization(it.id.clone()), it.version)
                })?,
                rows::<_, person::Model>(users, |it| {
                    (it.tenant, Conflict::User(it.id.clone()), it.version)
                })?,
                rows::<_, membership::Model>(memberships, |it| {
                    let loss = Conflict::Membership(it.user.clone(), it.organization.clone());
                    (it.tenant, loss, it.version)
                })?,
                rows::<_, invitation::Model>(invitations, |it| {
                    (it.tenant, Conflict::Invitation(it.id), it.version)
                })?,
                rows::<_, credential::Model>(credentials, |it| {
                    (it.tenant, Conflict::Credential(it.id), it.version)
                })?,
                rows::<_, session::Model>(sessions, |it| {
                    (it.tenant, Conflict::Session(it.id), it.version)
                })?,
                rows::<_, profile::Model>(profiles, |it| {
                    (it.tenant, Conflict::Profile(it.id.clone()), it.version)
                })?,
                rows::<_, role::Model>(roles, |it| {
                    (it.tenant, Conflict::Role(it.id.clone()), it.version)
                })?,
                rows::<_, task::Model>(tasks, |it| {
                    (it.by.tenant, Conflict::Task(it.id), it.version)
                })?,
                rows::<_, slice::Model>(slices, |it| {
                    (it.tenant, Conflict::Slice(it.task, it.number), it.version)
                })?,
            ],
            removed: removals::rows(changes),
            seated: seated.iter().map(seats::seat).collect(),
            jobs: jobs
                .iter()
                .map(|it| Ok((it.kind.lane(), text::<_, outbox::Model>(it)?)))
                .collect::<Result<_, StoreError>>()?,
            audit: audit.iter().map(text::<_, audit::Model>).collect::<Result<_, _>>()?,
            forgotten: forgotten
                .iter()
                .map(|(tenant, id)| object!({ "tenant_id": tenant.0, "id": id.0 }).to_string())
                .collect(),
        })
    }

    /// How much there is to write, in rows.
    pub(crate) fn len(&self) -> usize {
        let kept = self.kept.iter().flatten().map(Row::weight).sum::<usize>();
        kept + self.removed.iter().map(Vec::len).sum::<usize>()
            + self.seated.len()
            + self.jobs.len()
            + self.audit.len()
            + FORGOTTEN * self.forgotten.len()
    }

    fn keys(&self) -> impl Iterator<Item = &Key> + Clone {
        self.kept.iter().flatten().map(|it| &it.key)
    }
}

fn rows<'a, T, M>(
    all: &'a [T],
    key: impl Fn(&T) -> (TenantId, Conflict, u32),
) -> Result<Vec<Row>, StoreError>
where
    M: From<&'a T> + Serialize,
{
    let row = |it| {
        let (tenant, loss, version) = key(it);
        Ok(Row { key: (tenant.0, loss), first: version == 1, json: text::<_, M>(it)? })
    };
    all.iter().map(row).collect()
}

fn text<'a, T, M: From<&'a T> + Serialize>(it: &'a T) -> Result<String, StoreError> {
    serde_json::to_string(&M::from(it)).map_err(StoreError::new)
}

/// Every statement that a commit is made of.
struct Statements {
    tables: [Table; TABLES],
    removed: [Removal; GOING],
    seats: Seats,
    jobs: String,
    audit: String,
    /// The task comes first: whoever adds a slice to it meanwhile is waited for.
    forgotten: [String; 2],
}

impl Statements {
    fn new(backend: Backend) -> Self {
        let tables = [
            Table::of::<tenant::Entity>(backend, |row| {
                let id = row.try_get("", "id")?;
                Ok((id, Conflict::Tenant(TenantId(id))))
            }),
            Table::of::<organization::Entity>(backend, organization_key),
            Table::of::<person::Entity>(backend, |row| {
                let id = user_id(&row.try_get::<String>("", "id")?)?;
                Ok((row.try_get("", "tenant_id")?, Conflict::User(id)))
            }),
            Table::of::<membership::Entity>(backend, membership_key),
            Table::of::<invitation::Entity>(backend, |row| {
                let id = InvitationId(row.try_get("", "id")?);
                Ok((row.try_get("", "tenant_id")?, Conflict::Invitation(id)))
            }),
            Table::of::<credential::Entity>(backend, |row| {
                let id = CredentialId(row.try_get("", "id")?);
                Ok((row.try_get("", "tenant_id")?, Conflict::Credential(id)))
            }),
            Table::of::<session::Entity>(backend, |row| {
                let id = SessionId(row.try_get("", "id")?);
                Ok((row.try_get("", "tenant_id")?, Conflict::Session(id)))
            }),
            Table::of::<profile::Entity>(backend, |row| {
                let id = profile_id(&row.try_get::<String>("", "id")?)?;
                Ok((row.try_get("", "tenant_id")?, Conflict::Profile(id)))
            }),
            Table::of::<role::Entity>(backend, role_key),
            Table::of::<task::Entity>(backend, |row| {
                let id = TaskId(row.try_get("", "id")?);
                Ok((row.try_get("", "tenant_id")?, Conflict::Task(id)))
            }),
            Table::of::<slice::Entity>(backend, |row| {
                let task = TaskId(row.try_get("", "task_id")?);
                let number = slice_number(row.try_get("", "number")?)?;
                Ok((row.try_get("", "tenant_id")?, Conflict::Slice(task, number)))
            }),
        ];
        Self {
            tables,
            removed: removals::removals(backend),
            seats: Seats::new(backend),
            jobs: backend.insert_and_notify(&insert::<outbox::Entity>(backend)),
            audit: insert::<audit::Entity>(backend),
            forgotten: [("task", "id"), ("slice", "task_id")].map(|(table, id)| {
                format!(
                    "DELETE FROM {table} \
                     WHERE (tenant_id, {id}) IN (SELECT tenant_id, id FROM {} AS r)",
                    backend.json_rows(1, &[Field::id("tenant_id"), Field::id("id")])
                )
            }),
        }
    }
}

pub(super) fn organization_key(row: &QueryResult) -> Result<Key, DbErr> {
    let id = organization_id(&row.try_get::<String>("", "id")?)?;
    Ok((row.try_get("", "tenant_id")?, Conflict::Organization(id)))
}

pub(super) fn role_key(row: &QueryResult) -> Result<Key, DbErr> {
    let id = RoleId::parse(&row.try_get::<String>("", "id")?);
    let id = id.map_err(|it| DbErr::Type(it.to_string()))?;
    Ok((row.try_get("", "tenant_id")?, Conflict::Role(id)))
}

pub(super) fn membership_key(row: &QueryResult) -> Result<Key, DbErr> {
    let user = user_id(&row.try_get::<String>("", "user_id")?)?;
    let organization = organization_id(&row.try_get::<String>("", "organization_id")?)?;
    Ok((row.try_get("", "tenant_id")?, Conflict::Membership(user, organization)))
}

fn user_id(text: &str) -> Result<UserId, DbErr> {
    UserId::parse(text).map_err(|it| DbErr::Type(it.to_string()))
}

fn organization_id(text: &str) -> Result<OrganizationId, DbErr> {
    OrganizationId::parse(text).map_err(|it| DbErr::Type(it.to_string()))
}

fn profile_id(text: &str) -> Result<ProfileId, DbErr> {
    ProfileId::parse(text).map_err(|it| DbErr::Type(it.to_string()))
}

fn slice_number(number: i64) -> Result<u32, DbErr> {
    number.try_into().map_err(|it: TryFromIntError| DbErr::Type(it.to_string()))
}

/// Where commits queue up. A large one does not hold up the small ones where the database can
/// write both at once.
#[derive(Clone)]
pub(crate) struct Lanes {
    small: mpsc::Sender<Waiting>,
    large: mpsc::Sender<Waiting>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

/// A commit and whoever waits for it.
struct Waiting {
    parcel: Parcel,
    answer: oneshot::Sender<Result<(), CommitError>>,
}

/// Commits that are written together.
struct Group {
    members: Vec<Waiting>,
    /// Replaces one row after the other, to find the one that a unique index refuses.
    one_by_one: bool,
    /// How often it still gives way to other transactions.
    patience: u32,
}

/// Who of a group lost what.
type Losses = HashMap<usize, Vec<Conflict>>;

impl Group {
    fn of(members: Vec<Waiting>) -> Self {
        Self { members, one_by_one: false, patience: PATIENCE }
    }

    /// These rows of all members, each with the place of its member.
    fn rows(&self, of: impl Fn(&Parcel) -> &[Row]) -> Vec<(usize, &Row)> {
        let members = self.members.iter().enumerate();
        members.flat_map(|(place, it)| of(&it.parcel).iter().map(move |row| (place, row))).collect()
    }

    /// How long it may take.
    fn time(&self) -> Duration {
        let rows = self.members.iter().map(|it| it.parcel.len()).sum::<usize>();
        WRITE * u32::try_from(1 + rows / ROWS).unwrap_or(u32::MAX)
    }

    /// Takes some of the members out.
    fn part(&mut self, goes: impl Fn(usize) -> bool) -> Vec<Waiting> {
        let members = std::mem::take(&mut self.members).into_iter().enumerate();
        let (gone, left): (Vec<_>, Vec<_>) = members.partition(|(place, _)| goes(*place));
        self.members = left.into_iter().map(|(_, it)| it).collect();
        gone.into_iter().map(|(_, it)| it).collect()
    }

    fn answer(self, outcome: impl Fn() -> Result<(), CommitError>) {
        for it in self.members {
            // Nobody may be waiting any more.
            let _ = it.answer.send(outcome());
        }
    }
}

impl Lanes {
    /// Starts to write, until the last handle is gone.
    pub(crate) fn open(shared: &Arc<Shared>) -> Self {
        let statements = Arc::new(Statements::new(shared.backend));
        let closing = CancellationToken::new();
        let tasks = TaskTracker::new();
        let lane = || {
            let (sender, queue) = mpsc::channel(QUEUE);
            let writer = Writer { shared: shared.clone(), statements: statements.clone() };
            tasks.spawn(writer.run(queue, closing.clone()));
            sender
        };
        let small = lane();
        let large = if shared.backend.has_many_writers() { lane() } else { small.clone() };
        Self { small, large, closing, tasks }
    }

    /// Writes it with others. It is written even when nobody waits for that.
    pub(crate) async fn write(&self, parcel: Parcel) -> Result<(), CommitError> {
        let lane = if parcel.len() > ROWS / 2 { &self.large } else { &self.small };
        let (answer, outcome) = oneshot::channel();
        let closed = || StoreError::new("the store is closed");
        lane.send(Waiting { parcel, answer }).await.map_err(|_| closed())?;
        outcome.await.map_err(|_| closed())?
    }

    /// Takes no more commits, and returns when those in hand are written.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

struct Writer {
    shared: Arc<Shared>,
    statements: Arc<Statements>,
}

impl Writer {
    async fn run(self, mut queue: mpsc::Receiver<Waiting>, closing: CancellationToken) {
        let mut left_over = None;
        loop {
            let next = tokio::select! {
                biased;
                next = std::future::ready(left_over.take()), if left_over.is_some() => next,
                // What waits is still received, but no more is let in.
                () = closing.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
                next = queue.recv() => next,
            };
            let Some(first) = next else { return };
            let group;
            (group, left_over) = gather(first, &mut queue);
            if let Err(error) = self.write(group).await {
                // The database is away: whoever waits would only hear the same, later.
                let waiting = left_over.take().into_iter();
                let waiting = waiting.chain(std::iter::from_fn(|| queue.try_recv().ok()));
                Group::of(waiting.collect()).answer(|| Err(failed(&error)));
            }
        }
    }

    /// Writes a group: all of it together if nobody loses. Those who lose are written alone
    /// afterwards, so that each hears exactly what it lost, and loses only to what was written.
    async fn write(&self, members: Vec<Waiting>) -> Result<(), DbErr> {
        let mut groups = VecDeque::from([Group::of(members)]);
        while let Some(mut group) = groups.pop_front() {
            let attempt = timeout(group.time(), self.attempt(&group)).await;
            let error = match attempt.unwrap_or_else(|it| Err(DbErr::Custom(it.to_string()))) {
                Ok(losses) if losses.is_empty() => {
                    group.answer(|| Ok(()));
                    continue;
                }
                Ok(losses) if group.members.len() == 1 => {
                    let lost: Vec<_> = losses.into_values().flatten().collect();
                    group.answer(|| Err(CommitError::Conflict(lost.clone())));
                    continue;
                }
                Ok(losses) => {
                    let losers = group.part(|place| losses.contains_key(&place));
                    if !group.members.is_empty() {
                        groups.push_front(group);
                    }
                    groups.extend(losers.into_iter().map(|it| Group::of(vec![it])));
                    continue;
                }
                Err(error) => error,
            };
            match Failure::of(self.shared.backend, &error) {
                Failure::Interference if group.patience > 0 => {
                    group.patience -= 1;
                    groups.push_front(group);
                }
                // One of them has what the database does not take: the others must not suffer.
                Failure::Unique | Failure::Content if group.members.len() > 1 => {
                    groups.extend(group.members.into_iter().map(|it| Group::of(vec![it])));
                }
                Failure::Unique if !group.one_by_one => {
                    group.one_by_one = true;
                    groups.push_front(group);
                }
                Failure::Content | Failure::Unique | Failure::Interference => {
                    group.answer(|| Err(failed(&error)));
                }
                Failure::Database => {
                    groups.push_back(group);
                    for it in groups {
                        it.answer(|| Err(failed(&error)));
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Writes all of a group, or nothing and says who lost what.
    async fn attempt(&self, group: &Group) -> Result<Losses, DbErr> {
        let transaction = self.shared.begin().await?;
        self.hold(&transaction, group).await?;
        let mut losses = self.keep(&transaction, group).await?;
        if losses.is_empty() {
            losses = self.count(&transaction, group).await?;
        }
        if !losses.is_empty() {
            transaction.rollback().await?;
            // Whoever lost reads again, and not what is remembered.
            self.forget(losses.values().flatten());
            return Ok(losses);
        }
        let parcels = || group.members.iter().map(|it| &it.parcel);
        let forgotten: Vec<_> = parcels().flat_map(|it| &it.forgotten).collect();
        if !forgotten.is_empty() {
            for sql in &self.statements.forgotten {
                self.execute(&transaction, sql, &forgotten).await?;
            }
        }
        let (lanes, jobs): (HashSet<_>, Vec<_>) =
            parcels().flat_map(|it| &it.jobs).map(|(lane, job)| (*lane, job)).unzip();
        for slice in jobs.chunks(ROWS) {
            self.execute(&transaction, &self.statements.jobs, slice).await?;
        }
        let audit: Vec<_> = parcels().flat_map(|it| &it.audit).collect();
        for slice in audit.chunks(ROWS) {
            self.execute(&transaction, &self.statements.audit, slice).await?;
        }
        transaction.commit().await?;

        self.forget(parcels().flat_map(Parcel::keys).map(|(_, it)| it));
        for lane in lanes {
            self.shared.news.of(lane).notify_one();
        }
        Ok(losses)
    }

    /// Remembers nothing any more of these.
    fn forget<'a>(&self, all: impl Iterator<Item = &'a Conflict> + Clone) {
        self.shared.credentials.forget(all.clone().filter_map(|it| match it {
            Conflict::Credential(id) => Some(id),
            _ => None,
        }));
        self.shared.tenants.forget(all.filter_map(|it| match it {
            Conflict::Tenant(id) => Some(id),
            _ => None,
        }));
    }

    /// Writes the rows that have versions: what is replaced first, for it may make room.
    async fn keep(
        &self,
        transaction: &DatabaseTransaction,
        group: &Group,
    ) -> Result<Losses, DbErr> {
        let mut losses = self.remove(transaction, group).await?;
        for first in [false, true] {
            for (n, table) in self.statements.tables.iter().enumerate() {
                let mut rows = group.rows(|it| &it.kept[n]);
                rows.retain(|(_, row)| row.first == first);
                let mut lost = |(member, row): (usize, &Row)| {
                    losses.entry(member).or_default().push(row.key.1.clone());
                };
                if group.one_by_one && !first {
                    let refused = self.replace(transaction, table, rows).await?;
                    refused.into_iter().for_each(lost);
                    continue;
                }
                let sql = if first { &table.insert } else { &table.update };
                for slice in portions(&rows) {
                    let mut written = self.put(transaction, table.key, sql, slice).await?;
                    slice
                        .iter()
                        .filter(|(_, row)| !written.remove(&row.key))
                        .copied()
                        .for_each(&mut lost);
                }
            }
        }
        Ok(losses)
    }

    /// What goes makes room for everything else.
    async fn remove(
        &self,
        transaction: &DatabaseTransaction,
        group: &Group,
    ) -> Result<Losses, DbErr> {
        let mut losses = Losses::new();
        for (n, removal) in self.statements.removed.iter().enumerate() {
            let rows = group.rows(|it| &it.removed[n]);
            for slice in rows.chunks(ROWS) {
                let mut gone = self.put(transaction, removal.key, &removal.sql, slice).await?;
                for (member, row) in slice {
                    if !gone.remove(&row.key) {
                        losses.entry(*member).or_default().push(row.key.1.clone());
                    }
                }
                let json: Vec<_> = slice.iter().map(|(_, row)| &row.json).collect();
                for sql in &removal.cascade {
                    self.execute(transaction, sql, &json).await?;
                }
            }
        }
        Ok(losses)
    }

    /// Waits until nobody else counts the same seats.
    async fn hold(&self, transaction: &DatabaseTransaction, group: &Group) -> Result<(), DbErr> {
        let rows = group.rows(|it| &it.seated);
        let json: Vec<_> = rows.iter().map(|(_, row)| &row.json).collect();
        match &self.statements.seats.hold {
            Some(sql) if !json.is_empty() => {
                let statement = self.shared.statement(sql, [array(&json).into()]);
                transaction.query_all_raw(statement).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Counts the seats once all is written. Whoever wants one where there are not enough for all
    /// of the group has lost, and is written alone afterwards, as long as there are.
    async fn count(
        &self,
        transaction: &DatabaseTransaction,
        group: &Group,
    ) -> Result<Losses, DbErr> {
        let mut losses = Losses::new();
        let rows = group.rows(|it| &it.seated);
        if rows.is_empty() {
            return Ok(losses);
        }
        let sql = &self.statements.seats.exceeded;
        let exceeded = self.put(transaction, seats::seat_key, sql, &rows).await?;
        for (member, row) in rows {
            if exceeded.contains(&row.key) {
                losses.entry(member).or_default().push(row.key.1.clone());
            }
        }
        Ok(losses)
    }

    /// The keys of the rows that were written.
    async fn put(
        &self,
        transaction: &DatabaseTransaction,
        key: fn(&QueryResult) -> Result<Key, DbErr>,
        sql: &str,
        rows: &[(usize, &Row)],
    ) -> Result<HashSet<Key>, DbErr> {
        let json: Vec<_> = rows.iter().map(|(_, row)| &row.json).collect();
        let statement = self.shared.statement(sql, [array(&json).into()]);
        let written = transaction.query_all_raw(statement).await?;
        written.iter().map(key).collect()
    }

    /// Replaces one row after the other, and tells which could not be. What a unique index refuses
    /// is tried again after the others, for they may have made room.
    async fn replace<'a>(
        &self,
        transaction: &DatabaseTransaction,
        table: &Table,
        mut rows: Vec<(usize, &'a Row)>,
    ) -> Result<Vec<(usize, &'a Row)>, DbErr> {
        loop {
            let mut refused = Vec::new();
            for it in &rows {
                if !self.replace_one(transaction, table, it.1).await? {
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

    /// Replaces a row, and finds out whether that is what a unique index does not allow.
    async fn replace_one(
        &self,
        transaction: &DatabaseTransaction,
        table: &Table,
        row: &Row,
    ) -> Result<bool, DbErr> {
        let step = transaction.begin().await?;
        match self.put(&step, table.key, &table.update, &[(0, row)]).await {
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

    async fn execute(
        &self,
        transaction: &DatabaseTransaction,
        sql: &str,
        rows: &[&String],
    ) -> Result<(), DbErr> {
        let statement = self.shared.statement(sql, [array(rows).into()]);
        transaction.execute_raw(statement).await.map(drop)
    }
}

/// Takes along what waits. The one that does not fit begins the next group.
///
/// Two that would write the same row may well go together: one of them is told to have lost, so
/// nothing is written, and it is written alone after the other.
fn gather(first: Waiting, queue: &mut mpsc::Receiver<Waiting>) -> (Vec<Waiting>, Option<Waiting>) {
    let mut rows = first.parcel.len();
    let mut group = vec![first];
    while group.len() < MEMBERS && rows < ROWS {
        let Ok(next) = queue.try_recv() else { break };
        rows += next.parcel.len();
        if rows > ROWS {
            return (group, Some(next));
        }
        group.push(next);
    }
    (group, None)
}

/// Rows in portions that weigh [`ROWS`] at the most; one that weighs more is alone.
fn portions<'a>(rows: &'a [(usize, &'a Row)]) -> impl Iterator<Item = &'a [(usize, &'a Row)]> {
    let mut weight = rows.first().map_or(0, |(_, it)| it.weight());
    rows.chunk_by(move |_, (_, next)| {
        weight += next.weight();
        let fits = weight <= ROWS;
        if !fits {
            weight = next.weight();
        }
        fits
    })
}

/// Rows that are JSON each, as one JSON array.
fn array(rows: &[&String]) -> String {
    let mut text = String::with_capacity(rows.iter().map(|it| it.len() + 1).sum::<usize>() + 2);
    text.push('[');
    for row in rows {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(row);
    }
    text.push(']');
    text
}

fn failed(error: &DbErr) -> CommitError {
    CommitError::Store(StoreError::new(error.clone()))
}
