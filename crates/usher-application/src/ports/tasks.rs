//! Reads tasks, their slices, and what went wrong in them.

use async_trait::async_trait;
use usher_domain::{
    Actor, Completion, Problem, Slice, Task, TaskId, TaskKind, TenantId, Timestamp,
};

use crate::ports::{error::StoreError, invitations::Filter};

/// The tasks of a tenant.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Tasks: Send + Sync {
    async fn find(&self, tenant: TenantId, id: TaskId) -> Result<Option<Task>, StoreError>;

    /// Those that match, by `created_at` and then `id`, in that order or the other way round:
    /// `limit` of them after the first `skip`.
    async fn list(
        &self,
        tenant: TenantId,
        filter: &Filter<TaskCondition>,
        newest_first: bool,
        skip: u64,
        limit: u64,
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
    /// Created then or later.
    CreatedFrom(Timestamp),
}
