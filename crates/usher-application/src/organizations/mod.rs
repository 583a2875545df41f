//! Use cases of organizations and of the roles that they define.

pub(crate) mod manage;
pub(crate) mod roles;

use std::sync::Arc;

use crate::{
    organizations::{manage::ManageOrganizations, roles::ManageRoles},
    shared::core::Core,
};

/// Everything that can be done with organizations and roles.
pub struct OrganizationUseCases {
    pub manage: ManageOrganizations,
    pub roles: ManageRoles,
}

impl OrganizationUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { manage: ManageOrganizations::new(core), roles: ManageRoles::new(core) }
    }
}
