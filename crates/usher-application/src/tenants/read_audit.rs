//! Read what was done, by whom, and to whom.

use std::sync::Arc;

use usher_domain::{Caller, Entry, EntryId};

use crate::{
    ports::{audit::AuditFilter, error::StoreError},
    shared::core::Core,
};

/// Reads the audit of a tenant.
pub struct ReadAudit {
    core: Arc<Core>,
}

/// Why there are no entries.
#[derive(Debug, thiserror::Error)]
pub enum ReadAuditError {
    #[error("the caller may not read the audit")]
    Forbidden,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReadAudit {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Up to `limit` entries, newest first; those that are older than `after` when given.
    pub async fn run(
        &self,
        caller: &Caller,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Vec<Entry>, ReadAuditError> {
        Self::allowed(caller)?;
        Ok(self.core.ports.audit.list(caller.tenant, after, limit).await?)
    }

    /// As [`Self::run`], of those entries that the filter lets pass.
    pub async fn matching(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Vec<Entry>, ReadAuditError> {
        Self::allowed(caller)?;
        Ok(self.core.ports.audit.matching(caller.tenant, filter, after, limit).await?)
    }

    fn allowed(caller: &Caller) -> Result<(), ReadAuditError> {
        if caller.administers_tenant() { Ok(()) } else { Err(ReadAuditError::Forbidden) }
    }
}
