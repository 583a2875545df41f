//! Import and export of users, organizations, roles and profiles.

pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod organizations;
pub(crate) mod profiles;
pub(crate) mod records;
pub(crate) mod roles;
pub(crate) mod users;

use std::sync::Arc;

use crate::{
    shared::core::Core,
    transfer::{
        export::Export, organizations::ImportOrganizations, profiles::ImportProfiles,
        roles::ImportRoles, users::ImportUsers,
    },
};

/// Imports and exports.
pub struct TransferUseCases {
    pub import_profiles: ImportProfiles,
    pub import_organizations: ImportOrganizations,
    pub import_roles: ImportRoles,
    pub import_users: ImportUsers,
    pub export: Export,
}

impl TransferUseCases {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            import_profiles: ImportProfiles::new(core),
            import_organizations: ImportOrganizations::new(core),
            import_roles: ImportRoles::new(core),
            import_users: ImportUsers::new(core),
            export: Export::new(core),
        }
    }
}
