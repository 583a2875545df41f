//! Every statement that a commit is made of.

use crate::{
    backend::{Backend, Field},
    commit::{
        aggregates,
        counts::{self, Ahead},
        removals::Removal,
        seats::Seats,
        table::{Table, insert},
        task_queue::TaskQueue,
        texts::Texts,
    },
    entity::{audit, outbox},
};

pub(super) struct Statements {
    pub tables: Vec<Table>,
    pub removals: Vec<Removal>,
    pub seats: Seats,
    pub queue: TaskQueue,
    pub jobs: String,
    pub audit: String,
    /// Adds to the counts under quotas.
    pub counts: String,
    /// The same for wide quotas, in a transaction of its own.
    pub ahead: Option<Ahead>,
    /// What groups are written at once by.
    pub texts: Texts,
    /// Delete tasks, and then their slices: a transaction that adds a slice meanwhile is waited for.
    pub forgotten: [String; 2],
}

impl Statements {
    pub(super) fn new(backend: Backend) -> Self {
        let tasks = backend.json_rows(1, &[Field::id("tenant_id"), Field::id("id")]);
        let forgotten = [("task", "id"), ("slice", "task_id")].map(|(table, id)| {
            format!(
                "DELETE FROM {table} \
                 WHERE (tenant_id, {id}) IN (SELECT tenant_id, id FROM {tasks} AS r)"
            )
        });
        Self {
            tables: aggregates::tables(backend),
            removals: aggregates::removals(backend),
            seats: Seats::new(backend),
            queue: TaskQueue::new(backend),
            jobs: insert::<outbox::Entity>(backend),
            audit: insert::<audit::Entity>(backend),
            counts: counts::add(backend),
            ahead: Ahead::new(backend),
            texts: Texts::default(),
            forgotten,
        }
    }
}
