//! Writes.

use async_trait::async_trait;
use usher_application::{Changes, CommitError, Ledger};

use crate::{commit::writer::Parcel, store::SqlStore};

#[async_trait]
impl Ledger for SqlStore {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn commit(&self, changes: &Changes) -> Result<(), CommitError> {
        let parcel = Parcel::pack(changes)?;
        if parcel.len() == 0 {
            return Ok(());
        }
        self.lanes.write(parcel).await
    }
}
