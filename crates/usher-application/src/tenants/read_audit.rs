//! Read what was done, by whom, and to whom.

use std::sync::Arc;

use usher_domain::{Caller, Entry, EntryId, Permission};

use crate::ports::{Ports, audit::Audit, error::StoreError};

/// Reads the audit of a tenant.
pub struct ReadAudit(Arc<dyn Audit>);

/// Why there are no entries.
#[derive(Debug, thiserror::Error)]
pub enum ReadAuditError {
    #[error("the caller may not read the audit")]
    Forbidden,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReadAudit {
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self(ports.audit.clone())
    }

    /// Up to `limit` entries, newest first; those that are older than `after` when given.
    pub async fn run(
        &self,
        caller: &Caller,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Vec<Entry>, ReadAuditError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(ReadAuditError::Forbidden);
        }
        Ok(self.0.list(caller.tenant, after, limit).await?)
    }
}
