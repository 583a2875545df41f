//! Commits changes.

use async_trait::async_trait;
use usher_application::{Changes, CommitError, Ledger};

use crate::{commit::packed::PackedCommit, store::SqlStore};

#[async_trait]
impl Ledger for SqlStore {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn commit(&self, changes: &Changes) -> Result<(), CommitError> {
        let packed = PackedCommit::pack(changes)?;
        if packed.len() == 0 {
            return Ok(());
        }
        self.queues.write(packed).await
    }
}
