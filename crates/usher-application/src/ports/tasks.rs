//! Reads tasks, their slices, and what went wrong in them.

use async_trait::async_trait;
use usher_domain::{
    Actor, Completion, OrganizationId, Problem, Slice, Task, TaskId, TaskKind, TenantId, Timestamp,
};

use crate::ports::{error::StoreError, invitations::Filter};

/// The tasks of a tenant.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Tasks: Send + Sync {
    async fn find(&self, tenant: TenantId, id: TaskId) -> Result<Option<Task>, StoreError>;

    /// One page of those that match, by `created_at` and then `id`.
    async fn list(
        &self,
        tenant: TenantId,
        filter: &Filter<TaskCondition>,
        range: TaskRange,
    ) -> Result<Vec<Task>, StoreError>;

    /// How many match.
    async fn count(
        &self,
        tenant: TenantId,
        filter: &Filter<TaskCondition>,
    ) -> Result<u64, StoreError>;

    /// Up to `limit` slices from number `from` on, in their order.
    async fn slices(
        &self,
        tenant: TenantId,
        id: TaskId,
        from: u32,
        limit: u64,
    ) -> Result<Vec<Slice>, StoreError>;

    /// What went wrong in the slices that were run, in the order of the rows; `limit` at the most.
    async fn problems(
        &self,
        tenant: TenantId,
        id: TaskId,
        limit: usize,
    ) -> Result<Vec<Problem>, StoreError>;

    /// Any tenant's tasks that were created before that, oldest first, for the housekeeping alone.
    async fn older_than(
        &self,
        before: Timestamp,
        limit: u64,
    ) -> Result<Vec<(TenantId, TaskId)>, StoreError>;

    /// Any tenant's tasks that were created before that and never submitted, nor completed
    /// otherwise, for the housekeeping alone.
    async fn abandoned(&self, before: Timestamp, limit: u64) -> Result<Vec<Task>, StoreError>;
}

/// Which part of a list of tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskRange {
    /// In descending order instead of ascending order.
    pub newest_first: bool,
    /// Begins with the task that comes next after this one in the order of the list, whether this
    /// one is still there or not.
    pub after: Option<TaskCursor>,
    /// Leaves out this many first. Only for an API that has an offset: where tasks come or go
    /// between two pages, some are read twice or never.
    pub skip: u64,
    pub limit: u64,
}

/// A position in a list of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskCursor {
    pub created_at: Timestamp,
    pub id: TaskId,
}

impl From<&Task> for TaskCursor {
    fn from(it: &Task) -> Self {
        Self { created_at: it.created_at, id: it.id }
    }
}

/// One thing that holds of a task or not.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskCondition {
    /// Holds of none.
    Nothing,
    Id(TaskId),
    Kind(TaskKind),
    /// `None`: not completed.
    Completion(Option<Completion>),
    /// The name of whoever submitted it, compared without case as ASCII has it. Of nobody with a name
    /// it does not hold, and its opposite does.
    Launcher(String),
    Creator(Actor),
    /// Submitted by a caller who is bound to this organization.
    Organization(OrganizationId),
    /// Created then or later.
    CreatedFrom(Timestamp),
}
