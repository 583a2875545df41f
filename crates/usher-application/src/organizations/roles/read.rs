//! Read the roles that are defined.

use std::sync::Arc;

use usher_domain::{Caller, Permission, Role, RoleId};

use crate::{organizations::roles::error::RoleError, shared::core::Core};

/// Reads roles: a bound key sees the tenant's roles and those of its organization.
#[derive(Clone)]
pub struct ReadRoles {
    core: Arc<Core>,
}

impl ReadRoles {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// What the caller may not see does not exist for them.
    pub async fn find(&self, caller: &Caller, id: &RoleId) -> Result<Role, RoleError> {
        if !caller.may(Permission::Read) {
            return Err(RoleError::Forbidden);
        }
        let found = self.core.ports.roles.find(caller.tenant, id).await?;
        found.filter(|it| sees(caller, it)).ok_or(RoleError::Unknown)
    }

    /// All that the caller sees, in the order of their ids.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Role>, RoleError> {
        if !caller.may(Permission::Read) {
            return Err(RoleError::Forbidden);
        }
        let mut roles = self.core.ports.roles.list(caller.tenant).await?;
        roles.retain(|it| sees(caller, it));
        Ok(roles)
    }
}

fn sees(caller: &Caller, role: &Role) -> bool {
    role.organization.is_none() || caller.reaches(role.organization.as_ref())
}

#[cfg(test)]
mod tests;
