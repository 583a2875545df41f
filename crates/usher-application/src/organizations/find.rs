//! Find an organization by what people call it.

use std::sync::Arc;

use usher_domain::{Caller, Organization, Permission};

use crate::{organizations::error::OrganizationError, shared::core::Core};

/// Finds an organization by its id, code or name.
pub struct FindOrganization {
    core: Arc<Core>,
}

impl FindOrganization {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The organization with this id, else the one with this code, else one with exactly this name, else
    /// one whose code differs by case alone.
    ///
    /// # Errors
    /// [`OrganizationError::Unknown`] also for one that the caller may not see.
    pub async fn named(
        &self,
        caller: &Caller,
        text: &str,
    ) -> Result<Organization, OrganizationError> {
        if !caller.may(Permission::Read) {
            return Err(OrganizationError::Forbidden);
        }
        let found = self.core.ports.organizations.named(caller.tenant, text).await?;
        found.filter(|it| caller.oversees(it)).ok_or(OrganizationError::Unknown)
    }
}

#[cfg(test)]
mod tests;
