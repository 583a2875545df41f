//! Forget attempts to sign in that do not count any more.

use std::sync::Arc;

use crate::{
    ports::{Ports, error::StoreError},
    shared::core::Core,
};

/// Forgets attempts to sign in. Any number of nodes may do so at the same time.
pub struct ForgetAttempts {
    core: Arc<Core>,
}

/// How many records are removed at once.
const AT_ONCE: u64 = 1_000;

impl ForgetAttempts {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Removes the records of all attempts that are forgiven by now.
    pub async fn run(&self) -> Result<(), StoreError> {
        let Ports { attempts, clock, .. } = &self.core.ports;
        let now = clock.now();
        while attempts.purge(now, AT_ONCE).await? >= AT_ONCE {}
        Ok(())
    }
}
