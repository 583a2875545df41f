//! Jobs waiting to be run.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use usher_domain::{Delivery, Job, Lane, Timestamp};

use crate::ports::error::StoreError;

/// The jobs that wait to be run. Put there by [`Ledger::commit`](crate::ports::ledger::Ledger::commit) alone.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes up to `limit` jobs of a lane that are due. Tenants take turns: first the longest due
    /// of each, then their second ones, and so on; within a turn the longest due come first. No one
    /// else gets them before `lease` has passed; a worker that dies therefore loses nothing.
    async fn claim(
        &self,
        lane: Lane,
        now: Timestamp,
        lease: TimeDelta,
        limit: u64,
    ) -> Result<Vec<Job>, StoreError>;

    /// Says how claimed jobs went, all in one transaction with their deliveries. Of two workers
    /// who claimed a job, only the later is heard; the earlier's delivery is written all the same,
    /// for it happened.
    async fn settle(&self, settlements: &[Settlement]) -> Result<(), StoreError>;

    /// When the next job of a lane is due, if any waits; it may be in the past.
    async fn next_due(&self, lane: Lane) -> Result<Option<Timestamp>, StoreError>;

    /// Returns as soon as work may have come into a lane, from this node or another one, and after
    /// `patience` at the latest. News that came since the last call for that lane counts.
    async fn news(&self, lane: Lane, patience: Duration);
}

/// How one job went.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// As it was claimed.
    pub job: Job,
    pub verdict: Verdict,
    /// The attempt to record, when a letter was tried.
    pub delivery: Option<Delivery>,
}

/// What becomes of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Done,
    Retry {
        at: Timestamp,
    },
    /// It can never work. Kept for a person to see.
    Dead {
        why: String,
    },
}
