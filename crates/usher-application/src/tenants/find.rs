//! Find a tenant.

use std::sync::Arc;

use usher_domain::{Caller, Tenant};

use crate::{ports::error::StoreError, shared::core::Core};

/// Finds a tenant by its name, or the caller's.
pub struct FindTenant {
    core: Arc<Core>,
}

impl FindTenant {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The tenant that an operator names, if there is one. Operators see all tenants: only for
    /// commands on the machine itself.
    pub async fn named(&self, name: &str) -> Result<Option<Tenant>, StoreError> {
        self.core.ports.tenants.named(name).await
    }

    /// The caller's tenant, if it still exists.
    pub async fn of(&self, caller: &Caller) -> Result<Option<Tenant>, StoreError> {
        self.core.ports.tenants.find(caller.tenant).await
    }
}

#[cfg(test)]
mod tests;
