//! The queue of jobs.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use usher_domain::{Delivery, Job, Lane, Timestamp};

use crate::ports::error::StoreError;

/// The jobs that wait to be run. Only [`Ledger::commit`](crate::ports::ledger::Ledger::commit) adds
/// jobs.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Claims up to `limit` jobs of a lane that are due at `now`, and counts the attempt. Tenants
    /// take turns: first the job of each tenant that has been due for the longest time, then their
    /// second ones, and so on; within a turn, the jobs that have been due longest come first. Nobody
    /// else can claim them before `lease` has passed: if the worker dies, they are run again.
    async fn claim(
        &self,
        lane: Lane,
        now: Timestamp,
        lease: TimeDelta,
        limit: u64,
    ) -> Result<Vec<Job>, StoreError>;

    /// Writes the verdicts on claimed jobs and their deliveries, all in one transaction. Of two
    /// workers who claimed the same job, only the verdict of the later one counts; the delivery of
    /// the earlier one is written nevertheless, because it took place. Writing the same settlements
    /// twice is no error and changes nothing.
    async fn settle(&self, settlements: &[Settlement]) -> Result<(), StoreError>;

    /// When the next job of a lane is due, which may be in the past. `None` if no job waits.
    async fn next_due(&self, lane: Lane) -> Result<Option<Timestamp>, StoreError>;

    /// Returns as soon as a job may have been added to a lane, by this node or another one, and
    /// after `patience` at the latest. A job that was added since the last call for that lane makes
    /// it return at once.
    async fn news(&self, lane: Lane, patience: Duration);
}

/// The result of one claimed job.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The job as it was claimed.
    pub job: Job,
    pub verdict: Verdict,
    /// What is recorded of the attempt, if a letter was handed to the mail server.
    pub delivery: Option<Delivery>,
}

/// What becomes of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is removed.
    Done,
    /// It is due again then.
    Retry { at: Timestamp },
    /// No attempt can succeed. It is kept, so that an operator can see it and why.
    Dead { why: String },
}
