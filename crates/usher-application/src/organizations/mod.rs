//! Use cases of organizations and of the roles that they define.

pub(crate) mod find;
pub(crate) mod manage;
pub(crate) mod roles;

use std::sync::Arc;

use crate::{
    organizations::{find::FindOrganization, manage::ManageOrganizations, roles::ManageRoles},
    shared::core::Core,
};

/// Everything that can be done with organizations and roles.
pub struct OrganizationUseCases {
    pub find: FindOrganization,
    pub manage: ManageOrganizations,
    pub roles: ManageRoles,
}

impl OrganizationUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            find: FindOrganization::new(core),
            manage: ManageOrganizations::new(core),
            roles: ManageRoles::new(core),
        }
    }
}
