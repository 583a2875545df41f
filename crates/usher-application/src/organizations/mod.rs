//! Use cases of organizations and of the roles that they define.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod draft;
pub(crate) mod error;
pub(crate) mod find;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod roles;

use std::sync::Arc;

use crate::{
    organizations::{
        change::ChangeOrganization, create::CreateOrganization, find::FindOrganization,
        read::ReadOrganizations, remove::RemoveOrganization, roles::RoleUseCases,
    },
    shared::core::Core,
};

/// Everything that can be done with organizations, and with roles.
pub struct OrganizationUseCases {
    pub create: CreateOrganization,
    pub find: FindOrganization,
    pub read: ReadOrganizations,
    pub change: ChangeOrganization,
    pub remove: RemoveOrganization,
    pub roles: RoleUseCases,
}

impl OrganizationUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            create: CreateOrganization::new(core),
            find: FindOrganization::new(core),
            read: ReadOrganizations::new(core),
            change: ChangeOrganization::new(core),
            remove: RemoveOrganization::new(core),
            roles: RoleUseCases::new(core),
        }
    }
}
