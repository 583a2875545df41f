//! Purge the counts of letters and invitations whose time is over.

use std::sync::Arc;

use crate::{
    ports::{Ports, error::StoreError},
    shared::core::Core,
};

/// Purges counts. Any number of nodes may do so at the same time.
pub struct PurgeCounts {
    core: Arc<Core>,
}

/// How many counts are removed at once.
const AT_ONCE: u64 = 1_000;

impl PurgeCounts {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Removes all counts whose window is over by now.
    pub async fn run(&self) -> Result<(), StoreError> {
        let Ports { clock, counts, .. } = &self.core.ports;
        let now = clock.now();
        while counts.purge(now, AT_ONCE).await? >= AT_ONCE {}
        Ok(())
    }
}
