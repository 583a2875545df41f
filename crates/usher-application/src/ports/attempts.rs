//! Counts attempts to sign in, before anybody knows whether they are right.

use async_trait::async_trait;
use chrono::TimeDelta;
use usher_domain::{AttemptRecord, Counter, TenantId, Timestamp};

use crate::ports::error::StoreError;

/// What became of an attempt to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It counts as a wrong one: under each of the counters, in their order.
    Attempt(Vec<CountedAttempt>),
    /// It must not be made, and does not count, before this time has passed.
    Wait(TimeDelta),
}

/// One attempt under one counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedAttempt {
    pub counter: Counter,
    pub before: AttemptRecord,
    pub after: AttemptRecord,
}

/// Counts attempts to sign in. It writes by itself, and not with a commit, for an attempt counts
/// whatever becomes of it.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Counts one more wrong attempt under each of these counters, or, if one of them has to wait,
    /// under none. Of any number of calls at the same time, by all nodes, each sees what those
    /// before it counted. The tenant may be one that does not exist.
    ///
    /// The records of a tenant are bounded in number: where there are too many, those are forgotten
    /// that would be forgiven soonest.
    async fn count(
        &self,
        tenant: TenantId,
        counters: &[Counter],
        now: Timestamp,
    ) -> Result<Counted, StoreError>;

    /// Takes a counted attempt back: the record becomes `to`, unless others have counted on; then it
    /// has one wrong attempt less.
    async fn take_back(
        &self,
        tenant: TenantId,
        attempt: &CountedAttempt,
        to: AttemptRecord,
    ) -> Result<(), StoreError>;
}
