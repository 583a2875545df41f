//! Removes what is older than the operator keeps it.

use async_trait::async_trait;
use usher_domain::Timestamp;

use crate::ports::error::StoreError;

/// What is removed by its age, for all tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purged {
    /// Sessions that ended, because they expired or somebody signed out.
    Sessions,
    /// Invitations that are over, by when they were closed; those that nobody closed, by when they
    /// expired. Their deliveries go with them.
    Invitations,
    /// Deliveries, by when they took place.
    Deliveries,
    /// Jobs that can never succeed, by when that was known.
    DeadJobs,
    /// Entries of the audit, by when it was done.
    Entries,
    /// What was counted of attempts to sign in, by when all of them are forgiven.
    Attempts,
    /// What was counted of letters and invitations, by when its window ends.
    Counts,
}

impl Purged {
    pub const ALL: [Self; 7] = [
        Self::Sessions,
        Self::Invitations,
        Self::Deliveries,
        Self::DeadJobs,
        Self::Entries,
        Self::Attempts,
        Self::Counts,
    ];

    /// The word by which logs tell them apart.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Invitations => "invitations",
            Self::Deliveries => "deliveries",
            Self::DeadJobs => "dead_jobs",
            Self::Entries => "audit",
            Self::Attempts => "attempts",
            Self::Counts => "counts",
        }
    }
}

/// Removes old rows. It writes by itself, and not with a commit, for nobody decides on single rows.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Purges: Send + Sync {
    /// Removes up to `limit` of these, of all tenants, that were over before that time, the oldest
    /// ones first. Returns how many those were. Any number of nodes may do so at the same time:
    /// none waits for the others, and what somebody else is just writing is passed over.
    async fn purge(&self, what: Purged, before: Timestamp, limit: u64) -> Result<u64, StoreError>;
}
