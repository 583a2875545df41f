//! Use cases of the roles that are defined, for one organization or for all of the tenant.

pub(crate) mod create;
pub(crate) mod error;
pub(crate) mod read;
pub(crate) mod remove;

use std::sync::Arc;

use crate::{
    organizations::roles::{create::CreateRole, read::ReadRoles, remove::RemoveRole},
    shared::core::Core,
};

/// Everything that can be done with the definitions of roles.
pub struct RoleUseCases {
    pub create: CreateRole,
    pub read: ReadRoles,
    pub remove: RemoveRole,
}

impl RoleUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            create: CreateRole::new(core),
            read: ReadRoles::new(core),
            remove: RemoveRole::new(core),
        }
    }
}
