//! Remove what is older than the operator keeps it, and what was counted and is over.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::{
    ports::{Ports, error::StoreError, purges::Purged},
    shared::core::Core,
};

/// Removes what is older than the operator keeps it, and what counts no more, of all tenants. Any number of nodes may do so at
/// the same time.
pub struct PurgeOld {
    core: Arc<Core>,
}

/// How many rows are removed in one transaction: so few that nobody who writes waits for long.
const AT_ONCE: u64 = 1_000;

impl PurgeOld {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Removes all that is too old by now, and says in the log how much that was. What fails is
    /// purged the next time, and keeps nothing else from being purged.
    ///
    /// # Errors
    /// The first [`StoreError`] that was met.
    pub async fn run(&self) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for what in Purged::ALL {
            if let Some(kept) = self.kept(what) {
                outcome = outcome.and(self.purge(what, kept).await);
            }
        }
        outcome
    }

    /// How long this is kept; none: for ever.
    fn kept(&self, what: Purged) -> Option<TimeDelta> {
        let retention = &self.core.policy.retention;
        match what {
            Purged::Sessions => retention.sessions,
            Purged::Invitations => retention.invitations,
            Purged::Deliveries => retention.deliveries,
            Purged::DeadJobs => retention.dead_jobs,
            Purged::Entries => retention.audit,
            Purged::Attempts | Purged::Counts => Some(TimeDelta::zero()),
        }
    }

    async fn purge(&self, what: Purged, kept: TimeDelta) -> Result<(), StoreError> {
        let Ports { clock, purges, .. } = &self.core.ports;
        let before = clock.now() - kept;
        let mut purged = 0;
        let outcome = loop {
            match purges.purge(what, before, AT_ONCE).await {
                Ok(rows) => {
                    purged += rows;
                    if rows < AT_ONCE {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
        };
        if purged > 0 {
            tracing::info!(what = what.as_str(), purged, "purged what was too old");
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
