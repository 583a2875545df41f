//! Read organizations.

use std::sync::Arc;

use usher_domain::{Caller, Organization, OrganizationId, Permission};

use crate::{organizations::error::OrganizationError, shared::core::Core};

/// Reads organizations, as far as the caller oversees them.
#[derive(Clone)]
pub struct ReadOrganizations {
    core: Arc<Core>,
}

/// The most organizations in one answer.
const ALL: u64 = 10_000;

impl ReadOrganizations {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// What the caller may not see does not exist for them.
    pub async fn find(
        &self,
        caller: &Caller,
        id: &OrganizationId,
    ) -> Result<Organization, OrganizationError> {
        if !caller.may(Permission::Read) {
            return Err(OrganizationError::Forbidden);
        }
        let organizations = &self.core.ports.organizations;
        let found = organizations.find(caller.tenant, id).await?;
        found.filter(|it| caller.oversees(it)).ok_or(OrganizationError::Unknown)
    }

    /// What the caller sees of the first 10 000 organizations, in the order of their ids.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Organization>, OrganizationError> {
        if !caller.may(Permission::Read) {
            return Err(OrganizationError::Forbidden);
        }
        let mut all = self.core.ports.organizations.list(caller.tenant, None, ALL).await?;
        all.retain(|it| caller.oversees(it));
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
