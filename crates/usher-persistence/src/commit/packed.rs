//! A commit as the writer needs it: rows, ready to be handed over.

use serde_json::json as object;
use usher_application::{Changes, Spending, StoreError};
use usher_domain::Lane;

use crate::{
    commit::{
        aggregates::{self, Rows},
        row::{Row, text},
        seats, task_queue,
    },
    entity::{audit, outbox, versioned::Key},
};

/// The number of rows that a forgotten task counts as, for its slices are deleted too.
const FORGOTTEN_TASK: usize = 100;

pub(crate) struct PackedCommit {
    /// Rows to insert or to replace.
    written: Rows,
    /// Rows to remove.
    removed: Rows,
    /// Organizations whose seats are counted.
    pub(super) seats: Vec<Row>,
    /// Tenants whose tasks are counted.
    pub(super) queues: Vec<Row>,
    /// What is counted under quotas.
    pub(super) spent: Vec<Spending>,
    pub(super) jobs: Vec<(Lane, String)>,
    pub(super) audit: Vec<String>,
    /// Tasks to delete with their slices.
    pub(super) forgotten: Vec<String>,
}

impl PackedCommit {
    pub(crate) fn pack(changes: &Changes) -> Result<Self, StoreError> {
        let (written, removed) = aggregates::rows(changes)?;
        let jobs = changes.jobs.iter();
        let jobs = jobs.map(|it| Ok((it.kind.lane(), text::<_, outbox::Model>(it)?)));
        let audit = changes.audit.iter().map(text::<_, audit::Model>);
        let forgotten = changes.forgotten.iter();
        let forgotten = forgotten
            .map(|(tenant, id)| object!({ "tenant_id": tenant.0, "id": id.0 }).to_string());
        Ok(Self {
            written,
            removed,
            seats: changes.seated.iter().map(seats::row).collect(),
            queues: changes.queued.iter().map(task_queue::row).collect(),
            spent: changes.spent.iter().filter(|it| it.most.is_some()).cloned().collect(),
            jobs: jobs.collect::<Result<_, StoreError>>()?,
            audit: audit.collect::<Result<_, _>>()?,
            forgotten: forgotten.collect(),
        })
    }

    /// How much there is to write, in rows.
    pub(crate) fn len(&self) -> usize {
        self.written.values().flatten().map(Row::weight).sum::<usize>()
            + self.removed.values().map(Vec::len).sum::<usize>()
            + self.seats.len()
            + self.queues.len()
            + self.spent.len()
            + self.jobs.len()
            + self.audit.len()
            + FORGOTTEN_TASK * self.forgotten.len()
    }

    /// Whether there are only rows to write, and none to remove or to count.
    pub(super) fn is_plain(&self) -> bool {
        self.removed.values().all(Vec::is_empty)
            && self.seats.is_empty()
            && self.queues.is_empty()
            && self.forgotten.is_empty()
    }

    /// The rows to insert or to replace in a table.
    pub(super) fn written(&self, table: &str) -> &[Row] {
        self.written.get(table).map_or(&[], Vec::as_slice)
    }

    /// The rows to remove from a table.
    pub(super) fn removed(&self, table: &str) -> &[Row] {
        self.removed.get(table).map_or(&[], Vec::as_slice)
    }

    /// The keys of all rows that are written.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> + Clone {
        self.written.values().flatten().map(|it| &it.key)
    }
}
