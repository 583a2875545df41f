//! Define a role.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, OrganizationId, Permission, Role, RoleId, Subject, check_permissions, line,
};

use crate::{
    organizations::roles::error::RoleError,
    ports::{Ports, ledger::Changes},
    shared::{audit_trail::Trail, bounds::commit_for, commit::Decision, core::Core},
};

/// Defines roles.
pub struct CreateRole {
    core: Arc<Core>,
}

/// What a role is made of.
#[derive(Clone, Debug, Default)]
pub struct RoleDraft {
    /// None: all of the tenant.
    pub organization: Option<OrganizationId>,
    /// 1 to 120 characters.
    pub name: String,
    /// At most 500 characters.
    pub description: Option<String>,
    /// At most 500, of 200 characters each.
    pub permissions: Vec<String>,
}

/// The most roles of a tenant to which another one is added, because they are listed whole.
const MOST: usize = 2_000;

impl CreateRole {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Defines a role with this id. A bound key defines roles for its organization alone. Beyond
    /// [`MOST`] a tenant gets no more in this way.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, role = %id))]
    pub async fn run(
        &self,
        caller: &Caller,
        id: RoleId,
        draft: RoleDraft,
    ) -> Result<Role, RoleError> {
        let reaches = caller.reaches(draft.organization.as_ref());
        if !caller.may(Permission::Administer) || !reaches {
            return Err(RoleError::Forbidden);
        }
        let Ports { clock, entropy, organizations, .. } = &self.core.ports;
        if let Some(id) = &draft.organization
            && organizations.find(caller.tenant, id).await?.is_none()
        {
            return Err(RoleError::UnknownOrganization);
        }
        check_permissions(&draft.permissions)?;
        let now = clock.now();
        let name = line("name", &draft.name, 120)?;
        let description = draft.description.as_deref().filter(|it| !it.trim().is_empty());
        let role = Role {
            organization: draft.organization,
            description: description.map(|it| line("description", it, 500)).transpose()?,
            permissions: draft.permissions,
            ..Role::new(id, caller.tenant, name, now)
        };
        let trail = Trail::of(caller, now, &**entropy);
        let changes = Changes {
            audit: vec![trail.note(Action::RoleCreated, Subject::Role(role.id.clone()))],
            roles: vec![role.clone()],
            ..Changes::default()
        };
        let (changes, role) = (&changes, &role);
        if self.core.ports.roles.list(caller.tenant).await?.len() >= MOST {
            return Err(RoleError::TooMany { most: MOST });
        }
        commit_for(&self.core, caller, "create role", |conflicts| async move {
            if !conflicts.is_empty() {
                return Err(RoleError::Exists);
            }
            Ok(Decision::Commit(changes.clone(), role.clone()))
        })
        .await
    }
}

#[cfg(test)]
mod tests;
